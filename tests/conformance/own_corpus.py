"""Our own corpus: documents made by our writer, and edits of them with the official verdict.

`own_corpus.jsonl` has one case a line: `base` names a document below, `edits` what is done to it,
`ids` the asserts the official 1.1.3 stylesheets fail (Saxon), `stopped` whether they ended in an
error instead. The documents are ours, so they can be published; the verdicts were taken once.

An edit is a list: ["set", path, text], ["attribute", path, name, value or null], ["drop", path],
["twin", path] (a copy right behind), ["add", path, xml] (a new last child), ["comment", path, at].
Paths are XPath below the root, with the usual prefixes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from typing import Any

from lxml import etree

from einvoice import write
from einvoice.invoice import (
    Address,
    AllowanceCharge,
    Attachment,
    BankAccount,
    Card,
    Classification,
    Contact,
    Delivery,
    DirectDebit,
    Identifier,
    Invoice,
    Item,
    ItemAttribute,
    Line,
    LineDocument,
    PaidAmount,
    Party,
    Payee,
    PaymentInstruction,
    PaymentTerms,
    Period,
    PrecedingInvoice,
    Price,
    SupportingDocument,
    TaxCategory,
    TaxRepresentative,
    TaxSubtotal,
    Totals,
)
from einvoice.ubl import PREFIXES

D = Decimal
JAPAN = Address(country="JP")
HOME = Address(
    line1="元城町103-2",
    line2="本館3階",
    line3="契約係",
    city="浜松市",
    post_code="430-8652",
    subdivision="静岡県",
    country="JP",
)
STANDARD = TaxCategory(code="S", rate=D(10))
REDUCED = TaxCategory(code="AA", rate=D(8))
EXEMPT = TaxCategory(code="E", rate=D(0), exemption_reason="非課税取引")
OCTOBER = Period(start=date(2026, 10, 1), end=date(2026, 10, 31))


def minimal(profile: str = "pint-jp") -> Invoice:
    """One line, only what is required."""
    return _typed(
        Invoice(
            number="R8-1",
            issue_date=date(2026, 11, 2),
            period=OCTOBER,
            seller=Party(
                name="株式会社遠州防災",
                endpoint=Identifier("T7180001000001", "0221"),
                registration_number="T7180001000001",
                address=JAPAN,
            ),
            buyer=Party(name="遠州市", endpoint=Identifier("3000020221309", "0188"), address=JAPAN),
            tax_total=D(1000),
            tax_breakdown=(
                TaxSubtotal(taxable_amount=D(10000), tax_amount=D(1000), category=STANDARD),
            ),
            totals=Totals(
                line_sum=D(10000), without_tax=D(10000), with_tax=D(11000), payable=D(11000)
            ),
            lines=(_line("1", 10, 1000, STANDARD),),
        ),
        profile,
    )


def _line(ident: str, quantity: int, unit_price: int, tax: TaxCategory, **more: Any) -> Line:
    return Line(
        id=ident,
        item=more.pop("item", Item(name="消火器")),
        quantity=D(quantity),
        unit="H87",
        net_amount=more.pop("net_amount", D(quantity * unit_price)),
        price=more.pop("price", Price(net=D(unit_price), base_quantity=D(1), base_unit="H87")),
        taxes=(tax,),
        **more,
    )


def full(profile: str = "pint-jp") -> Invoice:
    """Nearly every term, three categories, allowances and charges on both levels."""
    item = Item(
        name="消火器",
        description="ABC粉末 10型",
        buyers_id="B-1",
        sellers_id="S-1",
        standard_id=Identifier("4512345678906", "0160"),
        origin_country="JP",
        classifications=(Classification(code="46191601", list_id="TST", list_version="24"),),
        attributes=(ItemAttribute("表示単位名称", "本"),),
    )
    first = _line(
        "1",
        10,
        900,
        STANDARD,
        item=item,
        net_amount=D(8700),
        price=Price(
            net=D(900), gross=D(1000), discount=D(100), base_quantity=D(1), base_unit="H87"
        ),
        note="分納",
        object_id=Identifier("M-77", "ABT"),
        accounting_reference="需用費",
        period=Period(start=date(2026, 10, 5), end=date(2026, 10, 5)),
        order_line="3",
        order="PO-9",
        documents=(LineDocument(id="D-1", type_code="270"),),
        allowances=(AllowanceCharge(amount=D(500), reason="値引", reason_code="95"),),
        charges=(AllowanceCharge(amount=D(200), reason="設置", reason_code="AA"),),
    )
    lines = (
        first,
        _line("2", 4, 250, REDUCED, item=Item(name="保存水")),
        _line("3", 1, 300, EXEMPT, item=Item(name="検定教科書")),
    )
    base = minimal(profile)
    invoice = replace(
        base,
        issue_time=time(9, 30),
        due_date=date(2026, 11, 30),
        note="10月分",
        tax_point_date=date(2026, 10, 31),
        accounting_reference="総務費",
        buyer_reference="防災課",
        order="PO-9",
        sales_order="SO-1",
        preceding_invoices=(PrecedingInvoice(number="R8-0", issue_date=date(2026, 10, 1)),),
        despatch_advice="DA-1",
        receiving_advice="RA-1",
        tender="T-5",
        contract="契-12",
        object_id=Identifier("M-77", "ABT"),
        supporting_documents=(
            SupportingDocument(
                reference="doc-1",
                description="納品書",
                attachment=Attachment(
                    content=b"a,b\n", mime_type="text/csv", filename="nohin.csv"
                ),
            ),
            SupportingDocument(reference="doc-2", location="https://example.jp/doc-2"),
        ),
        project="防災2026",
        seller=replace(
            base.seller,
            identifiers=(Identifier("123456", "0147"),),
            trading_name="遠州防災",
            address=HOME,
            tax_registration=Identifier("9-99", "LOC") if profile != "pint-jp-ntr" else None,
            legal_id=Identifier("7180001000001", "0188"),
            legal_form="資本金1000万円",
            contact=Contact(name="青木", phone="053-000-0000", email="aoki@example.jp"),
        ),
        buyer=replace(
            base.buyer,
            identifiers=(Identifier("654321", "0147"),),
            trading_name="市役所",
            address=HOME,
            registration_number="T3000020221309",
            legal_id=Identifier("3000020221309", "0188"),
            contact=Contact(name="会計課", phone="053-457-2000", email="kaikei@example.jp"),
        ),
        payee=Payee(
            name="遠州ファクタリング",
            identifier=Identifier("777", "0147"),
            legal_id=Identifier("888", "0147"),
        ),
        tax_representative=TaxRepresentative(
            name="税理士法人遠州", registration_number="T1180005000001", address=HOME
        ),
        delivery=Delivery(
            actual_date=date(2026, 10, 5),
            location=Identifier("L-1", "0147"),
            address=HOME,
            party_name="消防本部",
        ),
        payment_instructions=(
            PaymentInstruction(
                id="1",
                means_code="30",
                means_text="銀行振込",
                remittance="R8-1",
                account=BankAccount(
                    id=Identifier("0149:001:1:1234567"),
                    name="ｶ)ｴﾝｼﾕｳﾎﾞｳｻｲ",
                    provider="0149-001",
                    provider_address=HOME,
                ),
            ),
            PaymentInstruction(
                means_code="49", direct_debit=DirectDebit(mandate="M-1", debited_account="A-1")
            ),
            PaymentInstruction(means_code="48", card=Card(number="123456", holder="ENSHU")),
        ),
        payment_terms=(
            PaymentTerms(
                instruction_id="1", note="翌月末", amount=D(11000), due_date=date(2026, 11, 30)
            ),
        ),
        paid_amounts=(
            PaidAmount(id="P1", amount=D(500), received=date(2026, 10, 20), kind="前払"),
        ),
        allowances=(
            AllowanceCharge(
                amount=D(100), base_amount=D(1000), percentage=D(10),
                reason="値引", reason_code="95", tax=STANDARD,
            ),
        ),
        charges=(
            AllowanceCharge(
                amount=D(400), base_amount=D(400), percentage=D(100),
                reason="送料", reason_code="FC", tax=STANDARD,
            ),
        ),
        lines=lines,
        tax_total=D(980),
        tax_breakdown=(
            TaxSubtotal(taxable_amount=D(9000), tax_amount=D(900), category=STANDARD),
            TaxSubtotal(taxable_amount=D(1000), tax_amount=D(80), category=REDUCED),
            TaxSubtotal(taxable_amount=D(300), tax_amount=D(0), category=EXEMPT),
        ),
        totals=Totals(
            line_sum=D(10000), allowances=D(100), charges=D(400), without_tax=D(10300),
            with_tax=D(11280), paid=D(500), rounding=D(0), payable=D(10780),
        ),
    )  # fmt: skip
    return _typed(invoice, profile)


def foreign(profile: str = "pint-jp") -> Invoice:
    """In US dollars, with the tax in yen beside it."""
    base = minimal(profile)
    dollars = TaxSubtotal(taxable_amount=D("100.00"), tax_amount=D("10.00"), category=STANDARD)
    yen = TaxSubtotal(tax_amount=D(1500), category=STANDARD)
    return _typed(
        replace(
            base,
            currency="USD",
            accounting_currency="JPY",
            tax_total=D("10.00"),
            tax_breakdown=(dollars,),
            accounting_tax_total=D(1500),
            accounting_tax_breakdown=(yen,),
            totals=Totals(
                line_sum=D("100.00"), without_tax=D("100.00"), with_tax=D("110.00"),
                payable=D("110.00"),
            ),
            lines=(_line("1", 10, 10, STANDARD),),
        ),
        profile,
    )  # fmt: skip


def _typed(invoice: Invoice, profile: str) -> Invoice:
    """The same invoice as another document type."""
    if profile == "pint-jp-sb":
        return replace(
            invoice,
            customization="urn:peppol:pint:selfbilling-1@jp-1",
            process="urn:peppol:bis:selfbilling",
            type_code="389",
        )
    if profile == "pint-jp-ntr":
        untaxed = tuple(replace(s, tax_amount=D(0)) for s in invoice.tax_breakdown)
        totals = invoice.totals
        due = totals.without_tax or D(0)
        return replace(
            invoice,
            customization="urn:peppol:pint:nontaxinvoice-1@jp-1",
            type_code="480",
            seller=replace(
                invoice.seller,
                registration_number=None,
                tax_registration=None,
                legal_id=Identifier("7180001000001", "0188"),
            ),
            tax_total=D(0),
            tax_breakdown=untaxed,
            totals=replace(totals, with_tax=due, payable=due - (totals.paid or D(0))),
        )
    return invoice


BASES: dict[str, Callable[[], Invoice]] = {
    "minimal": minimal,
    "minimal-ntr": lambda: minimal("pint-jp-ntr"),
    "minimal-sb": lambda: minimal("pint-jp-sb"),
    "full": full,
    "full-ntr": lambda: full("pint-jp-ntr"),
    "full-sb": lambda: full("pint-jp-sb"),
    "foreign": foreign,
}
PROFILE_OF = {name: f"pint-jp{name[name.index('-') :] if '-' in name else ''}" for name in BASES}


def document(base: str, edits: list[list[Any]]) -> bytes:
    """A base with its edits."""
    root = etree.fromstring(write(BASES[base]()))
    for edit in edits:
        _apply(root, edit)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _apply(root: etree._Element, edit: list[Any]) -> None:
    kind, path, *rest = edit
    found = root.xpath(path, namespaces=dict(PREFIXES))
    assert isinstance(found, list)
    element = found[0]
    parent = element.getparent()
    if kind == "set":
        element.text = rest[0]
    elif kind == "attribute":
        if rest[1] is None:
            element.attrib.pop(rest[0], None)
        else:
            element.set(rest[0], rest[1])
    elif kind == "drop":
        parent.remove(element)
    elif kind == "twin":
        parent.insert(parent.index(element) + 1, copy.deepcopy(element))
    elif kind == "add":
        spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
        element.extend(etree.fromstring(f"<x {spaces}>{rest[0]}</x>"))
    elif kind == "comment":
        text = element.text or ""
        comment = etree.Comment("c")
        element.text, comment.tail = text[: rest[0]], text[rest[0] :]
        element.insert(0, comment)
    else:
        raise ValueError(kind)
