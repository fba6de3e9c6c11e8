"""Fixtures for everyone: a real PostgreSQL, a database per test, a store, a clock.

The server is the embedded one, with fsync off, in a folder named after this process; folders of
runs that were killed are stopped and removed at the next start.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from records import Base, Database, FixedClock, LocalStore, embedded, jobs
from records.database import libpq_url

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_TEMPLATE = "warifu_template"
_FOLDERS = (Path("/dev/shm"), Path("/tmp"))
_ROOM = 2 * 1024**3
"""Bytes free that a folder must have: in memory a test's database is made in 20 ms, on an ordinary
disk in 300 ms, but a container's /dev/shm may have no more than 64 MB."""
_PREFIX = f"warifu-tests-{os.getuid()}-"


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """The URL of a running PostgreSQL for this session."""
    _remove_leftovers()
    roomy = [each for each in _FOLDERS if each.is_dir() and shutil.disk_usage(each).free > _ROOM]
    folder = (roomy or [_FOLDERS[-1]])[0] / f"{_PREFIX}{os.getpid()}"
    _remove(folder)  # of a run that was killed and had our number
    try:
        with embedded.running(folder, durable=False) as url:
            yield url
    finally:
        _remove(folder)


@pytest.fixture(scope="session")
def database_template(database_server: str) -> str:
    """The name of a database with all tables, which each test's database is copied from."""
    for module in (
        "records.models",
        "econtract.models",
        "einvoice.models",
        "portal.accounts.models",
        "portal.accounts.bank_models",
        "portal.accounts.factor_models",
        "portal.accounts.oidc_models",
        "portal.contracts.models",
        "portal.prepared.models",
        "portal.network.models",
    ):
        if find_spec(module.partition(".")[0]) and find_spec(module):
            import_module(module)
    with psycopg.connect(libpq_url(database_server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_TEMPLATE}")
    database = Database(_url_of(database_server, _TEMPLATE))
    with database.engine.begin() as connection:
        Base.metadata.create_all(connection)
        jobs.install(connection)
    database.dispose()
    return _TEMPLATE


@pytest.fixture
def database_url(database_server: str, database_template: str) -> Iterator[str]:
    """The URL of a fresh database with all tables."""
    name = f"test_{os.urandom(6).hex()}"
    with psycopg.connect(libpq_url(database_server), autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE {database_template} STRATEGY FILE_COPY"
        )
    yield _url_of(database_server, name)
    _drop(database_server, name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database with all tables."""
    database = Database(database_url)
    yield database
    database.dispose()


SOFTHSM_MODULES = [
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
]


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The PKCS#11 module of a SoftHSM with the tokens "card", "warifu" and "party", PIN 1234.

    One for the whole process: the library reads its settings and finds its tokens when it is first
    loaded, and never again.
    """
    module = next((m for m in SOFTHSM_MODULES if m.exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed: Debian package softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    for label in ("card", "warifu", "party"):
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", "1234",
             "--so-pin", "5678"], check=True, capture_output=True,
        )  # fmt: skip
    yield module
    del os.environ["SOFTHSM2_CONF"]


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at noon in Japan on 2026-11-24, a Tuesday."""
    return FixedClock(datetime(2026, 11, 24, 3, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """Headless Chromium: the system's, else the one Playwright brings. Asks nothing of the network.

    By module and not by session: while it is open, nothing else here can run an event loop.
    """
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)  # a busy machine is no fault of the page
    installed = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


def _drop(server: str, name: str) -> None:
    """Drop a database. While the server's own housekeeping (autovacuum) is in it, wait."""
    with psycopg.connect(libpq_url(server), autocommit=True) as connection:
        for _ in range(100):
            with suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
                return
            time.sleep(0.1)
    raise AssertionError(f"{name} cannot be dropped")


def _url_of(server: str, name: str) -> str:
    return server.replace(f"/{embedded.DATABASE}?", f"/{name}?")


def _remove_leftovers() -> None:
    for folder in (found for each in _FOLDERS for found in each.glob(f"{_PREFIX}*")):
        owner = folder.name.removeprefix(_PREFIX)
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            embedded.stop(folder)
            _remove(folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
