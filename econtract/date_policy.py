"""The day printed in the contract against the day on which the city signs.

Default: 「契約日は、発注者の電子署名に付されたタイムスタンプの日とする」, and nothing can
differ. With a fixed day the city tolerates `Rules.date_tolerance_days`; beyond that the officer
gives a reason, which is kept with the act. Nobody can type the time of a signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econtract.authority_errors import DateReasonRequired
from econtract.drafting import checked_reason
from econtract.models import Act, Contract, Party
from econtract.rules import Rules
from records import calendar

#: Under which name the reason stands in an act's evidence.
REASON = "date_reason"
MOST_REPORTED = 2000


@dataclass(frozen=True, slots=True)
class Difference:
    """`days` is positive where the city signs after the printed day, negative before it."""

    contract_date: date
    signing_day: date
    tolerance: int

    @property
    def days(self) -> int:
        return (self.signing_day - self.contract_date).days

    @property
    def is_beyond(self) -> bool:
        return abs(self.days) > self.tolerance


@dataclass(frozen=True, slots=True)
class Reported:
    """A line of the report: the five days of a contract side by side, the difference, why."""

    contract_id: str
    number: str
    title: str
    department: str
    award_date: date
    contract_date: date
    vendor_signed_on: date
    city_signed_on: date
    concluded_at: datetime
    period_from: date
    days: int
    reason: str


def difference(contract: Contract, day: date, rules: Rules) -> Difference | None:
    """What the printed day differs by if the city signs on `day`; None without a printed day."""
    if contract.contract_date is None:
        return None
    return Difference(contract.contract_date, day, rules.date_tolerance_days)


def reason_for(contract: Contract, day: date, rules: Rules, reason: str) -> str:
    """The reason to keep with the city's act ("" when none is needed and none was given).

    Raises DateReasonRequired; ReasonRequired when it is too long."""
    found = difference(contract, day, rules)
    if found is None or not found.days:
        return ""
    if not reason.strip():
        if found.is_beyond:
            raise DateReasonRequired(
                field="date_reason",
                contract_date=found.contract_date.isoformat(),
                today=day.isoformat(),
                days=abs(found.days),
                tolerance=found.tolerance,
            )
        return ""
    return checked_reason(reason)


def report(
    session: Session, *, since: date | None = None, department: str | None = None
) -> Sequence[Reported]:
    """Every concluded contract whose printed day is not the day of the city's timestamp."""
    first = func.min(Act.signed_at).filter(Party.side == "vendor")
    query = (
        select(
            Contract,
            first,
            func.max(Act.signed_at).filter(Party.side == "city"),
            func.max(Act.evidence[REASON].astext).filter(Party.side == "city"),
        )
        .join(Act, Act.document_id == Contract.document_id)
        .join(Party, Party.id == Act.party_id)
        .where(Contract.concluded_at.is_not(None), Contract.contract_date.is_not(None))
        .group_by(Contract.id)
        .order_by(Contract.concluded_at.desc())
        .limit(MOST_REPORTED)
    )
    if since is not None:
        query = query.where(Contract.contract_date >= since)
    if department is not None:
        query = query.where(Contract.department == department)
    found = []
    for contract, vendor_at, city_at, reason in session.execute(query):
        assert contract.contract_date is not None
        assert contract.concluded_at is not None
        signed_on = calendar.jst_date(city_at or contract.concluded_at)
        days = (signed_on - contract.contract_date).days
        if not days:
            continue
        found.append(
            Reported(
                contract_id=contract.id,
                number=contract.number,
                title=contract.title,
                department=contract.department,
                award_date=contract.award_date,
                contract_date=contract.contract_date,
                vendor_signed_on=calendar.jst_date(vendor_at or contract.concluded_at),
                city_signed_on=signed_on,
                concluded_at=contract.concluded_at,
                period_from=contract.period_from,
                days=days,
                reason=reason or "",
            )
        )
    return found
