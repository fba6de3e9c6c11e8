"""The invoice pages' city, with the jobs that prepare reports."""

from __future__ import annotations

import functools

import pytest

import portal.jobs
from portal.prepared import ordering
from portal.prepared.builders import BUILDERS
from records import jobs
from tests.portal.invoices.conftest import City, city, staff_hash
from tests.portal.invoices.test_browser import address, visitor

__all__ = ["address", "city", "prepare", "staff_hash", "visitor"]


@pytest.fixture
def prepare(city: City):
    """Do what was ordered, as the worker would."""
    bound = {ordering.JOB: functools.partial(ordering.prepare, city.service, BUILDERS)}
    for name, function in portal.jobs.TASKS.items():
        bound[name] = functools.partial(function, city.service)
    return lambda: jobs.run_due(city.service.database, bound, at=city.now)
