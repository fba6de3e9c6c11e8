"""Where a document goes: participant → DNS → SMP → endpoint, every step checked.

Order (SMP 1.4.0, PFUOI 4.4.0 §5.1.2): 1 NAPTR; 2 address rules on every connection
(`peppol.outbound`); 3 ServiceGroup, matched with wildcards; 4 SignedServiceMetadata verified;
5 it is about the participant and document asked for; 6 process, transport, activation window;
7 the access point's certificate; 8 remembered for a while.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from peppol.document_matching import best_match
from peppol.errors import (
    AddressRefused,
    DocumentTypeNotSupported,
    LookupTemporarilyUnavailable,
    MetadataNotTrusted,
    ParticipantNotRegistered,
    PeppolError,
    RegistrationFaulty,
    Text,
)
from peppol.identifiers import TRANSPORT_AS4, DocumentTypeId, ParticipantId, ProcessId, SeatId
from peppol.naptr import AddressBook
from peppol.outbound import Answer, Outbound, Unreachable
from peppol.smp import (
    GROUP_LIMITS,
    METADATA_LIMITS,
    Redirect,
    ServiceInformation,
    choose_endpoint,
    read_service_group,
    read_signed_metadata,
)
from peppol.trust import TrustPolicy, subject_of

REMEMBER_FOR: Final = timedelta(minutes=15)
REMEMBER_AT_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and to whom a document is sent, with what proves it."""

    participant: ParticipantId
    document_type: DocumentTypeId
    process: ProcessId
    registered_as: DocumentTypeId
    address: str
    certificate: x509.Certificate
    seat: SeatId
    smp_address: str
    metadata: bytes
    """The SignedServiceMetadata as received: evidence of this lookup."""
    looked_up: datetime
    description: str = ""
    contact: str = ""


