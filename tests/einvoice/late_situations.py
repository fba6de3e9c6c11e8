"""Builders of the worked cases 3 to 5: works with advances, an individual's fee, the settlement
period."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from einvoice.compose import compose
from einvoice.contract_terms import (
    AdvanceTerms,
    ContractKind,
    ContractTerms,
)
from einvoice.invoice import Invoice
from einvoice.invoice_terms import (
    InvoiceTerms,
    LineTerms,
    PrepaidTerms,
)
from einvoice.matching import Situation
from einvoice.matching.situation import (
    AcceptedLine,
    CommitmentRecord,
)
from tests.einvoice.situations import (
    CITY,
    POLICY,
    D,
    city,
    creditor,
    earlier,
    seller,
    with_due,
    work,
)

# --- case 3: works with advances, late -----------------------------------------------------------


def works_contract(**changes: Any) -> ContractTerms:
    values: dict[str, Any] = {
        "contract_id": "c3",
        "number": "2026K-K-00210",
        "title": "市道改良工事",
        "vendor_id": "V000103",
        "vendor_name": "天竜川建設株式会社",
        "registration_number": "T6999999999903",
        "buyer_name": CITY,
        "section": "道路課",
        "kind": ContractKind.LUMP,
        "is_works": True,
        "concluded_on": date(2026, 6, 1),
        "starts_on": date(2026, 6, 1),
        "ends_on": date(2026, 10, 30),
        "complete_by": date(2026, 10, 30),
        "gross": D(48_400_000),
        "net": D(44_000_000),
        "late_rate": D("2.5"),
        "advance": AdvanceTerms(
            advance_rate=D(40),
            interim_rate=D(20),
            unit=D(10_000),
            part_payments=2,
            guarantee_until=date(2026, 12, 31),
            guaranteed=D(29_040_000),
            interim_certified=True,
        ),
    }
    values.update(changes)
    return ContractTerms(**values)


ADVANCE_PAID = earlier(
    "26-0101",
    19_360_000,
    receipt_no="26-000011",
    contract_no="2026K-K-00210",
    issue_date=date(2026, 6, 15),
)
INTERIM_PAID = earlier(
    "26-0202",
    9_680_000,
    receipt_no="26-000012",
    contract_no="2026K-K-00210",
    issue_date=date(2026, 9, 10),
)


def works_invoice(prepaid: int = 29_040_000, net: int = 44_000_000, **changes: Any) -> Invoice:
    values: dict[str, Any] = {
        "number": "26-0310",
        "issue_date": date(2026, 11, 19),
        "start": date(2026, 11, 11),
        "end": date(2026, 11, 11),
        "seller": seller("天竜川建設株式会社", "T6999999999903"),
        "buyer": city(),
        "contract": "2026K-K-00210",
        "lines": (LineTerms(name="市道改良工事", price=D(net)),),
        "prepaid": (PrepaidTerms(amount=D(prepaid)),) if prepaid else (),
    }
    values.update(changes)
    return compose(InvoiceTerms(**values))


def works_situation(**changes: Any) -> Situation:
    from einvoice.matching import ClaimKind

    invoice = changes.pop("invoice", None) or works_invoice()
    values: dict[str, Any] = {
        "invoice": invoice,
        "policy": POLICY,
        "received_on": date(2026, 11, 20),
        "today": date(2026, 11, 20),
        "vendor": creditor(
            "V000103",
            "天竜川建設株式会社",
            "T6999999999903",
            ("9998", "901", "2", "9876503", "ﾃﾝﾘﾕｳｶﾞﾜｹﾝｾﾂ(ｶ"),
        ),
        "terms": works_contract(),
        "works": (
            work(
                "K8-00566",
                date(2026, 11, 11),
                date(2026, 11, 18),
                AcceptedLine(id="w1", name="市道改良工事"),
                performed_on=date(2026, 11, 11),
            ),
        ),
        "earlier": (
            replace(ADVANCE_PAID, kind=ClaimKind.ADVANCE),
            replace(INTERIM_PAID, kind=ClaimKind.INTERIM),
        ),
        "commitment": CommitmentRecord(
            number="R8-F-0008812",
            fiscal_year=2026,
            dated_on=date(2026, 6, 1),
            amount=D(48_400_000),
            used=D(29_040_000),
        ),
        "pay_on": date(2026, 12, 18),
    }
    values.update(changes)
    return with_due(Situation(**values), limit=40, pay_on=values["pay_on"])


# --- case 4: an individual's fee -----------------------------------------------------------------


def fee_situation(net: int = 1_250_000, **changes: Any) -> Situation:
    from einvoice.withholding import Fee

    gross = D(net) * 11 / 10
    invoice = changes.pop("invoice", None) or compose(
        InvoiceTerms(
            number="D-77",
            issue_date=date(2026, 11, 2),
            start=date(2026, 10, 30),
            end=date(2026, 10, 30),
            seller=seller("鈴木花子", "T5999999999904"),
            buyer=city(),
            contract="2026K-I-00388",
            lines=(LineTerms(name="広報紙デザイン業務", price=D(net)),),
        )
    )
    values: dict[str, Any] = {
        "invoice": invoice,
        "policy": POLICY,
        "received_on": date(2026, 11, 2),
        "today": date(2026, 11, 2),
        "vendor": creditor(
            "V000104",
            "鈴木花子",
            "T5999999999904",
            ("9997", "902", "1", "9876504", "ｽｽﾞｷ ﾊﾅｺ"),
            fee=changes.pop("fee", Fee.ORDINARY),
        ),
        "terms": ContractTerms(
            contract_id="c4",
            number="2026K-I-00388",
            title="広報紙デザイン業務",
            vendor_id="V000104",
            vendor_name="鈴木花子",
            registration_number="T5999999999904",
            buyer_name=CITY,
            section="広聴広報課",
            concluded_on=date(2026, 9, 1),
            starts_on=date(2026, 9, 1),
            ends_on=date(2026, 10, 30),
            gross=gross,
            net=D(net),
        ),
        "works": (
            work(
                "K8-00478",
                date(2026, 10, 28),
                date(2026, 10, 30),
                AcceptedLine(id="f1", name="広報紙デザイン業務"),
            ),
        ),
        "commitment": CommitmentRecord(
            number="R8-F-0035110", fiscal_year=2026, dated_on=date(2026, 9, 1), amount=gross
        ),
        "pay_on": date(2026, 11, 20),
    }
    values.update(changes)
    return with_due(Situation(**values), pay_on=values["pay_on"])


# --- case 5: settlement period, Golden Week ------------------------------------------------------


def cleaning_contract(**changes: Any) -> ContractTerms:
    values: dict[str, Any] = {
        "contract_id": "c5",
        "number": "2025K-I-00012",
        "title": "庁舎清掃業務",
        "vendor_id": "V000105",
        "vendor_name": "株式会社浜名総合ビルメンテナンスサービス",
        "registration_number": "T4999999999905",
        "buyer_name": CITY,
        "section": "管財課",
        "kind": ContractKind.FIXED_MONTHLY,
        "concluded_on": date(2025, 4, 1),
        "starts_on": date(2025, 4, 1),
        "ends_on": date(2026, 3, 31),
        "gross": D(6_996_000),
        "net": D(6_360_000),
        "monthly_gross": D(583_000),
    }
    values.update(changes)
    return ContractTerms(**values)


def cleaning_terms(**changes: Any) -> InvoiceTerms:
    values: dict[str, Any] = {
        "number": "2026-0331",
        "issue_date": date(2026, 4, 6),
        "start": date(2026, 3, 1),
        "end": date(2026, 3, 31),
        "seller": seller("株式会社浜名総合ビルメンテナンスサービス", "T4999999999905"),
        "buyer": city(),
        "contract": "2025K-I-00012",
        "lines": (LineTerms(name="庁舎清掃業務", price=D(530_000)),),
    }
    values.update(changes)
    return InvoiceTerms(**values)


def cleaning_situation(**changes: Any) -> Situation:
    invoice = changes.pop("invoice", None) or compose(cleaning_terms())
    values: dict[str, Any] = {
        "invoice": invoice,
        "policy": POLICY,
        "received_on": date(2026, 4, 7),
        "today": date(2026, 4, 7),
        "vendor": creditor(
            "V000105",
            "株式会社浜名総合ビルメンテナンスサービス",
            "T4999999999905",
            ("9998", "901", "1", "9876505", "ﾊﾏﾅｿｳｺﾞｳﾋﾞﾙﾒﾝﾃﾅﾝｽｻ-ﾋﾞｽ(ｶ"),
        ),
        "terms": cleaning_contract(),
        "works": (
            work(
                "K7-09871",
                date(2026, 3, 31),
                changes.pop("inspected_on", date(2026, 3, 31)),
                AcceptedLine(id="s1", name="庁舎清掃業務"),
                period=(date(2026, 3, 1), date(2026, 3, 31)),
            ),
        ),
        "commitment": CommitmentRecord(
            number="R7-F-0000211",
            fiscal_year=2025,
            dated_on=date(2025, 4, 1),
            amount=D(6_996_000),
            used=D(6_413_000),
        ),
        "pay_on": date(2026, 4, 30),
    }
    values.update(changes)
    return with_due(Situation(**values), pay_on=values["pay_on"])
