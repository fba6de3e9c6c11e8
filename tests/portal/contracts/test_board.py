"""The board: filters, chains together, the same as CSV; what waits for a deputy on every page."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from test_life_pages import make_concluded

from econtract import amending, cancelling, deputies, endings, life_rules, memorandum, queries
from econtract import rules as contract_rules
from econtract.life_models import Cancellation
from econtract.searching import Search, find
from portal.accounts import queries as accounts
from records import Actor, calendar, new_id

CLERK = Actor("staff", "tests", "調達 花子")


@pytest.fixture
def parent_id(office, contract_at):
    office.known_vendor = False
    return make_concluded(office, contract_at("draft"))


def beside(office, parent_id):
    """A memorandum, and an amendment that moves the end to 2027-06-30 and adds 1,100,000 yen."""
    with office.service.database.transaction() as session:
        agreed = memorandum.Agreement(
            subject="夜間の作業時間",
            agreement="作業は21時から翌5時までとする。",
            period_from=date(2026, 12, 4),
            period_to=date(2027, 3, 19),
        )
        said = memorandum.draft(
            session,
            parent_id,
            agreed,
            life=life_rules.example(),
            press=None,
            actor=CLERK,
            at=office.now,
        )
        changed = amending.draft(
            session,
            parent_id,
            amending.Change(
                amount_change=Decimal(1_100_000), period_to=date(2027, 6, 30), reason="数量の増"
            ),
            rules=contract_rules.example(),
            life=life_rules.example(),
            press=None,
            actor=CLERK,
            at=office.now,
        )
        return said.id, changed.id


def stand(office, **conditions):
    """Numbers on the board's CSV under these conditions."""
    address = "/contracts.csv?" + "&".join(f"{n}={v}" for n, v in conditions.items())
    answer = office.browser("chotatsu").get(address)
    assert answer.status_code == 200
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    return [row["契約番号"] for row in rows]


def test_what_stands_beside_a_contract_is_listed_under_it_and_names_it_alone(office, parent_id):
    beside(office, parent_id)
    page = office.browser("chotatsu").get("/contracts").text
    order = [page.index(f">2026-0000{n}") for n in (1, 2, 3)]
    assert order == sorted(order)
    assert page.count('class="beneath"') == 2
    drafts = office.browser("chotatsu").get("/contracts?step=draft").text
    assert 'class="beneath"' not in drafts
    assert drafts.count(f'<a href="/contracts/{parent_id}">2026-00001</a>（原契約') == 2
    csv_rows = office.browser("chotatsu").get("/contracts.csv?step=draft").text.splitlines()
    assert all(line.endswith("2026-00001") for line in csv_rows[1:])


def test_07_board_filters_section_kind_and_amount_and_a_wrong_amount_is_said(office, parent_id):
    beside(office, parent_id)
    clerk = office.browser("chotatsu")
    assert stand(office, amount_from="9,900,000") == ["2026-00003"]
    assert stand(office, amount_to="1") == ["2026-00002"]
    assert len(stand(office, kind="goods", department="道路保全課")) == 3
    assert stand(office, kind="works") == []
    assert "当てはまる契約はありません" in clerk.get("/contracts?kind=works").text
    wrong = clerk.get("/contracts?amount_from=x")
    assert wrong.status_code == 400
    assert "「x」" in wrong.text


def test_near_the_end_ended_and_cancelled_by_the_terms_in_force(office, parent_id):
    _, changed = beside(office, parent_id)
    clock = office.service.clock
    clock.advance(timedelta(days=20))  # 2026-12-24: 85 days before 2027-03-19
    assert stand(office, standing="expiring") == ["2026-00001"]
    make_concluded(office, changed)
    assert stand(office, standing="expiring") == []  # the amendment moved the end
    clock.advance(timedelta(days=190))  # 2027-07-02
    assert stand(office, standing="ended") == ["2026-00001"]
    with office.service.database.transaction() as session:
        session.add(
            Cancellation(
                id=new_id(),
                contract_id=parent_id,
                ground=cancelling.Ground.AGREED,
                reason="合意",
                effective_on=calendar.jst_date(office.now),
                state="decided",
                proposed_by="a",
                proposed_by_name="a",
                proposed_at=office.now,
            )
        )
    assert stand(office, standing="ended") == []
    assert stand(office, standing="cancelled") == ["2026-00001"]
    with office.service.database.reader() as session:
        found = find(
            session,
            Search(standing=endings.Standing.CANCELLED, today=calendar.jst_date(office.now)),
        )
    assert [hit.number for hit in found.hits] == ["2026-00001"]


def test_the_search_shows_the_whole_case_and_sums_an_amendment_by_its_change(office, parent_id):
    _, changed = beside(office, parent_id)
    make_concluded(office, changed)
    page = office.browser("chotatsu").get("/contracts/search").text
    assert "2件　合計 9,900,000円" in page  # 8,800,000 and what was added
    assert f'<a href="/contracts/{changed}">2026-00003</a>（変更契約）' in page
    assert f'<a href="/contracts/{parent_id}">2026-00001</a>（原契約）' in page


def test_a_deputy_sees_on_every_page_what_waits_in_anothers_place(office, contract_at):
    contract_at("deciding")  # by the department, then the contracting officer
    audit = office.browser("kaikei")
    assert "代決を待つ契約" not in audit.get("/home").text
    with office.service.database.transaction() as session:
        head = accounts.user_by_login_name(session, "dorokacho")
        deputy = accounts.user_by_login_name(session, "kaikei")
        today = calendar.jst_date(office.now)
        deputies.name(
            session,
            role="department",
            department=head.department,
            deputy=Actor("staff", deputy.id, deputy.display_name),
            valid_from=today,
            valid_until=today + timedelta(days=3),
            reason="出張",
            actor=Actor("staff", head.id, head.display_name),
            at=office.now,
        )
    home = audit.get("/home").text
    assert "代決を待つ契約" in home
    assert "道路 次郎 さんの代わりに決めます" in home
    inbox = audit.get("/contracts/inbox").text
    assert "道路 次郎 の代決" in inbox
    office.service.clock.advance(timedelta(days=5))
    assert "代決を待つ契約" not in office.browser("kaikei").get("/home").text


def test_the_board_reads_families_in_one_query_for_the_whole_page(office, parent_id):
    said, changed = beside(office, parent_id)
    with office.service.database.reader() as session:
        found = queries.families(session, [(said, parent_id), (changed, parent_id)])
    assert [c.id for c in found[parent_id]] == [parent_id, said, changed]
