"""From simulated years to what people decide by: percentiles, money, what would change it.

Formulas (shown on the page with the figures that went in):
    minutes saved a year   = Σ minutes(before) − Σ minutes(after), + contracts × share × minutes
    money of the city      = minutes ÷ 60 × wage + contracts × share × post + invoices × share ×
                             storage − service cost
    money of the vendors   = contracts × share × duty + invoices × share × post
Stamp duty is borne by vendors alone (the city is exempt) and never counted for the city.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from portal.simulation.assumptions import FIGURES, MONTH_WEIGHTS, QUARTER_WEIGHTS, Plan, likely
from portal.simulation.ledger import Ledger
from portal.simulation.walk import LAWFUL_DAYS, Arrival, Year, arrivals, walk

Tell = Callable[[int, int], None]

KPIS: Mapping[str, tuple[str, str]] = {
    "minutes": ("1件の作業時間", "分"),
    "hours": ("年間の作業時間", "時間"),
    "first_pass": ("一度で通る割合", "％"),
    "median": ("支払までの日数（中央値）", "日"),
    "p90": ("支払までの日数（90％点）", "日"),
    "late": (f"{LAWFUL_DAYS}日を超える割合", "％"),
    "queue": ("審査待ちの最大", "件"),
}
SAVINGS: Mapping[str, tuple[str, str]] = {
    "hours": ("市：作業時間の削減", "時間"),
    "city": ("市：費用の削減", "円"),
    "vendors": ("事業者：費用の削減", "円"),
}


@dataclass(frozen=True, slots=True)
class ContractSavings:
    """What `count` electronic contracts save in a year."""

    hours: float
    post: float
    duty: float
    labour: float


def contract_savings(count: float, figures: Mapping[str, float]) -> ContractSavings:
    """Check value: 8,000 contracts at the likely figures are Kobe's 4,120 hours, 200万円 of
    printing and post, 8,524万円 of stamp duty and 1,400万円 of labour."""
    hours = count * figures["contract_minutes"] / 60
    return ContractSavings(
        hours=hours,
        post=count * figures["contract_post"],
        duty=count * figures["contract_duty"],
        labour=hours * figures["wage"],
    )


def simulate(
    plan: Plan, *, ledger: Ledger | None = None, tell: Tell = lambda d, t: None
) -> dict[str, Any]:
    """The whole answer as JSON: before, after, what would change it, savings, all in ranges.

    `tell(done, total)` hears after each run. The same plan, ledger and seed give the same answer.
    """
    plan = _with_ledger(plan, ledger)
    months, quarters = _shape(ledger)
    others = _variants(plan)
    some = max(3, plan.replications // 3)
    total = plan.replications * 2 + some * len(others)
    done = 0
    before: list[dict[str, Any]] = []
    after: list[dict[str, Any]] = []
    saved: list[dict[str, float]] = []
    variants: dict[str, list[dict[str, Any]]] = {name: [] for name, _, _ in others}
    none, curve = (0.0,) * 12, plan.adoption()
    for number in range(plan.replications):
        figures = _drawn(plan, number, ledger)
        luck = arrivals(plan, plan.seed * 1_000 + number, months=months, quarters=quarters)
        one, two = (walk(plan, luck, figures, adoption=share) for share in (none, curve))
        before.append(measured(one))
        after.append(measured(two))
        saved.append(_saved(plan, figures, luck, one, two))
        done += 2
        tell(done, total)
        for name, changed, share in others if number < some else ():
            variants[name].append(measured(walk(changed, luck, figures, adoption=share)))
            done += 1
            tell(done, total)
    return {
        "plan": plan.to_json(),
        "adoption": [round(share * 100, 1) for share in curve],
        "from_ledger": _said(ledger),
        "replications": plan.replications,
        "before": _ranges(before),
        "after": _ranges(after),
        "months": {"before": _by_month(before), "after": _by_month(after)},
        "variants": [
            {"name": name, "replications": some, **_ranges(variants[name])} for name, _, _ in others
        ],
        "saved": {key: span([one[key] for one in saved]) for key in SAVINGS},
        "parts": {key: span([one[key] for one in saved]) for key in PARTS},
        "figures": [
            {
                "key": f.key, "name": f.ja, "unit": f.unit, "source": f.source,
                "low": f.range.low, "likely": f.range.likely, "high": f.range.high,
            }
            for f in FIGURES
        ],
    }  # fmt: skip


PARTS: Mapping[str, tuple[str, str]] = {
    "invoice_hours": ("請求書の作業時間", "時間"),
    "contract_hours": ("契約の作業時間", "時間"),
    "labour": ("作業時間の費用", "円"),
    "contract_post": ("契約の印刷・郵送", "円"),
    "storage": ("請求書の保管", "円"),
    "duty": ("印紙税（事業者）", "円"),
    "vendor_post": ("請求書の郵送（事業者）", "円"),
}


def _with_ledger(plan: Plan, ledger: Ledger | None) -> Plan:
    if ledger is None:
        return plan
    return replace(
        plan,
        invoices=max(ledger.invoices_a_year, 100) if ledger.invoices else plan.invoices,
        contracts=ledger.contracts_a_year if ledger.contracts else plan.contracts,
    )


def _shape(ledger: Ledger | None) -> tuple[Sequence[float], Sequence[float]]:
    if ledger is None or not ledger.tells_shape:
        return MONTH_WEIGHTS, QUARTER_WEIGHTS
    return ledger.months, [max(count, 1) for count in ledger.quarters]


def _said(ledger: Ledger | None) -> dict[str, Any] | None:
    if ledger is None:
        return None
    return {
        "years": ledger.years, "invoices": ledger.invoices, "contracts": ledger.contracts,
        "duty": ledger.duty, "shape": ledger.tells_shape,
    }  # fmt: skip


def _variants(plan: Plan) -> list[tuple[str, Plan, Sequence[float]]]:
    """What would change the outcome most, each alone."""
    curve = plan.adoption()
    whole = (plan.ceiling / 100,) * 12
    return [
        ("初めから目標の割合まで電子化", plan, whole),
        ("すべて電子", plan, (1.0,) * 12),
        ("審査の職員を2人ふやす", replace(plan, reviewers=plan.reviewers + 2), curve),
        ("毎日支払う", replace(plan, run_days=1), curve),
        ("紙のまま毎日支払う", replace(plan, run_days=1), (0.0,) * 12),
    ]


def _drawn(plan: Plan, number: int, ledger: Ledger | None) -> dict[str, float]:
    chance = random.Random(f"{plan.seed}/{number}/figures")  # noqa: S311
    found = {figure.key: figure.range.draw(chance.random()) for figure in FIGURES}
    if ledger is not None and ledger.duty_per_contract is not None:
        found["contract_duty"] = ledger.duty_per_contract  # counted, not assumed
    return found


def _saved(
    plan: Plan, figures: Mapping[str, float], luck: Sequence[Arrival], before: Year, after: Year
) -> dict[str, float]:
    scale = before.scale
    minutes = (_minutes(before) - _minutes(after)) * scale
    electronic = sum(one.electronic for one in after.walked) * scale
    share = sum(plan.adoption()) / 12
    contracts = contract_savings(plan.contracts * share, figures)
    hours = minutes / 60 + contracts.hours
    labour = hours * figures["wage"]
    storage = electronic * figures["invoice_storage"]
    vendor_post = electronic * figures["invoice_post"]
    return {
        "hours": hours,
        "city": labour + contracts.post + storage - plan.service_cost,
        "vendors": contracts.duty + vendor_post,
        "invoice_hours": minutes / 60,
        "contract_hours": contracts.hours,
        "labour": labour,
        "contract_post": contracts.post,
        "storage": storage,
        "duty": contracts.duty,
        "vendor_post": vendor_post,
    }


def _minutes(year: Year) -> float:
    return sum(one.minutes for one in year.walked)


def measured(year: Year) -> dict[str, Any]:
    """The indicators of one run."""
    count = max(len(year.walked), 1)
    days = sorted(one.calendar_days for one in year.walked)
    by_month = [sorted(w.calendar_days for w in year.walked if w.month == m) for m in range(12)]
    return {
        "minutes": _minutes(year) / count,
        "hours": _minutes(year) * year.scale / 60,
        "first_pass": 100 * sum(one.first_pass for one in year.walked) / count,
        "median": percentile(days, 50),
        "p90": percentile(days, 90),
        "late": 100 * sum(d > LAWFUL_DAYS for d in days) / count,
        "queue": max(year.queues),
        "month_p90": [percentile(month, 90) for month in by_month],
        "month_queue": list(year.queues),
    }


def percentile(ordered: Sequence[float], percent: float) -> float:
    """By linear interpolation between the two nearest; 0.0 of nothing."""
    if not ordered:
        return 0.0
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def span(values: Sequence[float]) -> dict[str, float]:
    """5th, 50th and 95th percentile of the replications."""
    ordered = sorted(values)
    return {f"p{p}": round(percentile(ordered, p), 2) for p in (5, 50, 95)}


def _ranges(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    return {key: span([run[key] for run in runs]) for key in KPIS}


def _by_month(runs: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, float]]]:
    return {
        key: [span([run[key][month] for run in runs]) for month in range(12)]
        for key in ("month_p90", "month_queue")
    }


def difference_per_invoice(plan: Plan) -> float:
    """Minutes that one electronic invoice saves when none is returned: Iwaki's 8.0."""
    figures = likely() | {"paper_returns": 0.0, "electronic_returns": 0.0}
    luck = arrivals(plan, plan.seed)
    paper, electronic = (walk(plan, luck, figures, adoption=(share,) * 12) for share in (0.0, 1.0))
    return _minutes(paper) / len(paper.walked) - _minutes(electronic) / len(electronic.walked)
