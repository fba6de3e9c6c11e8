"""The fictional city in one process, with its clock stopped: what every page is looked at with.

Its people speak as in the demonstration (`portal.demo`), but to the application in this process,
and the worker's jobs run when they are asked for. Nothing waits and nothing depends on the day.
"""

from __future__ import annotations

import email
import email.policy
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import uvicorn
from fastapi.testclient import TestClient

from portal.accounts import queries
from portal.app import create_app
from portal.demo import city
from portal.demo.stage import Ports, Stage
from portal.security import api_keys, people, sessions
from portal.service import Service
from portal.settings import Settings
from portal.worker import tasks
from records import Database, FixedClock, LocalStore, jobs

HERE = "http://127.0.0.1:8000"
CODE = re.compile(r"(?<![0-9])([0-9]{6})(?![0-9])")
OPENING = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # a Monday morning in Japan
SECRET = "a secret of the tests, long enough for all"


class Voice:
    """One person with an API key; `wait` lets the worker do what is due."""

    def __init__(self, name: str, client: TestClient, lively: LivelyCity) -> None:
        self.name = name
        self._client = client
        self._work = lively.work
        self._pass_time = lively.later

    def get(self, path: str, **params: Any) -> Any:
        return self._call("GET", path, params=params).json()

    def post(self, path: str, body: object = None, **how: Any) -> Any:
        answer = self.try_post(path, body, **how)
        assert answer.status_code < 400, f"{self.name} {path}: {answer.text}"
        return answer.json()

    def try_post(self, path: str, body: object = None, **how: Any) -> Any:
        given = {"json": body} if body is not None else {}
        self._pass_time(minutes=1)  # no two acts at one moment: lists have one order
        answer = self._client.request("POST", f"/api/v1{path}", **given, **how)
        self._work()
        return answer

    def wait(self, path: str, until: Callable[[Any], bool]) -> Any:
        self._work()
        answer = self.get(path)
        assert until(answer), f"{self.name} {path}: {answer}"
        return answer

    def _call(self, method: str, path: str, **how: Any) -> Any:
        answer = self._client.request(method, f"/api/v1{path}", **how)
        assert answer.status_code < 400, f"{self.name} {path}: {answer.text}"
        return answer


class Desk(TestClient):
    """A browser without a window on our own pages: same origin, form token."""

    def submit(self, path: str, fields: dict[str, Any] | None = None, **options: Any) -> Any:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/verify").text)
        assert found
        data = {"csrf": found.group(1), **(fields or {})}
        answer = self.post(path, data=data, follow_redirects=False, **options)
        assert answer.status_code == 303, f"{path}: {answer.status_code} {complaint(answer.text)}"
        return answer

    def find(self, pattern: str, path: str) -> str:
        """What a page says: the first group of `pattern`."""
        found = re.search(pattern, self.get(path).text)
        assert found, f"{pattern} is not on {path}"
        return found.group(1)


def complaint(page: str) -> str:
    return " ".join(re.findall(r'class="(?:error|field-error)[^>]*>\s*([^<]+)', page))[:400]


