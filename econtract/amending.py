"""変更契約: a contract of its own, beside the original, that says what changes.

The original's row and file never change. An amendment is drafted from the terms in force (after
the amendments before it), decided, signed and concluded like any contract; from its conclusion on
`living.standing` counts it, and with it invoices, guarantees and keeping. One at a time: the next
one is drafted from what the one before it left.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econtract import beside, cells, living, queries, repricing
from econtract.life_errors import NotWaiting, refuse
from econtract.life_models import Amendment, CouncilVote
from econtract.life_rules import LifeRules
from econtract.models import Contract
from econtract.reasons import checked_reason
from econtract.repricing import NewPrices, Repriced
from econtract.rules import Rules
from econtract.states import ContractState
from records import Actor, calendar, new_id

FORM = "amendment"
MAX_OTHER_CHANGES = 30
_TOKEN = re.compile(r"(?:令和|平成)?[元0-9]+年[0-9]+月[0-9]+日|[0-9,]+[円%]?|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class OtherChange:
    """A change of anything but amount and term: what, as it is, as it will be."""

    item: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to change. `amount_change` in yen with tax, negative for less; zero for none."""

    amount_change: Decimal = Decimal(0)
    period_to: date | None = None
    reason: str
    others: tuple[OtherChange, ...] = ()
    prices: NewPrices = repricing.UNCHANGED


@dataclass(frozen=True, slots=True)
class Comparison:
    """The terms in force beside the new ones, and what follows from the difference."""

    original: Decimal
    before: Decimal
    after: Decimal
    tax_before: Decimal
    tax_after: Decimal
    period_before: date
    period_after: date
    position: int
    cumulative: Decimal
    """New amount less the original, in percent of the original, two places, signed."""
    vote_needed: bool
    vote_reason: str
    others: tuple[OtherChange, ...]
    repriced: Repriced = repricing.NOTHING

    @property
    def change(self) -> Decimal:
        return self.after - self.before

    def rows(self) -> list[tuple[str, str, str]]:
        """(item, before, after) of everything that differs, as printed in the contract."""
        found = []
        if self.change:
            found.append(("契約金額（税込）", f"{self.before:,.0f}円", f"{self.after:,.0f}円"))
            found.append(("うち消費税", f"{self.tax_before:,.0f}円", f"{self.tax_after:,.0f}円"))
        if self.period_after != self.period_before:
            days = (calendar.wareki(self.period_before), calendar.wareki(self.period_after))
            found.append(("履行期間の終わり", *days))
        found += self.repriced.rows
        return found + [
            (o.item, o.before or "（なし）", o.after or "（削る）") for o in self.others
        ]


def compare(
    session: Session, parent: Contract, change: Change, *, rules: Rules, life: LifeRules, day: date
) -> Comparison:
    """What a change would mean. Raises EntryRefused naming the field; writes nothing."""
    stands = living.standing(session, parent)
    after = stands.amount + change.amount_change
    if after <= 0 or after > cells.MAX_YEN:
        raise refuse(
            "amount_change",
            ("増減額", "change of the amount"),
            (f"変更後の契約金額が{after:,.0f}円になります。", f"The new amount is {after:,.0f}."),
            ("やめるときは、変更ではなく解除を起こしてください。", "To end it, cancel instead."),
        )
    period_after = change.period_to or stands.period_to
    if period_after < stands.period_from:
        raise refuse(
            "period_to",
            ("変更後の完成期限", "new end of the term"),
            ("履行期間の始まりより前です。", "It is before the term begins."),
        )
    others = tuple(o for o in change.others if o.before != o.after)
    repriced = repricing.repriced(session, parent, change.prices, last=period_after)
    is_same = after == stands.amount and period_after == stands.period_to
    if is_same and not others and not repriced.rows:
        raise refuse(
            "amount_change",
            ("変更の内容", "the change"),
            ("何も変わりません。", "Nothing changes."),
            ("増減額・完成期限・その他の変更のどれかを入れてください。", "Enter a change."),
        )
    tax_after = (after * parent.tax_rate / (100 + parent.tax_rate)).quantize(
        Decimal(1), rounding=ROUND_FLOOR
    )
    if after == stands.amount:
        tax_after = stands.tax
    needed, why = _vote(session, parent, after, rules, life, day)
    cumulative = ((after - parent.amount) * 100 / parent.amount).quantize(
        Decimal("0.01"), rounding=ROUND_HALF_UP
    )
    return Comparison(
        original=parent.amount,
        before=stands.amount,
        after=after,
        tax_before=stands.tax,
        tax_after=tax_after,
        period_before=stands.period_to,
        period_after=period_after,
        position=_next_position(session, parent.id),
        cumulative=cumulative,
        vote_needed=needed,
        vote_reason=why,
        others=others,
        repriced=repriced,
    )


