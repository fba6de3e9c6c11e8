"""The decision route a contract takes: the first row of the table that covers it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from econtract.errors import CouncilVoteNeeded, NoRoute
from econtract.rules import Route, Rules
from econtract.template import KINDS


def route_for(rules: Rules, *, kind: str, amount: Decimal, day: date) -> Route:
    """The route for `kind` and `amount` (yen, tax included) on `day` (JST).

    Raises CouncilVoteNeeded for amounts on which the council votes: such a contract begins as a
    provisional one, and concluding it here would skip the vote. Raises NoRoute."""
    if rules.needs_council(kind, amount, day):
        raise CouncilVoteNeeded(amount=f"{amount:,}")
    for route in rules.routes:
        if route.covers(kind, amount, day):
            return route
    kind_ja, kind_en = KINDS[kind]
    raise NoRoute(kind_ja=kind_ja, kind_en=kind_en, amount=f"{amount:,}", day=day.isoformat())
