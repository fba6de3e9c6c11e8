"""Case codes: made when a contract is sent, told to the vendor by telephone or letter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from econtract import queries
from econtract.errors import NoSuchContract
from econtract.models import Contract, Party
from econtract.states import ContractState
from portal.contracts.guards import ensure_own
from portal.security import Identity, case_code
from portal.security.server_secret import server_secret
from portal.service import Service
from records import audit

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


def reissue_case_codes(
    service: Service, session: Session, user: Identity, contract_id: str, at: datetime
) -> tuple[Contract, list[ToldOnce]]:
    """New case codes, told once; the old ones stop working. Not by who drafted (four eyes).

    Raises NoSuchContract unless the contract waits for signatures, Forbidden by the role table."""
    contract = queries.locked(session, contract_id)
    ensure_own(user, "contract.reissue", contract)
    if contract.current_state not in {ContractState.AWAITING_VENDOR, ContractState.SIGNING}:
        raise NoSuchContract()
    codes = issue_case_codes(service, session, contract, at)
    audit.append(
        session,
        user.actor,
        "contract.case_codes_issued",
        f"contract:{contract_id}",
        {"count": len(codes)},
        at,
    )
    return contract, codes
