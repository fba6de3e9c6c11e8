"""契約保証と前払金保証: recorded by one, checked by another, counted only when checked.

Forms: cash (契約保証金), bank, guarantee company (保証事業会社の電子証書: number and 認証キー,
looked up at the company; a printed copy is no submission), insurance (履行保証保険), bond
(履行ボンド), securities (国債等), or an exemption with its ground (施行令167条の16, 契約規則). The
認証キー reaches this room enciphered; the door alone opens it and writes down who looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from econtract import cells, living, queries
from econtract.attached import Attachment
from econtract.life_errors import AnotherPerson, NoSuchEntry, NotConcluded, NotWaiting, refuse
from econtract.life_models import AdvanceGrant, Guarantee
from econtract.life_rules import LifeRules
from econtract.models import Contract
from econtract.reasons import checked_reason
from econtract.states import ContractState
from records import Actor, calendar, new_id


class Purpose(StrEnum):
    PERFORMANCE = "performance"
    ADVANCE = "advance"
    INTERIM = "interim"


class Form(StrEnum):
    CASH = "cash"
    COMPANY = "company"
    BANK = "bank"
    INSURANCE = "insurance"
    BOND = "bond"
    SECURITIES = "securities"
    EXEMPT = "exempt"


PURPOSE_NAMES: dict[Purpose, tuple[str, str]] = {
    Purpose.PERFORMANCE: ("契約保証", "performance guarantee"),
    Purpose.ADVANCE: ("前払金保証", "guarantee of the advance payment"),
    Purpose.INTERIM: ("中間前払金保証", "guarantee of the interim advance"),
}
FORM_NAMES: dict[Form, tuple[str, str]] = {
    Form.CASH: ("契約保証金（現金）", "cash"),
    Form.COMPANY: ("保証事業会社（電子証書）", "guarantee company, electronic certificate"),
    Form.BANK: ("銀行の保証", "bank"),
    Form.INSURANCE: ("履行保証保険", "performance insurance"),
    Form.BOND: ("履行ボンド", "performance bond"),
    Form.SECURITIES: ("国債など", "securities"),
    Form.EXEMPT: ("免除", "exempted"),
}
#: What is kept on paper needs its scan; what has an end needs its day.
ON_PAPER = frozenset({Form.BANK, Form.BOND})
WITHOUT_END = frozenset({Form.CASH, Form.SECURITIES, Form.EXEMPT})
IN_RATE_OF = {Purpose.ADVANCE: 40, Purpose.INTERIM: 20}
GIVABLE = frozenset(
    {ContractState.AWAITING_VENDOR, ContractState.SIGNING, ContractState.AWAITING_CITY}
) | {ContractState.CONCLUDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeForm:
    """What is recorded. Amount in yen; `sealed_key` is the enciphered 認証キー."""

    purpose: Purpose
    form: Form
    amount: Decimal
    guarantor: str = ""
    number: str = ""
    sealed_key: bytes | None = None
    valid_until: date | None = None
    reason: str = ""
    files: Sequence[Attachment] = ()
    press: str | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of the checklist: met, not met, or not asked for by this contract."""

    name_ja: str
    name_en: str
    state: str
    """ "met", "open" or "not_needed"."""
    detail_ja: str


def record(
    session: Session, contract_id: str, form: GuaranteeForm, *, actor: Actor, at: datetime
) -> Guarantee:
    """Enter a guarantee, not counted before it is checked. Raises EntryRefused, NotConcluded."""
    contract = queries.locked(session, contract_id)
    if form.press is not None:
        done = session.get(Guarantee, form.press)
        if done is not None and done.contract_id == contract_id:
            return done
    if contract.current_state not in GIVABLE or living.cancelled(session, contract_id):
        raise NotConcluded(act_ja="保証の登録", act_en="record a guarantee")
    _check(session, contract, form)
    row = Guarantee(
        id=form.press or new_id(),
        contract_id=contract_id,
        purpose=form.purpose,
        form=form.form,
        guarantor=cells.text(form.guarantor),
        number=cells.plain(form.number)[:60],
        sealed_key=form.sealed_key,
        amount=form.amount,
        valid_until=form.valid_until,
        reason=form.reason.strip()[:1000],
        files=[file.to_json() for file in form.files],
        recorded_by=actor.id,
        recorded_by_name=actor.name,
        recorded_at=at,
    )
    session.add(row)
    details = {
        "guarantee": row.id,
        "purpose": form.purpose.value,
        "form": form.form.value,
        "amount": int(form.amount),
        "has_key": form.sealed_key is not None,
    }
    living.note(session, contract_id, actor, "guarantee_recorded", details, at)
    return row


