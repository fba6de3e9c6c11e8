"""Which files belong to a contract: every hash that any row of it names.

Found from the tables themselves, so that a table added later is not forgotten: a column whose name
ends in "sha256" and a list called "files", in each table that points at the contract or at one of
its documents. A file that another contract names too (a drawing of two lots) is not this one's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Table, cast, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from econtract.models import Contract, Document
from records import Base

CONTRACT, DOCUMENT = "contract.id", "contract_document.id"
#: What is named here is not the contract's own: the law text of a consent, a template.
NOT_FILES = frozenset({"text_sha256", "template_sha256"})


def hashes(session: Session, contract_ids: list[str]) -> set[str]:
    """Every hash that rows of these contracts name."""
    found: set[str] = set()
    for table, mine in _tables(contract_ids):
        for column in table.columns:
            if column.name.endswith("sha256") and column.name not in NOT_FILES:
                found.update(session.scalars(select(column).where(mine, column.is_not(None))))
            elif column.name == "files":
                for files in session.scalars(select(column).where(mine)):
                    found.update(str(file["sha256"]) for file in files)
    return found


def named_elsewhere(session: Session, contract_ids: list[str], sha256: str) -> bool:
    """Whether a row of any other contract names this file too."""
    for table, mine in _tables(contract_ids):
        for column in table.columns:
            names: ColumnElement[Any] | None = None
            if column.name.endswith("sha256") and column.name not in NOT_FILES:
                names = column == sha256
            elif column.name == "files":
                names = cast(column, JSONB).contains([{"sha256": sha256}])
            if names is not None and session.scalar(select(1).where(~mine, names).limit(1)):
                return True
    return False


def _tables(contract_ids: list[str]) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Each table that belongs to contracts, with the condition that picks these contracts' rows."""
    documents = select(Document.id).where(Document.contract_id.in_(contract_ids))
    for table in Base.metadata.sorted_tables:
        if table.name == Contract.__tablename__:
            yield table, table.c.id.in_(contract_ids)
            continue
        for key in table.foreign_keys:
            target = key.target_fullname
            if target == CONTRACT and key.parent.name == "contract_id":
                yield table, key.parent.in_(contract_ids)
                break
            by_document = target == DOCUMENT and key.parent.name == "document_id"
            if by_document and "contract_id" not in table.columns:
                yield table, key.parent.in_(documents)
                break
