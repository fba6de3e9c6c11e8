"""電帳法の検索: day, amount and partner, in ranges, combined; every answer is known beforehand.

Fifty contracts: number n (1–50) is worth n million yen, and its 取引年月日 is n × 7 days after
2026-04-01, in turn by the contract's written day and by the day it became final in Japan.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from econtract import searching
from econtract.errors import SearchRefused
from econtract.models import Award, Contract, Party
from econtract.searching import Search
from records import Database

START = date(2026, 4, 1)
VENDORS = (
    "株式会社髙﨑建設",
    "㈲ 𠮷田商店",
    "ＡＢＣシステム㈱",
    "渡邉造園",
    "遠州サーバー合同会社",
)


def day_of(n: int) -> date:
    return START + timedelta(days=7 * n)


def a_contract(n: int, *, concluded: bool = True, vendor: str | None = None) -> list[object]:
    name = vendor or VENDORS[n % 5]
    written = day_of(n) if n % 2 else None
    # 15:30 UTC is half past midnight of the next day in Japan
    final = datetime(2026, 4, 1, 15, 30, tzinfo=UTC) + timedelta(days=7 * n - 1)
    award = Award(
        id=f"award-{n}", source="tests", case_number=str(n), kind="goods", title="件名",
        department="課", vendor_id=f"v{n % 5}", vendor_name=name, amount=Decimal(n) * 1_000_000,
        award_date=START, facts={}, file_sha256="0" * 64, imported_at=final, imported_by="tests",
    )  # fmt: skip
    contract = Contract(
        id=f"contract-{n:03}", number=f"2026-{n:05}", fiscal_year=2026, sequence=n,
        award_id=award.id, kind="works" if n % 3 == 0 else "goods", template_version="1",
        state="concluded" if concluded else "awaiting_city", title=f"市道{n}号線 舗装補修工事",
        place="遠州市", department="道路保全課" if n <= 25 else "図書館", vendor_id=award.vendor_id,
        vendor_name=name, amount=award.amount, tax=award.amount // 11, tax_rate=10,
        award_date=START, contract_date=written, period_from=START, period_to=date(2027, 3, 31),
        drafted_by="x", drafted_by_name="x", concluded_at=final if concluded else None,
        concluded_sha256="a" * 64 if concluded else None, created_at=final, state_since=final,
    )  # fmt: skip
    vendors = [(name, award.vendor_id)]
    if n == 50:  # a joint venture: every member is a partner
        vendors = [("東海舗装株式会社", "v-member"), *vendors]
    parties = [
        Party(
            id=f"party-{n}-{position}",
            contract_id=contract.id,
            position=position,
            side="vendor",
            slot=f"V{position}",
            role="受注者",
            organisation=organisation,
            title="代表取締役",
            person="髙橋 𠮷郎",
            vendor_id=vendor_id,
        )
        for position, (organisation, vendor_id) in enumerate(vendors)
    ]
    return [award, contract, *parties]


@pytest.fixture
def archive(database: Database) -> Database:
    with database.transaction() as session:
        for n in range(1, 51):
            for row in a_contract(n):
                session.add(row)
                session.flush()
        for row in a_contract(51, concluded=False):
            session.add(row)
            session.flush()
    return database


def numbers(database: Database, search: Search) -> list[int]:
    with database.reader() as session:
        found = [int(hit.number[5:]) for hit in searching.every(session, search)]
        assert searching.find(session, search).count == len(found)
    return found


def yen(millions: int) -> Decimal:
    return Decimal(millions) * 1_000_000


GOLDEN: list[tuple[str, Search, list[int]]] = [
    ("nothing narrows", Search(), list(range(1, 51))),
    ("from a day, included", Search(day_from=day_of(48)), [48, 49, 50]),
    ("to a day, included", Search(day_to=day_of(2)), [1, 2]),
    ("one day only", Search(day_from=day_of(10), day_to=day_of(10)), [10]),
    ("the day before is empty", Search(day_to=day_of(1) - timedelta(1)), []),
    ("amount range, both included", Search(amount_from=yen(10), amount_to=yen(12)), [10, 11, 12]),
    ("a yen more excludes", Search(amount_from=yen(49) + 1), [50]),
    ("partner in everyday letters", Search(partner="高崎建設"), list(range(5, 51, 5))),
    ("partner's abbreviation written out", Search(partner="有限会社吉田"), list(range(1, 51, 5))),
    ("a member of a joint venture", Search(partner="東海舗装㈱"), [50]),
    (
        "day, amount and partner combined",
        Search(
            day_from=day_of(11), day_to=day_of(40), amount_from=yen(20), amount_to=yen(35),
            partner="abc システム",
        ),
        [22, 27, 32],
    ),
    (
        "department, kind and words of the title",
        Search(department="道路保全課", kind="works", text="２１号 舗装"),
        [21],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "search", "expected"), GOLDEN, ids=[g[0] for g in GOLDEN])
def test_s09_golden_query(
    archive: Database, name: str, search: Search, expected: list[int]
) -> None:
    assert sorted(numbers(archive, search)) == expected, name


def test_newest_first_and_every_page_joins_the_next_without_gap(archive: Database) -> None:
    with archive.reader() as session:
        after, seen = None, []
        while True:
            page = searching.find(session, Search(), after=after, limit=7)
            seen += [int(hit.number[5:]) for hit in page.hits]
            assert (page.count, page.amount) == (50, yen(sum(range(1, 51))))
            if page.after is None:
                break
            after = page.after
    assert seen == list(range(50, 0, -1))


def test_a_vendor_finds_its_own_only_as_member_of_a_joint_venture_too(archive: Database) -> None:
    assert sorted(numbers(archive, Search(vendor_id="v3"))) == list(range(3, 51, 5))
    assert numbers(archive, Search(vendor_id="v-member")) == [50]
    assert numbers(archive, Search(vendor_id="v-nobody")) == []


def test_a_percent_sign_or_underscore_is_a_letter_not_a_wildcard(archive: Database) -> None:
    assert numbers(archive, Search(text="%")) == []
    assert numbers(archive, Search(partner="_")) == []


def test_a_corrected_name_is_found_and_the_old_one_no_longer(archive: Database) -> None:
    with archive.transaction() as session:
        party = session.get(Party, "party-7-0")
        assert party is not None
        party.organisation = "合同会社澤田学園"
    assert numbers(archive, Search(partner="沢田")) == [7]


def test_a_range_that_ends_before_it_begins_is_refused_by_name() -> None:
    with pytest.raises(SearchRefused) as refused:
        Search(amount_from=yen(2), amount_to=yen(1))
    assert refused.value.field == "amount_to"
    with pytest.raises(SearchRefused):
        Search(day_from=START, day_to=START - timedelta(1))
