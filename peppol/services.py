"""What is received here: participants with the document types and processes registered for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from peppol.document_matching import best_match, check_registration
from peppol.identifiers import DocumentTypeId, ParticipantId, ProcessId


@dataclass(frozen=True, slots=True)
class Service:
    """One registration: `document_type` may end in `*`."""

    document_type: DocumentTypeId
    process: ProcessId


class Services:
    """The registrations of this access point, matched as a sender's lookup matches them."""

    def __init__(self, registered: Mapping[ParticipantId, Iterable[Service]]) -> None:
        self._registered = {participant: tuple(all_) for participant, all_ in registered.items()}
        for services in self._registered.values():
            for service in services:
                check_registration(service.document_type)

    def serves(
        self, participant: ParticipantId, document_type: DocumentTypeId, process: ProcessId
    ) -> bool:
        """Whether this document for this participant belongs here."""
        services = self._registered.get(participant, ())
        found = best_match((s.document_type for s in services), document_type)
        return any(s.document_type == found and s.process == process for s in services)
