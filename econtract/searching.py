"""Finding concluded contracts as 電子帳簿保存法 asks: by day, amount and partner, combined.

電子帳簿保存法施行規則4条1項 with 2条6項5号: search by 取引年月日その他の日付, 取引金額 and 取引先;
ranges for day and amount; two or more conditions combined. The law binds the vendor; the city's
staff search with the same words. A contract's 取引年月日 is the day written in it, or, where it
says "the day of the city's timestamp", the day (Asia/Tokyo) on which it became final.

Names are found in any spelling (`records.name_folding`); each word of the text must occur.
Dates and amounts are bounds included. Hits come newest first, a page at a time by `Place`, so that
a page costs the same whether it is the first or the thousandth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, case, cast, func, or_, select, tuple_
from sqlalchemy.orm import Session

from econtract import endings
from econtract.beside import IMPORTED, PAPER
from econtract.endings import Standing
from econtract.errors import SearchRefused
from econtract.life_models import Amendment
from econtract.models import Act, Contract, Party
from econtract.states import ActState, ContractState
from records.name_folding import fold

PAGE = 50
_BATCH = 1_000
_MAX_WORDS = 8


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; a condition that is None or empty does not narrow. Amounts in yen."""

    day_from: date | None = None
    day_to: date | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    partner: str = ""
    text: str = ""
    kind: str = ""
    without_copy: bool = False
    standing: Standing | None = None
    today: date | None = None
    """The day (JST) on which `standing` is asked; needed with it."""
    department: str | None = None
    vendor_id: str | None = None

    def __post_init__(self) -> None:
        if self.day_from and self.day_to and self.day_from > self.day_to:
            raise SearchRefused(what_ja="日付", what_en="day", field="day_to")
        low, high = self.amount_from, self.amount_to
        if low is not None and high is not None and low > high:
            raise SearchRefused(what_ja="金額", what_en="amount", field="amount_to")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of hits ended: the next one begins behind it."""

    day: date
    contract_id: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A contract that became final (whatever befell it later), as an index writes it."""

    contract_id: str
    number: str
    title: str
    kind: str
    department: str
    vendor_name: str
    amount: Decimal
    day: date
    concluded_at: datetime
    period_from: date
    period_to: date
    newest_sha256: str | None
    certificate_sha256: str | None
    vendor_has_copy_at: datetime | None
    form: str
    parent_id: str | None
    is_proven: bool
    """Whether its file is the one that every party has signed (or came signed from elsewhere, or
    on paper): read from the acts, not from the contract's own state."""

    @property
    def place(self) -> Place:
        return Place(self.day, self.contract_id)


@dataclass(frozen=True, slots=True)
class Found:
    """One page of hits, how many there are and what they sum up to over all pages (yen)."""

    hits: tuple[Hit, ...]
    count: int
    amount: Decimal
    after: Place | None


#: 取引年月日 of a contract, in SQL.
transaction_day: ColumnElement[date] = func.coalesce(
    Contract.contract_date, cast(func.timezone("Asia/Tokyo", Contract.concluded_at), Date)
)
_NEWEST = func.coalesce(Contract.kept_sha256, Contract.concluded_sha256)
_unsigned = (
    select(Party.id)
    .where(
        Party.contract_id == Contract.id,
        ~select(Act.id)
        .where(
            Act.document_id == Contract.document_id,
            Act.slot == Party.slot,
            Act.state == ActState.SIGNED,
        )
        .exists(),
    )
    .correlate(Contract)
    .exists()
)
_last_act = (
    select(Act.id)
    .where(Act.document_id == Contract.document_id, Act.result_sha256 == Contract.concluded_sha256)
    .correlate(Contract)
    .exists()
)
_proven = or_(
    Contract.template_version.in_((IMPORTED, PAPER)),
    and_(
        Contract.state.in_((ContractState.CONCLUDED, ContractState.DISPOSED)),
        ~_unsigned,
        or_(Contract.concluded_sha256.is_(None), _last_act),
    ),
)
_COLUMNS = (
    Contract.id,
    Contract.number,
    Contract.title,
    Contract.kind,
    Contract.department,
    Contract.vendor_name,
    Contract.amount,
    transaction_day,
    Contract.concluded_at,
    Contract.period_from,
    Contract.period_to,
    _NEWEST,
    Contract.certificate_sha256,
    Contract.vendor_has_copy_at,
    Contract.form,
    Contract.parent_id,
    _proven,
)
#: What a contract adds to a sum: an amendment only what it changed.
_added = case(
    (
        Contract.form == "amendment",
        select(Amendment.change)
        .where(Amendment.contract_id == Contract.id)
        .correlate(Contract)
        .scalar_subquery(),
    ),
    else_=Contract.amount,
)


def find(
    session: Session, search: Search, *, after: Place | None = None, limit: int = PAGE
) -> Found:
    """The page of hits behind `after`, with count and sum of all."""
    where = _conditions(search)
    count, amount = session.execute(
        select(func.count(), func.coalesce(func.sum(_added), 0)).where(*where)
    ).one()
    page = [Hit(*row) for row in session.execute(_newest_first(where, after).limit(limit + 1))]
    more = page[limit - 1].place if len(page) > limit else None
    return Found(tuple(page[:limit]), count, Decimal(amount), more)


def every(session: Session, search: Search) -> Iterator[Hit]:
    """All hits, newest first, a batch in memory at a time."""
    query = _newest_first(_conditions(search), None)
    for row in session.execute(query.execution_options(yield_per=_BATCH)):
        yield Hit(*row)


def _newest_first(
    where: list[ColumnElement[bool]], after: Place | None
) -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = (
        select(*_COLUMNS).where(*where).order_by(transaction_day.desc(), Contract.id.desc())
    )
    if after is not None:
        query = query.where(tuple_(transaction_day, Contract.id) < (after.day, after.contract_id))
    return query


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [Contract.concluded_at.is_not(None)]
    if search.day_from is not None:
        where.append(transaction_day >= search.day_from)
    if search.day_to is not None:
        where.append(transaction_day <= search.day_to)
    if search.amount_from is not None:
        where.append(Contract.amount >= search.amount_from)
    if search.amount_to is not None:
        where.append(Contract.amount <= search.amount_to)
    if search.without_copy:
        where.append(Contract.vendor_has_copy_at.is_(None))
    if search.standing is not None:
        assert search.today is not None
        where.extend(endings.standing(search.standing, search.today))
    if search.kind:
        where.append(Contract.kind == search.kind)
    if search.department is not None:
        where.append(Contract.department == search.department)
    where.extend(
        Contract.search_text.contains(word, autoescape=True) for word in _words(search.text)
    )
    if words := _words(search.partner):
        named = and_(
            Party.side == "vendor",
            *(Party.search_text.contains(word, autoescape=True) for word in words),
        )
        where.append(Contract.id.in_(select(Party.contract_id).where(named)))
    if search.vendor_id is not None:
        own = select(Party.contract_id).where(Party.vendor_id == search.vendor_id)
        where.append(Contract.id.in_(own))
    return where


def _words(text: str) -> list[str]:
    """The words to find, folded; what folds to nothing (a lone hyphen) looks for nothing."""
    return [folded for word in text.split()[:_MAX_WORDS] if (folded := fold(word))]
