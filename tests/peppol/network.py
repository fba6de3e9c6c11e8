"""A small network on loopback: one name server, one SMP, a clock that can be moved."""

from __future__ import annotations

from peppol.identifiers import (
    BILLING,
    JP_INVOICE,
    DocumentTypeId,
    ParticipantId,
)
from peppol.lookup import Directory
from peppol.naptr import NaptrAddressBook, hostname
from peppol.outbound import AddressRules, Outbound
from peppol.private.metadata import path_of, service_group, signed_metadata
from peppol.private.servers import NameServer, WebServer

from .builders import CITY, NOON
from .conftest import Pki

ZONE = "participant.example.test"
ABSTRACT = DocumentTypeId.of(JP_INVOICE.parts.namespace, "Invoice", "urn:peppol:pint:billing-1*")
AP = "https://ap.example/as4"


class Net:
    """A small network: one name server, one SMP, a clock that can be moved."""

    def __init__(self, pki: Pki) -> None:
        self.pki = pki
        self.now = NOON
        self.web = WebServer()
        self.names = NameServer({hostname(CITY, ZONE): [self.naptr(self.web.address)]})
        self.register(CITY, JP_INVOICE)
        self.rules = AddressRules.for_private_network()
        self.directory = self.new_directory()

    def naptr(self, address: str, service: str = "Meta:SMP", order: int = 10) -> str:
        return f'{order} 10 "U" "{service}" "!.*!{address}!" .'

    def new_directory(self, **changes: object) -> Directory:
        values: dict[str, object] = {
            "address_book": NaptrAddressBook(ZONE, self.names.resolver(), seconds=1.0),
            "outbound": Outbound(self.rules, timeout=2.0),
            "trust": self.pki.trust,
            "now": lambda: self.now,
        }
        return Directory(**{**values, **changes})  # type: ignore[arg-type]

    def metadata(self, document_type: DocumentTypeId = JP_INVOICE, **changes: object) -> bytes:
        values: dict[str, object] = {
            "address": AP,
            "certificate": self.pki.receiver.certificate,
            "smp": self.pki.smp,
        }
        participant = changes.pop("participant", CITY)
        process = changes.pop("process", BILLING)
        return signed_metadata(participant, document_type, process, **{**values, **changes})  # type: ignore[arg-type]

    def register(self, participant: ParticipantId, document_type: DocumentTypeId) -> None:
        self.web.files[path_of(participant)] = service_group(
            participant, [document_type], self.web.address
        )
        self.web.files[path_of(participant, document_type)] = self.metadata(document_type)

    def serve(self, data: bytes, document_type: DocumentTypeId = JP_INVOICE) -> None:
        self.web.files[path_of(CITY, document_type)] = data

    def look_up(self, document_type: DocumentTypeId = JP_INVOICE) -> object:
        return self.directory.endpoint(CITY, document_type, BILLING)

    def close(self) -> None:
        self.names.close()
        self.web.close()
