"""Parsing strangers' XML: what is refused, and that nothing of it stays behind."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from peppol import xml_input
from peppol.as4.signature import canonical
from peppol.errors import XmlRefused
from peppol.xml_input import Strangers, XmlLimits, confined, is_familiar, parse, text_of

from .exchange import Exchange, Message


def resident_megabytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 // 1_000_000


def test_our_messages_and_receipts_take_the_short_way(exchange: Exchange) -> None:
    sent = exchange.outgoing()
    assert is_familiar(Message.of(sent).soap)
    assert is_familiar(exchange.receive(sent).body)


@pytest.mark.parametrize(
    "data",
    [
        b"<x:Envelope xmlns:x='http://www.w3.org/2003/05/soap-envelope'/>",
        b"<Invented/>",
        b"<Envelope invented='1'/>",
        b"<Envelope xmlns='urn:invented'/>",
        b"<Envelope><Header/> \n\t <Body/></Envelope>",
        b"<Envelope>&invented;</Envelope>",
        b"<Envelope>" + b"a" * 70_000 + b"</Envelope>",
        b'<Envelope Id=">" invented="1234"/>',
        b'<Envelope Id=">" invented="1234"><Header>&gt;</Header></Envelope>',
        b"<Envelope Id='\"' invented='\"'/>",
        b"<Envelope><![CDATA[<]]><invented/></Envelope>",
        b"<Envelope><!-- > --><invented/></Envelope>",
        b'<Envelope Id="abc"/>',
        b"<Envelope>abc</Envelope>",
    ],
)
def test_anything_invented_takes_the_long_way(data: bytes) -> None:
    assert not is_familiar(data)


NO_ALLOWANCE = Strangers(0)


def parse_once(data: bytes, limits: XmlLimits) -> str:
    return confined(data, lambda: str(parse(data, limits).tag), NO_ALLOWANCE)


@pytest.mark.parametrize("data", [b"<Body/>", b"<Invented/>"])
def test_what_happens_inside_comes_out(data: bytes) -> None:
    for strangers in (NO_ALLOWANCE, Strangers()):
        assert confined(data, lambda: 7, strangers) == 7
        with pytest.raises(KeyError, match="inside"):
            confined(data, lambda: {}["inside"], strangers)


def test_trusted_senders_do_not_use_up_the_allowance(exchange: Exchange) -> None:
    before = xml_input.STRANGERS.taken
    sent = exchange.outgoing()
    assert exchange.receive(sent).outcome == "accepted"
    assert xml_input.STRANGERS.taken == before
    exchange.receive(Message.of(sent).replaced(b"rsa-sha256", b"rsa-sha384"))
    assert xml_input.STRANGERS.taken > before


def test_messages_are_received_when_the_allowance_is_used_up(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_input.STRANGERS, "allowance", 0)
    message = exchange.message()
    assert exchange.receive(message).outcome == "accepted"
    renamed = exchange.message().replaced(b"S12", b"Unusual")
    assert exchange.receive(renamed).fault is not None
    assert exchange.receive(exchange.message().replaced(b"xenc:", b"unusual:").replaced(
        b"xmlns:xenc=", b"xmlns:unusual=")).outcome == "accepted"  # fmt: skip


def test_prefix_list_counts_in_a_message_of_unusual_prefixes(exchange: Exchange) -> None:
    """lxml forgets the prefixes of another thread: PrefixList would silently not count."""
    data = b'<a xmlns:zq="urn:x" xmlns:zr="urn:y"><b/></a>'
    text = confined(data, lambda: canonical(parse(data)[0], "zq"), NO_ALLOWANCE)
    assert text == b'<b xmlns:zq="urn:x"></b>'


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
@pytest.mark.parametrize("kind", ["names", "attributes", "namespaces", "spaces", "prefixes"])
def test_invented_names_do_not_fill_the_memory(kind: str) -> None:
    chance = random.Random(1)

    def document() -> bytes:
        names = [b"n%x" % chance.getrandbits(120) for _ in range(2000)]
        if kind == "names":
            return b"<Body>" + b"".join(b"<%s/>" % n for n in names) + b"</Body>"
        if kind == "attributes":
            return b"<Body " + b" ".join(b"%s=''" % n for n in names) + b"/>"
        if kind == "namespaces":
            inner = b"".join(b"<Body xmlns='%s'/>" % n for n in names)
            return b"<Body>" + inner + b"</Body>"
        if kind == "prefixes":
            inner = b"".join(b"<%s:Body xmlns:%s='urn:x'/>" % (n, n) for n in names[:1000])
            return b"<Body>" + inner + b"</Body>"
        gaps = [bytes(chance.choice(b" \n\t") for _ in range(50)) for _ in names[:500]]
        return b"<Body>" + b"".join(gap + b"<Body/>" for gap in gaps) + b"</Body>"

    limits = XmlLimits(attributes=6000)
    for _ in range(20):
        parse_once(document(), limits)
    before = resident_megabytes()
    for _ in range(200):
        parse_once(document(), limits)
    assert resident_megabytes() - before < 8


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"<a>", b"<!DOCTYPE a><a/>", b"<a/><?x y?>", b"<?x y?><a/>", b"<a><?x y?></a>",
     b"<?xml version='1.0' encoding='EUC-JP'?><a/>", b"<a>\x00</a>", "<a/>".encode("utf-16"),
     b"<a>&b;</a>", b"<a>\xff</a>", b"<a/><b/>", b"<?xml version='1.0' encoding='utf-16'?><a/>"],
)  # fmt: skip
def test_what_is_not_plain_xml_is_refused(data: bytes) -> None:
    with pytest.raises(XmlRefused):
        parse(data)


def test_caps_hold() -> None:
    limits = XmlLimits(size=100, elements=3, depth=2, attributes=2)
    assert parse(b"<a><b/><c/></a>", limits).tag == "a"
    for data in (b"<a><b><c/></b></a>", b"<a><b/><b/><b/></a>", b"<a b='' c='' d=''/>",
                 b"<a>" + b"x" * 100 + b"</a>"):  # fmt: skip
        with pytest.raises(XmlRefused):
            parse(data, limits)


@pytest.mark.parametrize(
    "data",
    [b"<a>t</a>", b"\xef\xbb\xbf<a>t</a>", b"<?xml version='1.0'?><a>t</a>",
     b'<?xml version="1.0" encoding="utf-8"?>\n<a><!-- c -->t</a>', b"<a><![CDATA[t]]></a>",
     b"<a>\n t </a>"],
)  # fmt: skip
def test_plain_xml_is_read(data: bytes) -> None:
    assert text_of(parse(data)) == "t"


def test_value_with_an_element_inside_is_no_text() -> None:
    with pytest.raises(XmlRefused):
        text_of(parse(b"<a>t<b/></a>"))
