"""Case codes: made when a contract is sent, told to the vendor by telephone or letter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from econtract import queries
from econtract.models import Contract, Party
from portal.security import case_code
from portal.security.server_secret import server_secret
from portal.service import Service

#: A joint venture signs one after the other, each with its own deadline; the code outlives them.
LASTS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class ToldOnce:
    """A case code in the only moment at which it is readable."""

    party: Party
    code: str


def issue_case_codes(
    service: Service, session: Session, contract: Contract, at: datetime
) -> list[ToldOnce]:
    """A new code for every vendor party; earlier ones stop working."""
    return [
        ToldOnce(
            party,
            case_code.issue(
                session,
                secret=server_secret(service.settings),
                subject=f"contract:{contract.id}",
                holder_id=party.vendor_id or "",
                at=at,
                expires_at=at + LASTS,
            ),
        )
        for party in queries.parties(session, contract.id)
        if party.side == "vendor"
    ]
