"""Client of the registry's Web-API Ver.1 (適格請求書発行事業者公表システムWeb-API).

    GET {base}/1/num    id, number (≤ 10, comma), type=21, history=0|1
    GET {base}/1/valid  id, number, day, type=21        the state on one day
    GET {base}/1/diff   id, from, to, type=21, divide   changes of a period, in parts

type=21 is JSON: lastUpdateDate, count, divideNumber, divideSize, announcement[…], all texts. 400
has an error code in its body, 403 means access was cut, 404 a wrong id or address. An application
id is free and takes about a month; a service that uses the API must say so and that its content
is not guaranteed by the National Tax Agency (`NOTICE`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import httpx2

from einvoice.errors import RegistryError, RegistryUnreachableError
from einvoice.registration import RegistrationNumber
from einvoice.registry import RegistryAnswer, RegistryStatus, judge
from einvoice.registry_rows import RegistryRow, row_from_mapping

PRODUCTION = "https://web-api.invoice-kohyo.nta.go.jp"
TEST_SYSTEM = "https://kensyo.invoice-kohyo.nta.go.jp"
NOTICE_JA = (
    "このサービスは、国税庁適格請求書発行事業者公表システムWeb-API機能を利用して取得した情報を"
    "もとに作成していますが、サービスの内容は国税庁によって保証されたものではありません。"
)
NOTICE_EN = (
    "This service uses the Web-API of the National Tax Agency's registry of qualified-invoice "
    "issuers; its content is not guaranteed by the National Tax Agency."
)
NUMBERS_PER_REQUEST = 10  # published limit of num
MAX_ANSWER_BYTES = 16 * 1024 * 1024  # a part of diff has about 500 rows, some hundred kB
MAX_PARTS = 10_000  # a diff of every row there is; beyond it divideSize is nonsense
_JSON = "21"


@dataclass(frozen=True, slots=True)
class RegistryPage:
    """One answer of the API: the date of its data, its rows, and which part of how many it is."""

    published: date
    rows: tuple[RegistryRow, ...]
    part: int
    parts: int


class RegistryClient:
    """Asks the Web-API, without cache or policy; raises RegistryError if there is no answer."""

    def __init__(
        self,
        application_id: str,
        *,
        now: Callable[[], datetime],
        base_url: str = PRODUCTION,
        timeout_seconds: float = 10.0,
    ) -> None:
        self._application_id = application_id
        self._now = now
        self._http = httpx2.Client(
            base_url=base_url,
            timeout=timeout_seconds,
            follow_redirects=False,
            headers={"Accept": "application/json"},
        )

    def close(self) -> None:
        """Give connections back."""
        self._http.close()

    def __enter__(self) -> RegistryClient:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def by_number(
        self, numbers: Sequence[RegistrationNumber], *, history: bool = False
    ) -> RegistryPage:
        """Rows of up to ten numbers; with `history` all their states, else the present one."""
        if not 1 <= len(numbers) <= NUMBERS_PER_REQUEST:
            raise ValueError(f"1 to {NUMBERS_PER_REQUEST} numbers, not {len(numbers)}")
        return self._get(
            "num",
            number=",".join(number.value for number in numbers),
            history="1" if history else "0",
        )

    def valid_on(self, number: RegistrationNumber, day: date) -> RegistryPage:
        """The row in force on a day; no row if there was none."""
        return self._get("valid", number=number.value, day=day.isoformat())

    def changes(self, first: date, last: date) -> Iterator[RegistryRow]:
        """Rows published from `first` to `last`, part after part."""
        parts, part = 1, 1
        while part <= parts:
            page = self._get(
                "diff", **{"from": first.isoformat(), "to": last.isoformat(), "divide": str(part)}
            )
            yield from page.rows
            parts, part = page.parts, part + 1

    def ask(self, number: RegistrationNumber, day: date) -> RegistryAnswer:
        """The status on a day: `valid` first; only if that is not a plain yes, the history.

        The second question tells apart a number that ended, one that begins later, and one that
        does not exist.
        """
        page = self.valid_on(number, day)
        answer = self._judge(number, day, page)
        if answer.status is RegistryStatus.REGISTERED:
            return answer
        return self._judge(number, day, self.by_number([number], history=True))

    def _judge(self, number: RegistrationNumber, day: date, page: RegistryPage) -> RegistryAnswer:
        return judge(
            number,
            day,
            page.rows,
            published=page.published,
            asked_at=self._now(),
            origin="web-api",
        )

    def _get(self, function: str, **parameters: str) -> RegistryPage:
        query = {"id": self._application_id, **parameters, "type": _JSON}
        try:
            with self._http.stream("GET", f"/1/{function}", params=query) as response:
                body = _bounded(response)
                if response.status_code != 200:
                    raise RegistryUnreachableError(reason=_refusal(response.status_code, body))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            # The text of the error may hold the address and with it the application id.
            raise RegistryUnreachableError(reason=type(error).__name__) from None
        return read_page(body)


def _bounded(response: httpx2.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise RegistryError(reason=f"> {MAX_ANSWER_BYTES} bytes")
    return bytes(body)


def _refusal(status: int, body: bytes) -> str:
    detail = body[:80].decode("utf-8", "replace").strip() if status == 400 else ""
    words = {403: "アクセス制限", 404: "アプリケーションIDまたはURLの誤り"}.get(status, detail)
    return f"HTTP {status} {words}".strip()


def read_page(body: bytes) -> RegistryPage:
    """A page from the bytes of a JSON answer. Raises RegistryError if it is not one."""
    try:
        data: Any = json.loads(body)
        published = date.fromisoformat(data["lastUpdateDate"])
        count = int(data["count"])
        part, parts = int(data["divideNumber"]), int(data["divideSize"])
        announcements = data["announcement"]
        if not isinstance(announcements, list) or not 0 <= parts <= MAX_PARTS:
            raise ValueError("announcement")
        rows = tuple(row_from_mapping(item) for item in announcements)
    except RegistryError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RegistryError(reason=f"JSON: {type(error).__name__}") from None
    if parts <= 1 and count != len(rows):
        raise RegistryError(reason=f"count={count}, {len(rows)} rows")
    return RegistryPage(published=published, rows=rows, part=part, parts=parts)
