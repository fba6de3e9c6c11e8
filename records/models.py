"""Tables of the records room: the audit chain, its head and its anchors.

The database itself refuses UPDATE, DELETE and TRUNCATE on them (``AUDIT_DDL``). That stops
accidents and careless administrators; against a thoughtful one stands the chain with its anchors.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Date,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import ExecutableDDLElement

from records.database import Base, UtcDateTime

GENESIS = "0" * 64
"""What the first entry names as its predecessor."""


class AuditRow(Base):
    """One act. ``hash`` covers the content and the predecessor's hash."""

    __tablename__ = "audit_entries"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str] = mapped_column(String(200))
    actor_name: Mapped[str] = mapped_column(String(400))
    action: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(200))
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_audit_entries_subject", "subject", "seq"),
        Index("ix_audit_entries_at", "at"),
        Index("ix_audit_entries_actor", "actor_kind", "actor_id", "seq"),
    )


class AuditHead(Base):
    """The single row that orders writers: locked FOR UPDATE by each append."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (CheckConstraint("id = 1", name="single"),)


class AuditAnchorRow(Base):
    """An RFC 3161 token over the head's hash: proof that the chain was so long on that day."""

    __tablename__ = "audit_anchors"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    token: Mapped[bytes] = mapped_column(LargeBinary)


class JobProgressRow(Base):
    """How far a long job has come (``records.jobs.progress``)."""

    __tablename__ = "job_progress"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    done: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    step: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


_REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION warifu_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END;
$body$
"""

# The head may only step forward by one: nobody cuts the tail by turning the head back.
_HEAD_FUNCTION = """
CREATE OR REPLACE FUNCTION warifu_audit_head_step() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1 THEN
        RAISE EXCEPTION 'the audit head steps forward by one only'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END;
$body$
"""

AUDIT_DDL: dict[str, tuple[str, ...]] = {
    "audit_entries": (
        _REFUSE_FUNCTION,
        "CREATE OR REPLACE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON"
        " audit_entries FOR EACH ROW EXECUTE FUNCTION warifu_audit_refuse()",
        "CREATE OR REPLACE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries"
        " FOR EACH STATEMENT EXECUTE FUNCTION warifu_audit_refuse()",
    ),
    "audit_anchors": (
        _REFUSE_FUNCTION,
        "CREATE OR REPLACE TRIGGER audit_anchors_no_change BEFORE UPDATE OR DELETE ON"
        " audit_anchors FOR EACH ROW EXECUTE FUNCTION warifu_audit_refuse()",
        "CREATE OR REPLACE TRIGGER audit_anchors_no_truncate BEFORE TRUNCATE ON audit_anchors"
        " FOR EACH STATEMENT EXECUTE FUNCTION warifu_audit_refuse()",
    ),
    "audit_head": (
        _REFUSE_FUNCTION,
        _HEAD_FUNCTION,
        "CREATE OR REPLACE TRIGGER audit_head_step BEFORE UPDATE ON audit_head"
        " FOR EACH ROW EXECUTE FUNCTION warifu_audit_head_step()",
        "CREATE OR REPLACE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head"
        " FOR EACH ROW EXECUTE FUNCTION warifu_audit_refuse()",
        "CREATE OR REPLACE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head"
        " FOR EACH STATEMENT EXECUTE FUNCTION warifu_audit_refuse()",
        "INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, repeat('0', 64))"
        " ON CONFLICT DO NOTHING",
    ),
}
"""Statements that follow each table's creation, in order, each repeatable.

``Base.metadata.create_all`` runs them by itself; a migration runs them with ``op.execute``.
"""


def _attach_audit_ddl() -> None:
    for name, statements in AUDIT_DDL.items():
        for statement in statements:
            # DDL() formats with %: what PL/pgSQL means as % is doubled.
            ddl: ExecutableDDLElement = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(Base.metadata.tables[name], "after_create", ddl)


_attach_audit_ddl()
