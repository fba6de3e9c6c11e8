"""Keeping layouts: saved as versions, approved by another person, then used.

    propose ──▶ proposed ──approve──▶ in_use ──(the next version is approved)──▶ former

A wrong layout pays the wrong budget item, so two people stand behind each version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from einvoice.exporting.errors import JournalError, LayoutStateError
from einvoice.exporting.journals import Accounts
from einvoice.exporting.order_layout import OrderLayout, layout_of
from einvoice.exporting.packages import Package, Style
from einvoice.layout_models import ExportLayout
from records import Actor, audit, new_id

ORDERS, JOURNALS = "orders", "journals"
MAX_NAME = 60
_ACCOUNT_NAMES = ("payable", "bank", "advance", "withheld", "income", "tax")


@dataclass(frozen=True, slots=True)
class JournalBook:
    """How the journals of one 会計 are written."""

    style: Style
    accounts: Accounts
    department: str = ""


def book_of(data: Mapping[str, Any]) -> JournalBook:
    """The book of its JSON. Raises `JournalError` for whatever is not one."""
    try:
        names = {key: str(data[key]) for key in _ACCOUNT_NAMES if str(data.get(key) or "")}
        expense = {str(k): str(v) for k, v in dict(data["expense"]).items() if str(v)}
        if not expense:
            raise ValueError("no expense account")
        return JournalBook(
            style=Style(
                package=Package(data["package"]),
                tax_names={
                    str(k): str(v) for k, v in dict(data.get("tax_names") or {}).items() if str(v)
                },
                inclusive=bool(data.get("inclusive", True)),
            ),
            accounts=Accounts(expense=expense, **names),
            department=str(data.get("department") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JournalError(
            field="journal", order="", reason_ja="会計ソフトと費用の勘定科目を入れてください",
            reason_en="the package and an expense account are needed",
        ) from error  # fmt: skip


def propose(
    session: Session,
    *,
    kind: str,
    name: str,
    definition: Mapping[str, Any],
    note: str,
    actor: Actor,
    at: datetime,
) -> ExportLayout:
    """Save a new version. The same definition as the latest version's is that version.

    Raises `LayoutError` or `JournalError` for a definition that contradicts itself.
    """
    wanted = " ".join(name.split())[:MAX_NAME]
    kept: dict[str, Any]
    if kind == ORDERS:
        kept = layout_of(definition).to_json()
    else:
        book_of(definition)
        kept = dict(definition)
    if not wanted:
        raise LayoutStateError(
            field="name", name="", version=0, reason_ja="名前を入れてください",
            reason_en="it needs a name",
        )  # fmt: skip
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 7742))"),
        {"name": f"{kind}/{wanted}"},
    )
    latest = session.scalar(
        select(ExportLayout)
        .where(ExportLayout.kind == kind, ExportLayout.name == wanted)
        .order_by(ExportLayout.version.desc())
        .limit(1)
    )
    if latest is not None and latest.definition == kept:
        return latest
    row = ExportLayout(
        id=new_id(), kind=kind, name=wanted, version=latest.version + 1 if latest else 1,
        definition=kept, note=note.strip()[:500], state="proposed", made_by_id=actor.id,
        made_by=actor.name, made_at=at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(session, row, "layout.proposed", actor, at)
    return row


def approve(session: Session, *, layout_id: str, actor: Actor, at: datetime) -> ExportLayout:
    """Put a version to use in place of the one before. By another person than its maker."""
    row = found(session, layout_id, lock=True)
    if row.state == "in_use":
        return row
    if row.state != "proposed":
        raise _not_now(row, "前の版です", "it is a former version")
    if row.made_by_id == actor.id:
        raise _not_now(row, "作った人は自分で承認できません", "who made it cannot approve it")
    before = in_use(session, row.kind, row.name)
    if before is not None:
        if before.version > row.version:
            raise _not_now(row, "新しい版が使われています", "a newer version is in use")
        before.state = "former"
        session.flush()
    row.state, row.approved_by, row.approved_at = "in_use", actor.name, at
    session.flush()
    _note(session, row, "layout.approved", actor, at)
    return row


def found(session: Session, layout_id: str, *, lock: bool = False) -> ExportLayout:
    """A version by its id."""
    query = select(ExportLayout).where(ExportLayout.id == layout_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise LayoutStateError(
            field="layout", name=layout_id[:40], version=0, reason_ja="ありません",
            reason_en="there is none",
        )  # fmt: skip
    return row


def in_use(session: Session, kind: str, name: str) -> ExportLayout | None:
    """The version in use of a name."""
    return session.scalar(
        select(ExportLayout).where(
            ExportLayout.kind == kind, ExportLayout.name == name, ExportLayout.state == "in_use"
        )
    )


def used(session: Session, kind: str) -> Sequence[ExportLayout]:
    """All layouts in use of a kind, by name."""
    return session.scalars(
        select(ExportLayout)
        .where(ExportLayout.kind == kind, ExportLayout.state == "in_use")
        .order_by(ExportLayout.name)
    ).all()


def versions(session: Session, kind: str, *, limit: int = 100) -> Sequence[ExportLayout]:
    """Versions, newest first."""
    return session.scalars(
        select(ExportLayout)
        .where(ExportLayout.kind == kind)
        .order_by(func.lower(ExportLayout.name), ExportLayout.version.desc())
        .limit(limit)
    ).all()


def order_layout(row: ExportLayout) -> OrderLayout:
    """The layout of a version of kind "orders"."""
    return layout_of(row.definition)


def _note(session: Session, row: ExportLayout, act: str, actor: Actor, at: datetime) -> None:
    details = {"kind": row.kind, "name": row.name, "version": row.version}
    audit.append(session, actor, act, f"layout:{row.id}", details, at)


def _not_now(row: ExportLayout, ja: str, en: str) -> LayoutStateError:
    return LayoutStateError(
        field="layout", name=row.name, version=row.version, reason_ja=ja, reason_en=en
    )
