"""Group 4, decompression: streamed, capped, exactly one gzip member, nothing parsed unverified."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest

from peppol.as4 import Limits
from peppol.as4 import building as building_module
from peppol.as4.compression import compress
from tests.peppol.builders import an_invoice
from tests.peppol.conftest import Pki
from tests.peppol.exchange import Exchange, code_of


def sending(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, payload: bytes
) -> tuple[object, float]:
    """A correctly signed and encrypted message whose compressed payload is `payload`."""
    monkeypatch.setattr(building_module, "compress", lambda data, level: payload)
    message = exchange.message()
    before = time.process_time()
    reply = exchange.receive(message)
    return reply, time.process_time() - before


def bomb(size: int) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b" " * 1_000_000
    return b"".join(deflater.compress(zeros) for _ in range(size // 1_000_000)) + deflater.flush()


def test_bomb_of_a_gigabyte_is_refused_within_a_second_and_in_little_memory(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = bomb(1_000_000_000)
    tracemalloc.start()
    reply, seconds = sending(exchange, monkeypatch, payload)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert code_of(reply) == "EBMS:0303" or code_of(reply) == "EBMS:0004"  # type: ignore[arg-type]
    assert seconds < 1.0
    assert peak < 20_000_000
    assert exchange.kept() == []


def test_bomb_behind_a_valid_opening_is_refused(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The envelope's header is fine; what follows it grows without end."""
    from peppol.sbdh_writing import make_envelope
    from tests.peppol.builders import a_header

    whole = make_envelope(a_header(), an_invoice())
    at = whole.index(b"<cbc:ID>")
    blown = compress(whole[:at] + b" " * 60_000_000 + whole[at:], 9)
    reply, seconds = sending(exchange, monkeypatch, blown)
    assert code_of(reply) == "EBMS:0303"  # type: ignore[arg-type]
    assert seconds < 1.0


def test_size_and_ratio_caps_are_settings(pki: Pki, tmp_path: Path) -> None:
    small = Exchange(pki, tmp_path, limits=Limits(expanded=50_000))
    assert code_of(small.receive(small.message(an_invoice(100_000)))) == "EBMS:0303"
    assert small.receive(small.message(an_invoice(20_000))).outcome == "accepted"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: compress(data)[:-1],
        lambda data: compress(data)[:100],
        lambda data: compress(data) + b"\x00",
        lambda data: compress(data) + compress(b""),
        lambda data: compress(data[:300]) + compress(data[300:]),
        lambda data: zlib.compress(data),
        lambda data: zlib.compressobj(wbits=-15).compress(data),
        lambda data: data,
        lambda data: b"",
        lambda data: compress(data)[:-8] + b"\x00" * 8,
        lambda data: b"\x1f\x8b\x08\xff" + compress(data)[4:],
    ],
)
def test_what_is_not_exactly_one_gzip_member_is_refused(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, spoil: object
) -> None:
    monkeypatch.setattr(building_module, "compress", lambda data, level: spoil(data))  # type: ignore[operator]
    assert code_of(exchange.receive(exchange.message())) in ("EBMS:0303", "EBMS:0004")
    assert exchange.kept() == []


def test_gzip_with_name_time_and_comment_is_read(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building_module, "compress", lambda data, level: gzip.compress(data))
    assert exchange.receive(exchange.message()).outcome == "accepted"


def test_compressed_payload_is_kept_as_signed(exchange: Exchange) -> None:
    document = an_invoice(300_000)
    sent = exchange.outgoing(document)
    assert exchange.receive(sent).outcome == "accepted"
    assert document in gzip.decompress(exchange.store.payload(sent.message_id))
