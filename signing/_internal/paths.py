"""Is this certificate good for that purpose at that instant? (RFC 5280, pyhanko-certvalidator)

The answer carries the sub-indication of ETSI EN 319 102-1 and the code of our sentence. Revocation
answers issued after the instant count (they say more, not less); a certificate revoked before it
is refused, one revoked later is not, because the instant is proven by a timestamp.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain as joined

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator import errors as cv
from pyhanko_certvalidator.path import ValidationPath

from ..anchors import Anchor, Purpose, indexed
from ..trust import Trust
from . import chain
from .credential import load_certificate

TOLERANCE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PathResult:
    """`code` None: the certificate holds. `chain` runs from the certificate to the root.

    `stale_since`: the chain rests on a list that a newer one should have replaced at that time.
    """

    code: str | None
    sub_indication: str | None = None
    detail: str = ""
    chain: tuple[x509.Certificate, ...] = ()
    revocation_as_of: datetime | None = None
    revocation_checked: bool = False
    stale_since: datetime | None = None

    @property
    def holds(self) -> bool:
        return self.code is None


@lru_cache(maxsize=256)
def parse_certificate(der: bytes) -> x509.Certificate:
    return x509.Certificate.load(der)


@lru_cache(maxsize=128)
def parse_crl(der: bytes) -> asn1_crl.CertificateList:
    return asn1_crl.CertificateList.load(der)


@lru_cache(maxsize=128)
def parse_ocsp(der: bytes) -> asn1_ocsp.OCSPResponse:
    return asn1_ocsp.OCSPResponse.load(der)


class Paths:
    """Path validation over one document's material and a trust."""

    def __init__(
        self,
        trust: Trust,
        *,
        judged_at: datetime,
        certificates: Iterable[bytes] = (),
        crls: Sequence[bytes] = (),
        ocsps: Sequence[bytes] = (),
    ) -> None:
        self.trust = trust
        self.judged_at = judged_at
        self.embedded_crls = tuple(parse_crl(c) for c in crls)
        self.embedded_ocsps = tuple(parse_ocsp(o) for o in ocsps)
        self._crls = [*self.embedded_crls, *(parse_crl(c) for c in trust.crls)]
        self._ocsps = [*self.embedded_ocsps, *(parse_ocsp(o) for o in trust.ocsps)]
        self._others = [parse_certificate(c) for c in (*trust.intermediates, *certificates)]
        self._roots = {
            "signing": [parse_certificate(c) for c in trust.roots],
            "time_stamping": [parse_certificate(c) for c in trust.tsa_roots],
        }
        self._anchors = indexed(trust.anchors) if trust.anchors else None
        self._asked = False
        self._known: dict[tuple[bytes, datetime, Purpose, datetime | None], PathResult] = {}

    def check(
        self,
        certificate: x509.Certificate,
        others: Sequence[x509.Certificate],
        at: datetime,
        purpose: Purpose,
        *,
        used_at: datetime | None = None,
    ) -> PathResult:
        """Whether `certificate` holds at `at` for `purpose`.

        A listed service counts if its list vouched for it at `used_at` (default: `at`).
        """
        key = (certificate.dump(), at, purpose, used_at)
        if key not in self._known:
            result = self._check(certificate, others, at, purpose, used_at or at)
            if result.sub_indication == "TRY_LATER" and self._ask_source(certificate, others):
                result = self._check(certificate, others, at, purpose, used_at or at)
            self._known[key] = result
        return self._known[key]

    def _listed(
        self,
        certificate: x509.Certificate,
        others: Sequence[x509.Certificate],
        purpose: Purpose,
    ) -> list[Anchor]:
        """The listed services that could end a chain from `certificate`."""
        if self._anchors is None:
            return []
        issuers = (c.issuer.hashable for c in (certificate, *others, *self._others))
        return self._anchors.named(joined((certificate.subject.hashable,), issuers), purpose)

    def _ask_source(
        self, certificate: x509.Certificate, others: Sequence[x509.Certificate]
    ) -> bool:
        """Once for each document: fresh answers from the trust's source. True if there are any."""
        source = self.trust.revocation
        if source is None or self._asked:
            return False
        self._asked = True
        subjects = [certificate.dump(), *(c.dump() for c in others)]
        trusted = (*self.trust.intermediates, *self.trust.roots, *self.trust.tsa_roots)
        try:
            crls = [parse_crl(c) for c in source.crls(subjects)]
            ocsps = [parse_ocsp(o) for o in source.ocsps(subjects, [*subjects, *trusted])]
        except MemoryError:
            raise  # the limit speaks, not the file
        except Exception:  # a source that fails leaves things as they were: no answer
            return False
        self._crls += crls
        self._ocsps += ocsps
        return bool(crls or ocsps)

    def _check(
        self,
        certificate: x509.Certificate,
        others: Sequence[x509.Certificate],
        at: datetime,
        purpose: Purpose,
        used_at: datetime,
    ) -> PathResult:
        listed = self._listed(certificate, others, purpose)
        standing = [anchor for anchor in listed if anchor.stands(used_at)]
        roots = [*self._roots[purpose], *(parse_certificate(a.certificate) for a in standing)]
        if not roots:
            return _unlisted(listed, used_at)
        try:
            if not _usable(certificate, purpose):
                return PathResult("chain.usage", "CHAIN_CONSTRAINTS_FAILURE")
            # "require": every certificate needs an answer; "hard-fail": those that announce one.
            context = ValidationContext(
                trust_roots=roots,
                other_certs=[*self._others, *others],
                moment=at,
                crls=self._crls,
                ocsps=self._ocsps,
                revocation_mode="require" if self.trust.require_revocation else "hard-fail",
                retroactive_revinfo=True,
                time_tolerance=TOLERANCE,
            )
            validator = CertificateValidator(
                certificate, intermediate_certs=list(others), validation_context=context
            )
            path = _drive(validator.async_validate_path())
        except MemoryError:
            raise  # the limit speaks, not the file
        except Exception as error:  # whatever a hostile certificate provokes is an answer, too
            refusal = _refusal(error)
            withdrawn = len(standing) < len(listed)
            return (
                _unlisted(listed, used_at)
                if refusal.code == "chain.unknown" and withdrawn
                else refusal
            )
        accepted = self._accepted(path)
        last = accepted.chain[-1].dump()
        if last in (*self.trust.roots, *self.trust.tsa_roots):
            return accepted
        ends = [a.next_update for a in standing if a.certificate == last]
        updates = [end for end in ends if end is not None]
        return replace(accepted, stale_since=max(updates, default=None))

    def _accepted(self, path: ValidationPath) -> PathResult:
        found = tuple(reversed([c for c in path if isinstance(c, x509.Certificate)]))
        dates = [self._answer_date(c) for c in found[:-1]]
        known = [d for d in dates if d is not None]
        return PathResult(
            None,
            chain=found,
            revocation_as_of=min(known) if known and len(known) == len(dates) else None,
            revocation_checked=len(known) == len(dates),
        )

    def _answer_date(self, certificate: x509.Certificate) -> datetime | None:
        """When the newest answer about the certificate was issued."""
        dates: list[datetime] = [
            crl["tbs_cert_list"]["this_update"].native
            for crl in self._crls
            if crl.issuer == certificate.issuer
        ]
        dates += [
            single["this_update"].native
            for response in self._ocsps
            for single in _singles(response)
            if single["cert_id"]["serial_number"].native == certificate.serial_number
        ]
        return max(dates, default=None)

    def is_accredited(
        self, time_chain: Sequence[x509.Certificate], policy: str | None, at: datetime
    ) -> bool:
        """Whether a valid timestamp of `at` is a 認定タイムスタンプ.

        A chain of its own is built to each listed certificate: the one that proved the timestamp
        may have ended at another root before it came to the listed one.
        """
        listed = [
            a for a in self.trust.anchors
            if a.is_accredited and a.stands(at) and (not a.policies or policy in a.policies)
        ]  # fmt: skip
        if not listed or not time_chain:
            return False
        ders = [c.dump() for c in time_chain]
        pool = map(load_certificate, (*ders[1:], *self.trust.intermediates, *self.trust.tsa_roots))
        roots = [load_certificate(a.certificate) for a in listed]
        try:
            chain.build(load_certificate(ders[0]), pool, roots, None)
        except (chain.ChainBroken, ValueError):
            return False
        return True

    def is_covered(self, found: Sequence[x509.Certificate]) -> bool:
        """Whether the document itself holds revocation answers for the whole chain."""
        return all(
            any(crl.issuer == c.issuer for crl in self.embedded_crls)
            or any(
                single["cert_id"]["serial_number"].native == c.serial_number
                for response in self.embedded_ocsps
                for single in _singles(response)
            )
            for c in found[:-1]
        )