def check(
    session: Session, contract_id: str, guarantee_id: str, *, actor: Actor, at: datetime
) -> Guarantee:
    """Somebody else than who recorded it has looked at the certificate itself."""
    row = _held(session, contract_id, guarantee_id)
    if row.checked_at is not None:
        return row
    if row.ended_at is not None:
        raise NotWaiting(what_ja="保証", what_en="the guarantee")
    if row.recorded_by == actor.id:
        raise AnotherPerson(act_ja="保証の確認", first_ja="登録した", act_en="check the guarantee")
    row.checked_at, row.checked_by_name = at, actor.name
    living.note(session, contract_id, actor, "guarantee_checked", {"guarantee": row.id}, at)
    return row


def end(
    session: Session,
    contract_id: str,
    guarantee_id: str,
    *,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Guarantee:
    """返還, 差替え or a wrong entry: it no longer counts, and stays to be seen."""
    row = _held(session, contract_id, guarantee_id)
    if row.ended_at is not None:
        return row
    row.ended_at, row.ended_why = at, checked_reason(reason)
    details = {"guarantee": row.id, "reason": row.ended_why}
    living.note(session, contract_id, actor, "guarantee_ended", details, at)
    return row


def note_key_shown(
    session: Session, contract_id: str, guarantee_id: str, *, actor: Actor, at: datetime
) -> Guarantee:
    """Who looked at the 認証キー stands in the trail before it is shown."""
    row = _held(session, contract_id, guarantee_id)
    if row.sealed_key is None:
        raise NoSuchEntry()
    living.note(session, contract_id, actor, "guarantee_key_shown", {"guarantee": row.id}, at)
    return row


def grant_advance(
    session: Session,
    contract_id: str,
    *,
    advance_percent: int,
    interim_percent: int,
    part_payments: int,
    actor: Actor,
    at: datetime,
) -> AdvanceGrant:
    """What the contract's text grants: read from it once by a person, used by the pay gate."""
    contract = living.in_force(session, contract_id, ("前払の登録", "record advance terms"))
    for name, value, most in (
        ("advance_percent", advance_percent, 40),
        ("interim_percent", interim_percent, 20),
        ("part_payments", part_payments, 36),
    ):
        if not 0 <= value <= most:
            raise refuse(
                name,
                ("前払の条件", "advance terms"),
                (f"{value} は 0から{most} の外です。", f"{value} is not within 0 to {most}."),
            )
    row = session.get(AdvanceGrant, contract.id)
    if row is None:
        row = AdvanceGrant(contract_id=contract.id, interim_certified_by_name="")
        session.add(row)
    elif (row.advance_percent, row.interim_percent, row.part_payments) == (
        advance_percent,
        interim_percent,
        part_payments,
    ):
        return row
    row.advance_percent, row.interim_percent = advance_percent, interim_percent
    row.part_payments = part_payments
    row.recorded_by_name, row.recorded_at = actor.name, at
    details = {"advance": advance_percent, "interim": interim_percent, "parts": part_payments}
    living.note(session, contract_id, actor, "advance_granted", details, at)
    return row


def certify_interim(
    session: Session, contract_id: str, *, certified_on: date, actor: Actor, at: datetime
) -> AdvanceGrant:
    """認定調書: half the term and half the work are done, so the interim advance may be claimed."""
    contract = living.in_force(session, contract_id, ("中間前払の認定", "certify the interim"))
    row = session.get(AdvanceGrant, contract.id)
    if row is None or row.interim_percent == 0:
        raise refuse(
            "certified_on",
            ("中間前払の認定", "interim certification"),
            ("契約に中間前払の定めがありません。", "The contract grants no interim advance."),
        )
    if row.interim_certified_on is not None:
        return row
    stands = living.standing(session, contract)
    label = ("認定日", "day of certification")
    half = stands.period_from + (stands.period_to - stands.period_from) / 2
    if certified_on > calendar.jst_date(at):
        raise refuse("certified_on", label, ("未来の日付です。", "It is in the future."))
    if certified_on < half:
        raise refuse(
            "certified_on",
            label,
            (f"工期の2分の1（{half.isoformat()}）を過ぎていません。", "Half the term is not over."),
        )
    row.interim_certified_on, row.interim_certified_by_name = certified_on, actor.name
    details = {"certified_on": certified_on.isoformat()}
    living.note(session, contract_id, actor, "interim_certified", details, at)
    return row


def counted(rows: Sequence[Guarantee], purpose: Purpose) -> list[Guarantee]:
    """Guarantees that count: checked, and not ended."""
    return [r for r in rows if r.purpose == purpose and r.checked_at and r.ended_at is None]


def needed(contract: Contract, amount: Decimal, rules: LifeRules) -> Decimal:
    """契約保証 in yen for the amount in force; zero where none is due."""
    if not rules.needs_guarantee(contract.kind, contract.amount):
        return Decimal(0)
    return (amount * rules.guarantee_percent / 100).quantize(Decimal(1), rounding=ROUND_CEILING)


def performance_gate(session: Session, contract: Contract, rules: LifeRules) -> Gate:
    """契約保証: enough, checked, and running to the end of the term in force."""
    stands = living.standing(session, contract)
    wanted = needed(contract, stands.amount, rules)
    if wanted == 0:
        return Gate("契約保証", "performance guarantee", "not_needed", "この契約では求めません。")
    rows = counted(living.guarantees(session, contract.id), Purpose.PERFORMANCE)
    if any(row.form == Form.EXEMPT for row in rows):
        return Gate("契約保証", "performance guarantee", "met", "免除しています。")
    lasting = [r for r in rows if r.form in WITHOUT_END or _lasts(r, stands.period_to)]
    total = sum((row.amount for row in lasting), Decimal(0))
    if total >= wanted:
        return Gate(
            "契約保証", "performance guarantee", "met", f"{total:,.0f}円（必要 {wanted:,.0f}円）"
        )
    if len(lasting) < len(rows):
        why = f"期限が工期（{calendar.wareki(stands.period_to)}）に届きません。"
    elif rows:
        why = f"確認済みは {total:,.0f}円です（必要 {wanted:,.0f}円）。"
    else:
        why = f"確認した保証がありません（必要 {wanted:,.0f}円）。"
    return Gate("契約保証", "performance guarantee", "open", why)


def advance_gate(session: Session, contract: Contract) -> Gate:
    """前払金: granted by the contract, and guaranteed to the end of the term."""
    granted = session.get(AdvanceGrant, contract.id)
    if granted is None or granted.advance_percent == 0:
        return Gate("前払金", "advance payment", "not_needed", "前払金の定めを登録していません。")
    rows = counted(living.guarantees(session, contract.id), Purpose.ADVANCE)
    if not rows:
        return Gate("前払金", "advance payment", "open", "確認した前払金保証がありません。")
    stands = living.standing(session, contract)
    if not all(_lasts(row, stands.period_to) for row in rows):
        until = calendar.wareki(stands.period_to)
        return Gate(
            "前払金", "advance payment", "open", f"保証の期限が工期（{until}）に届きません。"
        )
    total = sum((row.amount for row in rows), Decimal(0))
    return Gate("前払金", "advance payment", "met", f"{total:,.0f}円まで保証されています。")


def _lasts(row: Guarantee, until: date) -> bool:
    return row.valid_until is not None and row.valid_until >= until


def _check(session: Session, contract: Contract, form: GuaranteeForm) -> None:
    exempt = form.form is Form.EXEMPT
    if exempt and not form.reason.strip():
        raise refuse("reason", ("免除の理由", "ground of exemption"), ("空です。", "It is empty."))
    if exempt and form.purpose is not Purpose.PERFORMANCE:
        raise refuse(
            "form",
            ("保証の方法", "form"),
            ("前払金の保証は免除できません。", "An advance cannot be paid without a guarantee."),
        )
    if not exempt and form.amount <= 0:
        raise refuse("amount", ("保証の額", "amount"), ("0円です。", "It is nothing."))
    if form.purpose is not Purpose.PERFORMANCE and form.form is not Form.COMPANY:
        raise refuse(
            "form",
            ("保証の方法", "form"),
            (
                "前払金は保証事業会社の保証に限ります（公共工事の前払金保証事業に関する法律）。",
                "An advance is guaranteed by a guarantee company only.",
            ),
        )
    if form.form not in WITHOUT_END and form.valid_until is None:
        raise refuse("valid_until", ("保証の期限", "end"), ("空です。", "It is empty."))
    if form.form is Form.COMPANY and (not form.number.strip() or form.sealed_key is None):
        raise refuse(
            "number",
            ("保証契約番号と認証キー", "number and key"),
            ("電子証書には両方が要ります。", "An electronic certificate needs both."),
            (
                "受注者から受け取った番号とキーを入れてください。印刷した写しは提出になりません。",
                "Enter both as the vendor passed them; a printed copy is no submission.",
            ),
        )
    if form.form in ON_PAPER and not form.files:
        raise refuse(
            "files",
            ("証書の写し", "scan"),
            ("ありません。", "It is missing."),
            ("書面の証書をスキャンして添付してください。", "Attach a scan of the paper."),
        )
    if form.form not in WITHOUT_END and form.valid_until is not None:
        stands = living.standing(session, contract)
        if form.valid_until < stands.period_to:
            until = calendar.wareki(stands.period_to)
            raise refuse(
                "valid_until",
                ("保証の期限", "end"),
                (f"工期の終わり（{until}）より前です。", "It ends before the contract's term."),
                ("工期の末日まで続く保証を受けてください。", "Get one that lasts to the end."),
            )


def _held(session: Session, contract_id: str, guarantee_id: str) -> Guarantee:
    row = session.scalar(
        select(Guarantee)
        .where(Guarantee.id == guarantee_id, Guarantee.contract_id == contract_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchEntry()
    return row
