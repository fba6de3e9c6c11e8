"""What goes out through the city's service provider (`peppol.mode = provider`, with an API of it).

The same rows and the same retry as with an access point of one's own (`sending`), another way out:
the envelope is handed over to the provider's API. Such a message is `delivered` once the provider
has taken it; `receipt` is the provider's answer, which is not the receiver's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from peppol import Header, make_envelope
from peppol.as4.faults import SendingFailed
from peppol.errors import PeppolError
from peppol.provider_outbound import Provider
from portal.keys import plain
from portal.network.models import MessageState, NetworkMessage
from portal.network.outbox import header_of, note_failure, queue
from portal.network.sending import SYSTEM
from records import audit

if TYPE_CHECKING:
    from portal.service import Service

VIA = "provider"


def is_open(service: Service) -> bool:
    """Whether the provider has an API that sends for us."""
    wanted = service.settings.peppol
    return wanted.mode == "provider" and wanted.provider_url is not None


def attempt(service: Service, row_id: str) -> None:
    """One try at the message. Raises PeppolError when the provider did not take it.

    What was taken is left alone. Tried again, it is the same envelope, byte for byte.
    """
    with service.database.transaction() as session:
        row = session.get_one(NetworkMessage, row_id)
    if row.status is not MessageState.WAITING:
        return
    try:
        envelope = make_envelope(header_of(row), service.store.read(row.document_sha256 or ""))
        kept = service.store.put(envelope)
        told = _provider(service).hand_over(envelope, number=row.instance_identifier)
    except PeppolError as error:
        final = not getattr(error, "retry", False)
        with service.database.transaction() as session:
            found = session.get_one(NetworkMessage, row_id, with_for_update=True)
            if found.status is MessageState.WAITING:
                note_failure(found, error, final=final)
                found.via = VIA
                if final:
                    _tell(service, session, row_id, "network.failed", {"error": error.code})
        raise
    with service.database.transaction() as session:
        found = session.get_one(NetworkMessage, row_id, with_for_update=True)
        if found.status is not MessageState.WAITING:
            return
        at = service.clock.now()
        found.state, found.via = MessageState.DELIVERED.value, VIA
        found.receiver_seat = service.settings.peppol.provider
        found.payload_sha256 = kept.sha256
        found.receipt, found.receipted = told, at
        found.attempts += 1
        found.last_error = found.error_ja = found.error_en = ""
        by: dict[str, object] = {"by": service.settings.peppol.provider}
        _tell(service, session, row_id, "network.handed_to_provider", by)


class ProviderPost:
    """What `peppol.answers.send_due` sends with: each envelope one row, each call one attempt."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def send(self, header: Header, document: bytes) -> object:
        """SendingFailed unless the provider has it."""
        service = self._service
        kept = service.store.put(document)
        with service.database.transaction() as session:
            row = queue(
                session,
                header,
                document_sha256=kept.sha256,
                network=service.settings.peppol.network,
                at=service.clock.now(),
                by_job=False,
            )
        if row.status is MessageState.FAILED:
            raise SendingFailed(row.error_ja or "送れませんでした。", row.error_en or "it failed.")
        attempt(service, row.id)
        return row.id


def _provider(service: Service) -> Provider:
    wanted = service.settings.peppol
    return Provider.at(wanted.provider_url or "", plain(wanted.provider_key) or "")


def _tell(
    service: Service, session: Session, row_id: str, act: str, details: dict[str, object]
) -> None:
    audit.append(session, SYSTEM, act, f"network:{row_id}", details, service.clock.now())
