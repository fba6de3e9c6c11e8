"""The registry: the status on the day of the transaction, and never "registered" without it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from einvoice.errors import RegistryError, RegistryUnreachableError
from einvoice.registration import RegistrationNumber
from einvoice.registry import CachedRegistry, MemoryCache, NoRegistry, RegistryStatus
from einvoice.registry_client import RegistryClient, read_page
from einvoice.registry_rows import row_from_csv, row_from_mapping
from tests.einvoice.invoice_builders import corporate
from tests.einvoice.registry_server import (
    APPLICATION_ID,
    RegistryServer,
    published_row,
    running_registry,
)

NUMBERS = [
    RegistrationNumber.of_corporation(corporate(f"0804010{index:05d}")) for index in range(12)
]
NUMBER = NUMBERS[0]
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
DAY = date(2026, 10, 15)


class Now:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    with running_registry() as running:
        yield running


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def client(server: RegistryServer, now: Now) -> Iterator[RegistryClient]:
    with RegistryClient(APPLICATION_ID, now=now, base_url=server.url) as client:
        yield client


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, RegistryStatus.REGISTERED),
        ({"registrationDate": "2026-10-15"}, RegistryStatus.REGISTERED),
        ({"registrationDate": "2026-10-16"}, RegistryStatus.NOT_YET),
        ({"expireDate": "2026-10-16", "process": "03"}, RegistryStatus.REGISTERED),
        ({"expireDate": "2026-10-15", "process": "03"}, RegistryStatus.LAPSED),
        ({"disposalDate": "2026-10-16", "process": "04"}, RegistryStatus.REGISTERED),
        ({"disposalDate": "2026-10-15", "process": "04"}, RegistryStatus.CANCELLED),
        ({"process": "99"}, RegistryStatus.NOT_FOUND),
    ],
)
def test_status_on_the_day_of_the_transaction(
    server: RegistryServer, client: RegistryClient, changes, status: RegistryStatus
) -> None:
    server.rows = [published_row(NUMBER.value, **changes)]
    if changes.get("process") == "99":
        server.rows[0]["registrationDate"] = "2026-11-01"  # a deletion is in no day's valid rows
    answer = client.ask(NUMBER, DAY)
    assert answer.status is status
    assert answer.is_registered is (status is RegistryStatus.REGISTERED)
    assert answer.asked_at == NOW
    assert answer.published == date(2026, 11, 20)


def test_an_unpublished_number_is_not_found(client: RegistryClient) -> None:
    assert client.ask(NUMBER, DAY).status is RegistryStatus.NOT_FOUND


def test_lapsed_and_registered_again(server: RegistryServer, client: RegistryClient) -> None:
    server.rows = [
        published_row(NUMBER.value, latest="", updateDate="2023-10-01"),
        published_row(
            NUMBER.value, latest="", process="03", expireDate="2025-04-01", updateDate="2025-04-01"
        ),
        published_row(
            NUMBER.value, registrationDate="2026-01-01", updateDate="2026-01-01", sequenceNumber="2"
        ),
    ]
    assert client.ask(NUMBER, date(2025, 3, 31)).status is RegistryStatus.REGISTERED
    assert client.ask(NUMBER, date(2025, 12, 31)).status is RegistryStatus.LAPSED
    assert client.ask(NUMBER, date(2026, 1, 1)).status is RegistryStatus.REGISTERED
    assert client.ask(NUMBER, date(2023, 9, 30)).status is RegistryStatus.NOT_YET


def test_a_plain_yes_costs_one_question(server: RegistryServer, client: RegistryClient) -> None:
    server.rows = [published_row(NUMBER.value)]
    client.ask(NUMBER, DAY)
    assert server.requests == ["/1/valid"]
    client.ask(NUMBERS[1], DAY)
    assert server.requests == ["/1/valid", "/1/valid", "/1/num"]


def test_ten_numbers_in_one_question_and_not_eleven(
    server: RegistryServer, client: RegistryClient
) -> None:
    server.rows = [published_row(number.value) for number in NUMBERS]
    assert len(client.by_number(NUMBERS[:10]).rows) == 10
    with pytest.raises(ValueError, match="10"):
        client.by_number(NUMBERS[:11])


def test_changes_come_part_after_part(server: RegistryServer, client: RegistryClient) -> None:
    server.rows = [published_row(number.value, updateDate="2026-11-19") for number in NUMBERS[:5]]
    rows = list(client.changes(date(2026, 11, 19), date(2026, 11, 20)))
    assert [row.number for row in rows] == [number.value for number in NUMBERS[:5]]
    assert server.requests == ["/1/diff"] * 3


def test_the_answer_is_kept_and_says_how_old_it_is(
    server: RegistryServer, client: RegistryClient, now: Now
) -> None:
    server.rows = [published_row(NUMBER.value)]
    registry = CachedRegistry(client, MemoryCache(), now=now)
    assert registry.status(NUMBER, DAY).is_registered
    now.at += timedelta(hours=23)
    kept = registry.status(NUMBER, DAY)
    assert kept.age(now()) == timedelta(hours=23)
    assert server.requests == ["/1/valid"]
    now.at += timedelta(hours=2)
    assert registry.status(NUMBER, DAY).age(now()) == timedelta(0)
    assert server.requests == ["/1/valid"] * 2


def test_without_network_nothing_is_registered(now: Now) -> None:
    with running_registry() as server:
        server.rows = [published_row(NUMBER.value)]
        client = RegistryClient(APPLICATION_ID, now=now, base_url=server.url, timeout_seconds=2)
        registry = CachedRegistry(client, MemoryCache(), now=now)
        assert registry.status(NUMBER, DAY).is_registered
    now.at += timedelta(days=2)
    with client:
        answer = registry.status(NUMBER, DAY)
        assert answer.status is RegistryStatus.CANNOT_TELL
        assert not answer.is_registered
        assert answer.reason is not None
        assert "接続できません" in answer.reason
        assert answer.last_known is not None
        assert answer.last_known.is_registered
        assert registry.status(NUMBERS[1], DAY).last_known is None


def test_an_installation_without_access_says_so() -> None:
    answer = NoRegistry().status(NUMBER, DAY)
    assert answer.status is RegistryStatus.CANNOT_TELL
    assert answer.age(NOW) is None


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (403, b"", "アクセス制限"),
        (404, b"", "アプリケーションID"),
        (400, b"030,number", "030"),
        (500, b"", "500"),
    ],
)
def test_a_refusal_says_why(
    server: RegistryServer, client: RegistryClient, status: int, body: bytes, word: str
) -> None:
    server.fail_with = (status, body)
    with pytest.raises(RegistryUnreachableError) as caught:
        client.ask(NUMBER, DAY)
    assert word in caught.value.message_ja
    assert APPLICATION_ID not in str(caught.value)


def test_a_wrong_application_id_is_not_told_to_the_log(server: RegistryServer, now: Now) -> None:
    with (
        RegistryClient("secret-id-123", now=now, base_url=server.url) as client,
        pytest.raises(RegistryUnreachableError) as caught,
    ):
        client.ask(NUMBER, DAY)
    assert "secret-id-123" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        b'{"lastUpdateDate":"2026-11-20","count":"1","divideNumber":"1","divideSize":"1","announcement":[]}',
        b'{"lastUpdateDate":"2026-11-20","count":"1","divideNumber":"1","divideSize":"1","announcement":[1]}',
        b'{"lastUpdateDate":"2026-11-20","count":"0","divideNumber":"1","divideSize":"99999999","announcement":[]}',
        b'{"lastUpdateDate":"x","count":"0","divideNumber":"1","divideSize":"1","announcement":[]}',
    ],
)  # fmt: skip
def test_what_is_not_the_published_format_is_refused(body: bytes) -> None:
    with pytest.raises(RegistryError):
        read_page(body)


@pytest.mark.parametrize(
    "changes",
    [
        {"registratedNumber": "T1234567890123"},
        {"registrationDate": ""},
        {"registrationDate": "20231001"},
        {"expireDate": "2026-02-30"},
        {"process": "05"},
        {"kind": "3"},
        {"sequenceNumber": "x"},
        {"name": "あ" * 4_001},
    ],
)
def test_a_row_out_of_form_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(RegistryError):
        row_from_mapping(published_row(NUMBER.value, **changes))


def test_the_bulk_file_has_the_same_columns() -> None:
    row = published_row(NUMBER.value, tradeName="三方原文具店")
    read = row_from_csv(list(row.values()))
    assert read == row_from_mapping(row)
    assert read.names == ("株式会社三方原文具", "三方原文具店")
    with pytest.raises(RegistryError, match="23 columns"):
        row_from_csv(list(row.values())[:23])


def test_an_answer_without_end_is_cut_off(
    server: RegistryServer, client: RegistryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("einvoice.registry_client.MAX_ANSWER_BYTES", 1_000)
    server.body = b" " * 5_000
    with pytest.raises(RegistryError, match="1000"):
        client.ask(NUMBER, DAY)


def test_the_cache_forgets_the_oldest(server: RegistryServer, client: RegistryClient) -> None:
    cache = MemoryCache(limit=2)
    for number in NUMBERS[:3]:
        cache.put(client.ask(number, DAY))
    assert cache.get(NUMBERS[0], DAY) is None
    assert cache.get(NUMBERS[2], DAY) is not None
