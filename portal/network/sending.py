"""Sending: one attempt at a queued message, whoever asks for it (the worker, an answer's round).

waiting ─▶ looked up, built and kept ─▶ posted ─▶ delivered   a valid receipt is kept
   ▲                                      └────▶ failed      refused, or an answer that proves
   └── no answer: the same bytes, later                      nothing: a person must look
"""

from __future__ import annotations

from peppol import Header, PeppolError
from peppol.as4 import Sender
from peppol.as4.faults import SendingFailed
from peppol.errors import LookupFailed, LookupTemporarilyUnavailable
from portal.network.models import MessageState, NetworkMessage
from portal.network.outbox import header_of, note_failure, queue, rebuilt
from portal.service import Service
from records import Actor, audit

SYSTEM = Actor("system", "peppol", "Peppol")


def attempt(service: Service, sender: Sender, row_id: str, *, patient: bool = False) -> None:
    """One try at the message. Raises PeppolError when it is not delivered.

    A delivered message is left alone. `patient`: a receiver that cannot be found may be found
    later (answers); otherwise only what may pass by itself leaves the message waiting.
    """
    with service.database.transaction() as session:
        row = session.get_one(NetworkMessage, row_id)
    if row.status is not MessageState.WAITING:
        return
    if row.wire_sha256 is None:
        document = service.store.read(row.document_sha256 or "")
        try:
            sender.prepare(header_of(row), document)
        except PeppolError as error:
            final = not (patient if isinstance(error, LookupFailed) else may_pass(error))
            if isinstance(error, LookupTemporarilyUnavailable):
                final = False
            _note(service, row_id, error, final=final)
            raise
        with service.database.transaction() as session:
            row = session.get_one(NetworkMessage, row_id)
    try:
        sender.attempt(rebuilt(row, service.store))
    except SendingFailed as error:
        if not error.retry:
            _tell(service, row_id, "network.failed", {"error": error.code})
        raise
    _tell(service, row_id, "network.delivered", {"message": row.message_id or ""})


def may_pass(error: PeppolError) -> bool:
    """Whether trying again without anybody's doing can help."""
    return isinstance(error, LookupTemporarilyUnavailable) or bool(getattr(error, "retry", False))


class Post:
    """What `peppol.answers.send_due` sends with: each envelope one row, each call one attempt."""

    def __init__(self, service: Service, sender: Sender) -> None:
        self._service = service
        self._sender = sender

    def send(self, header: Header, document: bytes) -> object:
        """SendingFailed or LookupFailed unless the receipt is there."""
        service = self._service
        kept = service.store.put(document)
        with service.database.transaction() as session:
            row = queue(
                session,
                header,
                document_sha256=kept.sha256,
                network=self._sender.trust.network.value,
                at=service.clock.now(),
                by_job=False,
            )
        if row.status is MessageState.FAILED:
            raise SendingFailed(row.error_ja or "送れませんでした。", row.error_en or "it failed.")
        attempt(service, self._sender, row.id, patient=True)
        return row.id


def give_up(service: Service, row_id: str, error: Exception) -> None:
    """All attempts are spent: the message is failed, and a person may send it again."""
    with service.database.transaction() as session:
        row = session.get_one(NetworkMessage, row_id, with_for_update=True)
        if row.status is MessageState.WAITING:
            row.state = MessageState.FAILED.value
            row.last_error = row.last_error or type(error).__name__
    _tell(service, row_id, "network.failed", {"error": row.last_error})


def _note(service: Service, row_id: str, error: PeppolError, *, final: bool) -> None:
    with service.database.transaction() as session:
        row = session.get_one(NetworkMessage, row_id, with_for_update=True)
        note_failure(row, error, final=final)
    if final:
        _tell(service, row_id, "network.failed", {"error": error.code})


def _tell(service: Service, row_id: str, act: str, details: dict[str, object]) -> None:
    with service.database.transaction() as session:
        audit.append(session, SYSTEM, act, f"network:{row_id}", details, service.clock.now())
