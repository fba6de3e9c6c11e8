"""DNS and HTTP of a private network on loopback: real sockets, real protocols, no mocks.

`NameServer` answers NAPTR questions; `WebServer` serves SMP files (GET) and an AS4 endpoint
(POST). Both run in a thread, both stop with `close()` or at the end of a `with`.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Final, Protocol, Self

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import dns.rrset

from peppol.sbdh_reading import ByteSource

_DRAIN: Final = 64 * 1024


class Response(Protocol):
    """What a POST handler gives back (peppol.as4.receiving.Reply fits)."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


PostHandler = Callable[[Mapping[str, str], ByteSource], Response]


class _Server:
    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class NameServer(_Server):
    """Answers NAPTR over UDP on 127.0.0.1. `records` maps a name to lines of presentation format.

    A name mapped to the empty list exists without records; an absent one is NXDOMAIN.
    """

    def __init__(self, records: Mapping[str, list[str]]) -> None:
        self.records = {name.lower().rstrip("."): lines for name, lines in records.items()}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = Thread(target=self._serve, daemon=True, name="private-dns")
        self._thread.start()

    def resolver(self) -> dns.resolver.Resolver:
        """A resolver that asks this server and nobody else."""
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self.port
        return resolver

    def close(self) -> None:
        closing = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        closing.sendto(b"", ("127.0.0.1", self.port))
        closing.close()
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, peer = self._socket.recvfrom(4096)
            if not data:
                return
            try:
                self._socket.sendto(self._answer(dns.message.from_wire(data)), peer)
            except dns.exception.DNSException:
                continue

    def _answer(self, question: dns.message.Message) -> bytes:
        response = dns.message.make_response(question)
        response.flags |= dns.flags.AA
        asked = question.question[0]
        lines = self.records.get(asked.name.to_text(omit_final_dot=True).lower())
        if lines is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif lines and asked.rdtype == dns.rdatatype.NAPTR:
            response.answer.append(
                dns.rrset.from_text_list(
                    asked.name, 60, dns.rdataclass.IN, dns.rdatatype.NAPTR, lines
                )
            )
        return response.to_wire()


class WebServer(_Server):
    """Static answers by path, and one handler for POST, on 127.0.0.1."""

    def __init__(
        self,
        files: Mapping[str, bytes] | None = None,
        *,
        post: PostHandler | None = None,
        tls: ssl.SSLContext | None = None,
        answers: Mapping[str, tuple[int, Mapping[str, str], bytes]] | None = None,
        port: int = 0,
    ) -> None:
        self.files = dict(files or {})
        self.answers = dict(answers or {})
        self.post = post
        self.asked: list[str] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def do_GET(self) -> None:
                owner.asked.append(self.path)
                if self.path in owner.answers:
                    self._reply(*owner.answers[self.path])
                elif self.path in owner.files:
                    headers = {"Content-Type": "application/xml"}
                    self._reply(200, headers, owner.files[self.path])
                else:
                    self._reply(404, {}, b"")

            def do_POST(self) -> None:
                if owner.post is None:
                    self.close_connection = True
                    self._reply(405, {}, b"")
                    return
                source = _Body(self)
                response = owner.post(dict(self.headers.items()), source)
                if not source.drained():
                    self.close_connection = True
                self._reply(response.status, response.headers, response.body)

            def _reply(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])
        self.address = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},
            daemon=True,
            name="private-web",
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Body:
    """A request's body, by Content-Length or chunked, as a plain source of bytes."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._file = handler.rfile
        self._chunked = "chunked" in handler.headers.get("Transfer-Encoding", "").lower()
        self._left = int(handler.headers.get("Content-Length") or 0)
        self._ended = False

    def read(self, size: int, /) -> bytes:
        if not self._chunked:
            data = self._file.read(min(size, self._left))
            self._left -= len(data)
            return data
        if self._ended:
            return b""
        if self._left == 0:
            self._left = int(self._file.readline(100).split(b";")[0] or b"0", 16)
            if self._left == 0:
                self._file.readline(100)
                self._ended = True
                return b""
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        if self._left == 0:
            self._file.readline(100)
        return data

    def drained(self) -> bool:
        """Whether the body was read to its end (else the connection must not be used again)."""
        if self._chunked:
            return self._ended or (self._left == 0 and not self.read(_DRAIN))
        return self._left == 0
