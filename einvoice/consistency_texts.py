"""Own checks of identifiers, names and attachments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from einvoice.errors import RegistrationNumberError
from einvoice.invoice import Identifier, Invoice
from einvoice.own_checks import Desk
from einvoice.places import Place
from einvoice.registration import CorporateNumber, RegistrationNumber

if TYPE_CHECKING:
    from einvoice.document import Node

_SELLER: Place = ("cac:AccountingSupplierParty", "cac:Party")
_BUYER: Place = ("cac:AccountingCustomerParty", "cac:Party")
# 外字 (private use), bidirectional overrides, invisible marks, C1 controls, the replacement mark.
_ODD = re.compile(
    "[\ue000-\uf8ff\U000f0000-\U0010fffd\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff"
    "\x7f-\x9f\ufffd]"
)
_NAMES = {"0188": ("法人番号", "corporate number"), "0221": ("登録番号", "registration number")}
# First bytes of what the seven allowed types are; text types have none.
_MAGIC = {
    "application/pdf": b"%PDF",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": b"PK\x03\x04",
    "application/vnd.oasis.opendocument.spreadsheet": b"PK\x03\x04",
}
_OTHER_MAGIC = (*_MAGIC.values(), b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0", b"GIF8", b"#!")


def _numbers(invoice: Invoice) -> Iterator[tuple[Identifier | None, Place, str]]:
    yield invoice.seller.endpoint, (*_SELLER, "cbc:EndpointID"), "IBT-034"
    legal = ("cac:PartyLegalEntity", "cbc:CompanyID")
    yield invoice.seller.legal_id, (*_SELLER, *legal), "IBT-030"
    yield invoice.buyer.endpoint, (*_BUYER, "cbc:EndpointID"), "IBT-049"
    yield invoice.buyer.legal_id, (*_BUYER, *legal), "IBT-047"


def check_identifiers(invoice: Invoice, desk: Desk) -> None:
    """Check digits of 法人番号 (0188) and 登録番号 (0221) wherever the parties give them."""
    for identifier, place, term in _numbers(invoice):
        if identifier is None or identifier.scheme not in _NAMES:
            continue
        kind = CorporateNumber if identifier.scheme == "0188" else RegistrationNumber
        try:
            kind(identifier.value.upper())
        except RegistrationNumberError:
            ja, en = _NAMES[identifier.scheme]
            desk.report(
                "identifier-check-digit",
                place,
                term=term,
                scheme_ja=ja,
                scheme_en=en,
                value=identifier.value,
            )


def _texts(invoice: Invoice) -> Iterator[tuple[str | None, Place, str]]:
    name = ("cac:PartyLegalEntity", "cbc:RegistrationName")
    yield invoice.number, ("cbc:ID",), "IBT-001"
    yield invoice.note, ("cbc:Note",), "IBT-022"
    yield invoice.seller.name, (*_SELLER, *name), "IBT-027"
    yield invoice.buyer.name, (*_BUYER, *name), "IBT-044"
    for index, line in enumerate(invoice.lines):
        place: Place = (("cac:InvoiceLine", index),)
        yield line.item.name, (*place, "cac:Item", "cbc:Name"), "IBT-153"
        if line.note:
            yield line.note, (*place, "cbc:Note"), "IBT-127"


def check_texts(invoice: Invoice, desk: Desk) -> None:
    """Characters that another screen or printer shows as something else, or not at all."""
    for text, place, term in _texts(invoice):
        odd = None if text is None or text.isascii() else _ODD.search(text)
        if odd is not None and text is not None:
            code = f"U+{ord(odd.group()):04X} {unicodedata.name(odd.group(), '外字')}"
            desk.report("odd-characters", place, term=term, value=text, character=code)


def check_attachments(invoice: Invoice, desk: Desk, root: Node | None) -> None:
    """The first bytes of an attachment against its stated type."""
    nodes = [] if root is None else root.children.get("cac:AdditionalDocumentReference", [])
    indices = [i for i, node in enumerate(nodes) if not _is_object_reference(node)]
    for nth, document in enumerate(invoice.supporting_documents):
        attached = document.attachment
        if attached is None or _is_of_type(attached.content, attached.mime_type):
            continue
        index = indices[nth] if nth < len(indices) else nth
        desk.report(
            "attachment-type",
            (
                ("cac:AdditionalDocumentReference", index),
                "cac:Attachment",
                "cbc:EmbeddedDocumentBinaryObject",
            ),
            name=attached.filename,
            mime=attached.mime_type,
        )


def _is_object_reference(node: Node) -> bool:
    kind = node.first("cbc:DocumentTypeCode")
    return kind is not None and kind.text.strip() in ("130", "50")


def _is_of_type(content: bytes, mime: str) -> bool:
    magic = _MAGIC.get(mime)
    if magic is not None:
        return content.startswith(magic)
    return not content.startswith(_OTHER_MAGIC) and b"\x00" not in content[:1_000]
