"""What an incoming row says, as the values that `peppol` works on."""

from __future__ import annotations

from peppol import DocumentTypeId, Header, ParticipantId, ProcessId
from peppol.answers import mls_address
from peppol.evidence import Evidence
from peppol.identifiers import SERVICE_PROVIDER, seat_id, service_provider_address
from peppol.sbdh import MlsType
from portal.network.models import NetworkMessage


def header_of(row: NetworkMessage) -> Header:
    """The envelope's header, as far as answers need it."""
    return Header.for_document(
        sender=ParticipantId(row.sender),
        receiver=ParticipantId(row.receiver),
        document_type=DocumentTypeId.parse(row.document_type),
        process=ProcessId.parse(row.process),
        instance_identifier=row.instance_identifier,
        created=row.recorded,
        mls_to=ParticipantId(row.mls_to) if row.mls_to else None,
        mls_type=MlsType(row.mls_type) if row.mls_type else None,
    )


def mls_parties(
    evidence: Evidence, header: Header, provider: str = ""
) -> tuple[ParticipantId, ParticipantId] | None:
    """From whom and to whom an MLS about this message goes: us as provider, and corner 2.

    For what a provider received for us: from it (`provider`, its SPIS number), and to the seat it
    told; None while either is unknown.
    """
    if not evidence.peer_certificate_sha256:  # no AS4 of ours: it was handed over
        if not provider or not evidence.sender_seat:
            return None
        return ParticipantId(f"{SERVICE_PROVIDER}:{provider}"), mls_address(evidence, header)
    ours = service_provider_address(seat_id(evidence.receiver_seat))
    return ours, mls_address(evidence, header)
