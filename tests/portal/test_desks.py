"""The desks of the register, of people, of the auditor and of the operator."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import portal
from portal.accounts import registering
from portal.accounts.models import User, Vendor, VendorUser
from portal.desks.audit_words import WORDS
from portal.errors import Conflict
from portal.security import login_links
from portal.security.roles import Role
from portal.security.server_secret import server_secret
from records import Actor, audit, jobs

GOOD = {
    "code": "V-002",
    "name": "遠州緑地株式会社",
    "kana": "エンシュウリョクチ",
    "registration_number": "Ｔ7000012050002",
    "postal_code": "4300001",
    "bank_code": "9999",
    "branch_code": "001",
    "account_type": "1",
    "account_number": "12345",
    "account_holder_kana": "ｴﾝｼﾕｳﾘﾖｸﾁ(ｶ",
}


@pytest.fixture
def procurement(browser, staff):
    browser.sign_in("procurement")
    return browser


# --- the register --------------------------------------------------------------------------------


def test_a_vendor_is_entered_found_and_changed(procurement, door):
    done = procurement.submit("/vendors", GOOD)
    assert done.status_code == 303
    page = procurement.get(done.headers["location"]).text
    assert "T7000012050002" in page
    assert "〒430-0001" in page
    assert "0012345" in page
    assert "遠州緑地株式会社" in procurement.get("/vendors?q=緑地").text
    assert "当てはまる事業者はありません" in procurement.get("/vendors?q=%25").text
    changed = procurement.submit(
        f"{done.headers['location']}/edit", GOOD | {"phone": "053-000-0000"}
    )
    assert changed.status_code == 303
    with door.database.reader() as session:
        vendor = session.scalars(select(Vendor)).one()
        acts = audit.history(session, f"vendor:{vendor.id}")
    assert vendor.phone == "053-000-0000"
    assert [act.action for act in acts] == [
        "vendor.added",
        "vendor.bank_change_asked",
        "vendor.changed",
    ]
    assert acts[2].details == {"columns": ["phone"]}


def test_a_vendors_bank_account_needs_two_persons(procurement, new_browser, staff, door):
    done = procurement.submit("/vendors", GOOD)
    place = done.headers["location"]

    def account() -> str | None:
        with door.database.reader() as session:
            return session.scalars(select(Vendor)).one().account_number

    assert account() is None  # one person's word pays nobody
    path = re.search(rf"{place}/bank/[0-9a-f-]+", procurement.get(place).text).group(0)
    assert "書類と同じです" not in procurement.get(place).text
    assert procurement.submit(path, {"decision": "confirm"}).status_code == 403
    assert procurement.submit(f"{place}/bank/x", {"decision": "confirm"}).status_code == 404
    with door.database.transaction() as session:
        second = registering.add_staff(
            session, login_name="second", display_name="調達 次子", roles=[Role.PROCUREMENT],
            password=None, actor=Actor("system", "t", "t"), at=door.clock.now(),
        )  # fmt: skip
        second.password_hash = staff[Role.PROCUREMENT].password_hash
    other = new_browser()
    other.sign_in("second")
    assert "以前から知っている番号へ電話" in other.get(place).text
    for _ in range(2):
        assert other.submit(path, {"decision": "confirm"}).status_code == 303
    assert account() == "0012345"
    procurement.submit(f"{place}/edit", GOOD | {"account_number": "7654321"})
    procurement.submit(f"{place}/edit", GOOD | {"phone": "053-000-0000"})  # unchanged account
    assert account() == "0012345"
    path = re.search(rf"{place}/bank/[0-9a-f-]+", procurement.get(place).text).group(0)
    assert procurement.submit(path, {"decision": "refuse"}).status_code == 303
    assert account() == "0012345"
    assert "確認を待つ" not in procurement.get(place).text


def test_one_address_stands_once_for_a_vendor_even_when_entered_at_the_same_moment(
    door, vendor, person
):
    with door.database.transaction() as session, pytest.raises(Conflict):
        registering.add_vendor_user(
            session, vendor_id=vendor.id, mail=" TAKASAKI@example.co.jp", name="別人",
            actor=Actor("system", "t", "t"), at=door.clock.now(),
        )  # fmt: skip
    twin = VendorUser(
        id="x", vendor_id=vendor.id, mail=person.mail, name="別人", role="member", title="",
        active=True, created_at=door.clock.now(),
    )  # fmt: skip
    with door.database.engine.connect() as connection, Session(connection) as session:
        session.add(twin)
        with pytest.raises(IntegrityError):
            session.flush()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "名称を入力してください"),
        ("code", "", "業者番号を入力してください"),
        ("registration_number", "T7000012050003", "検査数字"),
        ("registration_number", "7000012050002", "形が違います"),
        ("corporate_number", "123", "13桁"),
        ("bank_code", "99", "4桁"),
        ("account_number", "", "口座を登録するときは"),
        ("mail", "nobody", "メールアドレスの形ではありません"),
        ("name", "あ" * 201, "200文字以内"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    procurement, door, field, value, words
):
    page = procurement.submit("/vendors", GOOD | {field: value})
    assert page.status_code == 400
    assert words in page.text
    assert 'aria-invalid="true"' in page.text
    assert "エンシュウリョクチ" in page.text  # the other fields are still filled
    with door.database.reader() as session:
        assert session.scalars(select(Vendor)).all() == []


def test_two_vendors_cannot_have_one_number(procurement, vendor):
    page = procurement.submit("/vendors", GOOD | {"code": vendor.code})
    assert page.status_code == 400
    assert f"「{vendor.name}」が使っています" in page.text


def test_readers_see_the_register_and_no_button(browser, staff, vendor):
    browser.sign_in("accounting")
    page = browser.get(f"/vendors/{vendor.id}").text
    assert vendor.name in page
    assert "台帳を直す" not in page
    assert browser.submit(f"/vendors/{vendor.id}/edit", GOOD).status_code == 403
    assert browser.get("/vendors/nothing").status_code == 404


def test_a_vendors_person_is_entered_once_and_switched_off(procurement, vendor, door, new_browser):
    typed = {"name": "水野 葵", "mail": "Mizuno@example.co.jp", "role": "member"}
    assert procurement.submit(f"/vendors/{vendor.id}/people", typed).status_code == 303
    again = procurement.submit(f"/vendors/{vendor.id}/people", typed)
    assert "すでに登録されています" in again.text
    with door.database.transaction() as session:
        person = session.scalars(select(VendorUser)).one()
        assert person.mail == "mizuno@example.co.jp"
        now = door.clock.now()
        link = login_links.issue(
            session,
            secret=server_secret(door.settings),
            vendor_user_id=person.id,
            at=now,
            expires_at=now.replace(year=2027),
        )
    path = f"/l/{login_links.token_of(server_secret(door.settings), link.id)}"
    theirs = new_browser()
    assert theirs.submit(path).status_code == 303
    switch = f"/vendors/{vendor.id}/people/{person.id}/switch"
    assert procurement.submit(switch).status_code == 303
    assert "利用を止めました" in procurement.get(f"/vendors/{vendor.id}").text
    assert theirs.get("/home", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("mail", "x"), ("role", "owner"), ("title", "x" * 101)]
)
def test_a_person_with_something_missing_is_not_entered(procurement, vendor, door, field, value):
    typed = {"name": "水野 葵", "mail": "m@example.co.jp", "role": "member"} | {field: value}
    page = procurement.submit(f"/vendors/{vendor.id}/people", typed)
    assert page.status_code == 400
    assert 'aria-invalid="true"' in page.text
    with door.database.reader() as session:
        assert session.scalars(select(VendorUser)).all() == []


# --- the vendor's own people ---------------------------------------------------------------------


@pytest.fixture
def administrator(new_browser, person, door):
    browser = new_browser()
    secret = server_secret(door.settings)
    with door.database.transaction() as session:
        now = door.clock.now()
        link = login_links.issue(
            session,
            secret=secret,
            vendor_user_id=person.id,
            at=now,
            expires_at=now.replace(year=2027),
        )
    assert browser.submit(f"/l/{login_links.token_of(secret, link.id)}").status_code == 303
    return browser


def test_the_vendors_administrator_manages_their_own_people_only(
    administrator, procurement, person, door
):
    typed = {"name": "水野 葵", "mail": "m@example.co.jp", "role": "member"}
    assert administrator.submit("/vendor/people", typed).status_code == 303
    assert "水野 葵" in administrator.get("/vendor/people").text
    other = procurement.submit("/vendors", GOOD).headers["location"]
    procurement.submit(f"{other}/people", typed | {"mail": "x@example.com", "name": "他社 太郎"})
    assert "他社 太郎" not in administrator.get("/vendor/people").text
    with door.database.reader() as session:
        stranger = session.scalars(select(VendorUser).where(VendorUser.name == "他社 太郎")).one()
    assert administrator.submit(f"/vendor/people/{stranger.id}/switch").status_code == 404
    assert administrator.get("/vendors").status_code == 403


def test_nobody_locks_themselves_out(administrator, person):
    assert administrator.submit(f"/vendor/people/{person.id}/switch").status_code == 409


def test_a_member_is_told_that_it_takes_an_administrator(administrator, person, door):
    with door.database.transaction() as session:
        session.get_one(VendorUser, person.id).role = "member"
    page = administrator.get("/vendor/people")
    assert page.status_code == 403
    assert "事業者の管理者 の権限が必要です" in page.text


# --- staff ---------------------------------------------------------------------------------------


@pytest.fixture
def operator(browser, staff):
    browser.sign_in("operator")
    return browser


NEW_STAFF = {
    "login_name": "Tanaka",
    "display_name": "田中 一",
    "department": "公園課",
    "title": "主査",
    "roles": "department",
}


def test_a_new_member_of_staff_gets_a_password_shown_once(operator, new_browser, door):
    page = operator.submit("/staff", NEW_STAFF)
    found = re.search(r'class="secret-value"[^>]*>([^<]+)<', page.text)
    assert found
    assert found.group(1) not in operator.get("/staff").text
    browser = new_browser()
    browser.sign_in("tanaka", found.group(1))
    assert "公園課" in browser.get("/home").text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("login_name", "田中", "半角の英数字"),
        ("login_name", "operator", "すでに使われています"),
        ("display_name", "", "氏名を"),
        ("roles", "vendor", "権限を1つ以上"),
        ("roles", "", "権限を1つ以上"),
        ("department", "", "所属が必要です"),
    ],
)
def test_a_member_of_staff_with_something_wrong_is_not_entered(operator, door, field, value, words):
    page = operator.submit("/staff", NEW_STAFF | {field: value})
    assert page.status_code == 400
    assert words in page.text
    with door.database.reader() as session:
        assert session.scalar(select(User).where(User.login_name == "tanaka")) is None


def test_roles_change_at_once_and_never_ones_own(operator, staff, new_browser, door):
    theirs = new_browser()
    theirs.sign_in("accounting")
    assert theirs.get("/audit").status_code == 403
    person = staff[Role.ACCOUNTING]
    assert operator.submit(f"/staff/{person.id}/roles", {"roles": "auditor"}).status_code == 303
    assert theirs.get("/audit").status_code == 200
    own = staff[Role.OPERATOR].id
    for path in (f"/staff/{own}/roles", f"/staff/{own}/switch", f"/staff/{own}/password"):
        assert operator.submit(path, {"roles": "auditor"}).status_code == 409
    with door.database.reader() as session:
        acts = audit.history(session, f"staff:{person.id}")
    assert acts[-1].details == {"before": ["accounting"], "after": ["auditor"]}


def test_a_new_password_or_a_switch_signs_them_out(operator, staff, new_browser):
    person = staff[Role.ACCOUNTING]
    for path in (f"/staff/{person.id}/password", f"/staff/{person.id}/switch"):
        theirs = new_browser()
        password = "correct horse battery"
        if path.endswith("switch"):
            shown = operator.submit(f"/staff/{person.id}/password").text
            password = re.search(r'class="secret-value"[^>]*>([^<]+)<', shown).group(1)
        theirs.sign_in("accounting", password)
        operator.submit(path)
        assert theirs.get("/home", follow_redirects=False).status_code == 303
    assert operator.submit("/staff/nobody/switch").status_code == 404


# --- audit ---------------------------------------------------------------------------------------


def test_the_auditor_reads_checks_and_takes_the_trail_away(browser, staff, vendor, door):
    browser.sign_in("auditor")
    page = browser.get("/audit").text
    assert "vendor.added" in page
    assert "事業者を登録" in page
    assert "vendor.added" not in browser.get(f"/audit?subject=staff:{staff[Role.AUDITOR].id}").text
    assert "書き換えはありません" in browser.submit("/audit/check").text
    out = browser.get("/audit/export")
    assert out.headers["content-disposition"].endswith('.jsonl"')
    lines = out.text.splitlines()
    assert audit.verify_export(lines).is_whole
    assert json.loads(lines[1])


def test_acts_of_the_door_have_words_for_people():
    """Every act that the door itself writes; the domains' are shown by their code when new."""
    root = Path(portal.__file__).parent
    files = [*root.glob("*.py"), *root.glob("accounts/*.py"), *root.glob("security/*.py")]
    written = set()
    for file in [*files, *root.glob("desks/*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.append":
                action = node.args[2]
                written |= {action.value} if isinstance(action, ast.Constant) else set()
    assert len(written) > 10
    assert written <= set(WORDS)


def test_a_changed_record_is_found_and_named(browser, staff, door):
    browser.sign_in("auditor")
    with door.database.transaction() as session:
        session.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        session.execute(text("UPDATE audit_entries SET actor_name = 'x' WHERE seq = 2"))
        session.execute(text("ALTER TABLE audit_entries ENABLE TRIGGER USER"))
    page = browser.submit("/audit/check").text
    assert "記録に異常があります" in page
    assert "2" in page.split("記録に異常があります")[1][:200]


def test_long_trails_come_in_pages(browser, staff, door):
    browser.sign_in("auditor")
    with door.database.transaction() as session:
        for number in range(130):
            audit.append(
                session,
                staff_actor(staff),
                "test.act",
                "thing:1",
                {"n": number},
                door.clock.now(),
            )
    first = browser.get("/audit").text
    following = re.search(r'href="(/audit\?before=\d+)"', first)
    assert following
    assert first.count("<tr>") == 101
    assert browser.get(following.group(1)).text.count("<tr>") > 30
    of_one = browser.get("/audit?subject=thing:1").text
    assert "subject=thing" in of_one.split("before=")[1][:40]


def staff_actor(staff):
    from records import Actor

    user = staff[Role.AUDITOR]
    return Actor(kind="staff", id=user.id, name=user.display_name)


# --- operations ----------------------------------------------------------------------------------


def test_stopped_work_is_seen_without_its_contents_and_taken_up_once(operator, door):
    with door.database.transaction() as session:
        number = jobs.enqueue(session, "econtract.render", key="k", args={"secret": "内容"})
        session.execute(text("UPDATE procrastinate_jobs SET status = 'failed', attempts = 5"))
    page = operator.get("/operations").text
    assert "econtract.render" in page
    assert "内容" not in page
    assert "止まっています" in page
    assert "止まっている仕事" in operator.get("/home").text
    assert operator.submit(f"/operations/jobs/{number}/retry").status_code == 303
    assert "再開しました" in operator.get("/operations").text
    assert operator.submit(f"/operations/jobs/{number}/retry").status_code == 303
    assert "この仕事は止まっていません" in operator.get("/operations").text
    with door.database.reader() as session:
        acts = audit.history(session, f"job:{number}")
    assert [act.action for act in acts] == ["operations.retried"]


def test_an_idle_service_says_so(operator):
    page = operator.get("/operations").text
    assert "止まっている仕事はありません" in page
    assert "待っている仕事はありません" in page
