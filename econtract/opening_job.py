"""Makes the digest that a party's own key is to sign. Safe to repeat: the first result counts.

1. read what was asked for; 2. draw the signature into the document, but for its value; 3. keep
both if nobody has replaced the request and the document has not moved on meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass

from econtract.binding import read_kept
from econtract.deps import Deps
from econtract.models import Contract
from econtract.own_key_models import HandOut
from records import Actor, audit
from signing import Act, presented, remote
from signing.errors import SigningError


@dataclass(frozen=True, slots=True)
class Wanted:
    contract_id: str
    slot: str
    act: Act
    certificates: bytes
    input_sha256: str


def open_slot(deps: Deps, *, hand_out_id: str) -> None:
    """Job "econtract.open_slot"."""
    # 1
    with deps.database.reader() as session:
        row = session.get_one(HandOut, hand_out_id)
        if row.state != "opening":
            return
        wanted = Wanted(
            row.contract_id,
            row.slot,
            Act(row.person, row.capacity, row.statement, row.act_id),
            row.certificates.encode(),
            row.input_sha256,
        )
    # 2
    given = presented.read(wanted.certificates)
    try:
        opened = remote.open_slot(
            read_kept(deps.store, wanted.contract_id, wanted.input_sha256),
            wanted.slot,
            wanted.act,
            certificate=given.certificate,
            chain=given.chain,
            timestamper=deps.timestamper,
            trust=deps.trust,
        )
    except SigningError as error:
        with deps.database.transaction() as session:
            row = session.get_one(HandOut, hand_out_id, with_for_update=True)
            if row.state == "opening":
                row.state = "refused"
                row.problem = {
                    "code": error.code,
                    "message_ja": error.message_ja + error.remedy_ja,
                    "message_en": f"{error.message_en} {error.remedy_en}",
                }
        return
    kept = deps.store.put(opened.pdf)
    # 3
    with deps.database.transaction() as session:
        row = session.get_one(HandOut, hand_out_id, with_for_update=True)
        contract = session.get_one(Contract, wanted.contract_id)
        if row.state != "opening" or contract.current_sha256 != wanted.input_sha256:
            return
        row.state, row.opened_sha256 = "ready", kept.sha256
        row.request = opened.request.to_json()
        row.opened_at = opened.request.opened_at
        row.expires_at = opened.request.opened_at + remote.VALID_FOR
        audit.append(
            session,
            Actor(**row.asked_by),
            "contract.digest_handed_out",
            f"contract:{row.contract_id}",
            {
                "party": row.slot,
                "act": row.act_id,
                "digest": opened.request.document_digest.hex(),
                "until": row.expires_at.isoformat(),
            },
            deps.clock.now(),
        )
