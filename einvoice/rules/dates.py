"""Dates and periods: IBG-14, IBG-26."""

from __future__ import annotations

import operator
from collections.abc import Callable

from einvoice.document import Document, Node
from einvoice.rules import contexts as at
from einvoice.rules.engine import Test
from einvoice.rules.shapes import RuleGroup
from einvoice.rules.xpath import day, is_castable_date, one, one_text
from einvoice.ubl import is_time

rules = RuleGroup()


@rules.rule("ibr-073", at.DATE, reads="text")
def is_plain_date(node: Node, document: Document) -> bool:
    """YYYY-MM-DD and a day that exists: ten characters, so no time zone."""
    return is_castable_date(node.text) and len(one_text(node, document)) == 10


@rules.rule("ibr-119", at.TIME, reads="text")
def is_plain_time(node: Node, document: Document) -> bool:
    return is_time(node.text)


def _ends_after_start(period: Node, document: Document) -> bool:
    ends, starts = period.all("cbc:EndDate"), period.all("cbc:StartDate")
    if not ends or not starts:
        return True
    end, start = one(ends), one(starts)
    assert end is not None
    assert start is not None
    return day(end) >= day(start)


rules.add("ibr-029", at.PERIOD, _ends_after_start, "IBT-074")
rules.add("ibr-030", at.LINE_PERIOD, _ends_after_start, "IBT-135")


def _within_header(name: str, compare: Callable[[int, int], bool]) -> Test:
    """A line's date against the header period's, where both are stated."""

    def test(period: Node, document: Document) -> bool:
        own = period.all(name)
        line = period.parent
        root = line.parent if line is not None else None
        header = root.all(f"cac:InvoicePeriod/{name}") if root is not None else []
        if not own or not header:
            return True
        limit = one(header)
        assert limit is not None
        bound = day(limit)
        return any(compare(day(n), bound) for n in own)

    return test


rules.add("ibr-085", at.LINE_PERIOD, _within_header("cbc:StartDate", operator.ge), "IBT-134")
rules.add("ibr-086", at.LINE_PERIOD, _within_header("cbc:EndDate", operator.le), "IBT-135")


@rules.rule("ibr-co-19", at.PERIOD, "IBG-14", reads="names")
def period_says_something(period: Node, document: Document) -> bool:
    """A start, an end, or at least the code of the tax point."""
    names = ("cbc:StartDate", "cbc:EndDate", "cbc:DescriptionCode")
    return any(period.all(name) for name in names)


@rules.rule("ibr-co-20", at.LINE_PERIOD, "IBG-26", reads="names")
def line_period_says_something(period: Node, document: Document) -> bool:
    return bool(period.all("cbc:StartDate") or period.all("cbc:EndDate"))
