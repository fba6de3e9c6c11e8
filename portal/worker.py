"""The worker process: every job of the house, bound to this service's parts."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import econtract.jobs
import einvoice.jobs
import portal.jobs
import portal.network.jobs
from portal.contracts.work import contract_parts
from portal.invoices import door_jobs
from portal.invoices.parts import invoice_parts
from portal.prepared import ordering
from portal.prepared.builders import BUILDERS
from portal.service import Service
from records import Actor, audit
from records.jobs import Periodic, Retry, Task, Worker

# Every hour, so that a day on which no worker ran at one moment still gets its anchor.
# Invoices are matched anew before the offices open (times are UTC).
PERIODIC = (
    Periodic("portal.anchor", "7 * * * *"),
    Periodic("portal.sweep", "37 18 * * *"),
    Periodic("econtract.remind_copies", "20 0 * * *"),  # at 9:20 in Japan
    Periodic("econtract.plan_renewals", "41 16 * * *"),  # at 1:41 in Japan
    Periodic("einvoice.renew", "12 20 * * *"),
    Periodic("portal.remind_contracts", "42 22 * * *"),
    Periodic("portal.remind_signers", "5 0 * * *"),  # at 9:05 in Japan
    # An MLS has twenty minutes (Peppol); an answer is tried first the moment it is owed.
    Periodic("network.send_answers", "* * * * *"),
)

SYSTEM = Actor("system", "worker", "warifu")


def tasks(service: Service) -> Mapping[str, Task]:
    """Name → function, as the queue names them."""
    bound: dict[str, Task] = {}
    for name, function in portal.jobs.TASKS.items():
        bound[name] = functools.partial(function, service)
    bound[ordering.JOB] = functools.partial(ordering.prepare, service, BUILDERS)
    for name, function in portal.network.jobs.TASKS.items():
        bound[name] = functools.partial(function, service)
    for name, function in door_jobs.TASKS.items():
        bound[name] = functools.partial(function, service)
    contracts = contract_parts(service)
    for name, function in econtract.jobs.TASKS.items():
        bound[name] = functools.partial(function, contracts)
    invoices = invoice_parts(service)
    for name, function in einvoice.jobs.TASKS.items():
        bound[name] = functools.partial(function, invoices)
    return bound


def give_up(service: Service, task: str, args: Mapping[str, object], error: Exception) -> None:
    """A job whose attempts are spent needs a person: it stands in the trail and on /operations.

    Only ids are noted of its arguments: a mail's text or address is nobody's business there.
    """
    if task in econtract.jobs.TASKS:
        econtract.jobs.give_up(contract_parts(service), task, dict(args), error)
    if task in einvoice.jobs.TASKS:
        einvoice.jobs.give_up(invoice_parts(service), task, dict(args), error)
    if task == ordering.JOB:
        ordering.fail(service, str(args["work_id"]))
    if task in portal.network.jobs.TASKS:
        portal.network.jobs.give_up(service, task, dict(args), error)
    ids = {name: str(value)[:60] for name, value in args.items() if name.endswith("_id")}
    with service.database.transaction() as session:
        audit.append(
            session,
            SYSTEM,
            "job.given_up",
            f"task:{task}",
            {"error": type(error).__name__, **ids},
            service.clock.now(),
        )


def make_worker(service: Service) -> Worker:
    """The worker over this service; `run()` blocks."""
    wanted = service.settings.worker
    return Worker(
        service.database.url,
        tasks(service),
        periodic=(*PERIODIC, *door_jobs.periodic(service.settings)),
        give_up=functools.partial(give_up, service),
        retry=Retry(),
        concurrency=wanted.concurrency,
        heartbeat=max(1.0, wanted.heartbeat_seconds / 6),
        stalled_after=wanted.heartbeat_seconds,
    )
