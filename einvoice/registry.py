"""Whether a vendor was a registered issuer of qualified invoices on the day of a transaction.

The question is always about a number *and a day*: a registration that began the week after, or
was cancelled the week before, does not make the invoice a qualified one. Six answers exist, and
"cannot tell" is one of them: without the registry nothing is ever called registered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import Protocol

from einvoice.errors import RegistryError
from einvoice.registration import RegistrationNumber
from einvoice.registry_rows import Process, RegistryRow


class RegistryStatus(StrEnum):
    """What the registry says about a number on a day."""

    REGISTERED = "registered"  # 登録あり
    NOT_YET = "not_yet"  # 登録前
    LAPSED = "lapsed"  # 失効
    CANCELLED = "cancelled"  # 取消
    NOT_FOUND = "not_found"  # 公表されていない
    CANNOT_TELL = "cannot_tell"  # 確認できない


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAnswer:
    """The status of `number` on `day`, and how good this answer is.

    `published` is the registry's own date of its data (lastUpdateDate), `asked_at` the instant we
    asked; `origin` is "web-api", "bulk" or "none". `last_known` is an expired answer that could
    not be renewed: information for a person, never a status.
    """

    number: RegistrationNumber
    day: date
    status: RegistryStatus
    names: tuple[str, ...] = ()
    registered: date | None = None
    ended: date | None = None
    published: date | None = None
    asked_at: datetime | None = None
    origin: str = "none"
    reason: str | None = None
    last_known: RegistryAnswer | None = None

    @property
    def is_registered(self) -> bool:
        """Only an answer that says so."""
        return self.status is RegistryStatus.REGISTERED

    def age(self, now: datetime) -> timedelta | None:
        """How long ago this was asked; None if nobody answered."""
        return None if self.asked_at is None else now - self.asked_at


class Registry(Protocol):
    """Anything that answers the question: the Web-API with its cache, or imported bulk files."""

    def status(self, number: RegistrationNumber, day: date) -> RegistryAnswer:
        """Never raises for want of a network; the answer is then CANNOT_TELL."""
        ...


def _newest(rows: Iterable[RegistryRow]) -> RegistryRow:
    return max(rows, key=lambda row: (row.updated, row.is_correction, row.sequence))


def judge(
    number: RegistrationNumber,
    day: date,
    rows: Sequence[RegistryRow],
    *,
    published: date | None,
    asked_at: datetime,
    origin: str,
) -> RegistryAnswer:
    """The status on `day` from all published rows of this number (its history, in any order).

    1. Rows of other numbers are ignored; rows of one registration (same first day) are states of
       it, the newest counts; a registration whose newest row is a deletion never was.
    2. A registration that covers the day → registered.
    3. Otherwise the last one that began before the day says how it ended.
    4. If all begin later → not yet. If there is none → not found.
    """
    answer = RegistryAnswer(
        number=number,
        day=day,
        status=RegistryStatus.NOT_FOUND,
        published=published,
        asked_at=asked_at,
        origin=origin,
    )
    mine = [row for row in rows if row.number == number.value]
    spans: list[RegistryRow] = []
    for first in sorted({row.registered for row in mine}):
        newest = _newest(row for row in mine if row.registered == first)
        if newest.process is not Process.DELETED:
            spans.append(newest)
    if not spans:
        return answer
    names = tuple(dict.fromkeys(name for row in mine for name in row.names))
    answer = replace(answer, names=names)
    covering = [row for row in spans if row.covers(day)]
    if covering:
        row = covering[-1]
        return replace(
            answer,
            status=RegistryStatus.REGISTERED,
            registered=row.registered,
            ended=row.ended,
        )
    before = [row for row in spans if row.registered <= day]
    if not before:
        row = spans[0]
        return replace(
            answer, status=RegistryStatus.NOT_YET, registered=row.registered, ended=row.ended
        )
    row = before[-1]
    is_cancelled = row.cancelled is not None and row.cancelled == row.ended
    return replace(
        answer,
        status=RegistryStatus.CANCELLED if is_cancelled else RegistryStatus.LAPSED,
        registered=row.registered,
        ended=row.ended,
    )


class AnswerSource(Protocol):
    """Asks the registry itself; raises RegistryError when it does not answer."""

    def ask(self, number: RegistrationNumber, day: date) -> RegistryAnswer:
        """One question over the network."""
        ...


class AnswerCache(Protocol):
    """Keeps answers by number and day."""

    def get(self, number: RegistrationNumber, day: date) -> RegistryAnswer | None:
        """The kept answer, of any age."""
        ...

    def put(self, answer: RegistryAnswer) -> None:
        """Keep this answer in place of an older one."""
        ...


class MemoryCache:
    """The answers of this process, the least recently kept dropped first."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._answers: dict[tuple[str, date], RegistryAnswer] = {}
        self._lock = Lock()

    def get(self, number: RegistrationNumber, day: date) -> RegistryAnswer | None:
        """The kept answer, of any age."""
        with self._lock:
            return self._answers.get((number.value, day))

    def put(self, answer: RegistryAnswer) -> None:
        """Keep this answer; beyond the limit the oldest goes."""
        key = (answer.number.value, answer.day)
        with self._lock:
            self._answers.pop(key, None)
            self._answers[key] = answer
            while len(self._answers) > self._limit:
                del self._answers[next(iter(self._answers))]


class CachedRegistry:
    """The registry behind a cache: asks at most once per number, day and `fresh_for`.

    The publisher discourages mass access and may cut it off, so each question is kept. An answer
    older than `fresh_for` is asked again; if that fails, the status is CANNOT_TELL and the old
    answer comes along as `last_known`.
    """

    def __init__(
        self,
        source: AnswerSource,
        cache: AnswerCache,
        *,
        now: Callable[[], datetime],
        fresh_for: timedelta = timedelta(days=1),
    ) -> None:
        self._source = source
        self._cache = cache
        self._now = now
        self._fresh_for = fresh_for

    def status(self, number: RegistrationNumber, day: date) -> RegistryAnswer:
        """The kept answer while it is fresh, else a new one, else CANNOT_TELL with the reason."""
        kept = self._cache.get(number, day)
        if kept is not None:
            age = kept.age(self._now())
            if age is not None and timedelta(0) <= age <= self._fresh_for:
                return kept
        try:
            answer = self._source.ask(number, day)
        except RegistryError as error:
            return RegistryAnswer(
                number=number,
                day=day,
                status=RegistryStatus.CANNOT_TELL,
                reason=error.message_ja,
                last_known=kept,
            )
        self._cache.put(answer)
        return answer


class RegistryChain:
    """Asks one registry after the other until one can tell (imported files first, then the API)."""

    def __init__(self, first: Registry, *others: Registry) -> None:
        self._registries = (first, *others)

    def status(self, number: RegistrationNumber, day: date) -> RegistryAnswer:
        """The first answer that is one, else the last CANNOT_TELL."""
        for registry in self._registries:
            answer = registry.status(number, day)
            if answer.status is not RegistryStatus.CANNOT_TELL:
                break
        return answer


class NoRegistry:
    """For installations without access to the registry: every answer is CANNOT_TELL."""

    def status(self, number: RegistrationNumber, day: date) -> RegistryAnswer:
        """Says that nobody was asked."""
        return RegistryAnswer(
            number=number,
            day=day,
            status=RegistryStatus.CANNOT_TELL,
            reason="公表サイトへの接続が設定されていません。",
        )
