"""Revocation by CRL (RFC 5280 §5), fetched ahead of need.

A list is fetched when it is first asked for and again when `refresh` is called (a periodic job)
or it is older than `fresh_for`; a failing fetch leaves the old one in use until its own nextUpdate
plus `grace`. So a slow CRL server delays nobody once a list is there, and nobody can be believed
for ever without one. `peppol.ocsp` asks about single certificates, and puts both in order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from peppol.errors import PeppolError, RevocationUnknown, Text
from peppol.trust import subject_of, untrusted

MAX_CRL_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Held:
    crl: x509.CertificateRevocationList
    fetched: datetime
    until: datetime


class CrlRevocation:
    """CRLs by the address in the certificates. `fetch(url)` gives bytes or raises PeppolError."""

    def __init__(
        self,
        fetch: Callable[[str], bytes],
        *,
        fresh_for: timedelta = timedelta(hours=1),
        grace: timedelta = timedelta(hours=0),
    ) -> None:
        self._fetch = fetch
        self._fresh_for = fresh_for
        self._grace = grace
        self._held: dict[str, tuple[_Held, x509.Certificate]] = {}
        self._lock = Lock()

    def check(self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> None:
        """Nothing when good; CertificateNotTrusted when revoked, RevocationUnknown otherwise."""
        url = _distribution_point(certificate)
        held = self._list(url, issuer, at)
        entry = held.crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None and entry.revocation_date_utc <= at:
            raise untrusted(certificate, "失効しています。", "it is revoked.")

    def refresh(self, at: datetime) -> list[str]:
        """Fetch every known list again; the addresses that failed."""
        with self._lock:
            known = [(url, issuer) for url, (_, issuer) in self._held.items()]
        failed = []
        for url, issuer in known:
            try:
                self._load(url, issuer, at)
            except PeppolError:
                failed.append(url)
        return failed

    def _list(self, url: str, issuer: x509.Certificate, at: datetime) -> _Held:
        with self._lock:
            entry = self._held.get(url)
        held = entry[0] if entry else None
        if held is None or held.fetched + self._fresh_for < at:
            try:
                held = self._load(url, issuer, at)
            except PeppolError:
                if held is None:
                    raise
        if held.until + self._grace < at:
            raise _unknown(issuer, "一覧が古すぎます。", "the list is too old.")
        return held

    def _load(self, url: str, issuer: x509.Certificate, at: datetime) -> _Held:
        try:
            data = self._fetch(url)
        except PeppolError as error:
            raise _unknown(
                issuer, "失効一覧を取得できません。", "the revocation list cannot be fetched."
            ) from error
        try:
            crl = (
                x509.load_pem_x509_crl(data)
                if data.startswith(b"-----")
                else x509.load_der_x509_crl(data)
            )
            public = issuer.public_key()
            assert isinstance(public, rsa.RSAPublicKey)
            genuine = crl.issuer == issuer.subject and crl.is_signature_valid(public)
            until = crl.next_update_utc
        except ValueError:
            raise _unknown(issuer, "失効一覧が壊れています。", "the list is damaged.") from None
        if not genuine or until is None:
            raise _unknown(issuer, "失効一覧が本物ではありません。", "the list is not genuine.")
        held = _Held(crl, at, until)
        with self._lock:
            self._held[url] = (held, issuer)
        return held


def _distribution_point(certificate: x509.Certificate) -> str:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        points = None
    for point in points or ():
        for name in point.full_name or ():
            if isinstance(name, x509.UniformResourceIdentifier) and name.value.startswith("http"):
                return name.value
    raise _unknown(certificate, "一覧の先がありません。", "it names no revocation list.")


def _unknown(issuer: x509.Certificate, ja: str, en: str) -> RevocationUnknown:
    return RevocationUnknown(
        subject=subject_of(issuer),
        why=Text("失効を確かめられません: " + ja, "revocation unknown: " + en),
    )