def draft(
    session: Session,
    contract_id: str,
    change: Change,
    *,
    rules: Rules,
    life: LifeRules,
    press: str | None,
    actor: Actor,
    at: datetime,
) -> Contract:
    """The amendment as a draft, ready to be made into a document.

    `press` is the shown form's id: its button pressed twice drafts one. Raises NotConcluded,
    NotWaiting (another amendment is under way), EntryRefused, ReasonRequired."""
    parent = queries.locked(session, beside.original(session, contract_id).id)
    if press is not None and (done := session.get(Amendment, press)) is not None:
        return queries.contract(session, done.contract_id)
    beside.require_original(session, parent.id, life=life, act=("変更契約", "amend"))
    if living.standing(session, parent).amendment_pending:
        raise NotWaiting(what_ja="前の変更契約の手続き", what_en="the amendment before it")
    reason = checked_reason(change.reason).replace("\r\n", " ").replace("\n", " ")
    compared = compare(session, parent, change, rules=rules, life=life, day=calendar.jst_date(at))
    child = beside.write(
        session,
        parent,
        form=FORM,
        title=_title(parent.title, compared.position),
        amount=compared.after,
        tax=compared.tax_after,
        period=(parent.period_from, compared.period_after),
        fields=_fields(parent, compared, reason),
        actor=actor,
        at=at,
    )
    row = Amendment(
        id=press or new_id(),
        parent_id=parent.id,
        position=compared.position,
        contract_id=child.id,
        change=compared.change,
        tax_change=compared.tax_after - compared.tax_before,
        before={item: before for item, before, _ in compared.rows()},
        after={item: after for item, _, after in compared.rows()},
        reason=reason,
        vote_needed=compared.vote_needed,
        vote_reason=compared.vote_reason,
        drafted_at=at,
    )
    session.add(row)
    details = {
        "number": child.number,
        "position": compared.position,
        "change": int(compared.change),
        "cumulative_percent": str(compared.cumulative),
        "period_to": compared.period_after.isoformat(),
        "vote_needed": compared.vote_needed,
    }
    living.note(session, parent.id, actor, "amendment_drafted", details | {"child": child.id}, at)
    living.note(session, child.id, actor, "drafted", details | {"parent": parent.number}, at)
    return child


def marked(before: str, after: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Both texts in pieces (mark, text); mark is "same", "removed" or "added".

    Amounts and days are marked as a whole: half a number says nothing to a reader."""
    olds, news = _TOKEN.findall(before), _TOKEN.findall(after)
    matcher = difflib.SequenceMatcher(None, olds, news, autojunk=False)
    old: list[tuple[str, str]] = []
    new: list[tuple[str, str]] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        gone, come = "".join(olds[a:b]), "".join(news[c:d])
        if tag == "equal":
            old.append(("same", gone))
            new.append(("same", come))
            continue
        if gone:
            old.append(("removed", gone))
        if come:
            new.append(("added", come))
    return old, new


def checked_others(rows: Sequence[tuple[str, str, str]]) -> tuple[OtherChange, ...]:
    """Form rows (item, before, after) without the empty ones. Raises EntryRefused."""
    found = []
    for item, before, after in rows[:MAX_OTHER_CHANGES]:
        one_line = [cells.text(_line(text), longest=400) for text in (item, before, after)]
        if not any(one_line):
            continue
        if not one_line[0]:
            raise refuse(
                "others",
                ("その他の変更", "other changes"),
                ("事項の名前がない行があります。", "A row has no name."),
            )
        found.append(OtherChange(*one_line))
    return tuple(found)


def _line(text: str) -> str:
    return " ".join(text.replace("\t", " ").split("\n"))


def _vote(
    session: Session, parent: Contract, after: Decimal, rules: Rules, life: LifeRules, day: date
) -> tuple[bool, str]:
    """Whether the council votes (again): 96条1項, and what the city's 条例 leaves to the head."""
    voted = _voted_amount(session, parent)
    crosses = rules.needs_council(parent.kind, after, day)
    if voted is None:
        if crosses:
            return True, f"変更後の契約金額 {after:,.0f}円 が、議決を要する額に達します。"
        return False, ""
    percent = abs(after - voted) * 100 / voted
    if percent <= life.minor_change_percent:
        return False, (
            f"議決を得た額 {voted:,.0f}円 からの増減は {percent:.2f}% で、"
            f"{life.minor_change_percent}% 以内です（議会へは報告します）。"
        )
    return True, (
        f"議決を得た額 {voted:,.0f}円 からの増減が {percent:.2f}% で、"
        f"{life.minor_change_percent}% を超えます。"
    )


def _voted_amount(session: Session, parent: Contract) -> Decimal | None:
    """The amount the council last agreed to, or None where it never voted."""
    found: Decimal | None = None
    vote = session.get(CouncilVote, parent.id)
    if vote is not None and vote.passed:
        found = parent.amount
    for _, child in living.amendments(session, parent.id):
        vote = session.get(CouncilVote, child.id)
        if child.state == ContractState.CONCLUDED and vote is not None and vote.passed:
            found = child.amount
    return found


def _next_position(session: Session, parent_id: str) -> int:
    last = session.scalar(
        select(func.max(Amendment.position)).where(Amendment.parent_id == parent_id)
    )
    return (last or 0) + 1


def _title(title: str, position: int) -> str:
    suffix = f"（第{position}回変更）"
    return title[: cells.MAX_TEXT - len(suffix)] + suffix


def _fields(parent: Contract, compared: Comparison, reason: str) -> dict[str, str]:
    """What the template of amendments asks for, from the comparison: nothing is typed twice."""
    concluded = (
        calendar.wareki(calendar.jst_date(parent.concluded_at))
        if parent.concluded_at
        else calendar.wareki(parent.contract_date or parent.award_date)
    )
    change = compared.change
    signed = f"{'増' if change > 0 else '減'}　{abs(change):,.0f}円" if change else "変更なし"
    total = compared.after - compared.original
    word = "増" if total > 0 else "減"
    cumulative = (
        f"{word}　{abs(total):,.0f}円（当初契約金額 {compared.original:,.0f}円 に対し"
        f"{abs(compared.cumulative)}パーセント）"
        if total
        else "増減なし"
    )
    return {
        "parent_number": parent.number,
        "parent_title": parent.title,
        "parent_concluded": concluded,
        "change_reason": reason,
        "changes": "\n".join("\t".join(row) for row in compared.rows()),
        "amount_change": signed,
        "cumulative": cumulative,
        **compared.repriced.fields,
    }
