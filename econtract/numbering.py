"""Contract numbers: one series a fiscal year, without gap or double.

The series' row is locked by whoever takes a number and the number is used in the same transaction,
so a roll-back gives it back and two drafters never get the same. A withdrawn contract keeps its
number in the register: that is no gap.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from econtract.models import NumberSeries


@dataclass(frozen=True, slots=True)
class ContractNumber:
    fiscal_year: int
    sequence: int

    def __str__(self) -> str:
        """'2026-00042': fiscal year (from April) and the place in its series."""
        return f"{self.fiscal_year}-{self.sequence:05d}"


def take(session: Session, fiscal_year: int) -> ContractNumber:
    """The next number of `fiscal_year`, held until the transaction ends."""
    session.execute(
        insert(NumberSeries).values(fiscal_year=fiscal_year, last=0).on_conflict_do_nothing()
    )
    series = session.execute(
        select(NumberSeries).where(NumberSeries.fiscal_year == fiscal_year).with_for_update()
    ).scalar_one()
    series.last += 1
    session.flush()
    return ContractNumber(fiscal_year, series.last)
