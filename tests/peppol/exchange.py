"""One exchange between two seats, and the tools to spoil it."""

from __future__ import annotations

import base64
import hashlib
import io
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from peppol.as4 import Limits, Receiver, Reply
from peppol.as4 import vocabulary as v
from peppol.as4.building import Outgoing, build
from peppol.identifiers import BILLING, JP_INVOICE, JP_NON_TAX_INVOICE, SeatId
from peppol.lookup import Endpoint
from peppol.private import Seat
from peppol.private.folder import FolderReceived
from peppol.services import Service, Services
from peppol.trust import Network

from .builders import CITY, NOON, VENDOR, a_header, an_invoice
from .conftest import Pki

NAMES = {"S": v.S12, "eb": v.EB, "wsse": v.WSSE, "wsu": v.WSU, "ds": v.DS, "xenc": v.XENC}


@dataclass(frozen=True)
class Message:
    """A message on the wire, in its two parts, easy to take apart and put together."""

    content_type: str
    soap: bytes
    payload: bytes
    cid: str
    boundary: str

    @classmethod
    def of(cls, sent: Outgoing) -> Message:
        boundary = sent.content_type.split('boundary="')[1].split('"')[0]
        parts = sent.body.split(b"--" + boundary.encode())
        soap = parts[1].split(b"\r\n\r\n", 1)[1][:-2]
        payload = sent.body.split(b"\r\n\r\n", 2)[2]
        payload = payload[: payload.rindex(b"\r\n--" + boundary.encode())]
        return cls(sent.content_type, soap, payload, sent.message.payload, boundary)

    @property
    def body(self) -> bytes:
        from peppol.as4.mime import write_multipart

        return write_multipart(self.boundary, self.soap, self.cid, self.payload)

    def changed(self, change: Callable[[etree._Element], None]) -> Message:
        """With `change` applied to the parsed envelope."""
        root = etree.fromstring(self.soap)
        change(root)
        return replace(self, soap=etree.tostring(root))

    def replaced(self, old: bytes, new: bytes, count: int = -1) -> Message:
        """With bytes of the SOAP part replaced."""
        assert old in self.soap, old
        return replace(self, soap=self.soap.replace(old, new, count))


def find(root: etree._Element, path: str) -> etree._Element:
    found = root.find(path, NAMES)
    assert found is not None, path
    return found


def sign_again(root: etree._Element, seat: Seat, digest: str = "sha256") -> None:
    """What a dishonest but certified sender can do: fresh digests and signature over anything."""
    info = find(root, ".//ds:SignedInfo")
    for reference in info.findall("ds:Reference", NAMES):
        uri = reference.get("URI", "")
        if not uri.startswith("#"):
            continue
        target = next(e for e in root.iter() if e.get(f"{{{v.WSU}}}Id") == uri[1:])
        text = etree.tostring(target, method="c14n", exclusive=True)
        value = base64.b64encode(hashlib.new(digest, text).digest()).decode()
        find(reference, "ds:DigestValue").text = value
    text = etree.tostring(info, method="c14n", exclusive=True)
    algorithm = {"sha256": hashes.SHA256(), "sha1": hashes.SHA1()}[digest]
    signed = seat.key.sign(text, padding.PKCS1v15(), algorithm)
    find(root, ".//ds:SignatureValue").text = base64.b64encode(signed).decode()


class Exchange:
    """A sender, a receiver with a real folder store, and what they exchange."""

    def __init__(self, pki: Pki, folder: Path | None = None, **changes: object) -> None:
        self.pki = pki
        self.now = NOON
        self.store = FolderReceived(folder or Path(tempfile.mkdtemp(prefix="warifu-test-")))
        services = Services(
            {CITY: [Service(JP_INVOICE, BILLING), Service(JP_NON_TAX_INVOICE, BILLING)]}
        )
        values: dict[str, object] = {
            "key": pki.receiver.as_key(),
            "trust": pki.trust,
            "services": services,
            "messages": self.store,
            "now": lambda: self.now,
            "limits": Limits(),
        }
        self.receiver = Receiver(**{**values, **changes})  # type: ignore[arg-type]

    def endpoint(self, seat: Seat | None = None, name: str = "PZZ000002") -> Endpoint:
        certificate = (seat or self.pki.receiver).certificate
        return Endpoint(
            CITY, JP_INVOICE, BILLING, JP_INVOICE, "http://127.0.0.1:9/as4", certificate,
            SeatId(name), "http://127.0.0.1:9", b"", self.now,
        )  # fmt: skip

    def outgoing(
        self,
        document: bytes | None = None,
        *,
        sender: Seat | None = None,
        endpoint: Endpoint | None = None,
        at: datetime | None = None,
        **header: object,
    ) -> Outgoing:
        return build(
            a_header(**header),
            document or an_invoice(),
            endpoint=endpoint or self.endpoint(),
            key=(sender or self.pki.sender).as_key(),
            network=Network.PRIVATE,
            at=at or self.now,
        )

    def message(self, document: bytes | None = None, **options: object) -> Message:
        return Message.of(self.outgoing(document, **options))  # type: ignore[arg-type]

    def receive(self, message: Message | Outgoing) -> Reply:
        return self.receive_raw(message.body, {"Content-Type": message.content_type})

    def receive_raw(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        reply = self.receiver.receive(headers, io.BytesIO(body))
        assert reply.cause is None or reply.fault is not None
        return reply

    def kept(self) -> list[dict[str, object]]:
        return self.store.messages()


def code_of(reply: Reply) -> str | None:
    """The EBMS code in the reply's body, checked against the fault."""
    if not reply.body:
        return None
    error = etree.fromstring(reply.body).find(".//eb:Error", NAMES)
    code = None if error is None else error.get("errorCode")
    assert reply.fault is None or code == reply.fault.ebms
    return code


__all__ = ["CITY", "NAMES", "VENDOR", "Exchange", "Message", "code_of", "find", "sign_again"]
