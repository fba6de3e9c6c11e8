"""A time-stamping authority for demonstrations, over HTTP. NOT FOR PRODUCTION 開発用.

It speaks RFC 3161 §3.4 (POST, application/timestamp-query) on 127.0.0.1 and answers with the
development key. It is a process of its own, so that an outage can be tried by ending it.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from signing import development

LARGEST_QUERY = 64 * 1024


def serve(pki_folder: Path, port: int) -> None:
    """Answer until the process is ended."""
    pki = development.create_pki(pki_folder)
    with ThreadingHTTPServer(("127.0.0.1", port), handler(pki.tsa_answer)) as server:
        server.serve_forever()


def handler(answer: Callable[[bytes], bytes]) -> type[BaseHTTPRequestHandler]:
    class DevelopmentAuthority(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            if self.headers.get_content_type() != "application/timestamp-query":
                return self.send_error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            if not 0 < size <= LARGEST_QUERY:
                return self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            token = answer(self.rfile.read(size))
            self.send_response(HTTPStatus.OK)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(token)))
            self.end_headers()
            self.wfile.write(token)
            return None

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing to say about a development answer."""

    return DevelopmentAuthority
