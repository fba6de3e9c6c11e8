"""取込: contracts signed elsewhere (CloudSign, GMO サイン …) become lines of our register.

A CSV gives the facts, PDFs come in one or many ZIPs, in any order. The same CSV twice is one
import; the same PDF twice is one file. The job (econtract/importing_job.py) judges each file,
lists what does not agree, indexes it as a concluded contract, and adds the first archive
timestamp without changing a byte of what was signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econtract import import_table
from econtract.awards import Bidder, VendorOf
from econtract.import_table import ImportLine, plain_name
from econtract.keeping_models import ContractImport, ImportRow
from econtract.life_errors import NoSuchEntry
from records import Actor, Database, Store, audit, jobs, new_id

TOGETHER = 25
ONE_IMPORT = 0x696D706F7274  # "import": the key of the lock

#: State of a row -> (ja, en, tone of its badge).
STATES: dict[str, tuple[str, str, str]] = {
    "no_file": ("PDFがまだありません", "no file yet", "waiting"),
    "waiting": ("確認を待っています", "waiting to be judged", "info"),
    "indexed": ("登録した・保存用タイムスタンプ待ち", "indexed, archive timestamp to come", "info"),
    "archived": (
        "登録し、保存用タイムスタンプを付けた",
        "kept with an archive timestamp",
        "success",
    ),
    "unsealed": ("登録した・タイムスタンプを付けられない", "indexed, cannot be sealed", "warning"),
    "paper": ("紙の契約として登録した", "indexed as a paper contract", "plain"),
    "refused": ("登録していない（確認が必要）", "not taken in, needs a person", "error"),
}


@dataclass(frozen=True, slots=True)
class Added:
    """What a ZIP did: files taken, files that were here already, names the CSV does not have."""

    taken: tuple[str, ...]
    known: tuple[str, ...]
    unnamed: tuple[str, ...]


def begin(
    session: Session, data: bytes, *, source: str, vendor_of: VendorOf, actor: Actor, at: datetime
) -> ContractImport:
    """An import from a CSV; the same CSV again is the same import.

    `vendor_of` gives the register's id of a vendor. Raises ImportUnreadable, ImportRowsRefused."""
    digest = hashlib.sha256(data).hexdigest()
    lines = import_table.read(data)
    session.execute(select(func.pg_advisory_xact_lock(ONE_IMPORT)))
    earlier = session.scalar(select(ContractImport).where(ContractImport.csv_sha256 == digest))
    if earlier is not None:
        return earlier
    made = ContractImport(
        id=new_id(),
        source=source.strip()[:100] or "ほかのサービス",
        csv_sha256=digest,
        created_by=actor.id,
        created_by_name=actor.name,
        created_at=at,
    )
    session.add(made)
    session.flush()
    for line in lines:
        session.add(
            ImportRow(
                id=new_id(),
                import_id=made.id,
                line=line.line,
                file_name=line.file_name,
                facts=line.facts() | {"vendor_id": vendor_of(_bidder(line))},
                state="no_file" if line.file_name else "waiting",
            )
        )
    _go_on(session, made.id)
    audit.append(
        session,
        actor,
        "import.begun",
        f"import:{made.id}",
        {"source": made.source, "rows": len(lines), "csv_sha256": digest},
        at,
    )
    return made


def add_files(
    session: Session,
    store: Store,
    import_id: str,
    files: Sequence[tuple[str, bytes]],
    *,
    actor: Actor,
    at: datetime,
) -> Added:
    """Give PDFs (name, bytes) to the lines that name them. Files given before stay as they are."""
    found(session, import_id)
    waiting = {
        plain_name(row.file_name): row
        for row in session.scalars(
            select(ImportRow)
            .where(ImportRow.import_id == import_id, ImportRow.file_name != "")
            .with_for_update()
        )
    }
    taken, known, unnamed = [], [], []
    for name, data in files:
        row = waiting.get(plain_name(name))
        if row is None:
            unnamed.append(name)
            continue
        if row.sha256 is not None and row.state != "refused":
            known.append(name)
            continue
        stored = store.put(data)
        if stored.sha256 == row.sha256:
            known.append(name)
            continue
        row.sha256, row.state = stored.sha256, "waiting"
        row.mismatches, row.problem, row.verdict = [], None, None
        taken.append(name)
    if taken:
        _go_on(session, import_id)
        details = {"taken": len(taken), "unnamed": len(unnamed)}
        audit.append(session, actor, "import.files_added", f"import:{import_id}", details, at)
    return Added(tuple(taken), tuple(known), tuple(unnamed))


def add_all(
    database: Database,
    store: Store,
    import_id: str,
    files: Iterable[tuple[str, bytes]],
    *,
    actor: Actor,
    at: datetime,
) -> Added:
    """Files a few at a time, each few in a transaction of its own (this one is a boundary).

    A ZIP that breaks off in the middle keeps what came before."""
    taken: list[str] = []
    known: list[str] = []
    unnamed: list[str] = []
    rest = iter(files)
    while some := list(islice(rest, TOGETHER)):
        with database.transaction() as session:
            added = add_files(session, store, import_id, some, actor=actor, at=at)
        taken += added.taken
        known += added.known
        unnamed += added.unnamed
    return Added(tuple(taken), tuple(known), tuple(unnamed))


def found(session: Session, import_id: str) -> ContractImport:
    """The import, or NoSuchEntry."""
    row = session.get(ContractImport, import_id)
    if row is None:
        raise NoSuchEntry()
    return row


def imports(session: Session) -> Sequence[tuple[ContractImport, dict[str, int]]]:
    """All imports, newest first, with how many lines stand in which state."""
    rows = session.scalars(select(ContractImport).order_by(ContractImport.created_at.desc())).all()
    return [(row, counts(session, row.id)) for row in rows]


def rows(session: Session, import_id: str, *, only: str = "") -> Sequence[ImportRow]:
    """Lines of an import; `only` "mismatches" or a state."""
    query = select(ImportRow).where(ImportRow.import_id == import_id).order_by(ImportRow.line)
    if only == "mismatches":
        query = query.where(func.jsonb_array_length(ImportRow.mismatches) > 0)
    elif only in STATES:
        query = query.where(ImportRow.state == only)
    return session.scalars(query).all()


def counts(session: Session, import_id: str) -> dict[str, int]:
    query = (
        select(ImportRow.state, func.count())
        .where(ImportRow.import_id == import_id)
        .group_by(ImportRow.state)
    )
    numbers: dict[str, int] = {}
    for state, number in session.execute(query):
        numbers[state] = number
    return numbers


def _go_on(session: Session, import_id: str) -> None:
    jobs.enqueue(session, "econtract.import", key=import_id, args={"import_id": import_id})


def _bidder(line: ImportLine) -> Bidder:
    return Bidder(line.vendor_code, line.vendor_name, "", "", "", "", "")
