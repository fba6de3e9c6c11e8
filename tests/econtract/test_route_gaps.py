"""Gaps and overlaps of a table of routes, said to whoever edits it; the law's amounts as data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from econtract import route_gaps, routing, rules
from econtract.errors import RulesBroken

TODAY = date(2026, 11, 24)


def route(name="all", kind="*", low=0, high=10**13, **changes):
    row = {
        "id": name,
        "kind": kind,
        "from": low,
        "below": high,
        "valid_from": date(2020, 4, 1),
        "steps": [{"role": "department", "title": "課長", "act": "decide"}],
    }
    return rules.parse_route(1, row | changes)


def said(*routes):
    return [w.ja for w in route_gaps.faults(routes, TODAY)]


def test_the_example_citys_table_is_whole_and_covers_300_million_yen_and_above():
    example = rules.example()
    assert route_gaps.faults(example.routes, TODAY) == []
    for amount in (300_000_000, 9_999_999_999_999):
        found = routing.route_for(example, kind="works", amount=Decimal(amount), day=TODAY)
        assert found.id == "very_large"
        example.require_authority("契約 四郎", "works", Decimal(amount), TODAY)


def test_a_gap_is_named_with_kinds_amounts_and_day():
    [gap] = said(route(high=100), route("rest", low=200))
    assert gap.startswith("すべての種類：100円以上 200円未満")
    [above] = said(route(high=100))
    assert "100円以上 の契約" in above
    [of_goods] = said(
        *(route(kind, kind=kind) for kind in rules_kinds() if kind != "goods"),
        route("goods", kind="goods", low=50),
    )
    assert of_goods.startswith("物品売買：0円以上 50円未満")


def rules_kinds():
    from econtract.template import KINDS

    return list(KINDS)


def test_a_row_that_ends_without_a_follower_is_named_with_the_day_after():
    [gap] = said(route(valid_until=date(2027, 3, 31)))
    assert "（2027-04-01から）" in gap
    assert said(
        route(valid_until=date(2027, 3, 31)), route("next", valid_from=date(2027, 4, 1))
    ) == []  # fmt: skip


def test_a_row_never_reached_is_named_and_an_exception_standing_first_is_not():
    [shadow] = said(route("first", high=500), route("second", low=400, high=10**13))
    assert "「second」の行の 400円以上 500円未満" in shadow
    [dead] = said(route("all"), route("goods", kind="goods"))
    assert "「goods」" in dead
    assert said(route("goods", kind="goods", high=500), route("all")) == []


@pytest.mark.parametrize(
    ("named", "works", "movables"),
    [
        ("designated_city", 300_000_000, 40_000_000),
        ("city", 150_000_000, 20_000_000),
        ("town", 50_000_000, 7_000_000),
    ],
)
def test_the_councils_amounts_follow_the_municipalitys_class(named, works, movables):
    row = {
        "id": "all", "from": 0, "below": 1, "valid_from": TODAY,
        "steps": [{"role": "department", "title": "課長", "act": "decide"}],
    }  # fmt: skip
    made = rules.parse({"route": [row], "municipality": {"class": named}})
    for kind, amount in (("works", works), ("manufacture", works), ("goods", movables)):
        assert made.needs_council(kind, Decimal(amount), TODAY)
        assert not made.needs_council(kind, Decimal(amount - 1), TODAY)
    assert not made.needs_council("services", Decimal(10**12), TODAY)
    own = {"kind": "works", "from": 1, "valid_from": TODAY}
    ruled = rules.parse({"route": [row], "municipality": {"class": named}, "council": [own]})
    assert ruled.needs_council("works", Decimal(1), TODAY)
    assert not ruled.needs_council("goods", Decimal(10**12), TODAY)


def test_an_unknown_class_stops_the_start():
    row = {
        "id": "all", "from": 0, "below": 1, "valid_from": TODAY,
        "steps": [{"role": "department", "title": "課長", "act": "decide"}],
    }  # fmt: skip
    with pytest.raises(RulesBroken, match="prefecture"):
        rules.parse({"route": [row], "municipality": {"class": "prefecture"}})