class LivelyCity:
    """The service over a database that has its tables; its people are there already."""

    def __init__(self, folder: Path, database: Database, clock: FixedClock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.stage = Stage(folder, Ports(web=8000, tsa=0))
        self.outbox = folder / "outbox"
        self.clock = clock
        settings = Settings(
            demo=True,
            mail={"folder": self.outbox},
            security={"secret": SECRET},
            signing={
                "development_keys": True,
                "pki_folder": folder / "pki",
                "keep_after_hours": 0,
            },
            city={"corporate_number": city.CORPORATE_NUMBER},
            payment={"consignor_code": city.CONSIGNOR_CODE},
            peppol={"mode": "provider", "network": "production", "provider": "tokai-sp"},
        )
        store = LocalStore(folder / "documents")
        self.service = Service(settings, database=database, store=store, clock=clock)
        self.app = create_app(self.service, raise_unknown=True)
        self.places: dict[str, str] = {}
        self._voices: dict[str, Voice] = {}

    @property
    def today(self) -> date:
        return self.clock.now().astimezone(UTC).date()

    @property
    def settings(self) -> Settings:
        return self.service.settings

    def work(self) -> int:
        """Everything that is due, as the worker would do it."""
        return jobs.run_due(
            self.service.database, tasks(self.service), at=self.clock.now(), stop_at_error=False
        )

    def later(self, **time_passed: float) -> None:
        self.clock.advance(timedelta(**time_passed))

    # What the stories of the demonstration ask of their voices.

    def __getitem__(self, name: str) -> Voice:
        if name not in self._voices:
            with self.service.database.transaction() as session:
                kind, person_id = self._person(session, name)
                holder = people.of_holder(session, kind, person_id, factors=frozenset({"api_key"}))
                assert holder is not None
                key, _ = api_keys.issue(session, holder=holder, label="連携", at=self.clock.now())
            head = {"authorization": f"Bearer {key}"}
            client = TestClient(self.app, base_url=HERE, headers=head)
            self._voices[name] = Voice(name, client, self)
        return self._voices[name]

    def mails(self) -> set[Path]:
        return set(self.outbox.glob("*.eml"))

    def code_mailed(self, to: str, about: str, known: set[Path]) -> str:
        """The six digits of the one mail to `to` that is not `known`."""
        self.work()
        bodies = [self.body(file) for file in self.mails() - known if self.is_to(file, to)]
        [code] = [found.group(1) for body in bodies if (found := CODE.search(body))]
        return code

    def is_to(self, file: Path, to: str) -> bool:
        return to in str(self._message(file)["to"])

    def body(self, file: Path) -> str:
        return str(self._message(file).get_content())

    def _message(self, file: Path) -> EmailMessage:
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def newest_mail(self, to: str, about: str) -> Path:
        """The newest mail to somebody that speaks of something and has a link to open."""
        self.work()
        to_them = [file for file in self.mails() if self.is_to(file, to)]
        found = [f for f in to_them if about in self.body(f) and "/l/" in self.body(f)]
        return max(found, key=lambda file: (file.stat().st_mtime_ns, file.name))

    def link_mailed(self, to: str, about: str) -> str:
        """The path of the link in that mail."""
        body = self.body(self.newest_mail(to, about))
        return re.findall(r"https?://[^/\s]+(/l/\S+)", body)[-1]

    # Browsers

    def desk(self, name: str) -> Desk:
        """Signed in as a member of staff (login name) or a vendor's person (vendor's code)."""
        headers = {"sec-fetch-site": "same-origin", "origin": HERE}
        desk = Desk(self.app, base_url=HERE, headers=headers)
        desk.cookies.set(*self.cookie(name))
        return desk

    def cookie(self, name: str) -> tuple[str, str]:
        """Name and value of a new session's cookie."""
        with self.service.database.transaction() as session:
            kind, person_id = self._person(session, name)
            factors = ["password"] if kind == "staff" else ["link"]
            token = sessions.start(
                session,
                self.settings.security,
                holder_kind=kind,
                holder_id=person_id,
                factors=factors,
                at=self.clock.now(),
            )
        return sessions.cookie_name(self.settings), token

    def staff_id(self, name: str) -> str:
        with self.service.database.reader() as session:
            return self._person(session, name)[1]

    def _person(self, session: Any, name: str) -> tuple[Any, str]:
        user = queries.user_by_login_name(session, name)
        if user is not None:
            return "staff", user.id
        vendor = queries.vendor_by_code(session, name)
        assert vendor is not None, name
        people_of = queries.vendor_users(session, vendor.id)
        admins = [person for person in people_of if person.role == "admin"]
        return "vendor", (admins or people_of)[0].id

    @contextmanager
    def served(self) -> Iterator[str]:
        """The application as a real server under a name, as passkeys need one; its address."""
        listener = socket.create_server(("127.0.0.1", 0))
        address = f"http://localhost:{listener.getsockname()[1]}"
        web = self.settings.web.model_copy(update={"public_url": address})
        self.service.settings = self.settings.model_copy(update={"web": web})
        server = uvicorn.Server(uvicorn.Config(self.app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield address
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
