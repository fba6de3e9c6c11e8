"""What the simulation assumes: every figure with its range, its unit and where it comes from.

A figure that a city published carries its name; what nobody has measured is marked as assumed and
has a wide range. Each replication draws every figure from its range (a triangle: low, likely,
high), so results come out as ranges and never as one number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from portal.simulation.errors import PlanRefused

ASSUMED = "仮定（実測に置き換えてください）"
KOBE = "神戸市（2020年度・8,000契約）"
IWAKI = "いわき市（年10万件・1件8分の短縮）"


@dataclass(frozen=True, slots=True)
class Range:
    """Low, likely and high of one figure."""

    low: float
    likely: float
    high: float

    def draw(self, u: float) -> float:
        """The figure at `u` of 0 to 1 under the triangle."""
        low, likely, high = self.low, self.likely, self.high
        if high <= low:
            return likely
        turn = (likely - low) / (high - low)
        if u < turn:
            return low + math.sqrt(u * (high - low) * (likely - low))
        return high - math.sqrt((1 - u) * (high - low) * (high - likely))


@dataclass(frozen=True, slots=True)
class Figure:
    """One assumption: its name for people, its unit, range and source."""

    key: str
    ja: str
    unit: str
    range: Range
    source: str


def _figure(
    key: str, ja: str, unit: str, low: float, likely: float, high: float, source: str
) -> Figure:
    return Figure(key, ja, unit, Range(low, likely, high), source)


_TOUCH = f"{ASSUMED}。紙20.0分・電子12.0分の差を{IWAKI}に合わせた"
FIGURES: tuple[Figure, ...] = (
    _figure("paper_receive", "紙：受付・開封", "分", 1.2, 1.5, 1.8, _TOUCH),
    _figure("paper_draft", "紙：起票・照合", "分", 7.2, 9.0, 10.8, _TOUCH),
    _figure("paper_approve", "紙：決裁", "分", 2.4, 3.0, 3.6, _TOUCH),
    _figure("paper_carry", "紙：回送・綴じ", "分", 1.2, 1.5, 1.8, _TOUCH),
    _figure("paper_review", "紙：会計課の審査", "分", 3.2, 4.0, 4.8, _TOUCH),
    _figure("paper_book", "紙：支払登録", "分", 0.8, 1.0, 1.2, _TOUCH),
    _figure("electronic_draft", "電子：照合結果の確認・起票", "分", 4.0, 5.0, 6.0, _TOUCH),
    _figure("electronic_approve", "電子：決裁", "分", 2.0, 2.5, 3.0, _TOUCH),
    _figure("electronic_review", "電子：会計課の審査", "分", 2.8, 3.5, 4.2, _TOUCH),
    _figure("electronic_book", "電子：支払登録", "分", 0.8, 1.0, 1.2, _TOUCH),
    _figure("paper_returns", "紙：返戻の割合", "％", 5, 8, 12, ASSUMED),
    _figure("electronic_returns", "電子：返戻の割合", "％", 2, 3, 5, ASSUMED),
    _figure("contract_minutes", "契約1件の市の作業", "分", 27, 30.9, 35, f"{KOBE}：4,120時間から"),
    _figure("contract_post", "契約1件の印刷・郵送", "円", 200, 250, 300, f"{KOBE}：約200万円から"),
    _figure(
        "contract_duty", "契約1件の印紙税（事業者）", "円", 9_600, 10_655, 11_700,
        f"{KOBE}：8,524万円から。台帳があれば印紙税額表で計算",
    ),
    _figure("wage", "職員1時間の費用", "円", 3_000, 3_398, 3_800, f"{KOBE}：1,400万円÷4,120時間"),
    _figure("invoice_storage", "請求書1枚の保管", "円", 8, 10, 12, "いわき市：年100万円超÷10万件"),
    _figure("invoice_post", "請求書1通の印刷・郵送（事業者）", "円", 110, 120, 140, ASSUMED),
)  # fmt: skip
BY_KEY: Mapping[str, Figure] = MappingProxyType({figure.key: figure for figure in FIGURES})


def likely() -> dict[str, float]:
    """Every figure at its likely value: what check values are computed with."""
    return {figure.key: figure.range.likely for figure in FIGURES}


# Month weights and the shape of a month (quarters of its working days): assumed; a ledger of the
# city takes their place. April to March.
MONTH_WEIGHTS = (1.30, 1.05, 0.90, 0.90, 0.85, 0.95, 0.95, 0.90, 1.00, 0.85, 0.95, 1.40)
QUARTER_WEIGHTS = (2.0, 0.9, 0.5, 1.0)
OLD_YEAR_SHARE = {4: 0.6, 5: 0.15}
"""Claims of the closed year among those that arrive in April and May (出納整理期間): assumed."""

BOUNDS: Mapping[str, tuple[str, str, float, float]] = MappingProxyType(
    {
        "invoices": ("年間の請求書", "invoices a year", 100, 2_000_000),
        "contracts": ("年間の契約", "contracts a year", 0, 200_000),
        "ceiling": ("1年後の電子化の割合（％）", "electronic share aimed at (%)", 0, 100),
        "turning_month": ("普及が半ばに達する月（か月目）", "month of half the adoption", 1, 12),
        "drafters": ("起票する職員（人）", "drafters", 0.5, 1_000),
        "reviewers": ("審査する職員（人）", "reviewers", 0.5, 500),
        "run_days": ("支払の間隔（1=毎日、5=毎週）", "banking days between payment runs", 1, 20),
        "service_cost": ("サービスの年間費用（円）", "yearly cost of the service", 0, 10**10),
        "fiscal_year": ("年度", "fiscal year", 2020, 2050),
        "replications": ("くり返しの数", "replications", 3, 100),
        "sample": ("1回に動かす請求書の数", "invoices walked a run", 200, 200_000),
        "seed": ("乱数の種", "seed", 0, 2**31 - 1),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the person asks: volumes, adoption, staffing, and how finely to compute."""

    invoices: int = 100_000
    contracts: int = 8_000
    ceiling: float = 60.0
    turning_month: float = 6.0
    drafters: float = 14.0
    reviewers: float = 6.0
    run_days: int = 5
    service_cost: int = 0
    fiscal_year: int = 2027
    replications: int = 10
    sample: int = 10_000
    seed: int = 1

    def __post_init__(self) -> None:
        for name, (ja, en, low, high) in BOUNDS.items():
            value = getattr(self, name)
            if not low <= value <= high:  # a NaN is outside too
                raise PlanRefused(
                    field=name, name_ja=ja, name_en=en, low=f"{low:,g}", high=f"{high:,g}",
                    given=value,
                )  # fmt: skip

    def adoption(self) -> tuple[float, ...]:
        """The electronic share of each month, April first: an S-curve up to the ceiling."""
        turn = self.turning_month - 0.5
        return tuple(
            self.ceiling / 100 / (1 + math.exp(-(month - turn) / 1.3)) for month in range(12)
        )

    def to_json(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self)}
