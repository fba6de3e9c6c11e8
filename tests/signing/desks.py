"""A small HTTP server for tests: it keeps quiet when a client gives up, which is often the test."""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Runs in the background until `close()`; `silence()` in a handler waits until then."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._closing = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def silence(self) -> None:
        """Say nothing for as long as the test lasts."""
        self._closing.wait(600)

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        self._closing.set()
        self.shutdown()
        self.server_close()
