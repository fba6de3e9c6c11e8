"""The decision route a contract takes: the first row of the table that covers it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from econtract import forms, queries
from econtract.errors import CouncilVoteNeeded, NoRoute
from econtract.making_errors import SignerNotNamed
from econtract.models import Contract
from econtract.rules import Route, Rules
from econtract.template import KINDS


def route_for(rules: Rules, *, kind: str, amount: Decimal, day: date) -> Route:
    """The route for `kind` and `amount` (yen, tax included) on `day` (JST). Raises NoRoute."""
    for route in rules.routes:
        if route.covers(kind, amount, day):
            return route
    kind_ja, kind_en = KINDS[kind]
    raise NoRoute(kind_ja=kind_ja, kind_en=kind_en, amount=f"{amount:,}", day=day.isoformat())


def planned(rules: Rules, contract: Contract, day: date) -> tuple[Route, bool]:
    """(the route, whether the council must vote before the city signs).

    Raises CouncilVoteNeeded where the council votes (自治法96条1項5号・8号) and the contract is not
    written as a provisional one: concluding it here would skip the vote. What stands beside
    a contract, an amendment, is checked again by its own rule (econtract/amending.py)."""
    route = route_for(rules, kind=contract.kind, amount=contract.amount, day=day)
    if contract.form in forms.BESIDE:
        return route, False
    needs_vote = route.council or rules.needs_council(contract.kind, contract.amount, day)
    if needs_vote and not forms.is_provisional(contract.form):
        raise CouncilVoteNeeded(amount=f"{contract.amount:,}")
    return route, needs_vote


def require_signer(session: Session, contract: Contract, officer: str) -> None:
    """Raise SignerNotNamed when the decided route names others to sign for the city."""
    circulation = queries.circulation(session, contract)
    named = circulation.signers if circulation is not None else []
    if named and officer not in named:
        raise SignerNotNamed(named="・".join(named), who=officer)
