"""議決: what the council said of a contract, and what must wait for it (地方自治法96条1項5号・8号).

A contract above the threshold is made as a provisional one: the vendor signs, the council votes,
and only then may the city sign. As a municipal contract is final with the last signature alone
(234条5項), it cannot be 確定 before the vote, and nothing is performed or paid on it before.
A lost vote ends the case (`voted_down`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from econtract import cells, queries, states
from econtract.attached import Attachment
from econtract.life_errors import NotConcluded, NotWaiting, refuse
from econtract.life_models import CouncilVote
from econtract.living import amendment_of, note
from econtract.making_errors import VoteMissing
from econtract.models import Contract
from econtract.states import ContractState
from records import Actor, calendar

#: From when a vote can be entered: the text it is about exists, the city has not signed it.
BEFORE_VOTE = states.ACTS["vote_down"][0] | {ContractState.SIGNING}


def needs_vote(session: Session, contract: Contract) -> bool:
    """Whether the decision's route or the re-check of an amendment asks for a vote."""
    amendment = amendment_of(session, contract.id)
    if amendment is not None:
        return amendment.vote_needed
    circulation = queries.circulation(session, contract)
    return contract.form.startswith("provisional") or (
        circulation is not None and circulation.needs_vote
    )


def require_vote(session: Session, contract: Contract) -> None:
    """Raise VoteMissing where a vote is needed and none that passed is on record."""
    if needs_vote(session, contract):
        row = session.get(CouncilVote, contract.id)
        if row is None or not row.passed:
            raise VoteMissing()


def record_vote(
    session: Session,
    contract_id: str,
    *,
    voted_on: date,
    bill_number: str,
    passed: bool,
    files: Sequence[Attachment],
    actor: Actor,
    at: datetime,
) -> CouncilVote:
    """Enter the council's vote, with the evidence (議決書の写し). Twice the same is once.

    Raises EntryRefused, NotWaiting (another vote is on record), NotConcluded (nothing to vote)."""
    contract = queries.locked(session, contract_id)
    bill = cells.text(bill_number, longest=60)
    earlier = session.get(CouncilVote, contract_id)
    if earlier is not None:
        same = (earlier.voted_on, earlier.bill_number, earlier.passed) == (voted_on, bill, passed)
        if same:
            return earlier
        raise NotWaiting(what_ja="議会の議決", what_en="the council's vote")
    if contract.current_state not in BEFORE_VOTE or not needs_vote(session, contract):
        raise NotConcluded(act_ja="議決の記録", act_en="record the council's vote")
    label = ("議決日", "day of the vote")
    if voted_on > calendar.jst_date(at):
        raise refuse("voted_on", label, ("未来の日付です。", "It is in the future."))
    if voted_on < contract.award_date:
        raise refuse("voted_on", label, ("落札決定日より前です。", "It is before the award."))
    if not bill:
        raise refuse("bill_number", ("議案番号", "bill number"), ("空です。", "It is empty."))
    if not files:
        raise refuse(
            "files",
            ("議決の証拠", "evidence of the vote"),
            ("議決書の写しがありません。", "The copy of the resolution is missing."),
            ("議決書の写し（PDFなど）を添付してください。", "Attach a copy of the resolution."),
        )
    row = CouncilVote(
        contract_id=contract_id,
        voted_on=voted_on,
        bill_number=bill,
        passed=passed,
        files=[file.to_json() for file in files],
        recorded_by_name=actor.name,
        recorded_at=at,
    )
    session.add(row)
    if not passed:
        states.require(contract.current_state, "vote_down")
        contract.note = {
            "reason": f"{bill} は {calendar.wareki(voted_on)} に否決されました。",
            "by": "議会",
        }
        contract.move(ContractState.VOTED_DOWN, at)
    note(
        session,
        contract_id,
        actor,
        "council_passed" if passed else "council_rejected",
        {"voted_on": voted_on.isoformat(), "bill": bill, "evidence": files[0].sha256},
        at,
    )
    return row
