"""Fixtures of the invoice room's tests."""

from __future__ import annotations

import pytest

from records import Database, FixedClock, LocalStore
from tests.einvoice.desk import Desk


@pytest.fixture
def desk(database: Database, store: LocalStore, clock: FixedClock) -> Desk:
    """A city desk with the contracts, creditors and commitments of the worked cases."""
    return Desk(database, store, clock)
