"""A local server that speaks the published format of the registry's Web-API Ver.1.

It answers num, valid and diff in JSON (type=21) from rows given to it, refuses a wrong id with 404
and can be told to fail: what a client meets, over real HTTP.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from einvoice.registry_rows import COLUMNS

APPLICATION_ID = "Kq7testtest99"


def published_row(number: str, **changes: str) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "sequenceNumber": "1",
        "registratedNumber": number,
        "process": "01",
        "correct": "0",
        "kind": "2",
        "country": "1",
        "latest": "1",
        "registrationDate": "2023-10-01",
        "updateDate": "2023-10-01",
        "address": "静岡県遠州市三方原町１－２－３",
        "addressPrefectureCode": "22",
        "addressCityCode": "130",
        "kana": "ミカタハラブング",
        "name": "株式会社三方原文具",
    }
    return row | changes


class RegistryServer:
    """The rows it publishes, the requests it saw, and how it misbehaves."""

    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []
        self.requests: list[str] = []
        self.fail_with: tuple[int, bytes] | None = None
        self.body: bytes | None = None
        self.part_size = 2
        self.url = ""

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, bytes]:
        if self.fail_with is not None:
            return self.fail_with
        if query.get("id") != APPLICATION_ID:
            return 404, b""
        if query.get("type") != "21":
            return 400, b"020,type"
        if self.body is not None:
            return 200, self.body
        numbers = query.get("number", "").split(",")
        if len(numbers) > 10:
            return 400, b"030,number"
        mine = [row for row in self.rows if row["registratedNumber"] in numbers]
        if path == "/1/num":
            if query.get("history") != "1":
                mine = [row for row in mine if row["latest"] == "1"]
            return 200, self.page(mine, 1, 1)
        if path == "/1/valid":
            day = query["day"]
            newest = {
                row["registrationDate"]: row
                for row in sorted(mine, key=lambda row: row["updateDate"])
            }
            mine = [
                row
                for row in newest.values()
                if row["registrationDate"] <= day
                and (not row["disposalDate"] or day < row["disposalDate"])
                and (not row["expireDate"] or day < row["expireDate"])
            ]
            return 200, self.page(mine, 1, 1)
        if path == "/1/diff":
            rows = [row for row in self.rows if query["from"] <= row["updateDate"] <= query["to"]]
            parts = max(1, -(-len(rows) // self.part_size))
            part = int(query["divide"])
            some = rows[(part - 1) * self.part_size : part * self.part_size]
            return 200, self.page(some, part, parts, len(rows))
        return 404, b""

    def page(self, rows, part: int, parts: int, count: int | None = None) -> bytes:
        return json.dumps(
            {
                "lastUpdateDate": "2026-11-20",
                "count": str(len(rows) if count is None else count),
                "divideNumber": str(part),
                "divideSize": str(parts),
                "announcement": rows,
            },
            ensure_ascii=False,
        ).encode()


@contextmanager
def running_registry() -> Iterator[RegistryServer]:
    state = RegistryServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            state.requests.append(address.path)
            status, body = state.answer(address.path, query)
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
