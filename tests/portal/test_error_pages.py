"""Every error is a page or JSON that says what happened and what to do, and never a stack trace."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import Annotated

import pytest
from fastapi import Form, HTTPException
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import DBAPIError

from portal import errors
from portal.accounts.models import RateWindow
from portal.app import create_app
from portal.security import CurrentUser
from portal.web import DbSession

from .conftest import HERE, Browser


class DomainError(Exception):
    """As other packages have them: known by its attributes only."""

    def __init__(self, code: str, status: int | None = None) -> None:
        self.code = code
        if status:
            self.status = status
        self.message_ja, self.message_en = "契約がありません。", "No contract."
        self.remedy_ja, self.remedy_en = "一覧から選んでください。", "Choose from the list."
        self.field = "contract_id"
        super().__init__("secret detail")


@pytest.fixture
def broken(door):
    """A door with routes that fail in every way; unknown errors are not raised again."""
    app = create_app(door)

    @app.get("/fail/{kind}")
    @app.get("/api/v1/fail/{kind}")
    def fail(kind: str, session: DbSession) -> None:
        raise {
            "domain": DomainError("econtract.contract_not_found"),
            "other": DomainError("econtract.hash_mismatch"),
            "own": DomainError("einvoice.x", 409),
            "unknown": ZeroDivisionError("secret detail of the program"),
            "busy": errors.Busy(),
            "http": HTTPException(404),
            "slow": errors.TooManyTries(minutes=7),
        }[kind]

    @app.post("/typed")
    @app.post("/api/v1/typed")
    def typed(amount: Annotated[int, Form()]) -> None: ...

    @app.post("/wrote")
    def wrote(session: DbSession) -> None:
        from portal.security.tokens import digest

        session.add(RateWindow(key_hash=digest("x"), window_start=door.clock.now(), count=1))
        session.flush()
        raise DomainError("econtract.hash_mismatch")

    @app.get("/unsaved")
    def unsaved(session: DbSession) -> str:
        def fail(_session: object) -> None:
            raise RuntimeError("the commit failed")

        event.listen(session, "before_commit", fail)
        return "saved"

    @app.post("/twice")
    def twice(session: DbSession) -> None:
        from portal.security.tokens import digest

        for _ in range(2):
            statement = insert(RateWindow).values(
                key_hash=digest("x"), window_start=door.clock.now(), count=1
            )
            session.execute(statement)

    @app.get("/mine")
    def mine(user: CurrentUser) -> None:
        raise DomainError("econtract.hash_mismatch")

    return Browser(app, base_url=HERE, headers={"sec-fetch-site": "same-origin", "origin": HERE})


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("domain", 404, "契約がありません。"),
        ("other", 400, "契約がありません。"),
        ("own", 409, "契約がありません。"),
        ("unknown", 500, "思いがけない問題が起きました"),
        ("busy", 503, "混み合っています"),
        ("http", 404, "見つかりません"),
        ("slow", 429, "約7分後に"),
    ],
)
def test_an_error_is_a_page_with_words_in_both_languages(broken, kind, status, words):
    answer = broken.get(f"/fail/{kind}")
    assert answer.status_code == status
    assert words in answer.text
    assert 'lang="en"' in answer.text
    assert "次にできること" in answer.text
    assert answer.headers["x-request-id"] in answer.text
    for hidden in ("Traceback", "secret detail", "ZeroDivisionError", "portal/"):
        assert hidden not in answer.text


def test_the_same_under_api_is_json(broken):
    answer = broken.get("/api/v1/fail/domain")
    assert answer.status_code == 404
    assert answer.json() == {
        "code": "econtract.contract_not_found",
        "message": {"ja": "契約がありません。", "en": "No contract."},
        "remedy": {"ja": "一覧から選んでください。", "en": "Choose from the list."},
        "field": "contract_id",
        "request_id": answer.headers["x-request-id"],
    }
    unknown = broken.get("/api/v1/fail/unknown").json()
    assert unknown["code"] == "portal.unexpected"
    assert "secret" not in str(unknown)


def test_a_page_that_asks_for_json_gets_json(broken):
    answer = broken.get("/fail/domain", headers={"accept": "application/json"})
    assert answer.json()["code"] == "econtract.contract_not_found"


def test_english_comes_first_for_who_chose_english(broken):
    broken.submit("/language", {"language": "en", "next": "/"})
    page = broken.get("/fail/domain").text
    assert '<html lang="en">' in page
    assert page.index("No contract.") < page.index("契約がありません。")


def test_no_such_page_in_both_forms(broken):
    assert "お探しのページ" in broken.get("/nowhere").text
    assert broken.get("/api/v1/nowhere").json()["code"] == "portal.not_found"


def test_wrong_method_says_what_is_allowed(broken):
    answer = broken.get("/logout")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_a_field_of_the_wrong_kind_is_named_and_its_value_is_not_repeated(broken):
    page = broken.submit("/typed", {"amount": "<b>lots</b>"})
    assert page.status_code == 400
    assert "amount" in page.text
    assert "lots" not in page.text
    answer = broken.post("/api/v1/typed", data={"amount": "lots"})
    assert (answer.status_code, answer.json()["field"]) == (400, "amount")


def test_too_much_data_is_refused_with_the_limit(broken):
    limit = 50
    page = broken.post("/typed", content=b"x" * (limit * 1024 * 1024 + 1))
    assert page.status_code == 413
    assert f"上限 {limit} MB" in page.text
    answer = broken.post("/api/v1/typed", content=b"x" * (limit * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert f"{limit} MB" in answer.json()["message"]["ja"]
    answer = broken.post("/api/v1/typed", content=chunks(limit + 1), headers=FORM)
    assert answer.status_code == 413
    assert f"{limit} MB" in answer.json()["message"]["ja"]


FORM = {"content-type": "application/x-www-form-urlencoded"}


def chunks(megabytes: int):
    """A body that does not say how long it is."""
    yield b"amount="
    for _ in range(megabytes):
        yield b"1" * 1024 * 1024


def test_a_failed_request_leaves_nothing_in_the_database(broken, door):
    assert broken.submit("/wrote").status_code == 400
    with door.database.reader() as session:
        assert session.scalars(select(RateWindow)).all() == []


def test_two_who_enter_the_same_thing_at_once_are_told_of_the_collision(broken):
    answer = broken.submit("/twice")
    assert answer.status_code == 409
    assert "ほかの操作で内容が変わった" in answer.text
    assert "account_rate_window" not in answer.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("web-1:8000", 200),
        ("evil.example", 421),
        ("evil.example:8000", 421),
        ("127.0.0.1.evil.example", 421),
        ("keiyaku.example.jp", 421),
        ("x@evil.example", 421),
        ("[::1", 421),
    ],
)
def test_the_service_answers_to_its_own_names_only(broken, host, status):
    assert broken.get("/", headers={"host": host}).status_code == status


def test_further_names_are_a_setting(door):
    web = door.settings.web.model_copy(update={"other_names": ("Keiyaku.example.jp",)})
    door.settings = door.settings.model_copy(update={"web": web})
    browser = Browser(create_app(door), base_url=HERE)
    assert browser.get("/", headers={"host": "keiyaku.example.jp."}).status_code == 200


def test_a_commit_that_fails_is_never_answered_with_saved(broken):
    answer = broken.get("/unsaved")
    assert answer.status_code == 500
    assert answer.text != '"saved"'
    assert "取り消されました" in answer.text


def test_who_is_signed_in_still_sees_their_name_on_an_error_page(broken, staff):
    broken.sign_in("accounting")
    page = broken.get("/mine").text
    assert "会計課 太郎" in page
    assert 'href="/home"' in page


def test_without_a_database_pages_say_so(door, broken):
    door.database.dispose()
    from records import Database

    door.database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    broken.get("/")  # takes a cookie, so that there is something to look up
    assert broken.get("/livez").status_code == 200
    for path in ("/home", "/login"):
        answer = broken.submit(path, {"login_name": "x", "password": "y"})
        if path == "/home":
            answer = broken.get(path)
        assert answer.status_code == 503
        assert "今は受け付けられません" in answer.text
        assert "何も失われていません" in answer.text
        assert "Nothing is lost" in answer.text
        assert answer.headers["retry-after"] == "60"
        assert "127.0.0.1/nothing" not in answer.text
    said = broken.get("/api/v1/contracts", headers={"authorization": "Bearer x"})
    assert (said.status_code, said.json()["code"]) == (503, "portal.unavailable")


def test_a_connection_cut_in_the_middle_of_a_request_is_a_503_and_the_next_request_works(
    door, broken
):
    app = broken.app

    @app.get("/cut/{when}")
    def cut(when: str, session: DbSession) -> str:
        own = session.scalar(text("SELECT pg_backend_pid()"))
        with door.database.transaction() as other:
            other.execute(text("SELECT pg_terminate_backend(:own)"), {"own": own})
        if when != "commit":
            with suppress(DBAPIError) if when == "later" else nullcontext():
                session.execute(text("SELECT 1"))
            session.execute(text("SELECT 2"))
        return "saved"

    for when in ("statement", "later", "commit"):
        answer = broken.get(f"/cut/{when}")
        assert answer.status_code == 503, when
        assert "今は受け付けられません" in answer.text
    assert broken.get("/login").status_code == 200


def every_error():
    def below(kind):
        for sub in kind.__subclasses__():
            yield sub
            yield from below(sub)

    return sorted(below(errors.PortalError), key=lambda kind: kind.__name__)


def test_codes_are_unique_and_named_after_the_door():
    codes = [kind.code for kind in every_error() if "code" in vars(kind)]
    assert len(codes) == len(set(codes))
    assert all(code.startswith("portal.") for code in codes)


def test_the_tree_at_the_head_of_the_file_is_complete():
    assert errors.__doc__ is not None
    for kind in every_error():
        if kind.__module__ == "portal.errors":
            assert kind.__name__ in errors.__doc__
