"""Jobs of the city side, by their names in the queue. `portal` binds the parts."""

from __future__ import annotations

from collections.abc import Callable

from einvoice import queries
from einvoice.batches import work_off
from einvoice.deps import Deps
from einvoice.examining import examine, rematch_contract
from einvoice.examining import give_up as give_up_examining
from einvoice.examining import rematch as rematch_invoice
from einvoice.states import WAITING

__all__ = ["TASKS", "Deps"]


def rematch(deps: Deps, *, contract_no: str) -> None:
    """Match anew what waits on a contract (after an inspection or an amendment)."""
    at = deps.clock.now()
    with deps.database.transaction() as session:
        rematch_contract(session, deps, contract_no=contract_no, at=at)


def renew(deps: Deps) -> None:
    """Once a day: match anew what waits for people, so that nearing due dates, ended holds of the
    register and changed contracts stand on the page in the morning. One transaction an invoice."""
    with deps.database.transaction() as session:
        ids = queries.waiting(session)
    for invoice_id in ids:
        with deps.database.transaction() as session:
            row = queries.invoice(session, invoice_id, lock=True)
            if row.status in WAITING:
                rematch_invoice(session, deps, row, at=deps.clock.now())


def give_up(deps: Deps, task: str, args: dict[str, object], error: Exception) -> None:
    """The attempts of one of these jobs are spent: what people must know of it is written down."""
    if task == "einvoice.examine":
        give_up_examining(deps, invoice_id=str(args["invoice_id"]), error=error)


TASKS: dict[str, Callable[..., None]] = {
    "einvoice.examine": examine,
    "einvoice.work_off": work_off,
    "einvoice.rematch": rematch,
    "einvoice.renew": renew,
}
