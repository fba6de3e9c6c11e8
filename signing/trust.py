"""What a verification believes: roots, revocation answers, and how strict it is.

A `Trust` is a plain value of bytes, so that it can be handed to a child process and parsed there
once. Roots for signers and for time-stamping authorities are separate lists: an authority that may
say when something happened may not say who did it. Services of published lists come with the times
at which their list vouched for them (`anchors`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from asn1crypto import crl as asn1_crl
from asn1crypto import pem
from cryptography import x509

from .anchors import Anchor, Purpose, indexed
from .errors import TrustUnreadable

MAX_FILE = 16 * 1024 * 1024


class RevocationSource(Protocol):
    """Where fresh revocation answers come from when a document is extended or verified."""

    def crls(self, certificates: Iterable[bytes]) -> list[bytes]:
        """CRLs (DER) that cover the certificates (DER), as fresh as can be had."""
        ...

    def ocsps(self, certificates: Iterable[bytes], issuers: Iterable[bytes]) -> list[bytes]:
        """OCSP responses (DER) about the certificates."""
        ...


@dataclass(frozen=True, slots=True)
class Trust:
    """Roots and known revocation answers (DER each).

    `roots` end signers' chains, `tsa_roots` those of timestamps; `anchors` do either, each for the
    times its list says, and tell which timestamps are 認定タイムスタンプ. `crls`/`ocsps` are
    answers at hand; `revocation` may fetch fresh ones. `require_revocation=False` accepts
    certificates for which no revocation answer exists at all (the verdict says so); one that is
    known to be revoked is refused either way.
    """

    roots: tuple[bytes, ...] = ()
    tsa_roots: tuple[bytes, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = field(default=(), repr=False)
    ocsps: tuple[bytes, ...] = field(default=(), repr=False)
    revocation: RevocationSource | None = None
    anchors: tuple[Anchor, ...] = field(default=(), repr=False)
    require_revocation: bool = True

    def merged(self, other: Trust) -> Trust:
        """Everything of both; this one's switches."""
        return replace(
            self,
            roots=_union(self.roots, other.roots),
            tsa_roots=_union(self.tsa_roots, other.tsa_roots),
            intermediates=_union(self.intermediates, other.intermediates),
            crls=_union(self.crls, other.crls),
            ocsps=_union(self.ocsps, other.ocsps),
            anchors=tuple(dict.fromkeys((*self.anchors, *other.anchors))),
            revocation=self.revocation or other.revocation,
        )

    def ends(self, purpose: Purpose, issuers: Iterable[str], at: datetime) -> tuple[bytes, ...]:
        """Where chains for `purpose` may end: the roots, and the listed services of these names
        (asn1crypto's `hashable`) that their list vouched for at `at`.
        """
        roots = self.roots if purpose == "signing" else self.tsa_roots
        if not self.anchors:
            return roots
        listed = indexed(self.anchors).named(iter(issuers), purpose)
        return (*roots, *(a.certificate for a in listed if a.stands(at)))

    @classmethod
    def from_path(cls, path: Path, *, require_revocation: bool = True) -> Trust:
        """Trust from a PEM/DER file, or from a folder of certificates and CRLs.

        In a folder, files are told apart by their content. Self-issued CA certificates become
        roots for signers and timestamps, other certificates intermediates. A certificate given in
        a single file is a root whatever it is. Raises TrustUnreadable.
        """
        try:
            files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
            texts = [p.read_bytes() for p in files if p.stat().st_size <= MAX_FILE]
        except OSError as error:
            raise TrustUnreadable(place=str(path), reason=str(error)) from error
        roots: list[bytes] = []
        intermediates: list[bytes] = []
        crls: list[bytes] = []
        for text in texts:
            for kind, der in _objects(text):
                if kind == "crl":
                    crls.append(der)
                elif path.is_file() or _is_root(der):
                    roots.append(der)
                else:
                    intermediates.append(der)
        if not roots:
            raise TrustUnreadable(place=str(path), reason="no certificate / 証明書がありません")
        return cls(
            roots=tuple(roots),
            tsa_roots=tuple(roots),
            intermediates=tuple(intermediates),
            crls=tuple(crls),
            require_revocation=require_revocation,
        )


def _union(first: tuple[bytes, ...], second: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _objects(text: bytes) -> Iterable[tuple[str, bytes]]:
    """("certificate" | "crl", DER) of everything usable in a file; other content is passed over."""
    blocks: list[bytes] = []
    if pem.detect(text):
        try:
            blocks = [
                der
                for label, _headers, der in pem.unarmor(text, multiple=True)
                if label in ("CERTIFICATE", "X509 CRL", "TRUSTED CERTIFICATE")
            ]
        except ValueError:
            return
    elif text[:1] == b"\x30":
        blocks = [text]
    for block in blocks:
        try:
            x509.load_der_x509_certificate(block)
            yield "certificate", block
            continue
        except ValueError:
            pass
        try:
            parsed = asn1_crl.CertificateList.load(block, strict=True)
            _ = parsed["tbs_cert_list"]["this_update"].native
            yield "crl", block
        except (ValueError, TypeError, KeyError):
            continue


def certificates_in(text: bytes) -> list[bytes]:
    """The certificates (DER) of a PEM or DER file."""
    return [der for kind, der in _objects(text) if kind == "certificate"]


def _is_root(der: bytes) -> bool:
    certificate = x509.load_der_x509_certificate(der)
    return certificate.subject == certificate.issuer
