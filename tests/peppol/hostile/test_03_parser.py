"""Group 3, the parser: DTD, entities, network, depth, breadth; each refused fast and small."""

from __future__ import annotations

import socket
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from tests.peppol.exchange import Exchange, code_of

LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(8))
    + b"]>"
)
QUADRATIC = b'<!DOCTYPE a [<!ENTITY a "' + b"x" * 50_000 + b'">]>'


def hostile() -> dict[str, bytes]:
    return {
        "laughs": LAUGHS + b"<a>&h;</a>",
        "quadratic": QUADRATIC + b"<a>" + b"&a;" * 5000 + b"</a>",
        "xxe file": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "parameter entity": b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
        "external dtd": b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "undeclared entity": b"<a>&nothing;</a>",
        "broad": b"<a>" + b"<b/>" * 60_000 + b"</a>",
        "deep": b"<a>" * 2000 + b"</a>" * 2000,
        "attributes": b"<a " + b" ".join(b"b%d='x'" % n for n in range(25_000)) + b"/>",
        "namespaces": b"<a " + b" ".join(b"xmlns:b%d='x'" % n for n in range(14_000)) + b"/>",
        "long name": b"<" + b"a" * 250_000 + b"/>",
        "long text": b"<a>" + b"x" * 255_000 + b"</a>",
        "too large": b"<a>" + b"x" * 300_000 + b"</a>",
        "utf-16": "<a/>".encode("utf-16"),
        "latin": b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
        "shift_jis": b"<?xml version='1.0' encoding='Shift_JIS'?><a/>",
        "zero": b"<a>\x00</a>",
        "instruction": b"<?x y?><a/>",
        "instruction after": b"<a/><?x y?>",
        "xinclude": b"<a xmlns:i='http://www.w3.org/2001/XInclude'>"
        b"<i:include href='/etc/passwd'/></a>",
        "empty": b"",
        "text": b"hello",
        "unclosed": b"<a><b></a>",
    }


@pytest.mark.parametrize("name", hostile())
def test_hostile_soap_is_refused_fast_and_small(exchange: Exchange, name: str) -> None:
    message = replace(exchange.message(), soap=hostile()[name])
    exchange.receive(message)  # warm
    times = []
    for _ in range(3):
        before = time.process_time()
        reply = exchange.receive(message)
        times.append(time.process_time() - before)
    assert code_of(reply) in ("EBMS:0009", "EBMS:0007")
    assert min(times) < 0.05
    tracemalloc.start()
    exchange.receive(message)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000
    assert exchange.kept() == []


@pytest.mark.parametrize("where", ["doctype", "entity"])
def test_nothing_is_fetched_from_the_network(exchange: Exchange, where: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x".encode()
        soap = {
            "doctype": b'<!DOCTYPE a SYSTEM "' + address + b'"><a/>',
            "entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "' + address + b'">]><a>&x;</a>',
        }[where]
        assert code_of(exchange.receive(replace(exchange.message(), soap=soap))) == "EBMS:0009"
        with pytest.raises(TimeoutError):
            server.accept()


def test_no_file_is_read_into_the_answer(exchange: Exchange, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary-4711")
    soap = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>&x;</a>'.encode()
    reply = exchange.receive(replace(exchange.message(), soap=soap))
    assert b"canary" not in reply.body


def test_depth_and_breadth_inside_a_signed_element_are_refused(exchange: Exchange) -> None:
    for filler in (b"<x>" * 120 + b"</x>" * 120, b"<x/>" * 6000):
        message = exchange.message().replaced(b"</eb:UserMessage>", filler + b"</eb:UserMessage>")
        assert code_of(exchange.receive(message)) == "EBMS:0009"
