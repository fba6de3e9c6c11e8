"""Whose turn it is: vendors in order (the lead of a joint venture last), then the city."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from econtract import queries
from econtract.errors import NotYourTurn, SigningOverdue
from econtract.models import Contract, Party

TOKYO = ZoneInfo("Asia/Tokyo")


def vendor_turn(session: Session, contract: Contract, party_id: str, at: datetime) -> Party:
    """The vendor party, if it is its turn and the day has not passed."""
    party = _turn(session, contract, party_id)
    if contract.sign_by is not None and at > contract.sign_by:
        until = contract.sign_by.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M")
        raise SigningOverdue(until=until)
    return party


def city_turn(session: Session, contract: Contract) -> Party:
    """The city's party, if every vendor has signed."""
    city = next(p for p in queries.parties(session, contract.id) if p.side == "city")
    return _turn(session, contract, city.id)


def _turn(session: Session, contract: Contract, party_id: str) -> Party:
    expected = queries.next_party(session, contract)
    if expected is None or expected.id != party_id:
        whose = expected.organisation if expected is not None else "だれも（署名済み）"
        raise NotYourTurn(
            whose_ja=whose, whose_en=expected.organisation if expected else "nobody (all signed)"
        )
    return expected
