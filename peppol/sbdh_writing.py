"""Making an envelope: header text around the document's own bytes.

The document is not re-serialised: its prolog is cut off and the rest goes in byte for byte.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape

from peppol.errors import EnvelopeInvalid, Text, XmlRefused
from peppol.identifiers import PARTICIPANT_META_SCHEME
from peppol.sbdh import NAMESPACE, Header, scopes_of

_OPEN: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n<sh:StandardBusinessDocument xmlns:sh="'
_CLOSE: Final = b"</sh:StandardBusinessDocument>\n"


def make_envelope(header: Header, document: bytes) -> bytes:
    """The envelope of `document` (a whole XML document in UTF-8, no DTD).

    Raises XmlRefused when the document is not that, EnvelopeInvalid when its root is not the one
    the header announces.
    """
    body = _without_prolog(header, document)
    return b"".join((_OPEN, NAMESPACE.encode(), b'">', _header_text(header).encode(), body, _CLOSE))


def _header_text(header: Header) -> str:
    created = header.created
    if created.utcoffset() == timedelta(0):
        instant = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    else:
        instant = created.isoformat(timespec="seconds")
    scopes = "".join(
        f"<sh:Scope><sh:Type>{escape(scope.type)}</sh:Type>"
        f"<sh:InstanceIdentifier>{escape(scope.value)}</sh:InstanceIdentifier>"
        + (f"<sh:Identifier>{escape(scope.identifier)}</sh:Identifier>" if scope.identifier else "")
        + "</sh:Scope>"
        for scope in scopes_of(header)
    )
    return (
        "<sh:StandardBusinessDocumentHeader><sh:HeaderVersion>1.0</sh:HeaderVersion>"
        f'<sh:Sender><sh:Identifier Authority="{PARTICIPANT_META_SCHEME}">'
        f"{escape(header.sender.value)}</sh:Identifier></sh:Sender>"
        f'<sh:Receiver><sh:Identifier Authority="{PARTICIPANT_META_SCHEME}">'
        f"{escape(header.receiver.value)}</sh:Identifier></sh:Receiver>"
        "<sh:DocumentIdentification>"
        f"<sh:Standard>{escape(header.standard)}</sh:Standard>"
        f"<sh:TypeVersion>{escape(header.type_version)}</sh:TypeVersion>"
        f"<sh:InstanceIdentifier>{escape(header.instance_identifier)}</sh:InstanceIdentifier>"
        f"<sh:Type>{escape(header.type)}</sh:Type>"
        f"<sh:CreationDateAndTime>{instant}</sh:CreationDateAndTime>"
        f"</sh:DocumentIdentification><sh:BusinessScope>{scopes}</sh:BusinessScope>"
        "</sh:StandardBusinessDocumentHeader>"
    )


def _without_prolog(header: Header, document: bytes) -> bytes:
    if document[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise XmlRefused(why=Text("UTF-8 ではありません。", "it is not UTF-8."))
    root: list[tuple[str, int]] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def start(name: str, _attributes: dict[str, str]) -> None:
        root.append((name, parser.CurrentByteIndex))
        parser.StartElementHandler = None

    def declaration(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.upper() not in ("UTF-8", "UTF8", "US-ASCII"):
            raise XmlRefused(why=Text("UTF-8 ではありません。", "it is not UTF-8."))

    def doctype(*_: object) -> None:
        raise XmlRefused(why=Text("DTD があります。", "there is a DTD."))

    parser.StartElementHandler = start
    parser.XmlDeclHandler = declaration
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise XmlRefused(
            why=Text(
                f"整形式ではありません({error.lineno}行)。",
                f"not well-formed (line {error.lineno}).",
            )
        ) from None
    finally:
        parser.StartElementHandler = None
        parser.XmlDeclHandler = None
        parser.StartDoctypeDeclHandler = None
    name, at = root[0]
    namespace, _, local = name.rpartition(" ")
    header.check_payload(namespace, local)
    if not namespace:
        raise EnvelopeInvalid(
            why=Text("文書に名前空間がありません。", "the document has no namespace.")
        )
    return document[at:]
