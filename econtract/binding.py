"""The decision binds bytes: what was decided is what is sent and signed, or nothing is.

Numbered checks; each is made again at sending, at every act, and in the signing job:
1. the newest circulation of the current document was approved;
2. the hash it decided on is the hash the document row names;
3. nothing moved `current_sha256` away from it before the first signature;
4. the store gives back bytes with that hash (it hashes them on reading).
A contract that says it is 確定 is handed out only with the signatures that made it so
(`require_signed_by_all`): a state set by hand in the database hands out nothing.
Not checked here: that the PDF shows what people saw; the page images are made from these bytes by
the same job, and their hashes are kept beside the document.
"""

from __future__ import annotations

from typing import BinaryIO

from sqlalchemy.orm import Session

from econtract import queries
from econtract.errors import (
    DecidedBytesDiffer,
    KeptBytesDamaged,
    NotReadyYet,
    SignatureNotVerified,
)
from econtract.models import Contract, Document
from econtract.states import ActState, ContractState
from records import RecordsError, Store


def decided_document(session: Session, contract: Contract) -> Document:
    """The decided document after checks 1 to 3. Raises DecidedBytesDiffer, NotReadyYet."""
    document = queries.document(session, contract)
    circulation = queries.circulation(session, contract)
    if document is None or document.sha256 is None:
        raise NotReadyYet(what_ja="契約書", what_en="The document")
    # 1
    if circulation is None or circulation.outcome != "approved":
        raise DecidedBytesDiffer(contract_id=contract.id, decided="(none)", found=document.sha256)
    # 2
    if circulation.document_sha256 != document.sha256:
        raise DecidedBytesDiffer(
            contract_id=contract.id, decided=circulation.document_sha256, found=document.sha256
        )
    # 3
    signed = any(act.result_sha256 for act in queries.acts(session, document.id).values())
    if not signed and contract.current_sha256 != circulation.document_sha256:
        raise DecidedBytesDiffer(
            contract_id=contract.id,
            decided=circulation.document_sha256,
            found=contract.current_sha256 or "(none)",
        )
    return document


def require_signed_by_all(session: Session, contract: Contract) -> None:
    """Of a contract concluded here: every party's act is done, and the last one made its file.

    Raises SignatureNotVerified (alarm). What was signed elsewhere has no document of ours."""
    if contract.state != ContractState.CONCLUDED or contract.document_id is None:
        return
    acts = queries.acts(session, contract.document_id)
    slots = [party.slot for party in queries.parties(session, contract.id)]
    missing = [s for s in slots if s not in acts or acts[s].state != ActState.SIGNED]
    last = acts.get(slots[-1]) if slots else None
    if missing or last is None or last.result_sha256 != contract.concluded_sha256:
        names = ", ".join(missing or slots[-1:])
        raise SignatureNotVerified(
            contract_id=contract.id,
            why_ja=f"（署名のない欄があります：{names}）",
            why_en=f"Not signed: {names}.",
        )


def kept_file(store: Store, contract_id: str, sha256: str) -> BinaryIO:
    """Check 4 for a large file: hashed piece by piece, then handed out. Raises KeptBytesDamaged."""
    try:
        return store.open(sha256)
    except RecordsError as error:
        if error.code == "records.store_unavailable":
            raise
        raise KeptBytesDamaged(contract_id=contract_id, sha256=sha256) from error


def read_kept(store: Store, contract_id: str, sha256: str) -> bytes:
    """Check 4: the kept bytes, hashed again. Raises KeptBytesDamaged."""
    try:
        return store.read(sha256)
    except RecordsError as error:
        if error.code == "records.store_unavailable":
            raise
        raise KeptBytesDamaged(contract_id=contract_id, sha256=sha256) from error
