"""Group 5, MIME: one reading of the bytes, or none."""

from __future__ import annotations

import io

import pytest

from peppol.as4 import Limits
from peppol.as4.mime import MultipartReader, media_type
from tests.peppol.builders import an_invoice
from tests.peppol.conftest import Pki
from tests.peppol.exchange import Exchange, Message, code_of

CT = "Content-Type"


def body_of(message: Message, *parts: bytes, end: bytes = b"--\r\n") -> bytes:
    line = b"--" + message.boundary.encode()
    return b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + end


def soap_part(message: Message, headers: bytes = b"Content-Type: application/soap+xml") -> bytes:
    return headers + b"\r\n\r\n" + message.soap


def payload_part(message: Message, extra: bytes = b"", cid: str | None = None) -> bytes:
    name = (cid or message.cid).encode()
    return extra + b"Content-ID: <" + name + b">\r\n\r\n" + message.payload


def send(exchange: Exchange, message: Message, body: bytes, content_type: str | None = None) -> str:
    reply = exchange.receive_raw(body, {CT: content_type or message.content_type})
    return reply.outcome if reply.outcome == "accepted" else (code_of(reply) or str(reply.status))


def test_the_least_that_is_valid_passes(exchange: Exchange) -> None:
    message = exchange.message()
    body = body_of(message, soap_part(message), payload_part(message))
    assert send(exchange, message, body) == "accepted"


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/related; boundary={b}",
        'multipart/related; boundary="{b}"',
        'Multipart/Related;boundary={b};type="application/soap+xml";start="<x>"',
        'multipart/related; type=application/soap+xml; boundary="{b}" ; charset=UTF-8;',
        'multipart/related; start-info="a\\"b"; boundary={b}',
    ],
)
def test_parameters_in_any_order_and_quoting(exchange: Exchange, content_type: str) -> None:
    message = exchange.message()
    body = body_of(message, soap_part(message), payload_part(message))
    value = content_type.replace("{b}", message.boundary)
    assert send(exchange, message, body, value) == "accepted"


@pytest.mark.parametrize(
    "content_type",
    ["", "x", "text/xml", "application/soap+xml", "multipart/related",
     "multipart/mixed; boundary={b}",
     "multipart/related; boundary=", 'multipart/related; boundary="a\r\nb"',
     "multipart/related; boundary={b}; boundary=other", "multipart/related; boundary=" + "x" * 80,
     "multipart/related; boundary=日本", "multipart/related boundary={b}", ";" * 3000],
)  # fmt: skip
def test_request_without_a_message_gets_400(exchange: Exchange, content_type: str) -> None:
    message = exchange.message()
    value = content_type.replace("{b}", message.boundary)
    assert exchange.receive_raw(message.body, {CT: value}).status == 400
    assert exchange.receive_raw(message.body, {}).status == 400


def test_confusing_bodies_are_refused(exchange: Exchange) -> None:
    m = exchange.message()
    soap, payload = soap_part(m), payload_part(m)
    line = b"--" + m.boundary.encode()
    bodies = {
        "no final boundary": body_of(m, soap, payload, end=b"\r\n"),
        "cut in the payload": m.body[:-500],
        "cut in the boundary": m.body[:-4],
        "LF only": m.body.replace(b"\r\n", b"\n"),
        "LF in headers": body_of(m, soap.replace(b"xml\r\n", b"xml\n", 1), payload),
        "three parts": body_of(m, soap, payload, payload_part(m, cid="other@x")),
        "payload twice": body_of(m, soap, payload, payload),
        "SOAP second": body_of(m, payload, soap),
        "SOAP only": body_of(m, soap),
        "payload only": body_of(m, payload),
        "nothing": line + b"--\r\n",
        "empty": b"",
        "other cid": body_of(m, soap, payload_part(m, cid="other@x")),
        "no cid": body_of(m, soap, b"X: y\r\n\r\n" + m.payload),
        "two cids": body_of(m, soap, payload_part(m, b"Content-ID: <other@x>\r\n")),
        "quoted-printable": body_of(
            m, soap, payload_part(m, b"Content-Transfer-Encoding: quoted-printable\r\n")
        ),
        "base64": body_of(m, soap, payload_part(m, b"Content-Transfer-Encoding: base64\r\n")),
        "nested multipart": body_of(
            m, soap_part(m, b"Content-Type: multipart/related; boundary=x"), payload
        ),
        "soap 1.1": body_of(m, soap_part(m, b"Content-Type: text/xml"), payload),
        "headers too large": body_of(m, soap, payload_part(m, b"X: " + b"y" * 9000 + b"\r\n")),
        "header without colon": body_of(m, soap, payload_part(m, b"strange line\r\n")),
        "header not ascii": body_of(m, soap, payload_part(m, b"X: \xe6\x97\xa5\r\n")),
        "long preamble": b"x" * 3000 + b"\r\n" + body_of(m, soap, payload),
        "boundary with a tail": m.body.replace(line + b"\r\n", line + b"xx\r\n"),
        "other boundary": m.body.replace(line, b"--other"),
    }
    for name, body in bodies.items():
        got = send(exchange, m, body)
        assert got in ("EBMS:0007", "EBMS:0009", "EBMS:0102"), (name, got)
    assert exchange.kept() == []


