"""Group 12, fuzz: mutants of valid messages; no uncaught exception, no changed meaning accepted.

Runs a short series in the tests; `WARIFU_FUZZ=20000 pytest tests/peppol/hostile/test_12_fuzz.py`
runs the long one. Every mutant has its number and seed, so that a failure can be repeated.
"""

from __future__ import annotations

import copy
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from lxml import etree

from peppol.evidence import Evidence
from tests.peppol.builders import an_invoice
from tests.peppol.conftest import Pki
from tests.peppol.exchange import Exchange, Message

MUTANTS = int(os.environ.get("WARIFU_FUZZ", "600"))
SEED = int(os.environ.get("WARIFU_FUZZ_SEED", "20261123"))

PIECES = [
    b"<!-- -->", b"<x/>", b"&amp;", b"&#x41;", b"<![CDATA[x]]>", b"<?p i?>", b"\x00", b" ", b"\r\n",
    b"=", b"#", b'"', b"<", b">", b"/>", b"xmlns:eb='urn:x'", b' Id="x"', b"AAAA", b"\xff", b"0",
    b"</eb:Messaging>", b"<S12:Header/>", b"<!DOCTYPE a>", b"\xe6\x97\xa5", b"1.0",
]  # fmt: skip


def mutate(data: bytes, chance: random.Random) -> bytes:
    """One to four edits: flip, cut, repeat, swap or insert."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(out) or 1)
        kind = chance.randrange(7)
        if kind == 0 and out:
            out[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del out[at : at + chance.randint(1, 40)]
        elif kind == 2:
            piece = bytes(out[at : at + chance.randint(1, 200)])
            to = chance.randrange(len(out) or 1)
            out[to:to] = piece
        elif kind == 3:
            out[at:at] = chance.choice(PIECES)
        elif kind == 4:
            tags = [i for i, byte in enumerate(out) if byte == 0x3C]
            if len(tags) > 2:
                a, b = sorted(chance.sample(range(len(tags) - 1), 2))
                one = bytes(out[tags[a] : tags[a + 1]])
                two = bytes(out[tags[b] : tags[b + 1]])
                out[tags[b] : tags[b + 1]] = one
                out[tags[a] : tags[a + 1]] = two
        elif kind == 5:
            out[at : at + 1] = chance.choice(PIECES)
        else:
            out[at : at + chance.randint(1, 8)] = bytes(
                chance.randrange(32, 127) for _ in range(chance.randint(1, 8))
            )
    return bytes(out)


def meaning(evidence: Evidence) -> dict[str, object]:
    """All that a message says, without when it was taken in."""
    return {k: v for k, v in asdict(evidence).items() if k not in ("recorded", "receipted")}


def run(
    pki: Pki, folder: Path, count: int, change: Callable[[Message, random.Random], bytes]
) -> Counter[str]:
    exchange = Exchange(pki, folder)
    sent = exchange.outgoing(an_invoice(2000))
    message = Message.of(sent)
    assert exchange.receive(sent).outcome == "accepted"
    wanted = meaning(next(iter(exchange.store.all())))
    outcomes: Counter[str] = Counter()
    for number in range(count):
        shutil.rmtree(folder)
        folder.mkdir()
        chance = random.Random(SEED + number)
        body = change(message, chance)
        reply = exchange.receive_raw(body, {"Content-Type": message.content_type})
        outcomes[reply.outcome if reply.fault is None else reply.fault.code] += 1
        assert reply.outcome != "failed", (number, reply.cause)
        if reply.outcome == "accepted":
            kept = list(exchange.store.all())
            assert [meaning(e) for e in kept] == [wanted], number
    return outcomes


def in_tree(message: Message, chance: random.Random) -> bytes:
    """Edits that keep the XML well-formed: what gets past the parser and meets the checks."""
    root = etree.fromstring(message.soap)
    for _ in range(chance.randint(1, 3)):
        elements = list(root.iter())
        one, two = chance.choice(elements), chance.choice(elements)
        kind = chance.randrange(8)
        parent = one.getparent()
        if kind == 0 and parent is not None:
            parent.remove(one)
        elif kind == 1 and parent is not None:
            parent.insert(chance.randint(0, len(parent)), copy.deepcopy(one))
        elif kind == 2 and one is not two and one not in two.iterancestors():
            two.append(copy.deepcopy(one))
        elif kind == 3:
            one.text = chance.choice(["", "x", two.text, f" {one.text or ''} ", "0"])
        elif kind == 4 and one.attrib:
            name = chance.choice(list(one.attrib))
            one.set(name, chance.choice(["", "x", "#x", "cid:x", one.get(name, "") + " "]))
        elif kind == 5 and one.attrib:
            del one.attrib[chance.choice(list(one.attrib))]
        elif kind == 6:
            one.insert(0, etree.Comment("x"))
        elif parent is not None:
            one.tail = chance.choice([" ", "\n", "x"])
    return replace(message, soap=etree.tostring(root)).body


def in_soap(message: Message, chance: random.Random) -> bytes:
    return replace(message, soap=mutate(message.soap, chance)).body


def anywhere(message: Message, chance: random.Random) -> bytes:
    return mutate(message.body, chance)


@pytest.mark.slow
def test_mutants_of_the_soap_part(pki: Pki, tmp_path: Path) -> None:
    outcomes = run(pki, tmp_path / "fuzz", MUTANTS // 2, in_soap)
    print(dict(outcomes))
    assert outcomes["peppol.as4.internal"] == 0


@pytest.mark.slow
def test_well_formed_mutants(pki: Pki, tmp_path: Path) -> None:
    outcomes = run(pki, tmp_path / "fuzz", MUTANTS // 4, in_tree)
    print(dict(outcomes))
    assert outcomes["peppol.as4.internal"] == 0


@pytest.mark.slow
def test_mutants_of_the_whole_body(pki: Pki, tmp_path: Path) -> None:
    outcomes = run(pki, tmp_path / "fuzz", MUTANTS // 4, anywhere)
    print(dict(outcomes))
    assert outcomes["peppol.as4.internal"] == 0
