"""The city's office for the stories and lessons: one that a test may change, one concluded for all.

A concluded contract takes seconds to make. Stories that only look at one share it (`kept`); who
changes anything takes an office of its own (`office`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from econtract import queries
from econtract.models import Contract
from records import Database, FixedClock, LocalStore, embedded
from records.database import libpq_url
from tests.econtract.conftest import deps, walk
from tests.portal.contracts.conftest import (
    Office,
    an_office,
    contract_at,
    office,
    pki_folder,
    staff_hash,
    walker,
)

__all__ = ["contract_at", "deps", "office", "pki_folder", "staff_hash", "walk"]


@dataclass
class Kept:
    """An office with one contract that both sides signed and the city keeps."""

    office: Office
    contract_id: str

    @property
    def contract(self) -> Contract:
        with self.office.service.database.reader() as session:
            session.expunge(found := queries.contract(session, self.contract_id))
            return found


@pytest.fixture(scope="module")
def kept(
    database_server: str,
    database_template: str,
    pki_folder: Path,
    staff_hash: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Kept]:
    """Concluded and in long-term form, made once for the tests of a module, which only read."""
    folder = tmp_path_factory.mktemp("kept")
    name = f"kept_{os.urandom(6).hex()}"
    with psycopg.connect(libpq_url(database_server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {database_template}")
    database = Database(database_server.replace(f"/{embedded.DATABASE}?", f"/{name}?"))
    store = LocalStore(folder / "store")
    clock = FixedClock(datetime(2026, 11, 24, 3, 0, tzinfo=UTC))
    with an_office(database, store, clock, folder, pki_folder, staff_hash) as office:
        contract_id = walker(office)("concluded")
        office.run_jobs()
        yield Kept(office, contract_id)
    database.dispose()
