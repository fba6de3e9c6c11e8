"""The access point of the settings: key, trust, lookup, receiver, sender.

Made when first asked for, in the process that needs them: the web process never holds the key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography import x509

from peppol import ParticipantId, ocsp
from peppol.anchors import load_anchors
from peppol.as4 import Limits, Receiver, Sender
from peppol.identifiers import (
    BILLING,
    INVOICE_RESPONSE,
    INVOICE_RESPONSE_PROCESS,
    JP_INVOICE,
    JP_NON_TAX_INVOICE,
    JP_SELF_BILLING,
    MESSAGE_LEVEL_STATUS,
    MESSAGE_LEVEL_STATUS_PROCESS,
    SELF_BILLING,
    SeatId,
    service_provider_address,
)
from peppol.keys import AccessPointKey, FileKey, Pkcs11Key
from peppol.lookup import Directory
from peppol.naptr import PRODUCTION_ZONE, TEST_ZONE, NaptrAddressBook
from peppol.outbound import AddressRules, Outbound
from peppol.private.network import PrivateNetwork
from peppol.private.pki import load_seat
from peppol.services import Service as Registered
from peppol.services import Services
from peppol.trust import Network, RevocationSource, TrustPolicy, seat_of
from portal.errors import SettingsError
from portal.keys import plain
from portal.network.outbox import DatabaseSent
from portal.network.received import DatabaseReceived

if TYPE_CHECKING:
    from portal.service import Service
    from portal.settings import Settings

MEGABYTE = 1024 * 1024

INVOICES: Sequence[Registered] = (
    Registered(JP_INVOICE, BILLING),
    Registered(JP_NON_TAX_INVOICE, BILLING),
)
SELF_BILLED: Sequence[Registered] = (Registered(JP_SELF_BILLING, SELF_BILLING),)
"""仕入明細書: what a buyer writes for us when we are the supplier."""
ANSWERS_TO_US: Sequence[Registered] = (Registered(INVOICE_RESPONSE, INVOICE_RESPONSE_PROCESS),)
STATUS_TO_US: Sequence[Registered] = (
    Registered(MESSAGE_LEVEL_STATUS, MESSAGE_LEVEL_STATUS_PROCESS),
)


def participants_of(settings: Settings) -> tuple[ParticipantId, ...]:
    """Whom we receive for. SettingsError when nobody is named."""
    named = tuple(ParticipantId.parse(text) for text in settings.peppol.participants)
    if named:
        return named
    if settings.city.corporate_number is None:
        raise SettingsError(
            problems_ja="・WARIFU_PEPPOL__PARTICIPANTS: 受け取る参加者IDが必要です。",
            problems_en="- WARIFU_PEPPOL__PARTICIPANTS: a participant to receive for is needed.",
        )
    return (ParticipantId.of_corporate_number(settings.city.corporate_number),)


def limits_of(settings: Settings) -> Limits:
    """The caps of the settings."""
    wanted = settings.peppol
    return Limits(
        body=wanted.body_mb * MEGABYTE,
        expanded=wanted.expanded_mb * MEGABYTE,
        ratio=wanted.ratio,
        soap=wanted.soap_kb * 1024,
        part_headers=wanted.headers_kb * 1024,
    )


def services_by_provider(settings: Settings) -> Services:
    """What a service provider may hand over: invoices, and answers to what it sent for us."""
    here = (*INVOICES, *SELF_BILLED, *ANSWERS_TO_US)
    return Services(dict.fromkeys(participants_of(settings), here))


class AccessPoint:
    """One access point over a service's database and store. Safe to share between threads."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._wanted = service.settings.peppol
        self.network = Network(self._wanted.network)
        self.participants = participants_of(service.settings)
        self.limits = limits_of(service.settings)

    @cached_property
    def key(self) -> AccessPointKey:
        wanted = self._wanted
        if self._private is not None:
            town = self._private.town(self.participants[0])
            return load_seat(self._private.folder / "pki" / f"{town.seat}.pem").as_key()
        if wanted.token_module is not None and wanted.certificate is not None:
            return Pkcs11Key(
                module=str(wanted.token_module),
                token=wanted.token,
                pin=plain(wanted.token_pin) or "",
                label=wanted.token_label,
                certificate=x509.load_pem_x509_certificate(wanted.certificate.read_bytes()),
            )
        password = plain(wanted.key_password)
        if wanted.key is None:
            raise SettingsError(
                problems_ja="・WARIFU_PEPPOL__KEY: アクセスポイントの鍵が必要です。",
                problems_en="- WARIFU_PEPPOL__KEY: the access point's key is needed.",
            )
        return FileKey.from_file(wanted.key, password.encode() if password else None)

    @property
    def seat(self) -> SeatId:
        return seat_of(self.key.certificate)

    @property
    def own_address(self) -> ParticipantId:
        """Our address as a service provider, from which an MLS goes out and to which one comes."""
        return service_provider_address(self.seat)

    @cached_property
    def revocation(self) -> RevocationSource:
        """Asked for every certificate of a real network."""
        return ocsp.online()

    @cached_property
    def trust(self) -> TrustPolicy:
        if self._private is not None:
            return self._private.pki.trust()
        if self._wanted.trust is None:
            raise SettingsError(
                problems_ja="・WARIFU_PEPPOL__TRUST: 認証局証明書のフォルダーが必要です。",
                problems_en="- WARIFU_PEPPOL__TRUST: the folder of CA certificates is needed.",
            )
        return TrustPolicy(load_anchors(self._wanted.trust, self.network), self.revocation)

    def services(self) -> Mapping[ParticipantId, Sequence[Registered]]:
        """All that is received here."""
        here = (*INVOICES, *SELF_BILLED, *ANSWERS_TO_US)
        ours: dict[ParticipantId, Sequence[Registered]]
        ours = dict.fromkeys(self.participants, here)
        return {**ours, self.own_address: STATUS_TO_US}

    @property
    def directory(self) -> Directory:
        # A private network tells anew where it runs; a real one keeps its cache.
        return self._private.directory() if self._private is not None else self._directory

    @cached_property
    def _directory(self) -> Directory:
        usual = PRODUCTION_ZONE if self.network is Network.PRODUCTION else TEST_ZONE
        return Directory(
            address_book=NaptrAddressBook(self._wanted.zone or usual),
            outbound=Outbound(),
            trust=self.trust,
            now=self._service.clock.now,
        )

    def receiver(self) -> Receiver:
        """Corner 3."""
        return Receiver(
            key=self.key,
            trust=self.trust,
            services=Services(self.services()),
            messages=DatabaseReceived(self._service.database, self._service.store),
            now=self._service.clock.now,
            limits=self.limits,
        )

    def sender(self) -> Sender:
        """Corner 2."""
        private = self._private is not None
        return Sender(
            key=self.key,
            trust=self.trust,
            directory=self.directory,
            outbound=Outbound(AddressRules.for_private_network()) if private else Outbound(),
            messages=DatabaseSent(self._service.database, self._service.store),
            now=self._service.clock.now,
            limits=self.limits,
        )

    @cached_property
    def _private(self) -> PrivateNetwork | None:
        folder = self._wanted.private_folder
        if self.network is not Network.PRIVATE or folder is None:
            return None
        return PrivateNetwork(folder, self._service.clock.now)
