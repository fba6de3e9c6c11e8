"""Jobs of the city side, by their names in the queue. `portal` binds the parts."""

from __future__ import annotations

from collections.abc import Callable

from einvoice.deps import Deps
from einvoice.examining import examine, rematch_contract

__all__ = ["TASKS", "Deps"]


def rematch(deps: Deps, *, contract_no: str) -> None:
    """Match anew what waits on a contract (after an inspection or an amendment)."""
    at = deps.clock.now()
    with deps.database.transaction() as session:
        rematch_contract(session, deps, contract_no=contract_no, at=at)


TASKS: dict[str, Callable[..., None]] = {
    "einvoice.examine": examine,
    "einvoice.rematch": rematch,
}
