"""The invoice pages over a real service: a concluded contract, a vendor, every desk."""

from __future__ import annotations

import email
import email.policy
import functools
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import einvoice.jobs
import portal.jobs
from econtract.models import Award, Contract, Party
from einvoice import committing
from einvoice.compose import compose
from einvoice.invoice import Address
from einvoice.invoice_terms import InvoiceTerms, LineTerms, PartyTerms
from einvoice.registration import RegistrationNumber
from einvoice.writing import write
from portal.accounts import queries, registering
from portal.accounts.models import Vendor, VendorUser
from portal.app import create_app
from portal.invoices.parts import invoice_parts
from portal.security import api_keys, people, sessions
from portal.security.roles import Role
from portal.service import Service
from portal.settings import Settings
from records import Actor, Database, FixedClock, LocalStore, jobs, new_id

HERE = "http://127.0.0.1:8000"
PASSWORD = "correct horse battery"
SYSTEM = Actor(kind="system", id="tests", name="tests")
STAFF = {
    "kanzai": ("山﨑 健一", "管財課", Role.DEPARTMENT),
    "kanzai2": ("浜田 次郎", "管財課", Role.DEPARTMENT),
    "kanzai3": ("補佐 三郎", "管財課", Role.DEPARTMENT),
    "doro": ("道路 花子", "道路課", Role.DEPARTMENT),
    "kaikei": ("伊藤 由美", "会計課", Role.ACCOUNTING),
    "suito": ("中村 正", "会計課", Role.TREASURER),
    "kansa": ("村松 文", "監査委員事務局", Role.AUDITOR),
    "chotatsu": ("鈴木 花子", "調達課", Role.PROCUREMENT),
}
HAGOROMO, TAKAHASHI = "midori@hagoromo.example", "yoshida@takahashi.example"
NUMBER = "R8-物-0007"
ADDRESS = Address(
    subdivision="静岡県", city="遠州市", line1="西町2番地", post_code="430-0002", country="JP"
)


class Browser(TestClient):
    """A browser on our own pages: same origin, form token."""

    def submit(self, path: str, fields: dict | None = None, **options: object):
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/verify").text)
        assert found
        data = {"csrf": found.group(1), **(fields or {})}
        return self.post(path, data=data, follow_redirects=False, **options)

    def sign_in(self, login_name: str) -> Browser:
        response = self.submit("/login", {"login_name": login_name, "password": PASSWORD})
        assert response.status_code == 303, response.text
        return self


