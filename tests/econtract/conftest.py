"""The contract's walk on real parts: database, store, development keys, built-in authority."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from walk import HeardNotices, Walk

from econtract import rules
from econtract.deps import Deps
from records import Database, FixedClock, LocalStore
from signing import development


@pytest.fixture(scope="session")
def pki_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pki")


@pytest.fixture
def deps(database: Database, store: LocalStore, clock: FixedClock, pki_folder: Path) -> Deps:
    pki = development.create_pki(pki_folder, clock=clock.now)
    return Deps(
        database=database,
        store=store,
        clock=clock,
        rules=rules.example(),
        notices=HeardNotices(),
        city_key=pki.city,
        service_key=pki.service,
        timestamper=pki.timestamper(),
        trust=pki.trust(),
        public_url="http://127.0.0.1:8000",
        keep_after=timedelta(hours=24),
    )


@pytest.fixture
def walk(deps: Deps) -> Walk:
    assert isinstance(deps.notices, HeardNotices)
    return Walk(deps, deps.notices)
