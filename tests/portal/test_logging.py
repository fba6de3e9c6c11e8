"""Logs: one JSON object a line, with identifiers and never with personal data, tokens or bodies."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from portal import logging as door_logging

from .conftest import PASSWORD


@pytest.fixture
def lines():
    """The log as a list of dicts, read when called."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    door_logging.configure("info", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_request_is_one_line_with_its_number_and_who(lines, browser, staff):
    browser.sign_in("accounting")
    answer = browser.get("/home")
    line = lines()[-1]
    assert line["event"] == "request"
    assert line["route"] == "/home"
    assert line["status"] == 200
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["actor"].startswith("staff:")
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")
    assert isinstance(line["ms"], int)


def test_nothing_typed_and_no_token_gets_into_the_log(lines, browser, staff, person):
    browser.sign_in("accounting")
    cookie = browser.cookies["warifu"]
    browser.get("/l/token-of-a-link")
    browser.get("/home?name=tanaka")
    browser.submit("/vendor-login", {"mail": "takasaki@example.co.jp"})
    browser.submit("/account/keys", {"label": "用途"})
    log = json.dumps(lines(), ensure_ascii=False)
    for secret in (
        PASSWORD,
        cookie,
        browser.token("/account"),
        "token-of-a-link",
        "tanaka",
        "takasaki",
        "会計課 太郎",
        "accounting",
        "用途",
        "warifu_",
        "testclient",
    ):
        assert secret not in log, secret
    assert "/l/{token}" in log


def test_a_careless_line_is_blanked(lines):
    log = structlog.get_logger("careless")
    log.info("mail.sent", mail="a@example.jp", login_token="t", body="…text", job_id=7, name="田中")
    logging.getLogger("library").warning("plain %s", "words")
    ours, theirs = lines()
    assert ours["job_id"] == 7
    assert {ours[key] for key in ("mail", "login_token", "body", "name")} == {"…"}
    assert theirs["event"] == "plain words"
    assert theirs["logger"] == "library"


def test_an_error_says_where_and_not_what_was_in_it(lines):
    def fail(number: str) -> None:
        raise ValueError(f"bad account {number}")

    try:
        fail("1234567")
    except ValueError:
        structlog.get_logger("x").exception("broken")
    (line,) = lines()
    text = json.dumps(line)
    assert "1234567" not in text
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert any(frame["name"] == "fail" for frame in line["exception"][0]["frames"])


def test_job_and_request_numbers_travel_with_the_thread(lines):
    with structlog.contextvars.bound_contextvars(job_id=12):
        structlog.get_logger("x").info("inside")
    structlog.get_logger("x").info("outside")
    inside, outside = lines()
    assert inside["job_id"] == 12
    assert "job_id" not in outside


def test_health_questions_are_not_logged(lines, browser):
    browser.get("/livez")
    browser.get("/static/warifu.css")
    assert [line for line in lines() if line["event"] == "request"] == []
