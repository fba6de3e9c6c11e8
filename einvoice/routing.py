"""Routing: who decides on an invoice, by its amount and budget item (専決区分).

The city keeps the rows on a page of its own (`ApprovalRoute`). Without rows the setting alone
holds: section → accounting → treasurer from an amount on. With rows the highest `amount_from` not
above the invoice decides whether somebody of the section with a title (課長, 部長) decides after
the clerk, and whether the treasurer does; rows for one 節 go before rows for all.

    担当課 検収 ──▶ 課長・部長 (by row) ──▶ 会計課 審査 ──▶ 会計管理者 (by row)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from einvoice.deps import Route
from einvoice.models import ApprovalRoute, Commitment, ReceivedInvoice
from einvoice.refusals import RouteError
from einvoice.states import State, Step
from records import Actor, audit, new_id

MOST_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow:
    """One row of the table as it is typed."""

    setsu: str = ""
    amount_from: Decimal = Decimal(0)
    head_title: str = ""
    treasurer: bool = True


def rows_of(session: Session) -> Sequence[ApprovalRoute]:
    """All rows, those for every 節 first, by amount."""
    return session.scalars(
        select(ApprovalRoute).order_by(ApprovalRoute.setsu, ApprovalRoute.amount_from)
    ).all()


def row_for(session: Session, row: ReceivedInvoice) -> ApprovalRoute | None:
    """The row that holds for an invoice; None where no row does."""
    return _holding(_for_item(session, row), row.payable or Decimal(0))


def next_state(session: Session, route: Route, row: ReceivedInvoice, step: Step) -> State:
    """Where an approval at this step leads."""
    holding = row_for(session, row)
    if step is Step.SECTION and holding is not None and holding.head_title:
        return State.AT_HEAD
    if step in {Step.SECTION, Step.HEAD}:
        return State.AT_ACCOUNTING
    payable = row.payable or Decimal(0)
    treasurer = holding.treasurer if holding else payable >= route.treasurer_from
    if step is Step.ACCOUNTING and treasurer:
        return State.AT_TREASURER
    return State.APPROVED


def titles(session: Session) -> tuple[str, ...]:
    """Titles of who decides in sections, the lower ones first."""
    by_amount = sorted(rows_of(session), key=lambda row: row.amount_from)
    return tuple(dict.fromkeys(row.head_title for row in by_amount if row.head_title))


def limit_of(session: Session, row: ReceivedInvoice, title: str) -> Decimal | None:
    """Yen up to which this title decides on invoices like this one; None without a limit.

    A title of a lower row stops one yen below the first row of a higher title; a title that no
    row names decides on nothing.
    """
    ranks = titles(session)
    if title not in ranks:
        return Decimal(0)
    higher = set(ranks[ranks.index(title) + 1 :])
    starts = [item.amount_from for item in _for_item(session, row) if item.head_title in higher]
    return min(starts) - 1 if starts else None


def replace_rows(
    session: Session, wanted: Sequence[RouteRow], *, actor: Actor, at: datetime
) -> None:
    """Put these rows in place of all. Raises `RouteError` for what cannot hold together."""
    if len(wanted) > MOST_ROWS:
        raise RouteError(field="rows", reason_ja="行が多すぎます", reason_en="too many rows")
    keys = [(row.setsu, row.amount_from) for row in wanted]
    if len(set(keys)) != len(keys):
        raise RouteError(
            field="rows",
            reason_ja="同じ節と金額の行が2つあります",
            reason_en="two rows have the same item and amount",
        )
    for setsu in {row.setsu for row in wanted}:
        if (setsu, Decimal(0)) not in keys:
            name = f"節 {setsu}" if setsu else "すべての節"
            raise RouteError(
                field="rows",
                reason_ja=f"{name}に 0円からの行がありません",
                reason_en=f"item {setsu or '(all)'} has no row from 0 yen",
            )
    before = [_words(row) for row in rows_of(session)]
    after = [_words(row) for row in sorted(wanted, key=lambda row: (row.setsu, row.amount_from))]
    if before == after:
        return
    session.execute(delete(ApprovalRoute))
    for row in wanted:
        session.add(
            ApprovalRoute(
                id=new_id(),
                setsu=row.setsu,
                amount_from=row.amount_from,
                head_title=row.head_title,
                treasurer=row.treasurer,
            )
        )
    session.flush()
    details = {"before": " / ".join(before), "after": " / ".join(after)}
    audit.append(session, actor, "route.changed", "route:invoices", details, at)


def _words(row: ApprovalRoute | RouteRow) -> str:
    who = f"{row.head_title or '担当'}・会計課{'・会計管理者' if row.treasurer else ''}"
    return f"節{row.setsu or '全'} {int(row.amount_from)}円から {who}"


def _for_item(session: Session, row: ReceivedInvoice) -> list[ApprovalRoute]:
    commitment = session.get(Commitment, row.commitment_id) if row.commitment_id else None
    setsu = commitment.setsu.lstrip("0") if commitment else ""
    rows = rows_of(session)
    own = [item for item in rows if item.setsu and item.setsu.lstrip("0") == setsu]
    return own or [item for item in rows if not item.setsu]


def _holding(rows: Sequence[ApprovalRoute], payable: Decimal) -> ApprovalRoute | None:
    reached = [row for row in rows if row.amount_from <= payable]
    return max(reached, key=lambda row: row.amount_from, default=None)
