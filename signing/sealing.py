"""Putting signatures on a document: prepare once, sign slot by slot, extend for the decades.

    prepared = prepare(rendered, [Slot("Vendor", "受注者", box=…), Slot("City", "発注者", box=…)],
                       metadata={"contract": "2026-0001"})
    signed   = sign(prepared, "Vendor", act, key=service_key, timestamper=…, trust=…)
    closed   = sign(signed, "City", act, key=city_key, timestamper=…, trust=…)
    kept     = extend(closed, timestamper=…, trust=…)

Every function takes bytes and gives new bytes, or raises and gives nothing: there is no state in
which a document is half signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from .errors import CertificateRevoked, CertificateUntrusted
from .keys import SigningKey
from .slots import Act, Slot
from .timestamping import Timestamper, utc_now
from .trust import Trust


def prepare(pdf: bytes, slots: Sequence[Slot], *, metadata: Mapping[str, str]) -> bytes:
    """The document with every signature field and its slot list, ready for the first signature.

    The file is normalised once (no object streams); attachments, tagging and PDF/A markers stay.
    `metadata` (contract number, template, decided hash …) is kept beside the slot list and
    certified with it. The last slot of the list freezes the document when it is signed.
    Deterministic: the same input gives the same bytes.

    Raises EmptyPdf, NotAPdf, PdfTooLarge, DamagedPdf, EncryptedPdf, XfaForm, BadSlots, and
    ChangesForbidden when the input carries signatures already.
    """
    from ._internal import preparing

    return preparing.prepare(pdf, slots, metadata)


def sign(
    pdf: bytes,
    slot: str,
    act: Act,
    *,
    key: SigningKey,
    timestamper: Timestamper,
    trust: Trust,
    level: Literal["B-T", "B-B"] = "B-T",
) -> bytes:
    """The document with `slot` signed (PAdES B-T).

    The first signature of a prepared document certifies it (P2: only the remaining signatures may
    follow); the last slot locks it (FieldMDP all, no changes). The time shown in the field is the
    clock's and is compared with the token's: if they differ by more than the timestamper allows,
    or no token can be had, nothing is signed. Level B-B asks for no token: nobody can prove when
    such a signature was made, and a document with a slot list does not pass with one.

    Raises SlotErrors, PdfErrors, CredentialErrors, GlyphMissing, NoToken.
    """
    from ._internal import cms, revision, sealing

    at = timestamper.clock()
    key.check_validity(at)
    check_credential(key, trust, at)
    # The CMS without its token has a known size, but for a few bytes of an ECDSA value.
    bare = sum(map(len, key.identity.certificates)) + 1024
    is_stamped = level == "B-T"
    room = bare + (sealing.token_room(timestamper.largest_token) if is_stamped else 0)
    while True:
        pending = sealing.begin(
            revision.open_writer(pdf), slot, act, at, digest=key.digest, room=room
        )
        attributes = cms.signed_attributes(key.identity, pending.digest)
        signature = key.sign(attributes)
        token = None
        if is_stamped:
            token = timestamper.token(sealing.digest_of(signature, key.digest))
        message = cms.signed_data(key.identity, attributes, signature, token=token)
        if len(message) <= pending.room:
            return pending.filled(message)
        room = len(message) + sealing.SPARE  # an authority that sends more than others: once more


def extend(
    pdf: bytes,
    *,
    timestamper: Timestamper,
    trust: Trust,
    level: Literal["B-LTA", "B-LT"] = "B-LTA",
) -> bytes:
    """The document in long-term form (PAdES B-LTA).

    Adds certificates and revocation answers for every signature and timestamp so far, and an
    archive timestamp over it all. Best done about a day after the last signature, so that
    revocation answers issued after it can be included. A document whose last revision is an
    archive timestamp already is returned unchanged; `renew` adds the next one when it is due.

    Raises SlotsMissing, RevocationUnavailable, PdfErrors, NoToken.
    """
    from ._internal import archiving

    return archiving.extend(pdf, timestamper=timestamper, trust=trust, stamped=level == "B-LTA")


def renew(
    pdf: bytes, *, timestamper: Timestamper, trust: Trust, before: datetime | None = None
) -> bytes:
    """The document with one more archive timestamp, if its renewal is due before `before`.

    Due is 18 months before the newest timestamp's certificate or algorithms run out; `before`
    defaults to now. A document that is not due yet is returned unchanged, so that a run that was
    cut short is simply run again. From 2040 on the new timestamp is over SHA-512.

    Raises NotRenewable when the newest timestamp does not hold any more, CertificateUntrusted,
    RevocationUnavailable, PdfErrors, NoToken.
    """
    from ._internal import archiving

    return archiving.renew(pdf, timestamper=timestamper, trust=trust, before=before)


def renewal_due(pdf: bytes, trust: Trust, at: datetime) -> datetime:
    """When the next archive timestamp of the document is due. Raises NotRenewable, PdfErrors."""
    from ._internal import archiving

    return archiving.newest_proof(pdf, trust, at).due


def check_credential(key: SigningKey, trust: Trust, at: datetime | None = None) -> None:
    """Raise CertificateUntrusted or CertificateRevoked as far as `trust` knows at `at` (now)."""
    from ._internal import credential

    problem = credential.problem(key.certificate, key.chain, trust, at or utc_now())
    if problem == "revoked":
        raise CertificateRevoked(subject=key.subject)
    if problem == "untrusted":
        raise CertificateUntrusted(subject=key.subject)