def test_boundary_inside_the_payload_is_seen_and_refused(exchange: Exchange) -> None:
    """Where another program might see the payload's end, we see it too: and then it fails."""
    m = exchange.message()
    inside = b"\r\n--" + m.boundary.encode() + b"\r\n\r\n"
    spoiled = Message(m.content_type, m.soap, m.payload[:50] + inside + m.payload[50:], m.cid,
                      m.boundary)  # fmt: skip
    assert send(exchange, m, spoiled.body) in ("EBMS:0007", "EBMS:0102")


def test_folded_headers_preamble_epilogue_and_blanks_are_read(exchange: Exchange) -> None:
    m = exchange.message()
    soap = soap_part(m, b"Content-Type: application/soap+xml;\r\n\tcharset=UTF-8")
    body = b"\r\npreamble\r\n" + body_of(m, soap, payload_part(m), end=b"--\r\nepilogue")
    body = body.replace(m.boundary.encode() + b"\r\n", m.boundary.encode() + b" \t\r\n")
    assert send(exchange, m, body) == "accepted"


class Dripping:
    """A source that gives one to three bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)
        self._turn = 0

    def read(self, size: int, /) -> bytes:
        self._turn += 1
        return self._file.read(min(size, 1 + self._turn % 3))


def test_bytes_that_arrive_in_any_pieces_give_the_same(exchange: Exchange) -> None:
    message = exchange.message()
    reply = exchange.receiver.receive({CT: message.content_type}, Dripping(message.body))
    assert reply.outcome == "accepted"


@pytest.mark.parametrize("size", [0, 1, 5, 65_530, 65_536, 65_540, 200_000])
def test_reader_gives_back_what_was_written(size: int) -> None:
    content = (b"\r\n--bound\r\r\n-" * (size // 10 + 1))[:size]
    body = b"--boundary\r\nA: b\r\n\r\n" + content + b"\r\n--boundary--"
    reader = MultipartReader(io.BytesIO(body), "boundary", Limits())
    assert reader.next_part() == {"a": "b"}
    assert reader.read_all(300_000) == content
    assert reader.next_part() is None
    assert reader.next_part() is None


def test_body_over_the_cap_gets_413_and_is_not_read_on(pki: Pki, tmp_path: object) -> None:
    exchange = Exchange(pki, limits=Limits(body=400_000))
    message = exchange.message(an_invoice(5_000_000, note="x"))
    source = io.BytesIO(message.body)
    reply = exchange.receiver.receive({CT: message.content_type}, source)
    assert reply.status == 413
    assert source.tell() < 600_000
    assert exchange.kept() == []


def test_media_type_with_repeated_parameter_is_refused() -> None:
    from peppol.as4.faults import MimeInvalid

    with pytest.raises(MimeInvalid):
        media_type("a/b; c=1; C=2")


def test_encryption_that_names_another_attachment_is_refused(exchange: Exchange) -> None:
    message = exchange.message()
    name = message.cid.encode()
    other = message.replaced(
        b'CipherReference URI="cid:' + name, b'CipherReference URI="cid:other' + name
    )
    assert code_of(exchange.receive(other)) == "EBMS:0007"
