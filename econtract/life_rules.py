"""The city's rules for a contract after 確定: amendments, guarantees, reminders, years of keeping.

They stand in the same TOML file as the routes of decision (econtract/rules.py reads those). Every
value has a default that fits the example city; a wrong one stops the start by its place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

from econtract.errors import RulesBroken

LONGEST_YEARS = 100


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """保存年限: files are kept `years` full years after the fiscal year in which it ended."""

    kinds: tuple[str, ...]
    years: int
    at_end: str
    """ "dispose" (廃棄) or "transfer" (移管: handed to the archives, never destroyed here)."""


@dataclass(frozen=True, slots=True)
class LifeRules:
    """Percentages are of the original amount; days are calendar days."""

    minor_change_percent: Decimal
    """Up to this change no new vote is needed (kept apart from the law: the city's own 条例)."""
    paper_parents: bool
    guarantee_from: Decimal
    guarantee_percent: Decimal
    guarantee_kinds: tuple[str, ...]
    reminder_days: tuple[int, ...]
    inspection_warning_days: int
    retention: tuple[RetentionClass, ...]

    def needs_guarantee(self, kind: str, amount: Decimal) -> bool:
        """Whether 契約保証 is due (契約規則); an exemption is recorded like a guarantee."""
        return kind in self.guarantee_kinds and amount >= self.guarantee_from

    def retention_of(self, kind: str) -> RetentionClass:
        """The first class that names the kind, or the one for all."""
        for each in self.retention:
            if kind in each.kinds or "*" in each.kinds:
                return each
        raise _broken("retention", f"「{kind}」の保存年限がありません。", f"No class for {kind}.")


def kept_until(ended_on: date, years: int) -> date:
    """The last day of keeping: `years` full years from the 1 April after the end (文書管理規程).

    The usual rule of Japanese cities counts from the first day of the fiscal year that follows."""
    year = ended_on.year if ended_on.month <= 3 else ended_on.year + 1
    return date(year + years, 3, 31)


def load(path: Path | None) -> LifeRules:
    """From the rules file, or the example city's."""
    if path is None:
        text = (
            resources.files("econtract").joinpath("rules_data", "example.toml").read_text("utf-8")
        )
        return parse(tomllib.loads(text))
    try:
        return parse(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _broken(str(path), f"読めません（{error}）。", str(error)) from error


def example() -> LifeRules:
    return load(None)


def parse(data: Mapping[str, Any]) -> LifeRules:
    """The tables amendment, guarantee, reminder and retention of parsed TOML."""
    change = data.get("amendment", {})
    guarantee = data.get("guarantee", {})
    reminder = data.get("reminder", {})
    classes = []
    for n, row in enumerate(data.get("retention", [{"kinds": ["*"], "years": 10}]), start=1):
        place = f"retention[{n}]"
        years = row.get("years")
        if not isinstance(years, int) or not 1 <= years <= LONGEST_YEARS:
            raise _broken(f"{place}.years", "1から100の数にしてください。", "Must be 1 to 100.")
        at_end = row.get("at_end", "dispose")
        if at_end not in {"dispose", "transfer"}:
            raise _broken(
                f"{place}.at_end",
                "dispose（廃棄）か transfer（移管）にしてください。",
                "Must be dispose or transfer.",
            )
        classes.append(RetentionClass(tuple(row.get("kinds", ("*",))), years, at_end))
    days = reminder.get("days_before_end", [90, 30])
    if not isinstance(days, list) or not all(isinstance(d, int) and 1 <= d <= 400 for d in days):
        raise _broken(
            "reminder.days_before_end", "1から400の日数の並びです。", "A list of 1 to 400."
        )
    return LifeRules(
        minor_change_percent=_percent(change, "minor_change_percent", 10, "amendment"),
        paper_parents=bool(change.get("paper_parents", True)),
        guarantee_from=Decimal(str(guarantee.get("from", 5_000_000))),
        guarantee_percent=_percent(guarantee, "percent", 10, "guarantee"),
        guarantee_kinds=tuple(guarantee.get("kinds", ["works"])),
        reminder_days=tuple(sorted(days, reverse=True)),
        inspection_warning_days=int(reminder.get("inspection_days_before", 3)),
        retention=tuple(classes),
    )


def _percent(table: Mapping[str, Any], name: str, default: int, place: str) -> Decimal:
    value = table.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _broken(f"{place}.{name}", "数が必要です。", "A number is required.")
    percent = Decimal(str(value))
    if not 0 <= percent <= 100:
        raise _broken(f"{place}.{name}", "0から100の数にしてください。", "Must be 0 to 100.")
    return percent


def _broken(place: str, why_ja: str, why_en: str) -> RulesBroken:
    return RulesBroken(place=place, why_ja=why_ja, why_en=why_en)
