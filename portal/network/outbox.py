"""What we send: queued with the act that wants it, kept as built, sent again as the same bytes.

`queue` writes the intent in the caller's transaction. `DatabaseSent` is `peppol.ports.SentMessages`
over the same rows; `rebuilt` makes the message of an earlier attempt again, byte for byte.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from peppol import DocumentTypeId, Header, ParticipantId, ProcessId
from peppol.as4.building import Outgoing
from peppol.as4.signature import Reference
from peppol.as4.user_message import UserMessage
from peppol.evidence import Evidence
from peppol.identifiers import seat_id
from peppol.sbdh import MlsType
from portal.network.models import MessageState, NetworkMessage
from portal.network.received import as_json, evidence_of
from records import Database, Store, jobs, new_id

SEND = "network.send"


def queue(
    session: Session,
    header: Header,
    *,
    document_sha256: str,
    network: str,
    at: datetime,
    number: str | None = None,
    invoice_id: str | None = None,
    replaces_id: str | None = None,
    by_job: bool = True,
) -> NetworkMessage:
    """The row of a document to be sent; the one that is there when this envelope is known.

    `document_sha256` names the document in the store; `number` is its own (BT-1), by which an
    Invoice Response finds it. With `by_job` the worker sends it.
    """
    session.execute(
        insert(NetworkMessage)
        .values(
            id=new_id(),
            direction="outgoing",
            state=MessageState.WAITING.value,
            network=network,
            instance_identifier=header.instance_identifier,
            sender=header.sender.value,
            receiver=header.receiver.value,
            document_type=header.document_type.uri,
            process=header.process.uri,
            mls_to=header.mls_to.value if header.mls_to else None,
            mls_type=header.mls_type.value if header.mls_type else None,
            recorded=at,
            document_sha256=document_sha256,
            document_number=number[:200] if number else None,
            invoice_id=invoice_id,
            replaces_id=replaces_id,
            wire={"created": header.created.isoformat(), "country": header.country_c1},
        )
        .on_conflict_do_nothing()
    )
    row = session.scalars(
        select(NetworkMessage).where(
            NetworkMessage.direction == "outgoing",
            NetworkMessage.instance_identifier == header.instance_identifier,
        )
    ).one()
    if by_job and row.status is MessageState.WAITING:
        jobs.enqueue(session, SEND, key=row.id, args={"message": row.id})
    return row


def header_of(row: NetworkMessage) -> Header:
    """The envelope's header of an outgoing row, the same on every try."""
    given = row.wire or {}
    return Header.for_document(
        sender=ParticipantId(row.sender),
        receiver=ParticipantId(row.receiver),
        document_type=DocumentTypeId.parse(row.document_type),
        process=ProcessId.parse(row.process),
        instance_identifier=row.instance_identifier,
        created=datetime.fromisoformat(given["created"]),
        country_c1=given["country"],
        mls_to=ParticipantId(row.mls_to) if row.mls_to else None,
        mls_type=MlsType(row.mls_type) if row.mls_type else None,
    )


class DatabaseSent:
    """SentMessages in PostgreSQL and the document store."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    def keep(self, message: Outgoing) -> None:
        kept = self._store.put(message.body)
        evidence = message.evidence
        with self._database.transaction() as session:
            row = session.scalars(
                select(NetworkMessage)
                .where(
                    NetworkMessage.direction == "outgoing",
                    NetworkMessage.instance_identifier == evidence.instance_identifier,
                )
                .with_for_update()
            ).one()
            if row.wire_sha256 is not None:
                return  # built before: those bytes are the message
            row.message_id = message.message_id
            row.sender_seat, row.receiver_seat = evidence.sender_seat, evidence.receiver_seat
            row.network = evidence.network.value
            row.evidence = as_json(evidence)
            row.digests = [reference.digest_base64 for reference in message.references]
            row.peer_certificate = message.receiver_certificate
            row.payload_sha256 = evidence.payload_sha256
            row.wire_sha256 = kept.sha256
            row.wire = {**(row.wire or {}), **_wire(message)}

    def delivered(self, message_id: str, receipt: bytes, evidence: Evidence) -> None:
        with self._database.transaction() as session:
            session.execute(
                update(NetworkMessage)
                .where(*_is(message_id), NetworkMessage.receipt.is_(None))
                .values(
                    state=MessageState.DELIVERED.value,
                    receipt=receipt,
                    receipted=evidence.receipted,
                    evidence=as_json(evidence),
                    attempts=NetworkMessage.attempts + 1,
                    last_error="",
                    error_ja="",
                    error_en="",
                )
            )

    def failed(self, message_id: str, error: Exception, *, final: bool) -> None:
        with self._database.transaction() as session:
            row = session.scalars(
                select(NetworkMessage).where(*_is(message_id)).with_for_update()
            ).one()
            if row.status is not MessageState.DELIVERED:
                note_failure(row, error, final=final)


def note_failure(row: NetworkMessage, error: Exception, *, final: bool) -> None:
    """One more attempt that failed; `final`: nothing is tried again by itself."""
    row.attempts += 1
    row.last_error = str(getattr(error, "code", type(error).__name__))[:100]
    row.error_ja = str(getattr(error, "message_ja", ""))[:1000]
    row.error_en = str(getattr(error, "message_en", ""))[:1000]
    row.state = (MessageState.FAILED if final else MessageState.WAITING).value


def rebuilt(row: NetworkMessage, store: Store) -> Outgoing:
    """The message as it was built, from what was kept."""
    wire = row.wire
    if wire is None or row.wire_sha256 is None:
        raise LookupError(row.id)
    told = evidence_of(row)
    header = header_of(row)
    return Outgoing(
        message=UserMessage(
            message_id=told.message_id,
            timestamp=told.timestamp,
            sender=seat_id(told.sender_seat),
            receiver=seat_id(told.receiver_seat),
            document_type=header.document_type,
            process=header.process,
            conversation_id=wire["conversation"],
            original_sender=header.sender,
            final_recipient=header.receiver,
            payload=wire["payload"],
        ),
        address=wire["address"],
        content_type=wire["content_type"],
        body=store.read(row.wire_sha256),
        references=tuple(
            Reference(uri, transform, b64decode(digest), prefixes)
            for uri, transform, digest, prefixes in wire["references"]
        ),
        evidence=told,
        receiver_certificate=row.peer_certificate or b"",
    )


def _wire(message: Outgoing) -> dict[str, object]:
    return {
        "address": message.address,
        "content_type": message.content_type,
        "conversation": message.message.conversation_id,
        "payload": message.message.payload,
        "references": [
            [r.uri, r.transform, b64encode(r.digest).decode(), r.prefixes]
            for r in message.references
        ],
    }


def _is(message_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return NetworkMessage.direction == "outgoing", NetworkMessage.message_id == message_id
