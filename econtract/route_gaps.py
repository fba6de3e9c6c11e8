"""What a table of routes leaves open or says twice, for whoever edits or approves it.

The first row that covers kind, amount and day decides. So there are two faults: amounts for which
no row stands (such a contract cannot be submitted), and a row that is never or only partly reached
because an earlier one takes its contracts. A row for one kind before a row for all is neither: the
exception stands first on purpose. Checked from today on, on every day that begins or
ends a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from econtract.cells import MAX_YEN
from econtract.rules import FOREVER, Route
from econtract.template import KINDS

Span = tuple[Decimal, Decimal]
#: Beyond what is read from an award; a row that ends here or later covers all above its begin.
END = MAX_YEN


@dataclass(frozen=True, slots=True)
class Fault:
    """A gap or an overlap, in words. `rows`: ids of the rows it is about (none for a gap)."""

    ja: str
    en: str
    rows: tuple[str, ...] = ()


def faults(routes: Sequence[Route], today: date) -> list[Fault]:
    """Every gap and overlap from `today` (JST) on, each once, with the day it begins."""
    found: list[Fault] = []
    open_before: dict[str, set[Span]] = {}
    shadowed: set[tuple[str, str]] = set()
    for day in _turning_days(routes, today):
        valid = [r for r in routes if r.valid_from <= day <= r.valid_until]
        gaps = {kind: set(_gaps(valid, kind)) for kind in KINDS}
        new = {kind: spans - open_before.get(kind, set()) for kind, spans in gaps.items()}
        found.extend(_gap_faults(new, day))
        open_before = gaps
        for first, second, span in _overlaps(valid):
            if (first.id, second.id) in shadowed:
                continue
            shadowed.add((first.id, second.id))
            found.append(
                Fault(
                    f"「{second.id}」の行の {_span_ja(span)} は、上の「{first.id}」の行が先に"
                    f"当てはまるため使われません（{_from_ja(day, today)}）。",
                    f"Row '{second.id}' is not reached for {_span_en(span)}: row '{first.id}' above"
                    f" takes it (from {day}).",
                    (first.id, second.id),
                )
            )
    return found


def _turning_days(routes: Sequence[Route], today: date) -> list[date]:
    days = {today}
    for route in routes:
        days.add(route.valid_from)
        if route.valid_until < FOREVER:
            days.add(route.valid_until + timedelta(days=1))
    return sorted(day for day in days if day >= today)


def _gaps(valid: Sequence[Route], kind: str) -> Iterator[Span]:
    """Amounts from 0 to the largest for which no row stands."""
    reached = Decimal(0)
    covering = [r for r in valid if r.kind in {"*", kind}]
    for route in sorted(covering, key=lambda r: r.amount_from):
        if route.amount_from > reached:
            yield reached, route.amount_from
        reached = max(reached, route.amount_below)
    if reached < END:
        yield reached, END


def _gap_faults(new: dict[str, set[Span]], day: date) -> Iterator[Fault]:
    """One fault a span; kinds that share it are named together."""
    for span in sorted({span for spans in new.values() for span in spans}):
        kinds = [kind for kind, spans in new.items() if span in spans]
        every = len(kinds) == len(KINDS)
        ja = "すべての種類" if every else "・".join(KINDS[kind][0] for kind in kinds)
        en = "all kinds" if every else ", ".join(KINDS[kind][1] for kind in kinds)
        yield Fault(
            f"{ja}：{_span_ja(span)} の契約に当てはまる行がありません（{day}から）。"
            "このままでは決裁に回せません。",
            f"{en}: no row covers {_span_en(span)} from {day}; such contracts cannot be submitted.",
        )


def _overlaps(valid: Sequence[Route]) -> Iterator[tuple[Route, Route, Span]]:
    """(earlier, later, amounts) where the later row is not reached though as special as that."""
    for n, later in enumerate(valid):
        for earlier in valid[:n]:
            if earlier.kind not in {"*", later.kind}:
                continue
            low = max(earlier.amount_from, later.amount_from)
            high = min(earlier.amount_below, later.amount_below)
            if low < high:
                yield earlier, later, (low, high)


def _span_ja(span: Span) -> str:
    low, high = span
    upper = "" if high >= END else f" {high:,}円未満"
    return f"{low:,}円以上{upper}"


def _span_en(span: Span) -> str:
    low, high = span
    return f"{low:,} yen and above" if high >= END else f"{low:,} to below {high:,} yen"


def _from_ja(day: date, today: date) -> str:
    return "いま" if day == today else f"{day}から"
