"""Taking in awards: all rows of a file, or none with every place to mend.

The same file twice, or the same case in a later export, makes no second award: a case number is
one award for ever. A row that says something else about a case already here is a place to mend,
never a silent change under a contract that may be drafted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from econtract import award_sources, award_table
from econtract.award_columns import COLUMNS, AwardRow
from econtract.award_table import AwardTable, Problem, Register
from econtract.errors import AwardRowsRefused
from econtract.models import Award
from records import Actor, audit, new_id

SOURCE = "e-bidding"
ONE_IMPORT = 0x6177617264  # "award": the key of the lock


@dataclass(frozen=True, slots=True)
class Bidder:
    """A vendor as the award names it: what the caller needs to find or register it."""

    code: str
    name: str
    address: str
    representative_title: str
    representative: str
    email: str
    registration_number: str


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What an import did: new awards, and cases that were here already, unchanged."""

    encoding: str
    new: tuple[str, ...]
    known: tuple[str, ...]


VendorOf = Callable[[Bidder], str]


def take_in(
    session: Session,
    data: bytes,
    *,
    vendor_of: VendorOf,
    actor: Actor,
    at: datetime,
    source: str = SOURCE,
    register: Register | None = None,
) -> TakenIn:
    """Make an award of each row of `data` (CSV bytes) that is not here yet.

    `vendor_of` gives the vendor id for a bidder (finding or registering it); `register` says what
    is known of a vendor's code, so that the file need not. Raises AwardFileUnreadable,
    ColumnsUnknown (headings of this source to be matched once), AwardRowsRefused."""
    chosen = award_sources.columns_of(session, source)
    table = award_table.read(data, chosen=chosen, register=register)
    digest = hashlib.sha256(data).hexdigest()
    return _enter(session, table, digest, vendor_of=vendor_of, actor=actor, at=at, source=source)


def enter(
    session: Session,
    values: Sequence[Mapping[str, str]],
    *,
    vendor_of: VendorOf,
    actor: Actor,
    at: datetime,
    source: str,
    register: Register | None = None,
) -> TakenIn:
    """Awards from a form or a program: column name -> text each, checked like rows of a file."""
    table = award_table.from_values(values, register=register)
    told = json.dumps([dict(row) for row in values], ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(told.encode()).hexdigest()
    return _enter(session, table, digest, vendor_of=vendor_of, actor=actor, at=at, source=source)


def _enter(
    session: Session,
    table: AwardTable,
    digest: str,
    *,
    vendor_of: VendorOf,
    actor: Actor,
    at: datetime,
    source: str,
) -> TakenIn:
    problems = list(table.problems)
    # One import at a time: two of the same file would both register an unknown vendor.
    session.execute(select(func.pg_advisory_xact_lock(ONE_IMPORT)))
    known = _known(session, source, [row.case_number for row in table.rows])
    fresh: list[AwardRow] = []
    for row in table.rows:
        earlier = known.get(row.case_number)
        if earlier is None:
            fresh.append(row)
        elif earlier.facts != row.facts():
            problems.append(_changed(row, earlier, table.columns))
    if problems:
        first = problems[0]
        raise AwardRowsRefused(
            tuple(problems),
            count=len(problems),
            first_ja=f"{first.line}行目「{first.column}」: {first.message_ja}",
            first_en=f"line {first.line} '{first.column}': {first.message_en}",
        )
    made: list[str] = []
    for row in fresh:
        award_id = _insert(session, row, vendor_of, digest, actor, at, source)
        if award_id is not None:
            made.append(award_id)
    for award_id in made:
        award = session.get_one(Award, award_id)
        audit.append(
            session,
            actor,
            "award.taken_in",
            f"award:{award_id}",
            {"case_number": award.case_number, "file_sha256": digest, "source": source},
            at,
        )
    return TakenIn(table.encoding, tuple(made), tuple(a.id for a in known.values()))


def _known(session: Session, source: str, numbers: list[str]) -> dict[str, Award]:
    rows = session.scalars(
        select(Award).where(Award.source == source, Award.case_number.in_(numbers))
    )
    return {award.case_number: award for award in rows}


def _insert(
    session: Session,
    row: AwardRow,
    vendor_of: VendorOf,
    digest: str,
    actor: Actor,
    at: datetime,
    source: str,
) -> str | None:
    """The new award's id, or None when another import of the same case committed first."""
    lead = Bidder(
        row.vendor_code,
        row.vendor_name,
        row.vendor_address,
        row.representative_title,
        row.representative,
        row.email,
        row.registration_number,
    )
    members = [
        vendor_of(
            Bidder(m.vendor_code, m.name, "", m.representative_title, m.representative, m.email, "")
        )
        for m in row.members
    ]
    return session.scalar(
        insert(Award)
        .values(
            id=new_id(),
            source=source,
            case_number=row.case_number,
            kind=row.kind,
            title=row.title,
            department=row.department,
            vendor_id=vendor_of(lead),
            vendor_name=row.vendor_name,
            amount=row.amount,
            award_date=row.award_date,
            facts=row.facts(),
            member_vendor_ids=members,
            file_sha256=digest,
            imported_at=at,
            imported_by=actor.id,
        )
        .on_conflict_do_nothing()
        .returning(Award.id)
    )


def _changed(row: AwardRow, earlier: Award, columns: Mapping[str, str]) -> Problem:
    facts = row.facts()
    names = [name for name in facts if facts[name] != earlier.facts.get(name)]
    headings = {c.name: columns.get(c.name, c.headings[0]) for c in COLUMNS}
    listed = "、".join(headings.get(name, name) for name in names)
    return Problem(
        row.line,
        headings.get(names[0], names[0]) if names else headings["case_number"],
        f"案件番号「{row.case_number}」は取り込み済みで、次の列の内容が違います: {listed}。",
        f"Case '{row.case_number}' is here already with other values in: {', '.join(names)}.",
        "正しい内容を確かめてください。変わったときは、契約の下書きの画面で直します。",
        "Check which is right; corrections are made in the contract's draft.",
    )
