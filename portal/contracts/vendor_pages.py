"""The vendor's own contracts: what waits, what is done, and the copies to keep."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from econtract import queries
from econtract.states import ContractState
from econtract.template import KINDS
from portal.contracts import ceremony, claims, making_view, presenting, timeline, waiting
from portal.contracts.staff_pages import progress_of
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import audit

router = APIRouter(prefix="/vendor/contracts")

Reader = Annotated[Identity, Depends(require("contract.read"))]


@router.get("")
def own_contracts(
    request: Request,
    session: DbSession,
    user: Annotated[Identity, Depends(require("contract.list"))],
) -> Response:
    if user.kind != "vendor":
        return redirect(request, "/contracts")
    now = get_service(request).clock.now()
    rows = []
    for contract in queries.listed(session, vendor_id=user.vendor_id or ""):
        here = ceremony.place(session, user, contract.id, now)
        rows.append(
            {
                "contract": contract,
                "words": presenting.state_words(contract, queries.open_act(session, contract)),
                "waits_for_us": here.step(session, now) != "done",
            }
        )
    rows.sort(key=lambda row: not row["waits_for_us"])
    return render(request, "contracts/vendor_list.html", {"rows": rows, "kinds": KINDS})


@router.get("/{contract_id}")
def own_contract(request: Request, session: DbSession, contract_id: str, user: Reader) -> Response:
    """Before its signature the vendor is led to the ceremony; after it, to its copies."""
    if user.kind != "vendor":
        return redirect(request, f"/contracts/{contract_id}")
    now = get_service(request).clock.now()
    here = ceremony.place(session, user, contract_id, now)
    contract = here.contract
    if here.step(session, now) != "done":
        return redirect(request, f"/vendor/contracts/{contract_id}/sign")
    document = queries.document(session, contract)
    acts = queries.acts(session, document.id) if document else {}
    act = queries.open_act(session, contract)
    following = queries.next_party(session, contract)
    return render(
        request,
        "contracts/vendor_contract.html",
        {
            "contract": contract,
            "making": making_view.of_contract(session, contract, user),
            "state": contract.state,
            "words": presenting.state_words(contract, act),
            "bar": presenting.bar(contract, following.side if following else None),
            "parties": [(p, acts.get(p.slot)) for p in queries.parties(session, contract_id)],
            "own": here.party,
            "own_act": acts.get(here.party.slot),
            "claims": claims.of_contract(get_service(request), session, contract, for_vendor=True),
            "busy": contract.state == ContractState.SIGNING,
            "waits": [w for w in waiting.of_contract(session, contract) if w.kind == "time"],
            "kinds": KINDS,
            "timeline": timeline.lines(
                audit.history(session, f"contract:{contract_id}"), for_vendor=True
            ),
        },
    )


@router.get("/{contract_id}/progress")
def progress(request: Request, session: DbSession, contract_id: str, user: Reader) -> Response:
    here = ceremony.place(session, user, contract_id, get_service(request).clock.now())
    return progress_of(session, here.contract, done_at=f"/vendor/contracts/{contract_id}")
