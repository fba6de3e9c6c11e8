"""Where awards come from, and which heading of that source means what: asked once, then known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from econtract import cells
from econtract.award_columns import COLUMNS
from econtract.award_headings import same
from records import Actor, Base, UtcDateTime, audit


class AwardSource(Base):
    """A system that exports awards. `columns`: heading without width and spaces -> column name."""

    __tablename__ = "contract_award_source"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    columns: Mapped[dict[str, str]] = mapped_column(JSONB)
    saved_by_name: Mapped[str] = mapped_column(String(400))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


def checked_name(raw: str) -> str:
    """A source's name of 1 to 40 characters. Raises cells.BadCell."""
    name = cells.text(raw, longest=40)
    if not name:
        raise cells.BadCell(
            "出どころの名前が空です。",
            "The source has no name.",
            "名前を書いてください。",
            "Name it.",
        )
    return name


def columns_of(session: Session, name: str) -> dict[str, str]:
    """What was chosen for this source; nothing for one never seen."""
    row = session.get(AwardSource, name)
    return dict(row.columns) if row is not None else {}


def listed(session: Session) -> Sequence[AwardSource]:
    return session.scalars(select(AwardSource).order_by(AwardSource.name).limit(100)).all()


def save(
    session: Session,
    name: str,
    *,
    chosen: Mapping[str, str],
    actor: Actor,
    at: datetime,
) -> None:
    """Keep heading -> column name for a source, beside what was chosen before.

    Unknown column names are left out; a column is never taken from two headings."""
    known = {column.name for column in COLUMNS}
    fresh: dict[str, str] = {}
    for heading, column in chosen.items():
        if column in known and column not in fresh.values() and same(heading):
            fresh[same(heading)[:200]] = column
    earlier = columns_of(session, name)
    kept = {h: c for h, c in earlier.items() if h not in fresh and c not in fresh.values()} | fresh
    values = {"columns": kept, "saved_by_name": actor.name, "saved_at": at}
    session.execute(
        insert(AwardSource)
        .values(name=name, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )
    audit.append(
        session,
        actor,
        "award.columns_saved",
        f"award_source:{name}",
        {"columns": ",".join(f"{h}={c}" for h, c in sorted(fresh.items()))[:2000]},
        at,
    )
