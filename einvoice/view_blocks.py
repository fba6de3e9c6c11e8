"""The blocks of the page around the tables: parties, head, amount due, bank, notes, attachments."""

from __future__ import annotations

import re

from einvoice.invoice import BankAccount, Invoice, Party, PaymentInstruction
from einvoice.markup import Html, tag
from einvoice.view_findings import PlacedFindings
from einvoice.view_values import address, day, days, money, size

_JAPANESE_ACCOUNT = re.compile(r"([0-9]{4}):([0-9]{3}):([0-9]):([0-9]{1,10})")
_ACCOUNT_KINDS = {"1": "普通", "2": "当座", "4": "貯蓄", "9": "その他"}
_MEANS = {
    "10": "現金",
    "30": "口座振込",
    "31": "口座振替",
    "42": "口座振込",
    "48": "カード",
    "49": "口座振替",
    "54": "クレジットカード",
    "58": "口座振込",
}


def definitions(*pairs: tuple[str, object | None], class_: str = "iv-list") -> Html | None:
    """A list of label and value; empty values are left out, and so is an empty list."""
    items = [
        tag("div", tag("dt", label), tag("dd", value))
        for label, value in pairs
        if value is not None and value != ""
    ]
    return tag("dl", *items, class_=class_) if items else None


def party_blocks(invoice: Invoice, findings: PlacedFindings) -> Html:
    """The addressee on the left with 御中, the issuer on the right with its 登録番号."""
    buyer, seller = invoice.buyer, invoice.seller
    to = tag(
        "section",
        tag("p", tag("bdi", buyer.name), " 御中", class_="iv-to"),
        _party(buyer),
        findings.at("buyer"),
        class_="iv-buyer",
        aria_label="宛先",
    )
    trading = seller.trading_name if seller.trading_name != seller.name else None
    by = tag(
        "section",
        tag("p", tag("bdi", seller.name), class_="iv-by"),
        None if trading is None else tag("p", tag("bdi", trading), class_="iv-trading"),
        tag(
            "p",
            "登録番号 ",
            tag("strong", seller.registration_number, class_="iv-number"),
            class_="iv-registration",
        )
        if seller.registration_number
        else tag("p", "登録番号 なし", class_="iv-registration"),
        _party(seller),
        findings.at("seller"),
        class_="iv-seller",
        aria_label="発行者",
    )
    return tag("div", to, by, class_="iv-parties")


def _party(party: Party) -> Html | None:
    contact = party.contact
    legal = party.legal_id
    return definitions(
        ("所在地", address(party.address)),
        ("法人番号", legal.value if legal is not None and legal.scheme == "0188" else None),
        ("担当", contact.name if contact else None),
        ("電話", contact.phone if contact else None),
        ("メール", contact.email if contact else None),
        ("番号", "、".join(i.value for i in party.identifiers) or None),
        class_="iv-list iv-party",
    )


def head_block(invoice: Invoice, findings: PlacedFindings) -> Html:
    """Numbers, dates and references."""
    delivery = invoice.delivery
    originals = "、".join(f"{p.number}（{day(p.issue_date)}）" for p in invoice.preceding_invoices)
    return tag(
        "section",
        definitions(
            ("請求書番号", invoice.number),
            ("請求日", day(invoice.issue_date)),
            ("取引年月日", days(invoice.period) or "明細のとおり"),
            ("支払期日", None if invoice.due_date is None else day(invoice.due_date)),
            ("元の請求書", originals or None),
            ("契約番号", invoice.contract),
            ("注文番号", invoice.order),
            ("検収番号", invoice.receiving_advice),
            ("納品書番号", invoice.despatch_advice),
            ("案件番号", invoice.project),
            ("入札・区分番号", invoice.tender),
            ("貴方整理番号", invoice.buyer_reference),
            ("納品日", day(delivery.actual_date) if delivery and delivery.actual_date else None),
            ("納品先", _delivery(invoice)),
        ),
        findings.at("head"),
        class_="iv-head",
        aria_label="請求書の情報",
    )


def _delivery(invoice: Invoice) -> str | None:
    delivery = invoice.delivery
    if delivery is None:
        return None
    parts = [part for part in (delivery.party_name, address(delivery.address)) if part]
    return " ".join(parts) or None