def _unlisted(listed: Sequence[Anchor], at: datetime) -> PathResult:
    """No root at all, or one whose list did not vouch for it at the time."""
    if not listed:
        return PathResult("chain.unknown", "NO_CERTIFICATE_CHAIN_FOUND")
    names = ", ".join(dict.fromkeys(a.service for a in listed))[:200]
    detail = f"{names}; {at:%Y-%m-%d}"
    return PathResult("chain.not_listed", "NO_CERTIFICATE_CHAIN_FOUND", detail)


def _drive(work: Coroutine[object, object, ValidationPath]) -> ValidationPath:
    """Run path validation to its end. Without fetching it never waits for anything, so that no
    event loop is needed (one costs more than the cryptography), also not inside a running one.
    """
    try:
        work.send(None)
    except StopIteration as done:
        result: ValidationPath = done.value
        return result
    work.close()
    raise RuntimeError("path validation wanted to wait")


def _singles(response: asn1_ocsp.OCSPResponse) -> list[asn1_ocsp.SingleResponse]:
    if response["response_status"].native != "successful":
        return []
    return list(response.response_data["responses"])


def _usable(certificate: x509.Certificate, purpose: Purpose) -> bool:
    """Key usage for signatures; the time-stamping purpose for authorities (RFC 3161 §2.3)."""
    extended = certificate.extended_key_usage_value
    if purpose == "time_stamping":
        return extended is not None and "time_stamping" in extended.native
    usage = certificate.key_usage_value
    if usage is not None and not usage.native & {"digital_signature", "non_repudiation"}:
        return False
    return extended is None or extended.native != ["time_stamping"]


def _refusal(error: Exception) -> PathResult:
    text = str(error)[:300]
    match error:
        case cv.RevokedError():
            leaf = error.is_ee_cert
            return PathResult("chain.revoked", "REVOKED" if leaf else "REVOKED_CA_NO_POE", text)
        case cv.ExpiredError():
            return PathResult("chain.expired", "EXPIRED", text)
        case cv.NotYetValidError():
            return PathResult("chain.not_yet_valid", "NOT_YET_VALID", text)
        case cv.InsufficientRevinfoError():
            return PathResult("chain.no_revocation", "TRY_LATER", text)
        case cv.DisallowedAlgorithmError():
            return PathResult("signature.weak", "CRYPTO_CONSTRAINTS_FAILURE", text)
        case cv.PathBuildingError():
            return PathResult("chain.unknown", "NO_CERTIFICATE_CHAIN_FOUND", text)
        case _:
            return PathResult("chain.invalid", "CERTIFICATE_CHAIN_GENERAL_FAILURE", text)
