"""Large files of a contract by hash list: the PDF names each with size and SHA-256.

The files never pass through the PDF (a set of drawings has 100 MB and more): the list in the
document is decided on, signed and time-stamped, and so binds the bytes. Adding or taking away a
file changes the draft like any other value: a document made before is no longer the current one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econtract import glyphs, queries, states
from econtract.attachment_models import Attachment
from econtract.errors import GlyphMissing
from econtract.making_errors import AttachmentRefused, NoSuchAttachment
from econtract.models import Contract
from econtract.states import ContractState
from records import Actor, Stored, audit, new_id

MAX_FILES = 200
MAX_NAME = 200
#: What drawings and specifications come as. Nothing a browser would run.
TYPES: dict[str, str] = {
    "pdf": "application/pdf",
    "zip": "application/zip",
    "dwg": "image/vnd.dwg",
    "dxf": "image/vnd.dxf",
    "sfc": "application/octet-stream",
    "p21": "application/octet-stream",
    "p2z": "application/octet-stream",
    "sfz": "application/octet-stream",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv",
    "xml": "application/xml",
    "ifc": "application/x-step",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
}


def checked_name(raw: str) -> str:
    """A file's own name: no folders, printable, an ending we take. Raises AttachmentRefused."""
    name = unicodedata.normalize("NFC", raw.replace("\\", "/").rsplit("/", 1)[-1]).strip()
    ending = name.rpartition(".")[2].lower()
    if not name or len(name) > MAX_NAME or re.search(r"[\x00-\x1f\x7f]", name):
        raise _refused(
            raw[:60],
            f"名前が空か、{MAX_NAME}文字を超えるか、使えない文字があります。",
            "Its name is empty, too long or has control characters.",
            "名前を変えてから選び直してください。",
            "Rename the file.",
        )
    if "." not in name or ending not in TYPES:
        raise _refused(
            name,
            f"種類「.{ending[:10]}」は受け付けていません。",
            f"Files of type '.{ending[:10]}' are not taken.",
            "PDFかZIPにしてください。受け付ける種類: " + " ".join(TYPES),
            "Use PDF or ZIP. Taken: " + " ".join(TYPES),
        )
    try:
        glyphs.check(name, place="添付ファイルの名前")
    except GlyphMissing as missing:
        raise _refused(
            name,
            f"名前に印刷できない文字（{missing.values['codepoint']}）があります。",
            f"Its name has a character without a glyph ({missing.values['codepoint']}).",
            "名前を変えてから選び直してください。",
            "Rename the file.",
        ) from missing
    return name


def add(
    session: Session,
    contract_id: str,
    *,
    name: str,
    stored: Stored,
    actor: Actor,
    at: datetime,
) -> Attachment:
    """Put a kept file on the contract's list. The same name and bytes twice is one line.

    Raises MoveRefused, AttachmentRefused."""
    contract = queries.locked(session, contract_id)
    states.require(contract.current_state, "edit")
    name = checked_name(name)
    present = listed(session, contract_id)
    for row in present:
        if row.name == name and row.sha256 == stored.sha256:
            return row
        if row.name == name:
            raise _refused(
                name,
                "同じ名前の別のファイルがあります。",
                "Another file of this name is on the list.",
                "先の方を外すか、名前を変えてください。",
                "Take the earlier one away or rename this one.",
            )
    if len(present) >= MAX_FILES:
        raise _refused(
            name,
            f"{MAX_FILES}個を超えています。",
            f"More than {MAX_FILES} files.",
            "ZIPにまとめてください。",
            "Put them into one ZIP.",
        )
    if stored.size == 0:
        raise _refused(
            name, "中身が空です。", "It is empty.", "選び直してください。", "Choose it again."
        )
    last = session.scalar(
        select(func.max(Attachment.position)).where(Attachment.contract_id == contract_id)
    )
    row = Attachment(
        id=new_id(),
        contract_id=contract_id,
        position=1 + (last or 0),
        name=name,
        media_type=TYPES[name.rpartition(".")[2].lower()],
        size=stored.size,
        sha256=stored.sha256,
        added_by=actor.id,
        added_by_name=actor.name,
        added_at=at,
        removed_at=None,
    )
    session.add(row)
    _changed(session, contract, actor, at, "contract.attached", row)
    return row


def remove(
    session: Session, contract_id: str, attachment_id: str, *, actor: Actor, at: datetime
) -> Attachment:
    """Take a file off the list while the contract is a draft. Twice has the effect of once."""
    contract = queries.locked(session, contract_id)
    row = found(session, contract_id, attachment_id)
    if row.removed_at is not None:
        return row
    states.require(contract.current_state, "edit")
    row.removed_at = at
    _changed(session, contract, actor, at, "contract.detached", row)
    return row


def listed(session: Session, contract_id: str) -> Sequence[Attachment]:
    """The files of the draft in their order."""
    return session.scalars(
        select(Attachment)
        .where(Attachment.contract_id == contract_id, Attachment.removed_at.is_(None))
        .order_by(Attachment.position)
    ).all()


def found(session: Session, contract_id: str, attachment_id: str) -> Attachment:
    """One file of this contract, or NoSuchAttachment."""
    row = session.get(Attachment, attachment_id)
    if row is None or row.contract_id != contract_id:
        raise NoSuchAttachment()
    return row


def of_concluded(session: Session, sha256: str) -> list[tuple[str, str]]:
    """(contract number, file name) of concluded contracts whose list names this hash.

    Only whoever holds the file, or its hash, learns this; nothing else of the contract is told."""
    rows = session.execute(
        select(Contract.number, Attachment.name)
        .join(Contract, Contract.id == Attachment.contract_id)
        .where(
            Attachment.sha256 == sha256,
            Attachment.removed_at.is_(None),
            Contract.state == ContractState.CONCLUDED,
        )
        .order_by(Contract.number)
        .limit(20)
    )
    return [(row[0], row[1]) for row in rows]


def lines(session: Session, contract_id: str) -> list[dict[str, Any]]:
    """The list as the document prints it and its data carries it."""
    return [
        {"name": row.name, "size": row.size, "sha256": row.sha256}
        for row in listed(session, contract_id)
    ]


def _changed(
    session: Session, contract: Contract, actor: Actor, at: datetime, action: str, row: Attachment
) -> None:
    contract.revision += 1
    contract.document_id = None
    contract.current_sha256 = None
    contract.move(ContractState.DRAFTING, at)
    session.flush()
    details = {"name": row.name, "size": row.size, "sha256": row.sha256}
    audit.append(session, actor, action, f"contract:{contract.id}", details, at)


def _refused(name: str, ja: str, en: str, how_ja: str, how_en: str) -> AttachmentRefused:
    return AttachmentRefused(
        field="file", name=name, why_ja=ja, why_en=en, how_ja=how_ja, how_en=how_en
    )
