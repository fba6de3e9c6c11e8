"""The contract pages over a real service: database, store, development keys, jobs run on call."""

from __future__ import annotations

import email
import email.policy
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from fastapi.testclient import TestClient

from portal.accounts import queries, registering
from portal.accounts.models import User
from portal.app import create_app
from portal.security import api_keys, people
from portal.security.roles import Role
from portal.service import Service
from portal.settings import Settings
from portal.worker import tasks
from records import Actor, Database, FixedClock, LocalStore, jobs

sys.path.insert(0, str(Path(__file__).parent))  # looking.py, beside the tests that use it

HERE = "http://127.0.0.1:8000"
PASSWORD = "correct horse battery"
SYSTEM = Actor(kind="system", id="tests", name="tests")
DEPARTMENT = "道路保全課"
HEADINGS = (
    "案件番号", "件名", "契約種別", "担当課", "落札決定日", "業者番号", "落札者", "落札者住所",
    "代表者役職", "代表者氏名", "メールアドレス", "落札金額（税抜）", "消費税率", "着手日",
    "完成期限", "工事場所",
)  # fmt: skip
AWARD = (
    "2026-物-0101", "図書館 書架用品 一式", "物品", DEPARTMENT, "2026-11-20", "V-0001",
    "株式会社髙﨑建設", "静岡県遠州市東区1-1", "代表取締役", "髙橋 𠮷郎", "takahashi@example.jp",
    "8000000", "10", "2026-12-01", "2027-03-19", "遠州市立中央図書館",
)  # fmt: skip
CSV = f"{','.join(HEADINGS)}\n{','.join(AWARD)}\n"
STAFF = {
    "chotatsu": ("調達 花子", "調達課", Role.PROCUREMENT),
    "chotatsu2": ("調達 次子", "調達課", Role.PROCUREMENT),
    "dorokacho": ("道路 次郎", DEPARTMENT, Role.DEPARTMENT),
    "kaikei": ("会計 三郎", "会計課", Role.ACCOUNTING),
    "keiyaku": ("契約 四郎", "契約担当部", Role.CONTRACTING_OFFICER),
    "kansa": ("監査 五郎", "監査委員事務局", Role.AUDITOR),
    "unyo": ("運用 六郎", "情報政策課", Role.OPERATOR),
}


class Browser(TestClient):
    """A browser on our own pages: same origin, form token."""

    def submit(self, path: str, fields: dict[str, str] | None = None, **options: object):
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/verify").text)
        assert found
        data = {"csrf": found.group(1), **(fields or {})}
        return self.post(path, data=data, follow_redirects=False, **options)

    def sign_in(self, login_name: str) -> Browser:
        response = self.submit("/login", {"login_name": login_name, "password": PASSWORD})
        assert response.status_code == 303, response.text
        return self


class Office:
    """The service with its people, its worker on call, and its mailbox."""

    def __init__(self, service: Service, outbox: Path) -> None:
        self.service = service
        self.outbox = outbox
        self.app = create_app(service, raise_unknown=True)
        self._keys: dict[str, str] = {}

    @property
    def now(self) -> datetime:
        return self.service.clock.now()

    def browser(self, login_name: str | None = None) -> Browser:
        headers = {"sec-fetch-site": "same-origin", "origin": HERE}
        browser = Browser(self.app, base_url=HERE, headers=headers)
        return browser.sign_in(login_name) if login_name else browser

    def run_jobs(self, later: timedelta = timedelta(0)) -> int:
        return jobs.run_due(self.service.database, tasks(self.service), at=self.now + later)

    def api(self, who: str) -> TestClient:
        """A program with a key of a member of staff (login name) or vendor's person (mail)."""
        if who not in self._keys:
            with self.service.database.transaction() as session:
                if "@" in who:
                    [person] = queries.vendor_users_by_mail(session, who)
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

    def mails(self, to: str) -> list[str]:
        """Bodies of the mails to an address, oldest first."""
        found = []
        for file in self.outbox.glob("*.eml"):
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            if message["to"] == to:
                found.append((file.stat().st_mtime_ns, message.get_content()))
        return [body for _, body in sorted(found)]

    def mailed_link(self, to: str) -> str:
        """The path of the newest mail's link, whatever the public address is."""
        return re.findall(r"https?://[^/\s]+(/l/\S+)", self.mails(to)[-1])[-1]

    def mailed_code(self, to: str) -> str:
        return re.findall(r"^\s*(\d{6})\s*$", self.mails(to)[-1], re.MULTILINE)[-1]


@pytest.fixture(scope="session")
def staff_hash() -> str:
    from portal.security.passwords import hashed

    return hashed(PASSWORD)


