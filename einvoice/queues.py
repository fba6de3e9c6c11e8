"""Lists of invoices: what each desk sees, filtered, in pages that cost the same at any depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import (
    ColumnElement,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from einvoice.matching.situation import number_key
from einvoice.models import ReceivedInvoice, grams
from einvoice.queries import RECEIPT
from einvoice.states import State
from records.name_folding import fold

MAX_WORDS = 8
MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """What a list shows. Empty fields do not filter; `text` looks in numbers, names, contracts."""

    states: tuple[State, ...] = ()
    section: str | None = None
    vendor_id: str | None = None
    contract_no: str | None = None
    text: str = ""
    due_until: date | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    received_from: date | None = None
    received_to: date | None = None
    results: tuple[str, ...] = ()
    submission: str | None = None
    held: bool | None = None


def queue(
    session: Session,
    wanted: QueueFilter,
    *,
    limit: int = 50,
    after: tuple[date, int] | None = None,
) -> Sequence[ReceivedInvoice]:
    """Invoices by due date, those without one first (they wait for something), then by number.

    `after` continues behind a row: its sort key (due date or `date.min`, serial). Two plain
    queries instead of one over a computed key, so that the index serves both and a page costs the
    same however deep it lies.
    """
    row = ReceivedInvoice
    conditions = _conditions(wanted)
    found: list[ReceivedInvoice] = []
    if after is None or after[0] == date.min:
        undated = select(row).where(*conditions, row.due_on.is_(None))
        if after is not None:
            undated = undated.where(row.serial > after[1])
        found += session.scalars(undated.order_by(row.serial).limit(limit))
        after = None
    if len(found) < limit:
        dated = select(row).where(*conditions, row.due_on.is_not(None))
        if after is not None:
            dated = dated.where(tuple_(row.due_on, row.serial) > after)
        rest = limit - len(found)
        found += session.scalars(dated.order_by(row.due_on, row.serial).limit(rest))
    return found


def place(text: str) -> tuple[date, int] | None:
    """Where a page of `queue` begins, from the text of a link; None where it is no such text."""
    day, _, serial = text.partition("_")
    try:
        return date.fromisoformat(day), int(serial)
    except ValueError:
        return None


def place_of(row: ReceivedInvoice) -> str:
    """The text of a link to what comes behind this row."""
    return f"{row.due_on or date.min}_{row.serial}"


def newest(
    session: Session, wanted: QueueFilter, *, limit: int = 50, before: int | None = None
) -> Sequence[ReceivedInvoice]:
    """Invoices, newest first; `before` is the serial of the last row of the page before."""
    query = select(ReceivedInvoice).where(*_conditions(wanted))
    if before is not None:
        query = query.where(ReceivedInvoice.serial < before)
    return session.scalars(query.order_by(ReceivedInvoice.serial.desc()).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many invoices stand in a state; `more` when counting stopped there."""

    count: int
    more: bool = False

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.count + other.count, self.more or other.more)

    def __str__(self) -> str:
        return f"{self.count:,}+" if self.more else f"{self.count:,}"


def tallies(
    session: Session, *, section: str | None = None, vendor_id: str | None = None
) -> dict[State, Tally]:
    """How many invoices stand in each state, counted up to `MOST_COUNTED`: what a list shows on
    its tabs must not cost more every year."""
    row = ReceivedInvoice
    parts = []
    for state in State:
        some = select(row.serial).where(
            *_conditions(QueueFilter(states=(state,), section=section, vendor_id=vendor_id))
        )
        capped = some.limit(MOST_COUNTED + 1).subquery()
        parts.append(select(literal(state.value), func.count()).select_from(capped))
    found = {State(name): number for name, number in session.execute(union_all(*parts))}
    return {
        state: Tally(min(found[state], MOST_COUNTED), found[state] > MOST_COUNTED)
        for state in State
    }


def count(session: Session, wanted: QueueFilter) -> int:
    """How many invoices the filter shows."""
    return session.scalar(select(func.count(ReceivedInvoice.id)).where(*_conditions(wanted))) or 0


def counts(session: Session, wanted: QueueFilter | None = None) -> dict[State, int]:
    """How many invoices stand in each state."""
    query = (
        select(ReceivedInvoice.state, func.count(ReceivedInvoice.id))
        .where(*_conditions(wanted or QueueFilter()))
        .group_by(ReceivedInvoice.state)
    )
    found = {State(row[0]): row[1] for row in session.execute(query)}
    return {state: found.get(state, 0) for state in State}


def _conditions(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    row = ReceivedInvoice
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(row.state.in_([state.value for state in wanted.states]))
    equal = (
        (row.section, wanted.section),
        (row.vendor_id, wanted.vendor_id),
        (row.contract_no, wanted.contract_no),
        (row.submission, wanted.submission),
    )
    found += [column == value for column, value in equal if value is not None]
    if wanted.due_until is not None:
        found.append(row.due_on <= wanted.due_until)
    if wanted.amount_from is not None:
        found.append(row.payable >= wanted.amount_from)
    if wanted.amount_to is not None:
        found.append(row.payable <= wanted.amount_to)
    if wanted.received_from is not None:
        found.append(row.received_on >= wanted.received_from)
    if wanted.received_to is not None:
        found.append(row.received_on <= wanted.received_to)
    if wanted.results:
        found.append(row.result.in_(wanted.results))
    if wanted.held is not None:
        found.append(row.hold_reason.is_not(None) if wanted.held else row.hold_reason.is_(None))
    if wanted.text.strip():
        found.append(_text_filter(wanted.text.strip()))
    return found


def _text_filter(text: str) -> ColumnElement[bool]:
    """A receipt number, or every word of the text in names and numbers, in any spelling."""
    found = RECEIPT.fullmatch(text)
    if found:
        return ReceivedInvoice.serial == int(found[2])
    return and_(*(_has_word(word) for word in text.split()[:MAX_WORDS]))


def _has_word(word: str) -> ColumnElement[bool]:
    spellings = dict.fromkeys(each for each in (fold(word), number_key(word)) if each)
    return or_(false(), *(_has_spelling(each) for each in spellings))


def _has_spelling(folded: str) -> ColumnElement[bool]:
    """The index on pairs of letters finds candidates, the comparison decides. One letter has no
    pair: then the newest rows are looked through in order, which ends at the first full page."""
    row = ReceivedInvoice
    has = row.search_text.contains(folded, autoescape=True)
    pairs = grams(folded)
    return and_(row.search_grams.contains(pairs), has) if pairs else has
