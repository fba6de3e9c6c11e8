"""Long-term form: validation material (DSS) and archive timestamps (ETSI EN 319 142-1 §5.4–5.5).

What an earlier archive timestamp covers has its material already; a renewal collects for that
timestamp only (its own certificate is what the next one has to outlive).

Steps of one extension:

1. Collect the certificates of every signature, signature timestamp and document timestamp.
2. Build each chain to a trusted root.
3. Find a revocation list or OCSP answer for every certificate that is not a root; the freshest.
4. Write what the document does not hold yet into its DSS.
5. Put a document timestamp over it, in the same revision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING

from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader

from ..anchors import Purpose
from ..errors import CertificateUntrusted, NotRenewable, RevocationUnavailable, SlotsMissing
from ..timestamping import Timestamper
from ..trust import Trust
from . import chain, dss, found, revision, sealing, timeline
from .credential import load_certificate, load_crl
from .found import Fault
from .paths import Paths
from .signed_data import CmsFault, SignedData, tst_info
from .timeline import RENEWAL_LEAD
from .wording import say

if TYPE_CHECKING:
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

STAMP = "/ETSI.RFC3161"
STRONGER_FROM = 2040  # CRYPTREC: 128-bit security without question until then


def extend(pdf: bytes, *, timestamper: Timestamper, trust: Trust, stamped: bool) -> bytes:
    """See `signing.extend`; `stamped` is B-LTA, else B-LT."""
    writer = revision.open_writer(pdf)
    with revision.reading():
        _check_complete(writer.prev)
        if is_archived(writer.prev):
            return pdf
        if not stamped:
            material = _collect(writer.prev, trust, timestamper.clock())
            if dss.holds(writer.prev, material):
                return pdf
            dss.write(writer, material)
            out = BytesIO()
            writer.write(out)  # type: ignore[no-untyped-call]
            return out.getvalue()
    return add_archive_timestamp(pdf, timestamper=timestamper, trust=trust)


def is_archived(reader: PdfFileReader) -> bool:
    """Whether the newest signature object is a document timestamp that covers the whole file."""
    signatures = list(reader.embedded_signatures)
    if not signatures:
        return False
    newest = max(signatures, key=lambda s: int(s.signed_revision))
    if newest.sig_object.get("/SubFilter") != STAMP:
        return False
    _start, _length, second, length = (int(v) for v in newest.byte_range)
    reader.stream.seek(0, 2)
    return bool(second + length == reader.stream.tell())


def add_archive_timestamp(pdf: bytes, *, timestamper: Timestamper, trust: Trust) -> bytes:
    """One more revision with fresh validation material and a document timestamp."""
    room = sealing.token_room(timestamper.largest_token)
    digest = "sha256" if timestamper.clock().year < STRONGER_FROM else "sha512"
    material: dss.Material | None = None
    while True:
        writer = revision.open_writer(pdf)
        with revision.reading():
            material = material or _collect(writer.prev, trust, timestamper.clock())
            dss.write(writer, material)
        pending = sealing.begin_timestamp(writer, digest=digest, room=room)
        token = timestamper.token(pending.digest)
        if len(token) <= pending.room:
            return pending.filled(token)
        room = len(token) + sealing.SPARE


def renew(pdf: bytes, *, timestamper: Timestamper, trust: Trust, before: datetime | None) -> bytes:
    """See `signing.renew`."""
    now = timestamper.clock()
    proof = newest_proof(pdf, trust, now)
    if proof.fault is not None:
        reason = say(proof.fault.code, proof.fault.detail)
        raise NotRenewable(reason_ja=reason.ja, reason_en=reason.en)
    if proof.due > (before or now):
        return pdf
    return add_archive_timestamp(pdf, timestamper=timestamper, trust=trust)


@dataclass(frozen=True, slots=True)
class Proof:
    """How long the newest archive timestamp lasts; `fault` when it does not hold now."""

    until: datetime
    due: datetime
    fault: Fault | None


def newest_proof(pdf: bytes, trust: Trust, at: datetime) -> Proof:
    """Judge the newest archive timestamp alone: all that a renewal has to outlive.

    Whether the signatures under it hold is `verify`'s question; that they did not change since is
    what the timestamp's own digest says.
    """
    reader = revision.open_reader(pdf)
    with revision.reading():
        items = found.find(reader, pdf, newest_only=True)
        if not items or not items[-1].is_timestamp:
            raise NotRenewable(
                reason_ja="長期保存タイムスタンプがありません", reason_en="no archive timestamp"
            )
        if found.has_loose_tail(pdf, items[-1].end):
            raise NotRenewable(
                reason_ja="末尾に余分なデータがあります", reason_en="loose data at the end"
            )
        newest = items[-1]
        if newest.fault is not None:
            return Proof(at, at, newest.fault)
        paths = Paths(trust, judged_at=at, **dss.material(reader))
        standing = timeline.walk([newest], paths, at)[0]
        until = standing.sound_until or at
        return Proof(until, until - RENEWAL_LEAD, standing.fault)


def _check_complete(reader: PdfFileReader) -> None:
    declared = revision.slot_list(reader)
    if declared is None:
        return
    fields = revision.signature_fields(reader)
    missing = [name for name in declared.names if not fields.get(name)]
    if missing:
        raise SlotsMissing(missing=", ".join(missing))


def _collect(reader: PdfFileReader, trust: Trust, at: datetime) -> dss.Material:
    signers: list[tuple[x509.Certificate, list[x509.Certificate], tuple[bytes, ...]]] = []
    signatures = sorted(reader.embedded_signatures, key=lambda s: int(s.signed_revision))
    stamps = [i for i, s in enumerate(signatures) if s.sig_object.get("/SubFilter") == STAMP]
    for signature in signatures[stamps[-1] if stamps else 0 :]:
        signers.extend(_signers(signature, trust, at))
    certificates: dict[bytes, None] = {}
    pairs: dict[bytes, x509.Certificate] = {}
    extra = [load_certificate(c) for c in trust.intermediates]
    for leaf, others, roots in signers:
        anchors = [load_certificate(r) for r in roots]
        try:
            path = chain.build(leaf, [*others, *extra], anchors, None)
        except chain.ChainBroken as error:
            raise CertificateUntrusted(subject=leaf.subject.rfc4514_string()) from error
        certificates.update(dict.fromkeys(c.public_bytes(Encoding.DER) for c in path))
        for subject, issuer in pairwise(path):
            pairs[subject.public_bytes(Encoding.DER)] = issuer
    crls, ocsps = _revocation(pairs, trust)
    return dss.Material(list(certificates), crls, ocsps)


def _signers(
    signature: EmbeddedPdfSignature, trust: Trust, at: datetime
) -> list[tuple[x509.Certificate, list[x509.Certificate], tuple[bytes, ...]]]:
    """(certificate, the others in its message, roots that count) for a signature and its tokens."""
    found = []
    try:
        data = SignedData.parse(bytes(signature.pkcs7_content))
        for message in (data, *map(SignedData.parse, data.timestamp_tokens())):
            is_timestamp = message.content_type == "tst_info"
            used_at = tst_info(message)["gen_time"].native if is_timestamp else at
            purpose: Purpose = "time_stamping" if is_timestamp else "signing"
            signer = message.signer_certificate()
            names = [signer.subject, *(c.issuer for c in (signer, *message.certificates))]
            roots = trust.ends(purpose, (str(n.hashable) for n in names), used_at)
            others = [load_certificate(c.dump()) for c in message.certificates]
            found.append((load_certificate(signer.dump()), others, roots))
    except CmsFault as fault:
        raise CertificateUntrusted(subject=fault.detail) from fault
    return found


def _revocation(
    pairs: dict[bytes, x509.Certificate], trust: Trust
) -> tuple[list[bytes], list[bytes]]:
    fresh_crls: list[bytes] = []
    fresh_ocsps: list[bytes] = []
    if trust.revocation is not None and pairs:
        issuers = [i.public_bytes(Encoding.DER) for i in pairs.values()]
        fresh_crls = trust.revocation.crls(pairs)
        fresh_ocsps = trust.revocation.ocsps(pairs, issuers)
    crls: dict[bytes, None] = {}
    ocsps: dict[bytes, None] = {}
    for subject_der, issuer in pairs.items():
        subject = load_certificate(subject_der)
        answer = _newest_crl(issuer, (*fresh_crls, *trust.crls))
        if answer is not None:
            crls[answer] = None
            continue
        about = [o for o in (*fresh_ocsps, *trust.ocsps) if _answers(o, subject)]
        if about:
            ocsps[about[0]] = None
        elif trust.require_revocation:
            raise RevocationUnavailable(subject=subject.subject.rfc4514_string())
    return list(crls), list(ocsps)


def _newest_crl(issuer: x509.Certificate, candidates: tuple[bytes, ...]) -> bytes | None:
    matching = [c for c in candidates if load_crl(c).issuer == issuer.subject]
    return max(matching, key=lambda c: load_crl(c).last_update_utc, default=None)


def _answers(response: bytes, subject: x509.Certificate) -> bool:
    parsed = asn1_ocsp.OCSPResponse.load(response)
    return any(
        single["cert_id"]["serial_number"].native == subject.serial_number
        for single in parsed.response_data["responses"]
    )
