"""What arrives, kept in database and store before anybody is told that it arrived.

`DatabaseReceived` is the access point's `peppol.ports.ReceivedMessages`. The order is payload and
SOAP part in the store (synced), then one transaction with the row and the job that hands it on;
only after that commit is a receipt signed. Two at the same moment with one id make one row: the
second waits at the unique index, then reads the first one's.
"""

from __future__ import annotations

import json
from typing import BinaryIO

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from peppol.evidence import Evidence
from peppol.ports import Received, Stored
from peppol.provider_inbound import HandedOver
from portal.network.models import MessageState, NetworkMessage
from records import Database, Store, jobs, new_id

TAKE_IN = "network.take_in"
REPEATED = "envelope repeated under another message id"
ALARM = "alarm: envelope number used for other content"


class DatabaseReceived:
    """ReceivedMessages in PostgreSQL and the document store."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    def find(self, message_id: str) -> Stored | None:
        with self._database.transaction() as session:
            return _stored(session, message_id)

    def keep(self, message: Received, payload: BinaryIO) -> Stored:
        kept = self._store.put_file(payload)
        soap = self._store.put(message.soap)
        header, evidence = message.header, message.evidence
        with self._database.transaction() as session:
            made = session.scalar(
                insert(NetworkMessage)
                .values(
                    **_common(session, evidence),
                    via="as4",
                    mls_to=header.mls_to.value if header.mls_to else None,
                    mls_type=header.mls_type.value if header.mls_type else None,
                    digests=list(message.digests),
                    peer_certificate=message.signer,
                    soap_sha256=soap.sha256,
                    payload_sha256=kept.sha256,
                    expanded_size=message.expanded_size,
                )
                .on_conflict_do_nothing(index_elements=["direction", "message_id"])
                .returning(NetworkMessage.id)
            )
            if made is not None:
                _hand_on(session, made)
                return Stored(message.digests, message.signer, None)
            found = _stored(session, message.message_id)
        if found is None:
            raise LookupError(message.message_id)
        return found

    def keep_receipt(self, message_id: str, receipt: bytes, evidence: Evidence) -> bytes:
        with self._database.transaction() as session:
            session.execute(
                update(NetworkMessage)
                .where(
                    NetworkMessage.direction == "incoming",
                    NetworkMessage.message_id == message_id,
                    NetworkMessage.receipt.is_(None),
                )
                .values(receipt=receipt, receipted=evidence.receipted, evidence=as_json(evidence))
            )
            kept = session.scalar(
                select(NetworkMessage.receipt).where(
                    NetworkMessage.direction == "incoming",
                    NetworkMessage.message_id == message_id,
                )
            )
        if kept is None:
            raise LookupError(message_id)
        return kept


def keep_handed_over(
    session: Session, handed: HandedOver, payload_sha256: str
) -> tuple[NetworkMessage, bool]:
    """The row of an envelope that a provider handed over, and whether it is new.

    The caller compares `payload_sha256` of an old one: other bytes under a known key are an alarm.
    """
    header, evidence = handed.header, handed.evidence
    made = session.scalar(
        insert(NetworkMessage)
        .values(
            **_common(session, evidence),
            via="provider",
            mls_to=header.mls_to.value if header.mls_to else None,
            mls_type=header.mls_type.value if header.mls_type else None,
            payload_sha256=payload_sha256,
        )
        .on_conflict_do_nothing(index_elements=["direction", "message_id"])
        .returning(NetworkMessage.id)
    )
    row = session.scalars(
        select(NetworkMessage).where(
            NetworkMessage.direction == "incoming", NetworkMessage.message_id == handed.key
        )
    ).one()
    return row, made is not None


def as_json(evidence: Evidence) -> dict[str, object]:
    """Evidence as the table keeps it."""
    found: dict[str, object] = json.loads(evidence.to_json())
    return found


def evidence_of(row: NetworkMessage) -> Evidence:
    """The evidence of a message that has some. LookupError for one that was never built."""
    if row.evidence is None:
        raise LookupError(row.id)
    return Evidence.from_json(json.dumps(row.evidence))


def _common(session: Session, evidence: Evidence) -> dict[str, object]:
    repeated = session.scalar(
        select(
            exists().where(
                NetworkMessage.direction == "incoming",
                NetworkMessage.instance_identifier == evidence.instance_identifier,
                NetworkMessage.message_id != evidence.message_id,
            )
        )
    )
    return {
        "id": new_id(),
        "direction": "incoming",
        "state": MessageState.KEPT.value,
        "network": evidence.network.value,
        "message_id": evidence.message_id,
        "instance_identifier": evidence.instance_identifier,
        "sender_seat": evidence.sender_seat,
        "receiver_seat": evidence.receiver_seat,
        "sender": evidence.sender,
        "receiver": evidence.receiver,
        "document_type": evidence.document_type,
        "process": evidence.process,
        "recorded": evidence.recorded,
        "evidence": as_json(evidence),
        "flags": [*evidence.flags, *([REPEATED] if repeated else [])],
    }


def _hand_on(session: Session, row_id: str) -> None:
    jobs.enqueue(session, TAKE_IN, key=row_id, args={"message": row_id})


def _stored(session: Session, message_id: str) -> Stored | None:
    row = session.execute(
        select(
            NetworkMessage.digests, NetworkMessage.peer_certificate, NetworkMessage.receipt
        ).where(NetworkMessage.direction == "incoming", NetworkMessage.message_id == message_id)
    ).one_or_none()
    return None if row is None else Stored(tuple(row[0]), row[1] or b"", row[2])
