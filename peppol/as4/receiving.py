"""Taking a message in: bytes from a stranger → kept, receipted, or refused with a reason.

No web framework: `Receiver.receive(headers, body)` takes HTTP headers and a source of bytes, and
answers with status, headers and body to send back.
"""

from __future__ import annotations

import hashlib
import hmac
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import IO, BinaryIO, Final, Protocol, TypeVar, cast

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from peppol.as4 import vocabulary as v
from peppol.as4.compression import Expanded
from peppol.as4.encryption import Decryptor, WrappedKey, read_encryption, unwrap
from peppol.as4.faults import (
    AuthenticationFailed,
    BodyTooLarge,
    ContentRefused,
    InternalFault,
    MessageRefused,
    MimeInvalid,
    NotServiced,
    StoreUnavailable,
    ValueInconsistent,
)
from peppol.as4.limits import Limits
from peppol.as4.mime import CountedSource, MultipartReader, boundary_of, content_id, media_type
from peppol.as4.signals import make_error, make_receipt
from peppol.as4.signature import Verified, verify
from peppol.as4.soap import read_soap
from peppol.as4.user_message import UserMessage, read_user_message
from peppol.errors import CertificateNotTrusted, EnvelopeInvalid, XmlRefused
from peppol.evidence import Direction, Evidence
from peppol.identifiers import DocumentTypeId, ParticipantId, ProcessId, SeatId
from peppol.keys import AccessPointKey
from peppol.ports import Received, ReceivedMessages, Stored
from peppol.sbdh_reading import ByteSource, EnvelopeLimits, Opening, read_opening
from peppol.trust import TrustPolicy, fingerprint_of, seat_of
from peppol.xml_input import STRANGERS, confined

_T = TypeVar("_T")

SOAP_ANSWER: Final = "application/soap+xml; charset=UTF-8"


@lru_cache(maxsize=512)
def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reply:
    """What to send back, and what to note. Nothing here repeats the document's content."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    outcome: Outcome
    message_id: str | None = None
    sender: SeatId | None = None
    """The sender's seat, once its signature was verified and trusted."""
    fault: MessageRefused | None = None
    alarm: str | None = None
    """Set when a person should look: the same id with other content, an internal fault."""
    cause: BaseException | None = None
    """Behind an internal fault: for the operator's eyes only."""


class Serves(Protocol):
    """Whether a document for a participant belongs here (`peppol.services.Services`)."""

    def serves(
        self, participant: ParticipantId, document_type: DocumentTypeId, process: ProcessId
    ) -> bool: ...


@dataclass(slots=True)
class _Progress:
    """How far a message got: decides what an error may say and whether it is signed."""

    message_id: str | None = None
    sender: SeatId | None = None


