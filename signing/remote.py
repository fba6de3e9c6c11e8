"""Signing with the party's own key, which never reaches the server.

    opened  = remote.open_slot(pdf, "Vendor", act, certificate=…, chain=…, timestamper=…, trust=…)
              the server keeps `opened`; `opened.request.to_json()` goes to the party
    answer  = remote.answer(request, key)               on the party's machine (`warifu sign`)
    signed  = remote.complete(opened, answer, timestamper=…, trust=…)

What travels is the digest of the document and the attributes that are signed, and one signature
back. The party's machine recomputes the digest when it is given the document
(`check_document`), so that it signs what it saw.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from .errors import CertificateRevoked, CertificateUntrusted, RemoteSigningFailed
from .keys import SigningKey, check_raw_signature
from .slots import Act
from .timestamping import Timestamper
from .trust import Trust

VERSION = 1
VALID_FOR = timedelta(minutes=30)  # the time shown in the field is that of opening
MAX_REQUEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What a party is asked to sign. All bytes are the CMS's own (see `_internal.cms`)."""

    slot: str
    act: Act
    opened_at: datetime
    document_digest: bytes
    digest: str
    attributes: bytes
    certificate: bytes
    chain: tuple[bytes, ...]
    gap: tuple[int, int]

    def to_json(self) -> str:
        return json.dumps(
            {
                "version": VERSION,
                "slot": self.slot,
                "act": asdict(self.act),
                "opened_at": self.opened_at.isoformat(),
                "document_digest": self.document_digest.hex(),
                "digest": self.digest,
                "attributes": _text(self.attributes),
                "certificate": _text(self.certificate),
                "chain": [_text(c) for c in self.chain],
                "gap": list(self.gap),
            },
            ensure_ascii=False,
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str) -> Request:
        """Raises RemoteSigningFailed for anything else than a request."""
        try:
            if len(text) > MAX_REQUEST:
                raise ValueError("too long")
            raw = json.loads(text)
            if raw["version"] != VERSION or raw["digest"] not in ("sha256", "sha384", "sha512"):
                raise ValueError("another version")
            first, second = (int(n) for n in raw["gap"])
            return cls(
                slot=str(raw["slot"]),
                act=Act(**{k: str(v) for k, v in raw["act"].items()}),
                opened_at=datetime.fromisoformat(raw["opened_at"]),
                document_digest=bytes.fromhex(raw["document_digest"]),
                digest=raw["digest"],
                attributes=_bytes(raw["attributes"]),
                certificate=_bytes(raw["certificate"]),
                chain=tuple(_bytes(c) for c in raw["chain"]),
                gap=(first, second),
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RemoteSigningFailed(reason=f"request: {error}") from error

    def check(self) -> None:
        """That the attributes to be signed are about this document digest and this certificate."""
        from ._internal import cms

        identity = cms.SignerIdentity.of(
            self.certificate, self.chain, digest=self.digest, scheme="ecdsa"
        )
        if cms.signed_attributes(identity, self.document_digest) != self.attributes:
            raise RemoteSigningFailed(reason="the request contradicts itself")

    def check_document(self, pdf: bytes) -> None:
        """That the document, as the server opened it, has the digest of the request."""
        first, second = self.gap
        digest = hashlib.new(self.digest, pdf[:first] + pdf[second:]).digest()
        if digest != self.document_digest:
            raise RemoteSigningFailed(reason="the document is not the one of the request")


@dataclass(frozen=True, slots=True)
class Opened:
    """A document that waits for one signature. Both parts are kept by the server."""

    pdf: bytes
    request: Request


@dataclass(frozen=True, slots=True)
class Answer:
    """The party's signature over the request's attributes."""

    document_digest: bytes
    signature: bytes

    def to_json(self) -> str:
        return json.dumps(
            {
                "version": VERSION,
                "document_digest": self.document_digest.hex(),
                "signature": _text(self.signature),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Answer:
        """Raises RemoteSigningFailed for anything else than an answer."""
        try:
            raw = json.loads(text[:MAX_REQUEST])
            return cls(bytes.fromhex(raw["document_digest"]), _bytes(raw["signature"]))
        except (ValueError, TypeError, KeyError) as error:
            raise RemoteSigningFailed(reason=f"answer: {error}") from error


def open_slot(
    pdf: bytes,
    slot: str,
    act: Act,
    *,
    certificate: bytes,
    chain: Sequence[bytes] = (),
    timestamper: Timestamper,
    trust: Trust,
) -> Opened:
    """The document with everything of the signature but its value, and what has to be signed.

    `certificate` (DER) is the party's. Raises like `sign`.
    """
    from ._internal import cms, credential, revision, sealing

    at = timestamper.clock()
    key = SigningKey.of(certificate, chain, _no_key)
    key.check_validity(at)
    problem = credential.problem(certificate, chain, trust, at)
    if problem == "revoked":
        raise CertificateRevoked(subject=key.subject)
    if problem == "untrusted":
        raise CertificateUntrusted(subject=key.subject)
    # A token cannot be asked for again with more room once the party has signed: be generous.
    room = sum(map(len, key.identity.certificates)) + 2048 + sealing.TOKEN_ROOM
    pending = sealing.begin(revision.open_writer(pdf), slot, act, at, digest=key.digest, room=room)
    place = pending.place
    return Opened(
        pdf=pending.out.getvalue(),
        request=Request(
            slot=slot,
            act=act,
            opened_at=at,
            document_digest=pending.digest,
            digest=key.digest,
            attributes=cms.signed_attributes(key.identity, pending.digest),
            certificate=certificate,
            chain=tuple(chain),
            gap=(place.reserved_region_start, place.reserved_region_end),
        ),
    )


def answer(request: Request, key: SigningKey) -> Answer:
    """Sign a request with the party's key. Raises RemoteSigningFailed, KeyMismatch."""
    request.check()
    if key.certificate != request.certificate:
        raise RemoteSigningFailed(reason=f"the request is for another certificate: {key.subject}")
    return Answer(request.document_digest, key.sign(request.attributes))


def check_answer(request: Request, answer: Answer, at: datetime) -> None:
    """That the answer, come at `at`, signs this request. Raises RemoteSigningFailed, KeyMismatch.

    Needs no document and no pyHanko: whoever takes an answer in can refuse it at once."""
    request.check()
    if answer.document_digest != request.document_digest:
        raise RemoteSigningFailed(
            reason="別の文書への回答です / the answer is for another document"
        )
    if at - request.opened_at > VALID_FOR:
        raise RemoteSigningFailed(reason="the request has expired / 依頼の有効時間が過ぎました")
    check_raw_signature(request.certificate, request.attributes, answer.signature, request.digest)


def complete(
    opened: Opened,
    answer: Answer,
    *,
    timestamper: Timestamper,
    trust: Trust,
    answered_at: datetime | None = None,
) -> bytes:
    """The signed document (PAdES B-T). Raises RemoteSigningFailed, KeyMismatch, NoToken.

    `answered_at` is when the answer came (now, unless it waited for a time-stamping authority)."""
    from ._internal import cms, sealing

    request = opened.request
    request.check_document(opened.pdf)
    check_answer(request, answer, answered_at or timestamper.clock())
    key = SigningKey.of(request.certificate, request.chain, _no_key)
    token = timestamper.token(sealing.digest_of(answer.signature, request.digest))
    message = cms.signed_data(key.identity, request.attributes, answer.signature, token=token)
    first, second = request.gap
    room = second - first - 2
    text = message.hex().encode()
    if len(text) > room:
        raise RemoteSigningFailed(reason="the timestamp is larger than the room kept for it")
    return opened.pdf[: first + 1] + text.ljust(room, b"0") + opened.pdf[second - 1 :]


def _no_key(_: bytes) -> bytes:
    raise RemoteSigningFailed(reason="the key is not here")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
