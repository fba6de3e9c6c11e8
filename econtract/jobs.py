"""The jobs of this room by name. The portal binds `Deps` and hands them to its worker."""

from __future__ import annotations

from collections.abc import Callable

from econtract.archiving import keep, plan_keeping
from econtract.certificate import certify
from econtract.deps import Deps
from econtract.making_job import render
from econtract.signing_job import sign

__all__ = ["TASKS", "Deps", "bind"]

TASKS: dict[str, Callable[..., None]] = {
    "econtract.render": render,
    "econtract.sign": sign,
    "econtract.certify": certify,
    "econtract.plan_keeping": plan_keeping,
    "econtract.keep": keep,
}


def bind(deps: Deps) -> dict[str, Callable[..., None]]:
    """Each task with its dependencies in place, as records.jobs wants them."""

    def bound(task: Callable[..., None]) -> Callable[..., None]:
        def run(**args: object) -> None:
            task(deps, **args)

        return run

    return {name: bound(task) for name, task in TASKS.items()}