class Directory:
    """Looks participants up. One instance a process; safe to share between threads."""

    def __init__(
        self,
        *,
        address_book: AddressBook,
        outbound: Outbound,
        trust: TrustPolicy,
        now: Callable[[], datetime],
        remember_for: timedelta = REMEMBER_FOR,
    ) -> None:
        self._address_book = address_book
        self._outbound = outbound
        self._trust = trust
        self._now = now
        self._remember_for = remember_for
        self._known: OrderedDict[tuple[ParticipantId, DocumentTypeId, ProcessId], Endpoint]
        self._known = OrderedDict()
        self._lock = Lock()

    def document_types(self, participant: ParticipantId) -> tuple[DocumentTypeId, ...]:
        """What `participant` is registered to receive (unsigned: for information only)."""
        return self._group(participant, self._smp(participant))

    def endpoint(
        self, participant: ParticipantId, document_type: DocumentTypeId, process: ProcessId
    ) -> Endpoint:
        """Where to send; LookupFailed, by its kind, when there is nowhere."""
        key = (participant, document_type, process)
        now = self._now()
        with self._lock:
            known = self._known.get(key)
        if known is not None and now < known.looked_up + self._remember_for:
            return known
        found = self._look_up(participant, document_type, process, now)
        with self._lock:
            self._known[key] = found
            self._known.move_to_end(key)
            while len(self._known) > REMEMBER_AT_MOST:
                self._known.popitem(last=False)
        return found

    def forget(self, participant: ParticipantId) -> None:
        """Ask anew next time: after a TLS failure or when a receiver could not decrypt."""
        with self._lock:
            for key in [k for k in self._known if k[0] == participant]:
                del self._known[key]

    def _look_up(
        self,
        participant: ParticipantId,
        document_type: DocumentTypeId,
        process: ProcessId,
        now: datetime,
    ) -> Endpoint:
        # 1, 3
        smp = self._smp(participant)
        registered = best_match(self._group(participant, smp), document_type)
        if registered is None:
            raise _unsupported(
                participant, f"未登録です({document_type})。", f"not registered ({document_type})."
            )
        # 4
        information, metadata = self._information(participant, registered, smp, now)
        # 5
        if information.participant != participant or information.document_type != registered:
            raise _untrusted(participant, "別の登録情報です。", "it is about something else.")
        # 6
        chosen = choose_endpoint(information.endpoints, process, TRANSPORT_AS4, now)
        if chosen is None:
            raise _unsupported(
                participant,
                f"この処理({process.value})の有効な受け口がありません。",
                f"no active endpoint for process {process.value}.",
            )
        # 7
        try:
            certificate = x509.load_der_x509_certificate(chosen.certificate)
        except ValueError:
            raise _untrusted(
                participant, "証明書を読めません。", "unreadable certificate."
            ) from None
        try:
            seat = self._trust.check_access_point(certificate, now)
        except PeppolError as error:
            raise _untrusted(participant, error.message_ja, error.message_en) from error
        return Endpoint(
            participant=participant,
            document_type=document_type,
            process=process,
            registered_as=registered,
            address=chosen.address,
            certificate=certificate,
            seat=seat,
            smp_address=smp,
            metadata=metadata,
            looked_up=now,
            description=chosen.description,
            contact=chosen.contact,
        )

    def _smp(self, participant: ParticipantId) -> str:
        return self._address_book.smp_address(participant)

    def _group(self, participant: ParticipantId, smp: str) -> tuple[DocumentTypeId, ...]:
        answer = self._get(participant, f"{smp}/{participant.path_segment}", GROUP_LIMITS.size)
        if answer.status == 404:
            raise ParticipantNotRegistered(participant=participant)
        _check_status(participant, answer)
        return read_service_group(answer.body, participant)

    def _information(
        self, participant: ParticipantId, registered: DocumentTypeId, smp: str, now: datetime
    ) -> tuple[ServiceInformation, bytes]:
        path = f"/{participant.path_segment}/services/{registered.path_segment}"
        data = self._metadata(participant, smp + path)
        content = read_signed_metadata(data, participant=participant, trust=self._trust, at=now)
        if isinstance(content, Redirect):
            # At most one, and only to the SMP whose certificate the redirect names.
            expected = content.certificate_uid
            data = self._metadata(participant, content.href)
            content = read_signed_metadata(data, participant=participant, trust=self._trust, at=now)
            if isinstance(content, Redirect):
                raise _untrusted(participant, "転送が二度続きます。", "a second redirect.")
            if not _is_named(content.signer, expected):
                raise _untrusted(participant, "転送先の署名者が違います。", "another signer there.")
        return content, data

    def _metadata(self, participant: ParticipantId, address: str) -> bytes:
        answer = self._get(participant, address, METADATA_LIMITS.size)
        if answer.status == 404:
            raise _unsupported(participant, "登録情報がありません。", "there is no metadata.")
        _check_status(participant, answer)
        return answer.body

    def _get(self, participant: ParticipantId, address: str, limit: int) -> Answer:
        try:
            return self._outbound.get(address, limit=limit)
        except AddressRefused:
            raise
        except Unreachable as error:
            raise LookupTemporarilyUnavailable(
                participant=participant, why=Text(error.message_ja, error.message_en)
            ) from error


def _check_status(participant: ParticipantId, answer: Answer) -> None:
    if answer.status == 200:
        return
    if 300 <= answer.status < 400:
        raise RegistrationFaulty(
            participant=participant,
            why=Text("SMP が HTTP 転送を返しました。", "the SMP answers with an HTTP redirect."),
        )
    status = answer.status
    raise LookupTemporarilyUnavailable(
        participant=participant,
        why=Text(f"SMP が {status} を返しました。", f"the SMP answers {status}."),
    )


def _is_named(signer: x509.Certificate, uid: str) -> bool:
    """Whether a redirect's CertificateUID names `signer`: by its CN or its whole subject."""
    names = signer.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    wanted = uid.replace(" ", "").lower()
    offered = {str(name.value).replace(" ", "").lower() for name in names}
    return bool(wanted) and wanted in offered | {subject_of(signer).replace(" ", "").lower()}


def _unsupported(participant: ParticipantId, ja: str, en: str) -> DocumentTypeNotSupported:
    return DocumentTypeNotSupported(participant=participant, why=Text(ja, en))


def _untrusted(participant: ParticipantId, ja: str, en: str) -> MetadataNotTrusted:
    return MetadataNotTrusted(participant=participant, why=Text(ja, en))
