"""What the contract's jobs work with, in the worker (imports the typesetter and the signer)."""

from __future__ import annotations

from datetime import timedelta

from econtract.jobs import Deps
from portal.contracts.parts import letters, rules_of
from portal.service import Service


def contract_parts(service: Service) -> Deps:
    """The parts of a service that `econtract.jobs` needs."""
    return Deps(
        database=service.database,
        store=service.store,
        clock=service.clock,
        rules=rules_of(service),
        notices=letters(service),
        city_key=service.city_key,
        service_key=service.service_key,
        timestamper=service.timestamper,
        trust=service.trust,
        public_url=service.settings.web.public_url,
        keep_after=timedelta(hours=service.settings.signing.keep_after_hours),
    )
