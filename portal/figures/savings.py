"""Minutes and money saved by what really went through the service, with the formula of each.

What one electronic contract or invoice saves is the likely figure of the simulator's table
(`portal.simulation.assumptions`), where its source stands. Stamp duty is computed by contract with
the duty table and is the vendors'. These are estimates from counted things, and say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.simulation.assumptions import BY_KEY, likely
from portal.simulation.stamp_duty import Kind, duty

_DUTY_KIND = {"works": Kind.WORKS, "manufacture": Kind.CONTRACTING, "services": Kind.SERVICE}


@dataclass(frozen=True, slots=True)
class Saving:
    """One line: what, how much, of which unit, whose, and how it was computed."""

    name: str
    value: float
    unit: str
    whose: str
    formula: str
    source: str


def savings(
    electronic_invoices: int, contracts: Sequence[tuple[str, Decimal]]
) -> tuple[Saving, ...]:
    """What the electronic invoices and concluded contracts of a period saved."""
    one = likely()
    paper = sum(value for key, value in one.items() if key.startswith("paper_") and _is_touch(key))
    electronic = sum(
        value for key, value in one.items() if key.startswith("electronic_") and _is_touch(key)
    )
    each = paper - electronic
    count = len(contracts)
    minutes = electronic_invoices * each + count * one["contract_minutes"]
    duties = sum(duty(_DUTY_KIND.get(kind, Kind.GOODS), amount) for kind, amount in contracts)
    wage, post, storage = one["wage"], one["contract_post"], one["invoice_storage"]
    mail = one["invoice_post"]
    return (
        Saving(
            "作業時間",
            minutes / 60,
            "時間",
            "市",
            f"（電子請求 {electronic_invoices:,}件 × {each:g}分 ＋ 電子契約 {count:,}件 × "
            f"{one['contract_minutes']:g}分）÷ 60",
            f"{_source('paper_draft')}、{_source('contract_minutes')}",
        ),
        Saving(
            "作業時間の費用", minutes / 60 * wage, "円", "市",
            f"{minutes / 60:,.1f}時間 × {wage:,.0f}円", _source("wage"),
        ),
        Saving(
            "契約書の印刷・郵送", count * post, "円", "市",
            f"電子契約 {count:,}件 × {post:,.0f}円", _source("contract_post"),
        ),
        Saving(
            "請求書の保管", electronic_invoices * storage, "円", "市",
            f"電子請求 {electronic_invoices:,}件 × {storage:,.0f}円", _source("invoice_storage"),
        ),
        Saving(
            "印紙税", float(duties), "円", "事業者",
            f"電子契約 {count:,}件を1件ずつ印紙税額表で計算",
            "印紙税法別表第一、租税特別措置法91条",
        ),
        Saving(
            "請求書の印刷・郵送", electronic_invoices * mail, "円", "事業者",
            f"電子請求 {electronic_invoices:,}件 × {mail:,.0f}円", _source("invoice_post"),
        ),
    )  # fmt: skip


def _is_touch(key: str) -> bool:
    return BY_KEY[key].unit == "分"


def _source(key: str) -> str:
    return BY_KEY[key].source