class City:
    """The service with its people, vendors and one concluded contract."""

    def __init__(self, service: Service, outbox: Path) -> None:
        self.service = service
        self.outbox = outbox
        self.app = create_app(service, raise_unknown=True)
        self._keys: dict[str, str] = {}
        self.vendors: dict[str, Vendor] = {}

    @property
    def now(self) -> datetime:
        return self.service.clock.now()

    def on(self, day: date) -> None:
        clock = self.service.clock
        assert isinstance(clock, FixedClock)
        clock.set(datetime(day.year, day.month, day.day, 3, 0, tzinfo=UTC))

    def browser(self, login_name: str | None = None) -> Browser:
        headers = {"sec-fetch-site": "same-origin", "origin": HERE}
        browser = Browser(self.app, base_url=HERE, headers=headers)
        return browser.sign_in(login_name) if login_name else browser

    def vendor_browser(self, mail: str) -> Browser:
        """A vendor's signed-in browser (the mailed link is the door's own test)."""
        browser = self.browser()
        with self.service.database.transaction() as session:
            person = self._person(session, mail)
            token = sessions.start(
                session,
                self.service.settings.security,
                holder_kind="vendor",
                holder_id=person.id,
                factors=["link"],
                at=self.now,
            )
        browser.cookies.set(sessions.cookie_name(self.service.settings), token)
        return browser

    def api(self, who: str) -> TestClient:
        """A program with a key of a member of staff (login name) or of a vendor (mail)."""
        if who not in self._keys:
            with self.service.database.transaction() as session:
                if "@" in who:
                    person = self._person(session, who)
                    holder = people.of_holder(
                        session, "vendor", person.id, factors=frozenset({"api_key"})
                    )
                else:
                    user = queries.user_by_login_name(session, who)
                    assert user is not None
                    holder = people.staff(user, frozenset({"api_key"}))
                assert holder is not None
                self._keys[who], _ = api_keys.issue(
                    session, holder=holder, label="tests", at=self.now
                )
        headers = {"authorization": f"Bearer {self._keys[who]}"}
        return TestClient(self.app, base_url=HERE, headers=headers)

    def _person(self, session, mail: str) -> VendorUser:
        [person] = queries.vendor_users_by_mail(session, mail)
        return person

    def people(self) -> dict[str, str]:
        """Ids of the staff by login name."""
        with self.service.database.transaction() as session:
            found = {name: queries.user_by_login_name(session, name) for name in STAFF}
            return {name: user.id for name, user in found.items() if user is not None}

    def give_title(self, login_name: str, title: str) -> None:
        with self.service.database.transaction() as session:
            user = queries.user_by_login_name(session, login_name)
            assert user is not None
            user.title = title

    def run_jobs(self) -> int:
        bound = {
            name: functools.partial(function, invoice_parts(self.service))
            for name, function in einvoice.jobs.TASKS.items()
        }
        for name, function in portal.jobs.TASKS.items():
            bound[name] = functools.partial(function, self.service)
        return jobs.run_due(self.service.database, bound, at=self.now)

    def mails(self, to: str) -> list[str]:
        found = []
        for file in self.outbox.glob("*.eml"):
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            if message["to"] == to:
                found.append((file.stat().st_mtime_ns, message.get_content()))
        return [body for _, body in sorted(found)]

    def invoice(self, number: str = "H-2026-11", net: int = 200_000, **changes: object) -> bytes:
        """A vendor's XML against the contract of 220,000 yen."""
        values: dict[str, object] = {
            "number": number,
            "issue_date": date(2026, 11, 24),
            "start": date(2026, 11, 20),
            "end": date(2026, 11, 20),
            "seller": PartyTerms(
                name="有限会社はごろも文具",
                registration_number=RegistrationNumber("T2080402990002"),
                address=ADDRESS,
            ),
            "buyer": PartyTerms(
                name="遠州市",
                registration_number=RegistrationNumber("T3000020221309"),
                address=ADDRESS,
            ),
            "contract": NUMBER,
            "lines": (LineTerms(name="事務用品", price=Decimal(net)),),
        }
        values.update(changes)
        return write(compose(InvoiceTerms(**values)))  # type: ignore[arg-type]

    def upload(self, who: str = HAGOROMO, data: bytes | None = None) -> dict:
        """Submit by API and let the worker examine it."""
        answer = self.api(who).post(
            "/api/v1/invoices",
            content=data or self.invoice(),
            headers={"content-type": "application/xml"},
        )
        assert answer.status_code in {200, 201}, answer.text
        self.run_jobs()
        return answer.json()

    def inspected(self) -> dict:
        answer = self.api("kanzai").post(
            "/api/v1/inspections",
            json={
                "contract_no": NUMBER,
                "notified_on": "2026-11-20",
                "inspected_on": "2026-11-24",
                "performed_on": "2026-11-20",
            },
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def approved(self) -> dict:
        """An invoice that all three desks have approved, by API."""
        self.inspected()
        found = self.upload()
        path = f"/api/v1/invoices/{found['id']}"
        for who, step in (("kanzai2", "section"), ("kaikei", "accounting"), ("suito", "treasurer")):
            seen = self.api(who).get(path).json()["version"]
            answer = self.api(who).post(f"{path}/approve", json={"step": step, "seen": seen})
            assert answer.status_code == 200, answer.text
        return self.api("kaikei").get(path).json()


def add_contract(city: City, session, vendor: Vendor, *, number: str, kind: str, amount: int):
    """A concluded contract as the contract half leaves it."""
    tax = amount - amount * 10 // 11
    award = Award(
        id=new_id(),
        source="tests",
        case_number=number,
        kind=kind,
        title="事務用品の購入",
        department="管財課",
        vendor_id=vendor.id,
        vendor_name=vendor.name,
        amount=Decimal(amount),
        award_date=date(2026, 10, 1),
        facts={},
        file_sha256="0" * 64,
        imported_at=city.now,
        imported_by="tests",
    )
    session.add(award)
    session.flush()
    contract = Contract(
        id=new_id(),
        number=number,
        fiscal_year=2026,
        sequence=int(re.sub(r"\D", "", number)),
        award_id=award.id,
        kind=kind,
        template_version="2026.1",
        state="concluded",
        title=award.title,
        place="遠州市役所",
        department="管財課",
        vendor_id=vendor.id,
        vendor_name=vendor.name,
        registration_number=vendor.registration_number or "",
        amount=Decimal(amount),
        tax=Decimal(tax),
        tax_rate=10,
        award_date=date(2026, 10, 1),
        period_from=date(2026, 10, 1),
        period_to=date(2026, 11, 30),
        drafted_by="tests",
        drafted_by_name="tests",
        sent_at=datetime(2026, 10, 2, tzinfo=UTC),
        concluded_at=datetime(2026, 10, 5, tzinfo=UTC),
        created_at=city.now,
        state_since=city.now,
    )
    session.add(contract)
    session.flush()
    session.add(
        Party(
            id=new_id(),
            contract_id=contract.id,
            position=1,
            side="vendor",
            slot="vendor1",
            role="受注者",
            organisation=vendor.name,
            title="取締役",
            person="羽衣 みどり",
            email=vendor.mail,
            vendor_id=vendor.id,
        )
    )
    return contract


def add_commitment(city: City, session, *, contract_no: str, amount: int, number: str) -> None:
    committing.record(
        session,
        committing.CommitmentForm(
            number=number,
            contract_no=contract_no,
            fiscal_year=2026,
            dated_on=date(2026, 10, 5),
            amount=Decimal(amount),
            account="01",
            section="0120",
            kan="02",
            kou="01",
            moku="05",
            jigyo="0021",
            setsu="10",
            saisetsu="01",
        ),
        actor=SYSTEM,
        at=city.now,
    )


@pytest.fixture(scope="session")
def staff_hash() -> str:
    from portal.security.passwords import hashed

    return hashed(PASSWORD)


@pytest.fixture
def city(
    database: Database, store: LocalStore, clock: FixedClock, tmp_path: Path, staff_hash: str
) -> Iterator[City]:
    settings = Settings(
        demo=True,
        mail={"folder": tmp_path / "outbox"},
        security={"secret": "a secret of the tests, long enough for all"},
        payment={"consignor_code": "9900000001"},
        city={"corporate_number": "3000020221309"},
    )
    service = Service(settings, database=database, store=store, clock=clock)
    found = City(service, tmp_path / "outbox")
    with database.transaction() as session:
        for login_name, (name, department, role) in STAFF.items():
            user = registering.add_staff(
                session,
                login_name=login_name,
                display_name=name,
                roles=[role],
                password=None,
                department=department,
                title="課長",
                mail=f"{login_name}@enshu.example.jp",
                actor=SYSTEM,
                at=clock.now(),
            )
            user.password_hash = staff_hash
        for code, name, number, mail, account in (
            ("V-0002", "有限会社はごろも文具", "T2080402990002", HAGOROMO, "7654321"),
            ("V-0001", "株式会社髙橋建設", "T4080401990001", TAKAHASHI, "0012345"),
        ):
            vendor = registering.add_vendor(
                session,
                code=code,
                name=name,
                kana="カナ",
                registration_number=number,
                actor=SYSTEM,
                at=clock.now(),
            )
            vendor.mail = mail
            vendor.address = "静岡県遠州市西町2番地"
            vendor.bank_code, vendor.branch_code = "9998", "101"
            vendor.bank_name, vendor.branch_name = "ワリフ", "エンシユウ"
            vendor.account_type, vendor.account_number = "1", account
            vendor.account_holder_kana = "ユ)ハゴロモブング"
            registering.add_vendor_user(
                session,
                vendor_id=vendor.id,
                mail=mail,
                name="羽衣 みどり",
                title="取締役",
                role="admin",
                actor=SYSTEM,
                at=clock.now(),
            )
            found.vendors[mail] = vendor
        add_contract(
            found, session, found.vendors[HAGOROMO], number=NUMBER, kind="goods", amount=220_000
        )
        add_commitment(found, session, contract_no=NUMBER, amount=220_000, number="R8-F-0000007")
    yield found
    service.close()
