"""What waits about a contract and why: a silent time-stamping authority or mail server, other work
that was tried in vain. Each says since when, when it is tried next, and whom to ask.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from econtract.models import Act, Contract
from econtract.states import ActState
from records import jobs

#: What waits, by the task that was tried in vain.
OTHER_WORK = {
    "econtract.render": "契約書のPDFを作る処理を待っています",
    "econtract.certify": "合意締結証明書を作る処理を待っています",
    "econtract.keep": "長期保存の形式にする処理（時刻局の応答）を待っています",
    "econtract.renew": "保存用タイムスタンプの更新（時刻局の応答）を待っています",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits. `next_at` is None when it is given up: only a person moves it on."""

    kind: Literal["time", "mail", "work"]
    words: str
    since: datetime
    next_at: datetime | None
    tries: int

    @property
    def is_given_up(self) -> bool:
        return self.next_at is None


def of_contract(session: Session, contract: Contract) -> list[Waiting]:
    return of_contracts(session, [contract]).get(contract.id, [])


def of_contracts(session: Session, contracts: Sequence[Contract]) -> dict[str, list[Waiting]]:
    """What waits, by contract; a contract of which nothing waits is not in it."""
    found: dict[str, list[Waiting]] = defaultdict(list)
    ids = [contract.id for contract in contracts]
    for act in session.scalars(
        select(Act).where(Act.contract_id.in_(ids), Act.state == ActState.WAITING_TSA)
    ):
        found[act.contract_id].append(_for_time(session, act))
    for job in jobs.held_up(session, "contract_id", ids):
        words = OTHER_WORK.get(job.task, "裏で行う処理を待っています")
        found[job.args["contract_id"]].append(_for_job("work", words, [job]))
    letters: dict[str, list[jobs.HeldUp]] = defaultdict(list)
    for job in jobs.held_up(session, "about", [f"contract:{each}" for each in ids]):
        letters[job.args["about"].removeprefix("contract:")].append(job)
    for contract_id, held in letters.items():
        given_up = [job for job in held if job.state == "failed"]
        tried = [job for job in held if job.state != "failed"]
        for each in (tried, given_up):
            if each:
                words = f"メールを送れず待っています（{len(each)}通）"
                found[contract_id].append(_for_job("mail", words, each))
    return dict(found)


def _for_time(session: Session, act: Act) -> Waiting:
    job = jobs.status(session, "econtract.sign", key=act.id)
    next_at = None if job is None or job.state == "failed" else job.due_at or act.requested_at
    words = "時刻局（タイムスタンプ）の応答を待っています"
    return Waiting("time", words, act.requested_at, next_at, act.attempts)


def _for_job(kind: Literal["mail", "work"], words: str, held: Sequence[jobs.HeldUp]) -> Waiting:
    nexts = [job.next_at or job.since for job in held if job.state != "failed"]
    return Waiting(
        kind,
        words,
        min(job.since for job in held),
        min(nexts, default=None),
        max(job.attempts for job in held),
    )
