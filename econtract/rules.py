"""The city's own rules for contracts: decision routes, authority to conclude, rates, deadlines.

Data, not code: they differ from city to city and change on a day, so each row has `valid_from`
(and may have `valid_until`). Read once from a TOML file; a wrong row stops the start by its name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib import resources
from pathlib import Path
from typing import Any

from econtract.errors import AuthorityMissing, RulesBroken

MAX_FILE_BYTES = 1024 * 1024
STEP_ACTS = {"decide": ("決裁", "decision"), "countersign": ("合議", "countersignature")}
FOREVER = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Step:
    """One decider of a route: who holds `role` decides under `title`."""

    role: str
    title: str
    act: str


@dataclass(frozen=True, slots=True)
class Route:
    id: str
    kind: str
    amount_from: Decimal
    amount_below: Decimal
    valid_from: date
    valid_until: date
    steps: tuple[Step, ...]
    #: Names of those who sign for the city; empty: whoever holds authority.
    signers: tuple[str, ...] = ()
    #: The council votes on every contract of this row.
    council: bool = False

    def covers(self, kind: str, amount: Decimal, day: date) -> bool:
        return (
            self.kind in {"*", kind}
            and self.amount_from <= amount < self.amount_below
            and self.valid_from <= day <= self.valid_until
        )


@dataclass(frozen=True, slots=True)
class Authority:
    """Who may conclude which contracts for the city, and from when to when."""

    holders: tuple[str, ...]
    kinds: tuple[str, ...]
    up_to: Decimal
    valid_from: date
    valid_until: date

    def covers(self, holder: str, kind: str, amount: Decimal, day: date) -> bool:
        return (
            ("*" in self.holders or holder in self.holders)
            and ("*" in self.kinds or kind in self.kinds)
            and amount <= self.up_to
            and self.valid_from <= day <= self.valid_until
        )


@dataclass(frozen=True, slots=True)
class CouncilThreshold:
    kind: str
    amount_from: Decimal
    valid_from: date


@dataclass(frozen=True, slots=True)
class Rules:
    version: str
    routes: tuple[Route, ...]
    authorities: tuple[Authority, ...]
    council: tuple[CouncilThreshold, ...]
    late_interest: tuple[tuple[date, Decimal], ...]
    sending_days: int
    date_tolerance_days: int = 7

    def late_interest_on(self, day: date) -> Decimal:
        """Percent a year in force on `day`."""
        usable = [percent for valid_from, percent in self.late_interest if valid_from <= day]
        if not usable:
            raise _broken("late_interest", f"{day}の率がありません。", f"No rate for {day}.")
        return usable[-1]

    def needs_council(self, kind: str, amount: Decimal, day: date) -> bool:
        """Whether the council must vote first (地方自治法96条1項5号・8号)."""
        return any(
            c.kind in {"*", kind} and amount >= c.amount_from and c.valid_from <= day
            for c in self.council
        )

    def require_authority(self, holder: str, kind: str, amount: Decimal, day: date) -> None:
        """Raise AuthorityMissing unless `holder` may conclude this contract on `day` (JST)."""
        if not any(a.covers(holder, kind, amount, day) for a in self.authorities):
            raise AuthorityMissing(day=day.isoformat(), who=holder)


def example() -> Rules:
    """The rules of the fictional city, used when no file is configured."""
    text = resources.files("econtract").joinpath("rules_data", "example.toml").read_text("utf-8")
    return parse(tomllib.loads(text))


def load(path: Path | None) -> Rules:
    """Rules from a file, or the example. Raises RulesBroken naming the place."""
    if path is None:
        return example()
    try:
        data = path.read_bytes()
        if len(data) > MAX_FILE_BYTES:
            raise _broken(str(path), "大きすぎます。", "It is too large.")
        return parse(tomllib.loads(data.decode()))
    except OSError as error:
        raise _broken(str(path), "開けません。", str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _broken(str(path), f"TOMLとして読めません（{error}）。", str(error)) from error


def parse(data: Mapping[str, Any]) -> Rules:
    """Rules from parsed TOML."""
    routes = tuple(parse_route(n, row) for n, row in enumerate(data.get("route", []), start=1))
    if not routes:
        raise _broken("route", "決裁の経路がありません。", "There is no route.")
    if len({r.id for r in routes}) != len(routes):
        raise _broken("route", "同じidの経路があります。", "Two routes share an id.")
    rates = []
    for n, row in enumerate(data.get("late_interest", []), start=1):
        place = f"late_interest[{n}]"
        rates.append((_day(row, "valid_from", place), _number(row, "percent", place)))
    days = data.get("sending", {}).get("days", 10)
    if not isinstance(days, int) or not 1 <= days <= 90:
        raise _broken("sending.days", "1から90の数にしてください。", "Must be 1 to 90.")
    tolerance = data.get("dates", {}).get("tolerance_days", 7)
    if not isinstance(tolerance, int) or not 0 <= tolerance <= 366:
        raise _broken("dates.tolerance_days", "0から366の数にしてください。", "Must be 0 to 366.")
    return Rules(
        version=str(data.get("version", "")),
        routes=routes,
        authorities=tuple(
            Authority(
                tuple(row.get("holders", ())),
                tuple(row.get("kinds", ("*",))),
                _number(row, "up_to", f"authority[{n}]"),
                _day(row, "valid_from", f"authority[{n}]"),
                row.get("valid_until", FOREVER),
            )
            for n, row in enumerate(data.get("authority", []), start=1)
        ),
        council=_council(data),
        late_interest=tuple(sorted(rates)),
        sending_days=days,
        date_tolerance_days=tolerance,
    )


def _council(data: Mapping[str, Any]) -> tuple[CouncilThreshold, ...]:
    """The city's own amounts, else the law's for its class (rules_data/council_amounts.toml)."""
    own = tuple(
        CouncilThreshold(
            row.get("kind", "*"),
            _number(row, "from", f"council[{n}]"),
            _day(row, "valid_from", f"council[{n}]"),
        )
        for n, row in enumerate(data.get("council", []), start=1)
    )
    named = data.get("municipality", {}).get("class")
    if own or named is None:
        return own
    file = resources.files("econtract").joinpath("rules_data", "council_amounts.toml")
    rows = [row for row in tomllib.loads(file.read_text("utf-8"))["class"] if row["id"] == named]
    if not rows:
        raise _broken(
            "municipality.class",
            f"「{named}」という区分はありません（designated_city・city・town）。",
            f"There is no class '{named}'.",
        )
    return tuple(
        CouncilThreshold(kind, Decimal(row[what]), row["valid_from"])
        for row in rows
        for kind, what in (("works", "works"), ("manufacture", "works"), ("goods", "movables"))
    )


def parse_route(n: int, row: Mapping[str, Any]) -> Route:
    place = f"route[{n}]"
    steps = []
    for k, step in enumerate(row.get("steps", []), start=1):
        if step.get("act") not in STEP_ACTS or not step.get("role") or not step.get("title"):
            raise _broken(
                f"{place}.steps[{k}]",
                "role・title・act（decideかcountersign）が必要です。",
                "role, title and act (decide or countersign) are required.",
            )
        steps.append(Step(step["role"], step["title"], step["act"]))
    if not steps or steps[-1].act != "decide":
        raise _broken(place, "最後の段は decide にしてください。", "The last step must decide.")
    route = Route(
        id=str(row.get("id", n)),
        kind=row.get("kind", "*"),
        amount_from=_number(row, "from", place),
        amount_below=_number(row, "below", place),
        valid_from=_day(row, "valid_from", place),
        valid_until=row.get("valid_until", FOREVER),
        steps=tuple(steps),
        signers=tuple(row.get("signers", ())),
        council=bool(row.get("council", False)),
    )
    if route.amount_from >= route.amount_below:
        raise _broken(
            place, "from は below より小さくしてください。", "from must be below 'below'."
        )
    return route


def _number(row: Mapping[str, Any], name: str, place: str) -> Decimal:
    try:
        return Decimal(str(row[name]))
    except (KeyError, InvalidOperation) as error:
        raise _broken(f"{place}.{name}", "数が必要です。", "A number is required.") from error


def _day(row: Mapping[str, Any], name: str, place: str) -> date:
    value = row.get(name)
    if not isinstance(value, date):
        raise _broken(f"{place}.{name}", "日付が必要です。", "A day is required.")
    return value


def _broken(place: str, why_ja: str, why_en: str) -> RulesBroken:
    return RulesBroken(place=place, why_ja=why_ja, why_en=why_en)
