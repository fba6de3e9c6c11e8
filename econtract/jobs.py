"""The jobs of this room by name. The portal binds `Deps` and hands them to its worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from econtract import execution, queries
from econtract.alarms import SYSTEM
from econtract.archiving import keep, plan_keeping
from econtract.bulk_closing import close_batch
from econtract.certificate import certify
from econtract.copy_reminding import remind_copies
from econtract.deps import Deps
from econtract.disposing_job import dispose
from econtract.importing_job import import_files
from econtract.making_job import render
from econtract.models import Act, Document
from econtract.opening_job import open_slot
from econtract.own_key_models import HandOut
from econtract.preview_job import preview
from econtract.renewing import plan_renewals, renew
from econtract.signing_job import sign
from econtract.states import ContractState
from records import audit

__all__ = ["TASKS", "Deps", "bind", "give_up"]

TASKS: dict[str, Callable[..., None]] = {
    "econtract.render": render,
    "econtract.preview": preview,
    "econtract.open_slot": open_slot,
    "econtract.sign": sign,
    "econtract.close_batch": close_batch,
    "econtract.certify": certify,
    "econtract.plan_keeping": plan_keeping,
    "econtract.keep": keep,
    "econtract.dispose": dispose,
    "econtract.import": import_files,
    "econtract.remind_copies": remind_copies,
    "econtract.plan_renewals": plan_renewals,
    "econtract.renew": renew,
}


def bind(deps: Deps) -> dict[str, Callable[..., None]]:
    """Each task with its dependencies in place, as records.jobs wants them."""

    def bound(task: Callable[..., None]) -> Callable[..., None]:
        def run(**args: object) -> None:
            task(deps, **args)

        return run

    return {name: bound(task) for name, task in TASKS.items()}


def give_up(deps: Deps, task: str, args: dict[str, Any], error: Exception) -> None:
    """What the worker calls when a job of this room failed for the last time: a person is needed.

    A document that was never made goes back to where the drafter can order it again; the other
    jobs leave their contract as it is, with the failure in its trail, for the operator to retry."""
    at = deps.clock.now()
    code = str(getattr(error, "code", type(error).__name__))
    with deps.database.transaction() as session:
        contract_id = _contract_of(session, args)
        if contract_id is None:
            return
        contract = queries.locked(session, contract_id)
        if task == "econtract.render" and contract.state == ContractState.RENDERING:
            contract.note = {
                "code": code,
                "message_ja": "契約書のPDFを作れませんでした。",
                "message_en": "The contract's PDF could not be made.",
                "remedy_ja": "もう一度作ってください。続くときは運用管理者へ連絡してください。",
                "remedy_en": "Make it again; if it persists, tell the operator.",
            }
            contract.move(ContractState.RENDER_FAILED, at)
        if task == "econtract.sign":
            # Never silent: the page says it beside the person, whatever kind of failure it was.
            execution.note_problem(
                session, str(args["act_id"]), code=code, words="署名の処理が繰り返し失敗しました。"
            )
        audit.append(
            session,
            SYSTEM,
            "contract.job_given_up",
            f"contract:{contract_id}",
            {"task": task, "code": code},
            at,
        )


def _contract_of(session: Session, args: dict[str, Any]) -> str | None:
    if "contract_id" in args:
        return str(args["contract_id"])
    if "act_id" in args:
        return session.get_one(Act, args["act_id"]).contract_id
    if "hand_out_id" in args:
        return session.get_one(HandOut, args["hand_out_id"]).contract_id
    if "document_id" in args:
        return session.get_one(Document, args["document_id"]).contract_id
    return None
