"""覚書: both sides agree on something beside a contract, without changing its amount.

A document of its own beside the original (`econtract.beside`): decided on the lightest route of its
kind, since it moves no money, then consented to and signed by all parties like the original. What
changes amount or term is an amendment (econtract/amending.py). Its own amount is 0 yen: searches
by amount find it as what states none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from econtract import beside, cells, living, queries
from econtract.life_errors import refuse
from econtract.life_rules import LifeRules
from econtract.models import Contract
from records import Actor

FORM = "memorandum"
LONGEST = 2000
NO_AMOUNT = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What is agreed: why in one sentence, the words, and for which days (both included)."""

    subject: str
    agreement: str
    period_from: date
    period_to: date


def usual_period(session: Session, parent: Contract, day: date) -> tuple[date, date]:
    """From `day`, or the term's begin where that is later, to the end of the term in force."""
    stands = living.standing(session, parent)
    first = max(day, stands.period_from)
    return first, max(first, stands.in_force_until)


def draft(
    session: Session,
    contract_id: str,
    agreed: Agreement,
    *,
    life: LifeRules,
    press: str | None,
    actor: Actor,
    at: datetime,
) -> Contract:
    """The memorandum as a draft. `press` is the shown form's id: pressed twice it drafts one.

    Raises NotConcluded (the original is not in force), EntryRefused naming the field."""
    parent = queries.locked(session, beside.original(session, contract_id).id)
    if press is not None and (done := session.get(Contract, press)) is not None:
        if done.parent_id == parent.id:
            return done
        press = None  # somebody else's id: it names no press of this form
    beside.require_original(session, parent.id, life=life, act=("覚書", "agree on a memorandum"))
    subject = _words("subject", ("合意の趣旨", "what it is about"), agreed.subject)
    agreement = _words("agreement", ("合意の内容", "what is agreed"), agreed.agreement)
    if agreed.period_to < agreed.period_from:
        raise refuse(
            "period_to",
            ("適用する期間の終わり", "end of the period"),
            ("始まりより前です。", "It is before the begin."),
        )
    position = 1 + sum(part.form == FORM for part in living.parts(session, parent.id))
    suffix = f"（覚書{position}）"
    child = beside.write(
        session,
        parent,
        form=FORM,
        title=parent.title[: cells.MAX_TEXT - len(suffix)] + suffix,
        amount=NO_AMOUNT,
        tax=NO_AMOUNT,
        period=(agreed.period_from, agreed.period_to),
        fields={
            "parent_number": parent.number,
            "parent_title": parent.title,
            "subject": subject,
            "agreement": agreement,
        },
        contract_id=press,
        actor=actor,
        at=at,
    )
    details = {"number": child.number, "position": position, "subject": subject}
    living.note(session, parent.id, actor, "memorandum_drafted", details | {"child": child.id}, at)
    living.note(session, child.id, actor, "drafted", details | {"parent": parent.number}, at)
    return child


def _words(field: str, label: tuple[str, str], raw: str) -> str:
    """One line of text, not empty. Raises EntryRefused."""
    try:
        text = cells.text(" ".join(raw.split()), longest=LONGEST)
    except cells.BadCell as bad:
        raise refuse(field, label, (bad.ja, bad.en), (bad.mend_ja, bad.mend_en)) from bad
    if not text:
        raise refuse(field, label, ("空です。", "It is empty."))
    return text
