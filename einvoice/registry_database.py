"""Answers about registrations from the local database: imported files, kept API answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from einvoice.registration import RegistrationNumber
from einvoice.registry import RegistryAnswer, RegistryStatus, judge
from einvoice.registry_models import PublishedRegistration, RegistryAnswerRow, RegistryImport
from einvoice.registry_rows import Kind, Process, RegistryRow
from records import Database

_TOKYO = ZoneInfo("Asia/Tokyo")


def published_until(database: Database) -> date | None:
    """The day of the newest completely imported data, None if there is none."""
    with database.reader() as session:
        return _published_until(session)


def _published_until(session: Session) -> date | None:
    newest: date | None = session.scalar(
        select(func.max(RegistryImport.published)).where(RegistryImport.finished_at.is_not(None))
    )
    return newest


def _registrations_of(session: Session, number: RegistrationNumber) -> list[RegistryRow]:
    """Every kept registration of this number."""
    found = session.scalars(
        select(PublishedRegistration).where(PublishedRegistration.number == int(number.digits))
    )
    return [
        RegistryRow(
            number=number.value,
            process=Process(row.process),
            registered=row.registered,
            updated=row.updated,
            cancelled=row.cancelled,
            lapsed=row.lapsed,
            kind=Kind(str(row.kind)),
            sequence=row.sequence,
            name=row.name,
            trade_name=row.trade_name,
            other_name=row.other_name,
        )
        for row in found
    ]


class BulkRegistry:
    """Answers from the imported files, as far as they may be trusted.

    Data older than `fresh_for` answers nothing (CANNOT_TELL, with what it would have said as
    `last_known`). That a number is not there, or not yet, is believed only of data newer than
    `complete_for`, since a registration may have been published since.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        fresh_for: timedelta = timedelta(days=40),
        complete_for: timedelta = timedelta(days=3),
    ) -> None:
        self._database = database
        self._now = now
        self._fresh_for = fresh_for
        self._complete_for = complete_for

    def status(self, number: RegistrationNumber, day: date) -> RegistryAnswer:
        """The status by the imported data, CANNOT_TELL where they are too old to say."""
        with self._database.reader() as session:
            published = _published_until(session)
            rows = _registrations_of(session, number)
        if published is None:
            return RegistryAnswer(
                number=number,
                day=day,
                status=RegistryStatus.CANNOT_TELL,
                reason="公表データが取り込まれていません。",
            )
        as_of = datetime.combine(published, time(), _TOKYO).astimezone(UTC)
        answer = judge(
            number,
            day,
            rows,
            published=published,
            asked_at=as_of,
            origin="bulk",
        )
        age = self._now() - as_of
        is_absent = answer.status in (RegistryStatus.NOT_FOUND, RegistryStatus.NOT_YET)
        if age <= (self._complete_for if is_absent else self._fresh_for):
            return answer
        return replace(
            answer,
            status=RegistryStatus.CANNOT_TELL,
            reason=f"公表データが{published}時点のもので、古くなっています。",
            last_known=answer,
        )


class DatabaseCache:
    """Kept answers of the Web-API for all processes of the service (see `registry.AnswerCache`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, number: RegistrationNumber, day: date) -> RegistryAnswer | None:
        """The kept answer, of any age."""
        with self._database.reader() as session:
            row = session.get(RegistryAnswerRow, (int(number.digits), day))
            if row is None:
                return None
            return RegistryAnswer(
                number=number,
                day=row.day,
                status=RegistryStatus(row.status),
                names=tuple(row.names),
                registered=row.registered,
                ended=row.ended,
                published=row.published,
                asked_at=row.asked_at,
                origin=row.origin,
            )

    def put(self, answer: RegistryAnswer) -> None:
        """Keep this answer in place of an older one."""
        assert answer.asked_at is not None
        values = {
            "status": answer.status.value,
            "names": list(answer.names),
            "registered": answer.registered,
            "ended": answer.ended,
            "published": answer.published,
            "asked_at": answer.asked_at,
            "origin": answer.origin,
        }
        key = {"number": int(answer.number.digits), "day": answer.day}
        statement = insert(RegistryAnswerRow).values(**key, **values)
        with self._database.transaction() as session:
            session.execute(
                statement.on_conflict_do_update(
                    index_elements=list(key),
                    set_=values,
                    where=RegistryAnswerRow.asked_at <= answer.asked_at,
                )
            )
