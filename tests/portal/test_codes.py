"""Short codes: three tries, then dead with clear words; used exactly when the act happens."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.models import SecretCode
from portal.errors import CodeRefused, TooManyTries
from portal.security import case_code, mailed_secrets, one_time_code
from portal.security.server_secret import server_secret

SUBJECT = "contract:1"
HOLDER = "person-1"


@pytest.fixture
def secret(door) -> bytes:
    return server_secret(door.settings)


@pytest.fixture
def issue(door, secret):
    def make(holder: str = HOLDER) -> tuple[str, str]:
        """(id, digits)"""
        with door.database.transaction() as session:
            code = one_time_code.issue(
                session, secret=secret, subject=SUBJECT, holder_id=holder, at=door.clock.now()
            )
        return code.id, one_time_code.digits_of(secret, code.id)

    return make


@pytest.fixture
def check(door, secret):
    def given(digits: str, holder: str = HOLDER, subject: str = SUBJECT) -> str:
        return one_time_code.check(
            door.database,
            secret=secret,
            subject=subject,
            holder_id=holder,
            given=digits,
            at=door.clock.now(),
        )

    return given


def other(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06d}"


def test_the_mailed_digits_are_right(issue, check):
    code_id, digits = issue()
    assert len(digits) == 6
    assert check(digits) == code_id


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1}-{2}", "{3}"])
def test_digits_are_taken_as_meant(issue, check, typed):
    code_id, digits = issue()
    wide = digits.translate({ord(str(n)): ord("０") + n for n in range(10)})
    assert check(typed.format(digits, digits[:3], digits[3:], wide)) == code_id


def test_the_words_count_the_tries_and_then_the_code_is_dead(issue, check):
    _, digits = issue()
    for left in (2, 1):
        with pytest.raises(CodeRefused, match=f"あと{left}回") as refused:
            check(other(digits))
        assert refused.value.left == left
    with pytest.raises(CodeRefused, match="3回間違えた") as refused:
        check(other(digits))
    assert refused.value.why == "dead"
    with pytest.raises(CodeRefused) as refused:
        check(digits)  # even the right one
    assert refused.value.why == "dead"
    assert "新しいコードを送る" in refused.value.remedy_ja
    assert "new code" in refused.value.remedy_en


def test_a_new_code_lives_and_the_old_one_does_not(issue, check):
    _, first = issue()
    for _ in range(3):
        with pytest.raises(CodeRefused):
            check(other(first))
    code_id, second = issue()
    assert check(second) == code_id
    if first != second:
        with pytest.raises(CodeRefused):
            check(first)


def test_guesses_at_the_same_moment_all_count(issue, check):
    _, digits = issue()
    outcomes = []

    def guess():
        try:
            check(other(digits))
        except CodeRefused as refused:
            outcomes.append(refused.why)

    threads = [threading.Thread(target=guess) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["dead"] * 4 + ["wrong"] * 2


def test_a_code_expires(issue, check, door):
    _, digits = issue()
    door.clock.advance(timedelta(minutes=10))
    with pytest.raises(CodeRefused, match="期限"):
        check(digits)


def test_a_code_is_the_holders_and_the_subjects_own(issue, check):
    _, digits = issue()
    for wrong in ({"holder": "person-2"}, {"subject": "contract:2"}):
        with pytest.raises(CodeRefused, match="有効なコードがありません"):
            check(digits, **wrong)


def test_a_code_is_spent_once_with_its_act(issue, check, door):
    _, digits = issue()
    code_id = check(digits)
    with door.database.transaction() as session:
        one_time_code.spend(session, code_id, door.clock.now())
    with door.database.transaction() as session, pytest.raises(CodeRefused, match="使われています"):
        one_time_code.spend(session, code_id, door.clock.now())
    with pytest.raises(CodeRefused, match="使われています"):
        check(digits)


def test_an_act_that_fails_leaves_the_code_unspent_but_the_try_counted(issue, check, door):
    _, digits = issue()
    code_id = check(digits)

    def fail():
        with door.database.transaction() as session:
            one_time_code.spend(session, code_id, door.clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert check(digits) == code_id
    with door.database.reader() as session:
        assert session.get_one(SecretCode, code_id).tries == 2


def test_the_database_holds_no_code(issue, door):
    _, digits = issue()
    with door.database.reader() as session:
        row = session.scalars(select(SecretCode)).one()
    assert digits.encode() not in row.code_hash
    assert len(row.code_hash) == 32


def test_the_mail_gets_its_digits_when_it_is_sent(issue, secret):
    code_id, digits = issue()
    body = f"確認コード: [[code:{code_id}]]"
    assert mailed_secrets.fill(body, secret=secret, public_url="x") == f"確認コード: {digits}"


def test_nobody_is_sent_more_than_five_codes_in_half_an_hour(door):
    for _ in range(5):
        one_time_code.limit_issues(door.database, HOLDER, door.clock.now())
    with pytest.raises(TooManyTries):
        one_time_code.limit_issues(door.database, HOLDER, door.clock.now())


# --- case codes ----------------------------------------------------------------------------------


@pytest.fixture
def case(door, secret) -> str:
    with door.database.transaction() as session:
        return case_code.issue(
            session,
            secret=secret,
            subject=SUBJECT,
            holder_id="vendor-1",
            at=door.clock.now(),
            expires_at=door.clock.now() + timedelta(days=10),
        )


@pytest.fixture
def enter(door, secret):
    def given(code: str) -> str:
        return case_code.check(
            door.database,
            secret=secret,
            subject=SUBJECT,
            holder_id="vendor-1",
            given=code,
            at=door.clock.now(),
        )

    return given


def test_a_case_code_is_easy_to_read_aloud(case):
    assert len(case) == 14
    assert case[4] == case[9] == "-"
    assert not set(case) & set("0O1ILS")


def test_a_case_code_is_taken_in_any_writing(case, enter):
    for typed in (case, case.lower(), case.replace("-", ""), f" {case} ", case.replace("-", "ー")):
        assert enter(typed)


def test_a_case_code_lasts_as_long_as_the_case(case, enter, door):
    for _ in range(9):
        assert enter(case)
        door.clock.advance(timedelta(days=1))
    door.clock.advance(timedelta(days=1))
    with pytest.raises(CodeRefused, match="期限"):
        enter(case)


def test_three_wrong_case_codes_close_the_case_until_the_city_helps(case, enter, door):
    for why in ("wrong", "wrong", "dead"):
        with pytest.raises(CodeRefused) as refused:
            enter("AAAA-AAAA-AAAA")
        assert refused.value.why == why
    assert "市の担当課に連絡" in refused.value.remedy_ja
    with pytest.raises(CodeRefused):
        enter(case)
    with door.database.reader() as session:
        assert case_code.tries_left(session, subject=SUBJECT, holder_id="vendor-1") == 0


def test_a_right_case_code_forgives_earlier_slips(case, enter):
    for _ in range(4):
        for _ in range(2):
            with pytest.raises(CodeRefused):
                enter("AAAA-AAAA-AAAA")
        assert enter(case)