def amount_due_block(invoice: Invoice) -> Html:
    """The one number that is looked for first."""
    is_gross = invoice.type_code == "480"
    tax = None if is_gross else f"（うち消費税 {money(invoice.tax_total, invoice.currency)}）"
    return tag(
        "p",
        tag("span", "ご請求金額", class_="iv-due-label"),
        " ",
        tag("strong", money(invoice.totals.payable, invoice.currency), class_="iv-due-amount"),
        " ",
        tag("span", "税込", tax, class_="iv-due-note"),
        class_="iv-due",
    )


def payment_block(invoice: Invoice, findings: PlacedFindings, heading: str) -> Html | None:
    """Where to pay, by when, on which terms."""
    payee = invoice.payee
    parts = [_instruction(instruction) for instruction in invoice.payment_instructions]
    terms = [
        definitions(
            ("支払条件", term.note),
            ("分割払額", None if term.amount is None else money(term.amount, invoice.currency)),
            ("分割期日", None if term.due_date is None else day(term.due_date)),
        )
        for term in invoice.payment_terms
    ]
    received = [
        definitions(
            ("受領済み", money(paid.amount, invoice.currency)),
            ("受領日", None if paid.received is None else day(paid.received)),
            ("受領番号", paid.id),
        )
        for paid in invoice.paid_amounts
    ]
    found = findings.at("payment")
    content = [*parts, *terms, *received, found]
    if payee is not None:
        content.insert(0, definitions(("受取人", payee.name)))
    if not any(content):
        return None
    return tag(
        "section",
        tag(heading, "お支払い", class_="iv-heading"),
        *content,
        class_="iv-payment",
        aria_label="お支払い",
    )


def _instruction(instruction: PaymentInstruction) -> Html | None:
    pairs: list[tuple[str, object | None]] = [
        ("支払方法", instruction.means_text or _MEANS.get(instruction.means_code)
         or f"コード {instruction.means_code}"),
        ("振込時の番号", instruction.remittance),
    ]  # fmt: skip
    if instruction.account is not None:
        pairs += _account(instruction.account)
    if instruction.card is not None:
        pairs.append(("カード", f"末尾 {instruction.card.number}"))
    return definitions(*pairs)


def _account(account: BankAccount) -> list[tuple[str, object | None]]:
    value = account.id.value if account.id is not None else ""
    parts = _JAPANESE_ACCOUNT.fullmatch(value)
    pairs: list[tuple[str, object | None]]
    if parts is None:
        pairs = [("口座", value or None), ("金融機関", account.provider)]
    else:
        bank, branch, kind, number = parts.groups()
        pairs = [
            ("金融機関", f"銀行コード {bank}・支店コード {branch}"),
            ("口座", f"{_ACCOUNT_KINDS.get(kind, kind)} {number}"),
            ("金融機関名", account.provider),
        ]
    return [*pairs, ("口座名義", account.name)]


def notes_block(invoice: Invoice, heading: str) -> Html | None:
    """備考."""
    if not invoice.note:
        return None
    return tag(
        "section",
        tag(heading, "備考", class_="iv-heading"),
        tag("p", invoice.note, class_="iv-note"),
        class_="iv-notes",
        aria_label="備考",
    )


def attachments_block(invoice: Invoice, findings: PlacedFindings, heading: str) -> Html | None:
    """Supporting documents by name; an address is shown as text, never as a link."""
    found = findings.at("attachments")
    if not invoice.supporting_documents and found is None:
        return None
    items = []
    for document in invoice.supporting_documents:
        attached = document.attachment
        detail = None
        if attached is not None:
            detail = f"{attached.filename}（{attached.mime_type}、{size(attached.content)}）"
        items.append(
            tag(
                "li",
                tag("span", document.description or document.reference, class_="iv-document"),
                None if detail is None else tag("span", " ", detail),
                None
                if document.location is None
                else tag("span", " 所在：", tag("code", document.location)),
            )
        )
    return tag(
        "section",
        tag(heading, "添付・参照書類", class_="iv-heading"),
        tag("ul", *items, class_="iv-documents") if items else None,
        found,
        class_="iv-attachments",
        aria_label="添付・参照書類",
    )
