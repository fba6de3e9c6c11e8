"""What the contract pages take from the settings: the city as a party, its rules, the letters.

Light on purpose: the web process imports it. The worker's parts are in `portal.contracts.work`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from econtract import Alarm, CityOffice, Rules, alarms, rules
from portal.contracts.letters import Letters
from portal.service import Service


@cache
def _rules(path: Path | None) -> Rules:
    return rules.load(path)


def rules_of(service: Service) -> Rules:
    """The city's contract rules (WARIFU_CONTRACT__RULES, or the example city's)."""
    return _rules(service.settings.contract.rules)


def city_office(service: Service) -> CityOffice:
    """The city as it stands in its contracts."""
    city = service.settings.city
    return CityOffice(city.name, city.address, city.head_title, city.head_name)


def letters(service: Service) -> Letters:
    """How people are told what the domain decides."""
    return Letters(service.settings)


@contextmanager
def alarms_recorded(service: Service, session: Session) -> Iterator[None]:
    """An alarm inside undoes the request's work, is written down on its own, and is shown.

    The request's transaction holds the contract's row; it is given back first."""
    try:
        yield
    except Alarm as alarm:
        session.rollback()
        with service.database.transaction() as own:
            alarms.record(own, alarm, notices=letters(service), at=service.clock.now())
        raise
