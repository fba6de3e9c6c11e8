"""Exports that verify without this service, and what cutting or changing them gives away."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from records import Actor, Database, audit
from records.errors import AuditExportUnreadable

CLERK = Actor("staff", "u-17", "調達 花子")
OTHER = Actor("vendor", "v-1", "株式会社髙橋建設")


def is_token_over(token: bytes, digest: bytes) -> bool:
    return token == b"token:" + digest


@pytest.fixture
def filled(database: Database) -> Database:
    """Eight acts on two contracts, anchored after the fifth and after the eighth."""
    for number in range(8):
        with database.transaction() as session:
            actor = OTHER if number % 2 else CLERK
            audit.append(
                session,
                actor,
                "contract.viewed",
                f"contract:{number % 2}",
                {"n": number},
                datetime(2026, 11, 20 + number, 3, tzinfo=UTC),
            )
            if number in (4, 7):
                audit.anchor(
                    session,
                    lambda digest: b"token:" + digest,
                    datetime(2026, 11, 20 + number, 4, tzinfo=UTC),
                )
    return database


@pytest.fixture
def lines(filled: Database) -> list[str]:
    with filled.reader() as session:
        return list(audit.export(session))


def test_a_whole_export_verifies_offline(lines: list[str]) -> None:
    report = audit.verify_export(lines, check_token=is_token_over)
    assert report.is_whole
    assert (report.entries, report.anchors, report.anchored_through) == (8, 2, 8)
    assert report.tokens_checked == 2
    assert "髙橋建設" in lines[2], "people can read it"


def test_an_export_with_line_ends_is_the_same(lines: list[str]) -> None:
    assert audit.verify_export(line + "\n" for line in lines).is_whole


def test_an_export_of_an_empty_trail_is_whole(database: Database) -> None:
    with database.reader() as session:
        assert audit.verify_export(audit.export(session)).entries == 0


Edit = Callable[[list[str]], list[str]]


def edited(number: int, **values: object) -> Edit:
    def edit(lines: list[str]) -> list[str]:
        line = json.loads(lines[number]) | values
        return [*lines[:number], json.dumps(line), *lines[number + 1 :]]

    return edit


@pytest.mark.parametrize(
    ("edit", "seq", "fault"),
    [
        (edited(3, action="contract.signed"), 3, "content"),
        (edited(3, at="2026-11-22T03:00:00.000001Z"), 3, "content"),
        (edited(3, hash="0" * 64), 3, "content"),
        (edited(0, prev="1" * 64), 1, "content"),
        (lambda lines: lines[:3] + lines[4:], 4, "gap"),
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], 3, "gap"),
        (lambda lines: [*lines[:3], lines[2], *lines[3:]], 2, "order"),
        (lambda lines: lines[:-1], 9, "head"),
        (lambda lines: lines[:8] + lines[9:], 8, "anchor_tail"),
        (lambda lines: lines[:8] + lines[9:10] + lines[11:], 8, "head"),
        (edited(9, token="Zm9yZ2Vk"), 5, "token"),
        (edited(9, hash="0" * 64), 5, "anchor_hash"),
        (edited(11, end=7), 9, "head"),
    ],
)
def test_the_first_broken_line_is_named(lines: list[str], edit: Edit, seq: int, fault: str) -> None:
    broken = audit.verify_export(edit(lines), check_token=is_token_over).broken
    assert broken is not None
    assert (broken.seq, broken.fault) == (seq, fault)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ([], 1),
        ([""], 1),
        (["not json"], 1),
        (["[]"], 1),
        (['{"warifu_audit": 2, "first": 1, "prev": ""}'], 1),
        (['{"warifu_audit": 1, "first": 1, "prev": ""}', '{"seq": 1}'], 2),
        (['{"warifu_audit": 1, "first": 1, "prev": ""}', '{"seq": 1, "seq": 2}'], 2),
        (['{"warifu_audit": 1, "first": 1, "prev": ""}', "[" * 100_000], 2),
        (['{"warifu_audit": 1, "first": 1, "prev": ""}', '"' + "x" * 2_000_000 + '"'], 2),
        (['{"warifu_audit": 1, "first": 1, "prev": ""}', '{"end": 0, "hash": ""}', "{}"], 3),
    ],
)
def test_what_is_no_export_is_named_by_line(text: list[str], line: int) -> None:
    with pytest.raises(AuditExportUnreadable) as caught:
        audit.verify_export(text)
    assert f"{line} 行目" in caught.value.message_ja


def test_an_excerpt_proves_one_subject_and_shows_nothing_of_others(filled: Database) -> None:
    with filled.reader() as session:
        excerpt = list(audit.export_excerpt(session, "contract:0"))
    report = audit.verify_export(excerpt, check_token=is_token_over)
    assert report.is_whole
    assert report.anchored_through == 8
    assert not any("髙橋" in line for line in excerpt)
    shown = [json.loads(line) for line in excerpt if '"subject"' in line]
    assert [line["details"]["n"] for line in shown] == [0, 2, 4, 6]


def test_an_excerpt_begins_at_its_first_act(filled: Database) -> None:
    with filled.reader() as session:
        excerpt = list(audit.export_excerpt(session, "contract:1"))
        nothing = list(audit.export_excerpt(session, "contract:9"))
    assert json.loads(excerpt[0])["first"] == 2
    assert audit.verify_export(excerpt).is_whole
    assert audit.verify_export(nothing).entries == 0


def test_a_hidden_entry_of_an_excerpt_cannot_be_swapped(filled: Database) -> None:
    with filled.reader() as session:
        excerpt = list(audit.export_excerpt(session, "contract:0"))
    line = json.loads(excerpt[2])
    line["digest"] = "0" * 64
    broken = audit.verify_export([*excerpt[:2], json.dumps(line), *excerpt[3:]]).broken
    assert broken is not None
    assert broken.seq == 2
