"""The lively city, furnished once a session; each module that asks has a copy of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from records import Database, FixedClock, embedded
from records.database import libpq_url
from tests.screens.furnishing import furnish
from tests.screens.lively_city import OPENING, LivelyCity


@dataclass(frozen=True)
class Furnished:
    """Where the furnished city lies, to be copied."""

    server: str
    people: str
    database: str
    folder: Path
    at: datetime
    places: dict[str, str]


@pytest.fixture(scope="session")
def furnished(
    database_server: str, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Furnished:
    """Two databases to copy: people only, and the whole city with its folder."""
    mark = os.urandom(4).hex()
    folder = tmp_path_factory.mktemp("lively") / "city"
    people, name = f"people_{mark}", f"lively_{mark}"
    copy_database(database_server, database_template, people)
    lively = LivelyCity(folder, Database(url_of(database_server, people)), FixedClock(OPENING))
    lively.stage.settle(lively.service)
    lively.service.database.dispose()
    copy_database(database_server, people, name)
    lively = LivelyCity(folder, Database(url_of(database_server, name)), FixedClock(OPENING))
    furnish(lively)
    lively.service.close()
    return Furnished(database_server, people, name, folder, lively.clock.now(), lively.places)


@pytest.fixture(scope="module")
def lively(furnished: Furnished, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivelyCity]:
    """The furnished city."""
    yield from opened(furnished, furnished.database, tmp_path_factory.mktemp("lively") / "city")


@pytest.fixture(scope="module")
def empty(furnished: Furnished, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivelyCity]:
    """The city with its people and nothing else."""
    yield from opened(furnished, furnished.people, tmp_path_factory.mktemp("empty") / "city")


@pytest.fixture(scope="module")
def address(lively: LivelyCity) -> Iterator[str]:
    with lively.served() as found:
        yield found


@pytest.fixture(scope="module")
def empty_address(empty: LivelyCity) -> Iterator[str]:
    with empty.served() as found:
        yield found


def opened(furnished: Furnished, template: str, folder: Path) -> Iterator[LivelyCity]:
    name = f"copy_{os.urandom(6).hex()}"
    copy_database(furnished.server, template, name)
    shutil.copytree(furnished.folder, folder)
    database = Database(url_of(furnished.server, name))
    lively = LivelyCity(folder, database, FixedClock(furnished.at))
    lively.places = dict(furnished.places)
    yield lively
    lively.service.close()


def copy_database(server: str, template: str, name: str) -> None:
    with psycopg.connect(libpq_url(server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")


def url_of(server: str, name: str) -> str:
    return server.replace(f"/{embedded.DATABASE}?", f"/{name}?")
