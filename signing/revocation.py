"""Fetching CRLs and OCSP answers from the addresses that certificates name.

The addresses come from files that strangers hand in, so they are not trusted: only http and https,
only public addresses (the name is resolved once and the connection goes to the address that was
checked), no redirects, bounded in time and size. What cannot be fetched is simply not there;
whoever needs it says so.

What is NOT checked here: signatures of the answers. Path validation does that.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from urllib.parse import urlsplit

import httpx2
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from .timestamping import utc_now

MAX_CRL = 32 * 1024 * 1024  # national CAs publish lists of several MB
MAX_OCSP = 256 * 1024
MAX_ADDRESSES = 4  # tried for one certificate
log = logging.getLogger(__name__)
Resolve = Callable[[str, int], list[str]]


class Refused(Exception):
    """An address that is not asked; the text says why."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: str) -> bool:
    """Whether an address is a public one (RFC 6890)."""
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_global) and not parsed.is_multicast


class OnlineRevocation:
    """A `RevocationSource` that fetches; answers are kept until they expire. Thread-safe."""

    def __init__(
        self,
        *,
        timeout: float = 10.0,
        resolve: Resolve = resolve,
        is_allowed: Callable[[str], bool] = is_public,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`timeout` in seconds for one answer as a whole."""
        self._timeout = timeout
        self._resolve = resolve
        self._is_allowed = is_allowed
        self._clock = clock
        self._kept: dict[str, tuple[datetime, bytes]] = {}
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, object]:
        return {k: v for k, v in self.__dict__.items() if k not in ("_lock", "_kept")}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state, _lock=threading.Lock(), _kept={})

    def crls(self, certificates: Iterable[bytes]) -> list[bytes]:
        """The CRLs at the certificates' distribution points, each once."""
        found: dict[bytes, None] = {}
        for der in certificates:
            for url in _distribution_points(_load(der))[:MAX_ADDRESSES]:
                crl = self._crl(url)
                if crl is not None:
                    found[crl] = None
                    break
        return list(found)

    def ocsps(self, certificates: Iterable[bytes], issuers: Iterable[bytes]) -> list[bytes]:
        """OCSP answers for those certificates that name a responder and whose issuer is given."""
        known = [c for c in map(_load, issuers) if c is not None]
        found: list[bytes] = []
        for subject in map(_load, certificates):
            if subject is None:
                continue
            issuer = next((i for i in known if i.subject == subject.issuer), None)
            urls = _responders(subject)[:MAX_ADDRESSES]
            if issuer is None or not urls:
                continue
            request = ocsp.OCSPRequestBuilder().add_certificate(subject, issuer, hashes.SHA1())  # noqa: S303
            body = request.build().public_bytes(serialization.Encoding.DER)
            answer = self._ask(urls[0], body)
            if answer is not None:
                found.append(answer)
        return found

    def _crl(self, url: str) -> bytes | None:
        with self._lock:
            kept = self._kept.get(url)
        if kept is not None and kept[0] > self._clock():
            return kept[1]
        try:
            data = self._fetch(url, None, MAX_CRL)
            if data.startswith(b"-----"):
                parsed = x509.load_pem_x509_crl(data)
            else:
                parsed = x509.load_der_x509_crl(data)
        except (Refused, httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            log.warning("no CRL from %s: %s", url, error)
            return None
        der = parsed.public_bytes(serialization.Encoding.DER)
        if parsed.next_update_utc is not None:
            with self._lock:
                self._kept[url] = (parsed.next_update_utc, der)
        return der

    def _ask(self, url: str, request: bytes) -> bytes | None:
        try:
            data = self._fetch(url, request, MAX_OCSP)
            status = asn1_ocsp.OCSPResponse.load(data)["response_status"].native
        except (Refused, httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            log.warning("no OCSP answer from %s: %s", url, error)
            return None
        return data if status == "successful" else None

    def _fetch(self, url: str, body: bytes | None, limit: int) -> bytes:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused(f"scheme {parts.scheme or '—'}")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses = self._resolve(parts.hostname, port)
        if not addresses or not all(self._is_allowed(a) for a in addresses):
            raise Refused("not a public address")
        shown = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
        query = f"?{parts.query}" if parts.query else ""
        target = f"{parts.scheme}://{shown}:{port}{parts.path or '/'}{query}"
        headers = {"Host": parts.netloc.rsplit("@", 1)[-1]}
        if body is not None:
            headers["Content-Type"] = "application/ocsp-request"
        deadline = time.monotonic() + self._timeout
        with (
            httpx2.Client(timeout=self._timeout, follow_redirects=False) as client,
            client.stream(
                "GET" if body is None else "POST",
                target,
                content=body,
                headers=headers,
                extensions={"sni_hostname": parts.hostname},
            ) as reply,
        ):
            if reply.status_code != 200:
                raise Refused(f"HTTP {reply.status_code}")
            received = bytearray()
            for part in reply.iter_bytes():
                received += part
                if len(received) > limit:
                    raise Refused(f"over {limit} bytes")
                if time.monotonic() > deadline:
                    raise Refused(f"over {self._timeout:g} s")
            return bytes(received)


def _load(der: bytes) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        return None


def _distribution_points(certificate: x509.Certificate | None) -> list[str]:
    if certificate is None:
        return []
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    except (x509.ExtensionNotFound, ValueError):
        return []
    names = [name for point in points.value for name in point.full_name or []]
    return [n.value for n in names if isinstance(n, x509.UniformResourceIdentifier)]


def _responders(certificate: x509.Certificate) -> list[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [
        item.access_location.value
        for item in access.value
        if item.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(item.access_location, x509.UniformResourceIdentifier)
    ]
