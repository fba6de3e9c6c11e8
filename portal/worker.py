"""The worker process: every job of the house, bound to this service's parts."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import econtract.jobs
import einvoice.jobs
import portal.jobs
from portal.contracts.work import contract_parts
from portal.invoices.parts import invoice_parts
from portal.service import Service
from records.jobs import Periodic, Retry, Task, Worker

# The trail is anchored after the offices close; the tasks look at what is due, not at the time.
PERIODIC = (Periodic.daily("portal.anchor", hour=19),)


def tasks(service: Service) -> Mapping[str, Task]:
    """Name → function, as the queue names them."""
    bound: dict[str, Task] = {}
    for name, function in portal.jobs.TASKS.items():
        bound[name] = functools.partial(function, service)
    contracts = contract_parts(service)
    for name, function in econtract.jobs.TASKS.items():
        bound[name] = functools.partial(function, contracts)
    invoices = invoice_parts(service)
    for name, function in einvoice.jobs.TASKS.items():
        bound[name] = functools.partial(function, invoices)
    return bound


def make_worker(service: Service) -> Worker:
    """The worker over this service; `run()` blocks."""
    wanted = service.settings.worker
    return Worker(
        service.database.url,
        tasks(service),
        periodic=PERIODIC,
        retry=Retry(),
        concurrency=wanted.concurrency,
        heartbeat=max(1.0, wanted.heartbeat_seconds / 6),
        stalled_after=wanted.heartbeat_seconds,
    )