@dataclass(frozen=True, slots=True)
class Receiver:
    """Corner 3. One instance serves all requests of a process, from any number of threads."""

    key: AccessPointKey
    trust: TrustPolicy
    services: Serves
    messages: ReceivedMessages
    now: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)
    country: str = "JP"

    def receive(self, headers: Mapping[str, str], body: ByteSource) -> Reply:
        """Take one message in. Never raises: whatever happens becomes a Reply.

        Steps: 1 multipart with a boundary; 2 the SOAP part; 3 its skeleton; 4 signature over
        Messaging, Body and payload reference; 5 the signer is a trusted access point; 6 the user
        message, read from the verified element, names that signer and this receiver; 7 a known
        id: the stored receipt, or alarm; 8 the document is served here; 9 encryption is the
        profile's; 10 the payload, decrypted while it arrives; 11 tag and signed digest fit;
        12 it expands within the caps, and its envelope agrees with the header; 13 kept;
        14 receipt signed and kept.
        Not checked: the document itself. What is wrong with it is said by an MLS.
        """
        progress = _Progress()
        source = CountedSource(body, self.limits.body)
        try:
            return self._receive(headers, source, progress)
        except MessageRefused as fault:
            return self._refuse(fault, progress, source)
        except Exception as error:
            internal = InternalFault()
            reply = self._refuse(internal, progress, source)
            return replace(
                reply, outcome=Outcome.FAILED, fault=internal, alarm="internal", cause=error
            )

    def _receive(
        self, headers: Mapping[str, str], source: CountedSource, progress: _Progress
    ) -> Reply:
        now = self.now()
        # 1, 2
        reader = MultipartReader(source, boundary_of(headers), self.limits)
        soap = self._soap_part(reader)
        # 3, 4
        message, verified, encryption = confined(soap, lambda: self._examine(soap, progress))
        # 5, 6
        progress.sender = self._authenticate(message, verified, now)
        STRANGERS.was_trusted(soap)
        # 7
        digests = tuple(reference.digest_base64 for reference in verified.references)
        signer = _der(verified.signer)
        stored = self._store(lambda: self.messages.find(message.message_id))
        if stored is not None and stored.receipt is not None:
            self._check_same(stored, digests, signer)
            source.drain()
            return self._answer(stored.receipt, Outcome.DUPLICATE, progress)
        # 8
        if not self.services.serves(
            message.final_recipient, message.document_type, message.process
        ):
            raise NotServiced("この宛先・文書は扱っていません。", "not serviced here.")
        # 9
        if isinstance(encryption, MessageRefused):
            raise encryption
        if encryption.payload != message.payload:
            raise MimeInvalid("添付の参照が一致しません。", "the references to the payload differ.")
        decryptor = unwrap(encryption, self.key)
        with tempfile.SpooledTemporaryFile(max_size=self.limits.in_memory) as spool:
            # 10, 11
            digest = self._payload(reader, message.payload, decryptor, spool)
            if verified.payload_digest is None or not hmac.compare_digest(
                digest, verified.payload_digest
            ):
                raise AuthenticationFailed("署名が合いません。", "the signature does not fit.")
            source.drain()
            # 12
            spool.seek(0)
            opening, expanded = self._open(spool, message)
            # 13
            received = self._received(
                message, verified, opening, expanded, digest, digests, signer, soap, now
            )
            spool.seek(0)
            stored = self._store(lambda: self.messages.keep(received, cast(BinaryIO, spool)))
        self._check_same(stored, digests, signer)
        if stored.receipt is not None:
            return self._answer(stored.receipt, Outcome.DUPLICATE, progress)
        # 14
        receipt = make_receipt(message.message_id, verified.references, key=self.key, at=self.now())
        evidence = received.evidence.receipt_at(now)
        kept = self._store(
            lambda: self.messages.keep_receipt(message.message_id, receipt, evidence)
        )
        outcome = Outcome.ACCEPTED if kept == receipt else Outcome.DUPLICATE
        return self._answer(kept, outcome, progress)

    def _soap_part(self, reader: MultipartReader) -> bytes:
        part = reader.next_part()
        if part is None or media_type(part.get("content-type", ""))[0] != v.SOAP_TYPE:
            raise MimeInvalid("最初の部が SOAP ではありません。", "the first part is not SOAP.")
        return reader.read_all(self.limits.soap)

    def _examine(
        self, data: bytes, progress: _Progress
    ) -> tuple[UserMessage, Verified, WrappedKey | MessageRefused]:
        """All that reads the XML. The payload's name comes from the header that the signature
        must cover; what is wrong with the encryption is said only after the signer is known."""
        soap = read_soap(data, cap=self.limits.soap)
        message = read_user_message(soap.messaging)
        progress.message_id = message.message_id
        verified = verify(soap, payload=message.payload)
        try:
            return message, verified, read_encryption(soap, _der(self.key.certificate))
        except MessageRefused as fault:
            return message, verified, fault

    def _authenticate(self, message: UserMessage, verified: Verified, now: datetime) -> SeatId:
        try:
            seat = self.trust.check_access_point(verified.signer, now)
        except CertificateNotTrusted:
            raise AuthenticationFailed(
                "署名者を信頼できません。", "the signer is not trusted."
            ) from None
        if message.sender != seat:
            raise AuthenticationFailed(
                "署名者と差出人が違います。", "the signer is not the sender."
            )
        if message.receiver != seat_of(self.key.certificate):
            raise ValueInconsistent("別の受信者宛てです。", "it is addressed to another receiver.")
        return seat

    def _payload(
        self, reader: MultipartReader, name: str, decryptor: Decryptor, spool: IO[bytes]
    ) -> bytes:
        part = reader.next_part()
        if part is None or content_id(part) != name:
            raise MimeInvalid("添付が見つかりません。", "the attachment is missing.")
        digest = hashlib.sha256()
        while piece := reader.read():
            plain = decryptor.update(piece)
            digest.update(plain)
            spool.write(plain)
        if reader.next_part() is not None:
            raise MimeInvalid("部が3つ以上あります。", "more than two parts.")
        decryptor.finish()
        return digest.digest()

    def _open(self, spool: IO[bytes], message: UserMessage) -> tuple[Opening, int]:
        expanded = Expanded(spool, self.limits)
        try:
            opening = read_opening(expanded, EnvelopeLimits(envelope_bytes=self.limits.expanded))
        except (EnvelopeInvalid, XmlRefused) as error:
            raise ContentRefused(
                "封筒(SBDH)が正しくありません。", "the envelope (SBDH) is not valid.",
                field=error.field,
            ) from error  # fmt: skip
        header = opening.header
        if (
            header.sender != message.original_sender
            or header.receiver != message.final_recipient
            or header.document_type != message.document_type
            or header.process != message.process
        ):
            raise ValueInconsistent(
                "ヘッダーと封筒(SBDH)が一致しません。", "header and envelope (SBDH) differ."
            )
        return opening, expanded.exhaust()

    def _received(
        self,
        message: UserMessage,
        verified: Verified,
        opening: Opening,
        expanded: int,
        digest: bytes,
        digests: tuple[str, ...],
        signer: bytes,
        soap: bytes,
        now: datetime,
    ) -> Received:
        flags: tuple[str, ...] = ()
        if not now - self.limits.past <= message.timestamp <= now + self.limits.future:
            flags = ("timestamp outside window",)
        header = opening.header
        evidence = Evidence(
            direction=Direction.INCOMING,
            network=self.trust.network,
            message_id=message.message_id,
            instance_identifier=header.instance_identifier,
            timestamp=message.timestamp,
            recorded=now,
            sender_seat=message.sender,
            receiver_seat=message.receiver,
            document_type=message.document_type.uri,
            process=message.process.uri,
            sender=message.original_sender.value,
            receiver=message.final_recipient.value,
            country_c1=header.country_c1,
            country_c4=self.country,
            payload_sha256=digest.hex(),
            peer_certificate_sha256=fingerprint_of(verified.signer).hex(),
            flags=flags,
        )
        return Received(evidence, header, digests, signer, soap, expanded)

    def _check_same(self, stored: Stored, digests: tuple[str, ...], signer: bytes) -> None:
        if sorted(stored.digests) != sorted(digests) or stored.signer != signer:
            raise _Reused

    def _store(self, act: Callable[[], _T]) -> _T:
        try:
            return act()
        except MessageRefused:
            raise
        except Exception as error:
            raise StoreUnavailable("保存できません。", "it cannot be stored.") from error

    def _answer(self, receipt: bytes, outcome: Outcome, progress: _Progress) -> Reply:
        return Reply(
            200, {"Content-Type": SOAP_ANSWER}, receipt, outcome,
            progress.message_id, progress.sender,
        )  # fmt: skip

    def _refuse(self, fault: MessageRefused, progress: _Progress, source: CountedSource) -> Reply:
        if not isinstance(fault, BodyTooLarge):
            try:
                source.drain()
            except Exception as error:
                if isinstance(error, BodyTooLarge):
                    fault = error
        headers: dict[str, str] = {}
        body = b""
        if fault.ebms is not None:
            # Strangers get an unsigned error: our key does no work for them.
            key = self.key if progress.sender is not None else None
            try:
                body = make_error(fault, progress.message_id, key=key, at=self.now())
                headers = {"Content-Type": SOAP_ANSWER}
            except Exception:  # a broken key must not turn a refusal into a crash
                body = make_error(fault, progress.message_id, key=None, at=self.now())
        if fault.status == 503:
            headers["Retry-After"] = "60"
        alarm = "message id used for other content" if isinstance(fault, _Reused) else None
        return Reply(
            fault.status, headers, body, Outcome.REFUSED, progress.message_id, progress.sender,
            fault, alarm, fault.__cause__ if isinstance(fault, StoreUnavailable) else None,
        )  # fmt: skip


class _Reused(ContentRefused):
    code = "peppol.as4.message_id_reused"
    ebms, name = "EBMS:0004", "Other"

    def __init__(self) -> None:
        super().__init__(
            "同じ MessageId で別の内容です。", "the MessageId was used for other content."
        )
