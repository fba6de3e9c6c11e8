"""How many contracts were concluded in a period, by kind, and their amounts: for indicators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from econtract.models import Contract

_TOKYO = ZoneInfo("Asia/Tokyo")


def concluded(session: Session, *, first: date, last: date) -> Sequence[tuple[str, Decimal]]:
    """Kind and amount of every contract concluded from `first` to `last` (days in Japan)."""
    start = datetime.combine(first, time.min, _TOKYO)
    end = datetime.combine(last, time.max, _TOKYO)
    rows = session.execute(
        select(Contract.kind, Contract.amount).where(Contract.concluded_at.between(start, end))
    )
    return [(kind, Decimal(amount)) for kind, amount in rows]
