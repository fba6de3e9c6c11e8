"""Tables of keeping for years: legal holds, disposal, and contracts taken in from elsewhere."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime


class LegalHold(Base):
    """A reason not to dispose of a contract (訴訟, 監査, 開示請求), until somebody lifts it."""

    __tablename__ = "contract_legal_hold"
    __table_args__ = (Index(None, "contract_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    reason: Mapped[str] = mapped_column(String(1000))
    set_by_name: Mapped[str] = mapped_column(String(400))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_by_name: Mapped[str] = mapped_column(String(400), default="")
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_why: Mapped[str] = mapped_column(String(1000), default="")


class DisposalList(Base):
    """廃棄簿: contracts whose term of keeping is over, put before a second person, then done."""

    __tablename__ = "contract_disposal_list"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    prepared_by: Mapped[str] = mapped_column(String(200))
    prepared_by_name: Mapped[str] = mapped_column(String(400))
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_name: Mapped[str] = mapped_column(String(400), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(String(1000), default="")
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    certificate_sha256: Mapped[str | None] = mapped_column(String(64))


class DisposalItem(Base):
    """One contract of a disposal list. `destroyed` names every file by hash; they are gone."""

    __tablename__ = "contract_disposal_item"
    __table_args__ = (UniqueConstraint("list_id", "contract_id"), Index(None, "contract_id"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    list_id: Mapped[str] = mapped_column(ForeignKey("contract_disposal_list.id"))
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    ended_on: Mapped[date] = mapped_column(Date)
    years: Mapped[int] = mapped_column(Integer)
    kept_until: Mapped[date] = mapped_column(Date)
    outcome: Mapped[str] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(String(1000), default="")
    destroyed: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ContractImport(Base):
    """One import of contracts signed elsewhere: a CSV of facts, and PDFs that come in any order."""

    __tablename__ = "contract_import"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    source: Mapped[str] = mapped_column(String(100))
    csv_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[str] = mapped_column(String(200))
    created_by_name: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ImportRow(Base):
    """A line of an import, from 'no file yet' to 'kept with an archive timestamp'."""

    __tablename__ = "contract_import_row"
    __table_args__ = (
        UniqueConstraint("import_id", "line"),
        Index(None, "import_id", "state"),
        Index(None, "sha256"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    import_id: Mapped[str] = mapped_column(ForeignKey("contract_import.id"))
    line: Mapped[int] = mapped_column(Integer)
    file_name: Mapped[str] = mapped_column(String(400))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(String(20))
    sha256: Mapped[str | None] = mapped_column(String(64))
    contract_id: Mapped[str | None] = mapped_column(ForeignKey("contract.id"))
    verdict: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    mismatches: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived_sha256: Mapped[str | None] = mapped_column(String(64))
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
