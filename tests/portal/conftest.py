"""The door over a real database: an application, people of each kind, browsers with cookies."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient

from portal.accounts import registering
from portal.accounts.models import User, Vendor, VendorUser
from portal.app import create_app
from portal.security.roles import STAFF_ROLES, Role
from portal.settings import Settings
from records import Actor, Database, FixedClock, LocalStore, embedded
from records.database import libpq_url
from signing import Validity

HERE = "http://127.0.0.1:8000"
PASSWORD = "correct horse battery"
SYSTEM = Actor(kind="system", id="tests", name="tests")
FROM, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


@dataclass
class Door:
    """What the door asks of the service."""

    settings: Settings
    database: Database
    store: LocalStore
    clock: FixedClock
    certificates: tuple[Validity, ...] = (Validity("tests", FROM, UNTIL),)


class Browser(TestClient):
    """A test client that behaves like a browser on our own pages: same origin, form token."""

    def token(self, path: str = "/login") -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)
        assert found, f"no form on {path}"
        return found.group(1)

    def submit(self, path: str, fields: dict[str, str] | None = None, **options: object):
        data = {"csrf": self.token("/"), **(fields or {})}
        return self.post(path, data=data, follow_redirects=False, **options)

    def sign_in(self, login_name: str, password: str = PASSWORD) -> None:
        response = self.submit("/login", {"login_name": login_name, "password": password})
        assert response.status_code == 303, response.text


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        demo=True,
        mail={"folder": tmp_path / "outbox"},
        security={"secret": "a secret of the tests, long enough for all"},
    )


@pytest.fixture
def door(settings: Settings, database: Database, store: LocalStore, clock: FixedClock) -> Door:
    return Door(settings, database, store, clock)


@pytest.fixture
def app(door: Door):
    return create_app(door, raise_unknown=True)


@pytest.fixture
def new_browser(app) -> Callable[[], Browser]:
    def make(**headers: str) -> Browser:
        return Browser(
            app,
            base_url=HERE,
            headers={"sec-fetch-site": "same-origin", "origin": HERE, **headers},
        )

    return make


@pytest.fixture
def browser(new_browser) -> Iterator[Browser]:
    with new_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def staff_hash() -> str:
    """One hash for all staff of the tests: hashing takes its time on purpose."""
    from portal.security.passwords import hashed

    return hashed(PASSWORD)


@pytest.fixture
def staff(database: Database, clock: FixedClock, staff_hash: str) -> dict[Role, User]:
    """One member of staff for each role; the login name is the role's name."""
    people = {}
    with database.transaction() as session:
        for role in sorted(STAFF_ROLES):
            user = registering.add_staff(
                session,
                login_name=role.value,
                display_name=f"{role.ja} 太郎",
                roles=[role],
                password=None,
                department="道路課" if role is Role.DEPARTMENT else role.ja,
                title="主任",
                actor=SYSTEM,
                at=clock.now(),
            )
            user.password_hash = staff_hash
            people[role] = user
    return people


@pytest.fixture
def vendor(database: Database, clock: FixedClock) -> Vendor:
    with database.transaction() as session:
        return registering.add_vendor(
            session,
            code="V-001",
            name="株式会社髙﨑建設",
            kana="タカサキケンセツ",
            registration_number="T7000012050002",
            actor=SYSTEM,
            at=clock.now(),
        )


@pytest.fixture
def person(database: Database, clock: FixedClock, vendor: Vendor) -> VendorUser:
    with database.transaction() as session:
        return registering.add_vendor_user(
            session,
            vendor_id=vendor.id,
            mail="Takasaki@example.co.jp",
            name="髙﨑 𠮷郎",
            title="代表取締役",
            role="admin",
            actor=SYSTEM,
            at=clock.now(),
        )


@pytest.fixture
def live(app, door: Door) -> Iterator[str]:
    """The door as a real server on a free port; its address, which is also the public one."""
    import socket
    import threading
    import time

    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    web = door.settings.web.model_copy(update={"public_url": address})
    door.settings = door.settings.model_copy(update={"web": web})
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield address
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


@pytest.fixture
def empty_database(database_server: str) -> Iterator[Database]:
    """A database without any table."""
    name = f"empty_{os.urandom(6).hex()}"
    with psycopg.connect(libpq_url(database_server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    database = Database(database_server.replace(f"/{embedded.DATABASE}?", f"/{name}?"))
    yield database
    database.dispose()
    with psycopg.connect(libpq_url(database_server), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
