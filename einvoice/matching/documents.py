"""DOC: is it an invoice to this city that can be acted on at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from einvoice.company_names import NameMatch, compare
from einvoice.matching.catalogue import Hit
from einvoice.matching.situation import Situation, folded

# First bytes of what may be attached; a type that is claimed but not met is refused.
_MAGIC: dict[str, tuple[bytes, ...]] = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (b"PK\x03\x04",),
    "application/vnd.oasis.opendocument.spreadsheet": (b"PK\x03\x04",),
}


def data_is_valid(s: Situation) -> Iterator[Hit]:
    """DOC-001."""
    if s.report is not None and s.report.verdict != "valid":
        rules = [f.id for f in s.report.findings if f.severity == "error"]
        yield Hit({"rule": "、".join(dict.fromkeys(rules)) or s.report.verdict})


def addressee_is_the_city(s: Situation) -> Iterator[Hit]:
    """DOC-002. One of our numbers on the invoice settles it, else the name must be ours."""
    buyer = s.invoice.buyer
    stated = {buyer.registration_number, *(i.value for i in buyer.identifiers)}
    stated |= {part.value for part in (buyer.endpoint, buyer.legal_id) if part}
    if stated & set(s.policy.buyer_numbers):
        return
    expected = {*s.policy.buyer_names, *([s.terms.buyer_name] if s.terms else [])} - {""}
    if not any(compare(buyer.name, name) is NameMatch.SAME for name in expected):
        yield Hit({"found": buyer.name, "expected": "、".join(sorted(expected))}, term="IBT-044")


def required_items_are_there(s: Situation) -> Iterator[Hit]:
    """DOC-003. Name, address, date, amount and what it is for."""
    invoice = s.invoice
    address = invoice.seller.address
    has_address = address is not None and any(
        (address.line1, address.line2, address.line3, address.city, address.subdivision)
    )
    items = (
        (invoice.seller.name, "請求者の氏名・名称", "claimant's name", "IBT-027"),
        (has_address, "請求者の住所", "claimant's address", "IBT-035"),
        (invoice.issue_date, "請求日", "issue date", "IBT-002"),
        (invoice.number, "請求書番号", "invoice number", "IBT-001"),
        (invoice.totals.payable is not None, "請求額", "amount", "IBT-115"),
        (any(line.item.name for line in invoice.lines), "請求の内容", "what it is for", "IBT-153"),
    )
    for present, ja, en, term in items:
        if not present:
            yield Hit({"field": ja, "field_en": en}, term=term)


def currency_is_yen(s: Situation) -> Iterator[Hit]:
    """DOC-004."""
    if s.invoice.currency != "JPY":
        yield Hit({"currency": s.invoice.currency}, term="IBT-005")


def credit_names_its_original(s: Situation) -> Iterator[Hit]:
    """DOC-005."""
    if s.gross < 0 and not any(item.number for item in s.invoice.preceding_invoices):
        yield Hit({}, term="IBT-025")


def reading_is_sure(s: Situation) -> Iterator[Hit]:
    """DOC-006. What was read or typed from a sheet is paid on once somebody compared the two."""
    if s.transcript is None:
        return
    unsure = [n for n, c in s.transcript.confidence.items() if c < s.policy.least_confidence]
    if unsure:
        yield Hit({"field": "、".join(unsure)})


def attached_invoice_agrees(s: Situation) -> Iterator[Hit]:
    """DOC-007. The data is what is paid; a PDF that says otherwise is a question to the vendor."""
    for sheet in s.attached:
        if sheet.differs:
            yield Hit({"name": sheet.name, "field": "、".join(sheet.differs)}, term="IBT-125")


def attachments_are_safe(s: Situation) -> Iterator[Hit]:
    """DOC-008. The type must be one we take and the bytes must be of it."""
    for document in s.invoice.supporting_documents:
        attached = document.attachment
        if attached is None:
            continue
        name = attached.filename or document.reference
        if attached.mime_type not in s.policy.attachment_types:
            yield Hit(
                {
                    "name": name,
                    "reason": f"形式 {attached.mime_type or '不明'}",
                    "reason_en": f"type {attached.mime_type or 'unknown'}",
                },
                term="IBT-125",
            )
        elif not _is_what_it_says(attached.content, attached.mime_type):
            yield Hit(
                {
                    "name": name,
                    "reason": "中身が表示された形式と違います",
                    "reason_en": "its content is not of the type it names",
                },
                term="IBT-125",
            )
        elif attached.mime_type == "application/pdf" and b"/Encrypt" in attached.content:
            yield Hit(
                {"name": name, "reason": "暗号化されています", "reason_en": "it is encrypted"},
                term="IBT-125",
            )


def required_documents_are_attached(s: Situation) -> Iterator[Hit]:
    """DOC-009. What this contract asks for, and what the city asks of its kind."""
    if s.terms is None:
        return
    attached = [
        folded(" ".join(part for part in (d.description, d.reference) if part))
        for d in s.invoice.supporting_documents
    ]
    of_the_kind = s.policy.required_documents.get(s.terms.category, ())
    for wanted in dict.fromkeys((*s.terms.required_documents, *of_the_kind)):
        if not any(folded(wanted) in name for name in attached):
            yield Hit({"doc": wanted}, term="IBG-24")


def _is_what_it_says(content: bytes, mime_type: str) -> bool:
    if mime_type == "text/csv":
        return b"\0" not in content
    return content.startswith(_MAGIC.get(mime_type, ()))


CHECKS: dict[str, Callable[[Situation], Iterator[Hit]]] = {
    "DOC-001": data_is_valid,
    "DOC-002": addressee_is_the_city,
    "DOC-003": required_items_are_there,
    "DOC-004": currency_is_yen,
    "DOC-005": credit_names_its_original,
    "DOC-006": reading_is_sure,
    "DOC-007": attached_invoice_agrees,
    "DOC-008": attachments_are_safe,
    "DOC-009": required_documents_are_attached,
}