@pytest.fixture(scope="session")
def pki_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pki")


@pytest.fixture
def office(
    database: Database,
    store: LocalStore,
    clock: FixedClock,
    tmp_path: Path,
    pki_folder: Path,
    staff_hash: str,
) -> Iterator[Office]:
    with an_office(database, store, clock, tmp_path, pki_folder, staff_hash) as office:
        yield office


@contextmanager
def an_office(
    database: Database,
    store: LocalStore,
    clock: FixedClock,
    folder: Path,
    pki_folder: Path,
    staff_hash: str,
) -> Iterator[Office]:
    """The service and its people over these parts; mails lie in `folder`/outbox."""
    settings = Settings(
        demo=True,
        mail={"folder": folder / "outbox"},
        security={"secret": "a secret of the tests, long enough for all"},
        signing={
            "development_keys": True,
            "pki_folder": pki_folder,
            "keep_after_hours": 0,
        },
    )
    service = Service(settings, database=database, store=store, clock=clock)
    with database.transaction() as session:
        for login_name, (name, department, role) in STAFF.items():
            user: User = registering.add_staff(
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
    yield Office(service, folder / "outbox")
    service.close()


@pytest.fixture
def csv_text() -> str:
    """An e-bidding export with one award."""
    return CSV


@pytest.fixture
def contract_at(office: Office) -> Callable[[str], str]:
    """Walk a contract by API until the step named; gives its id."""
    return walker(office)


def walker(office: Office) -> Callable[[str], str]:
    """What `contract_at` gives, for any office."""

    def walk(step: str, members: str = "", case: str = AWARD[0]) -> str:
        staff = office.api("chotatsu")
        head, row = CSV.replace(AWARD[0], case).splitlines()
        data = f"{head},JV構成員\n{row},{members}\n".encode()
        taken = staff.post(
            "/api/v1/awards", content=data, headers={"content-type": "text/csv"}
        ).json()
        made = staff.post("/api/v1/contracts", json={"award_id": taken["new"][0]}).json()
        path = f"/api/v1/contracts/{made['id']}"
        if step == "draft":
            return made["id"]
        assert staff.post(f"{path}/document").status_code == 202
        office.run_jobs()
        ready = staff.get(path).json()
        assert ready["state"] == "ready", ready
        if step == "ready":
            return made["id"]
        seen = {"sha256": ready["document"]["sha256"]}
        assert staff.post(f"{path}/submission", json=seen).status_code == 200
        if step == "deciding":
            return made["id"]
        for decider in ("dorokacho", "keiyaku"):
            answer = office.api(decider).post(f"{path}/approval", json=seen)
            assert answer.status_code == 200, answer.text
        if step == "approved":
            return made["id"]
        sent = staff.post(f"{path}/sending").json()
        office.run_jobs()
        if step == "sent":
            office.case_code = sent["case_codes"][-1]["code"]  # type: ignore[attr-defined]
            office.case_codes = sent["case_codes"]  # type: ignore[attr-defined]
            return made["id"]
        vendor = office.api("takahashi@example.jp")
        code = {"code": sent["case_codes"][0]["code"]}
        assert vendor.post(f"{path}/case-code", json=code).json() == {"next": "one-time-code"}
        assert vendor.post(f"{path}/one-time-code/mail").status_code == 202
        office.run_jobs()
        code = {"code": office.mailed_code("takahashi@example.jp")}
        assert vendor.post(f"{path}/one-time-code", json=code).json() == {"next": "read"}
        text = vendor.get(f"{path}/consent-text").json()
        consent = vendor.post(f"{path}/consent", json=seen | {"text_version": text["version"]})
        assert consent.json() == {"next": "sign"}, consent.text
        assert vendor.post(f"{path}/signature", json=seen).status_code == 202
        office.run_jobs()
        if step == "vendor_signed":
            return made["id"]
        officer = office.api("keiyaku")
        assert officer.post(f"{path}/closing/one-time-code").status_code == 202
        office.run_jobs()
        code = office.mailed_code("keiyaku@enshu.example.jp")
        closed = officer.post(f"{path}/closing", json=seen | {"one_time_code": code})
        assert closed.status_code == 202, closed.text
        office.run_jobs()
        return made["id"]

    return walk


@pytest.fixture
def served(office: Office) -> Iterator[str]:
    """The office's application as a real server under a name, as passkeys need one; its address,
    which is also the public one."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://localhost:{listener.getsockname()[1]}"
    settings = office.service.settings
    web = settings.web.model_copy(update={"public_url": address})
    office.service.settings = settings.model_copy(update={"web": web})
    server = uvicorn.Server(uvicorn.Config(office.app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield address
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()
