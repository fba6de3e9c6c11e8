"""Outgoing HTTP that cannot be led astray.

Addresses come from strangers (DNS, SMP, certificates), so before connecting: scheme and port are
the allowed ones, no user part, every address the name resolves to is public, and the connection
goes to the very address that was checked (no second resolution, hence no rebinding). No redirects
(SMP 1.4.0, lookup policy). Answers are read up to a cap and a deadline.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from peppol.errors import AddressRefused, PeppolError, Text

Resolve = Callable[[str, int], Sequence[str]]
_CHUNK: Final = 64 * 1024
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


class Unreachable(PeppolError):
    """No usable answer: name, connection, TLS, time or size. host, why: Text."""

    code = "peppol.unreachable"
    message = Text("「{host}」から応答がありません: {why}", "No usable answer from “{host}”: {why}")
    remedy = Text("しばらくしてもう一度お試しください。", "Try again later.")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, lower-case headers and body of an HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What may be connected to. The defaults are Peppol's (https on 443, public addresses)."""

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] | None = frozenset({443})
    allow_private: bool = False

    @classmethod
    def for_revocation(cls) -> AddressRules:
        """CRLs are served over plain http on port 80 (they are signed themselves)."""
        return cls(frozenset({"http", "https"}), frozenset({80, 443}))

    @classmethod
    def for_private_network(cls) -> AddressRules:
        """Loopback and any port: only for a private network of one's own."""
        return cls(frozenset({"http", "https"}), None, allow_private=True)


def resolve(host: str, port: int) -> list[str]:
    """All addresses of `host` by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address literal belongs to the public internet, seen through IPv6 wrappings."""
    try:
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast


@dataclass(frozen=True, slots=True)
class Outbound:
    """Makes requests under `rules`. `tls` is the context for https (system CAs by default)."""

    rules: AddressRules = field(default_factory=AddressRules)
    timeout: float = 30.0
    tls: ssl.SSLContext | None = None
    resolve: Resolve = resolve

    def get(self, url: str, *, limit: int) -> Answer:
        """GET `url`; at most `limit` bytes of body. AddressRefused or Unreachable."""
        return self.request("GET", url, limit=limit)

    def request(
        self,
        method: str,
        url: str,
        *,
        limit: int,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """One request, no redirect followed. AddressRefused or Unreachable."""
        seconds = timeout or self.timeout
        deadline = time.monotonic() + seconds
        scheme, host, port, target = self._check(url)
        address = self._address(url, host, port)
        connection = _Pinned(host, port, address, scheme, self._tls(scheme), seconds)
        try:
            connection.request(method, target, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            parts: list[bytes] = []
            size = 0
            while chunk := response.read1(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise _unreachable(host, "応答が大きすぎます。", "the answer is too large.")
                if time.monotonic() > deadline:
                    raise _unreachable(host, "時間切れです。", "out of time.")
                parts.append(chunk)
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, b"".join(parts))
        except (OSError, http.client.HTTPException) as error:
            name = type(error).__name__
            raise _unreachable(
                host, f"接続できません({name})。", f"connection failed ({name})."
            ) from error
        finally:
            connection.close()

    def _check(self, url: str) -> tuple[str, str, int, str]:
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            host = parts.hostname
        except ValueError:
            raise _refused(url, "URL ではありません。", "it is no URL.") from None
        if parts.scheme not in self.rules.schemes:
            raise _refused(url, "https ではありません。", "it is not https.")
        if not host or parts.username is not None or parts.password is not None:
            raise _refused(url, "ホスト名が正しくありません。", "the host part is wrong.")
        if self.rules.ports is not None and port not in self.rules.ports:
            raise _refused(url, "ポートが違います。", "the port is not allowed.")
        if any(ord(c) <= 32 or ord(c) >= 127 for c in url):
            raise _refused(
                url, "使えない文字があります。", "it has characters that are not allowed."
            )
        target = parts.path or "/"
        if parts.query:
            target += "?" + parts.query
        return parts.scheme, host, port, target

    def _address(self, url: str, host: str, port: int) -> str:
        try:
            addresses = self.resolve(host, port)
        except (OSError, UnicodeError):
            raise _unreachable(
                host, "名前を解決できません。", "the name does not resolve."
            ) from None
        if not addresses:
            raise _unreachable(host, "名前を解決できません。", "the name does not resolve.")
        if not self.rules.allow_private and not all(map(is_public, addresses)):
            raise _refused(url, "公開アドレスではありません。", "not a public address.")
        return addresses[0]

    def _tls(self, scheme: str) -> ssl.SSLContext | None:
        if scheme != "https":
            return None
        if self.tls is not None:
            return self.tls
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


class _Pinned(http.client.HTTPConnection):
    """A connection to one checked address; TLS and Host still speak of the name."""

    def __init__(
        self,
        host: str,
        port: int,
        address: str,
        scheme: str,
        tls: ssl.SSLContext | None,
        timeout: float,
    ) -> None:
        super().__init__(host, port, timeout=timeout)
        self._pinned = address
        self._tls = tls
        self.default_port = 443 if scheme == "https" else 80

    def connect(self) -> None:
        self.sock = socket.create_connection((self._pinned, self.port), self.timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)


def _refused(url: str, ja: str, en: str) -> AddressRefused:
    return AddressRefused(address=url[:200], why=Text(ja, en))


def _unreachable(host: str, ja: str, en: str) -> Unreachable:
    return Unreachable(host=host, why=Text(ja, en))
