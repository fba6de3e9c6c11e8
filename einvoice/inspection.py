"""検収: what the city accepted of a contract, recorded by an inspector.

An inspection is compulsory before payment (地方自治法234条の2). It is due 14 days (works) or 10
days (other) after the notice of completion; after a failed one the term runs anew from the notice
that the repair is done. A record is never changed: a mistake is corrected by a further one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from einvoice import queries
from einvoice.contract_terms import ContractKind, ContractTerms
from einvoice.models import Inspection, InspectionLine
from einvoice.refusals import InspectionError
from records import Actor, audit, calendar, new_id

_TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:press, 7742))")
_MOST = Decimal(10) ** 14
"""Quantities have 14 digits before the point and four behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedItem:
    """One accepted line: a quantity of a contract line, or an amount with tax (出来高)."""

    contract_line: str | None = None
    name: str = ""
    quantity: Decimal | None = None
    gross: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionForm:
    """What an inspector records. `items` may be empty: everything agreed was accepted."""

    passed: bool
    notified_on: date
    inspected_on: date
    items: tuple[AcceptedItem, ...] = ()
    period: tuple[date, date] | None = None
    performed_on: date | None = None
    note: str = ""
    number: str | None = None
    """Given by the city's own system; made by us otherwise."""
    press: str | None = None
    """Id of the form that was shown, so that its button pressed twice records once."""


def record(
    session: Session, terms: ContractTerms, form: InspectionForm, *, actor: Actor, at: datetime
) -> Inspection:
    """Record an inspection of a concluded contract. Raises `InspectionError`.

    The same number, or the same form's button, a second time is the same inspection if everything
    agrees: pressing twice records once.
    """
    if form.press is not None:
        # Two presses at once: the second waits here, then finds what the first recorded.
        session.execute(_TAKE_TURN, {"press": f"inspection {form.press}"})
        done = session.get(Inspection, form.press)
        if done is not None:
            return _same_or_refuse(done, terms, form)
    items = form.items or _everything(terms)
    _check(terms, form, items, today=calendar.jst_date(at))
    if form.number is not None:
        known = queries.inspection(session, form.number)
        if known is not None:
            return _same_or_refuse(known, terms, form)
    serial = session.scalar(text("SELECT nextval(pg_get_serial_sequence('inspections', 'serial'))"))
    year = calendar.fiscal_year(form.inspected_on) - 2018  # 令和
    row = Inspection(
        id=form.press or new_id(),
        serial=serial,
        number=form.number or f"K{year}-{serial:05d}",
        contract_no=terms.number,
        passed=form.passed,
        kind="monthly" if form.period else "final",
        notified_on=form.notified_on,
        inspected_on=form.inspected_on,
        period_start=form.period[0] if form.period else None,
        period_end=form.period[1] if form.period else None,
        performed_on=form.performed_on,
        inspector_id=actor.id,
        inspector_name=actor.name,
        note=form.note,
        recorded_at=at,
        lines=[
            InspectionLine(
                id=new_id(),
                position=position,
                contract_line=item.contract_line,
                name=item.name or _name_of(terms, item),
                accepted_quantity=item.quantity,
                accepted_gross=item.gross,
            )
            for position, item in enumerate(items, start=1)
        ],
    )
    session.add(row)
    session.flush()
    audit.append(
        session,
        actor,
        "inspection.passed" if form.passed else "inspection.failed",
        f"inspection:{row.id}",
        {"number": row.number, "contract": terms.number, "inspected_on": str(form.inspected_on)},
        at,
    )
    return row


def _everything(terms: ContractTerms) -> tuple[AcceptedItem, ...]:
    """All that was agreed, for a contract that is accepted as a whole."""
    if terms.kind is ContractKind.UNIT_PRICE:
        raise _error(
            "items",
            "単価契約では、検収した数量を品目ごとに入力してください",
            "a unit-price contract needs the accepted quantity of each item",
        )
    if terms.kind is ContractKind.LUMP and terms.lines:
        return tuple(
            AcceptedItem(contract_line=line.number, name=line.name, quantity=line.quantity)
            for line in terms.lines
        )
    if terms.kind in {ContractKind.LUMP, ContractKind.FIXED_MONTHLY}:
        return (AcceptedItem(name=terms.title),)
    raise _error(
        "items",
        "検収した金額（税込）を入力してください",
        "this contract needs the accepted amount with tax",
    )


def _check(
    terms: ContractTerms, form: InspectionForm, items: tuple[AcceptedItem, ...], *, today: date
) -> None:
    if not terms.is_concluded:
        raise _error("contract", "契約が締結されていません", "the contract is not concluded")
    if form.inspected_on > today:
        raise _error("inspected_on", "検収日が未来の日付です", "the day is in the future")
    if form.inspected_on < form.notified_on:
        raise _error(
            "inspected_on",
            "検収日が完成・納品の届より前です",
            "the inspection is before the notice of completion",
        )
    if form.period is not None and form.period[1] < form.period[0]:
        raise _error(
            "period", "対象期間の終わりが初めより前です", "the period ends before it starts"
        )
    by_period = terms.kind in {ContractKind.FIXED_MONTHLY, ContractKind.UNIT_PRICE}
    if by_period and form.period is None:
        raise _error("period", "対象期間を入力してください", "the period is missing")
    if not form.passed and not form.note.strip():
        raise _error("note", "不合格の理由を入力してください", "say why the inspection failed")
    for item in items:
        _check_item(terms, item)


def _check_item(terms: ContractTerms, item: AcceptedItem) -> None:
    for name, value in (("quantity", item.quantity), ("gross", item.gross)):
        if value is not None and (not value.is_finite() or value >= _MOST):
            raise _error(name, f"「{item.name}」の検収が大きすぎます", "no such quantity")
        if value is not None and value < 0:
            raise _error(name, f"「{item.name}」の検収が0より小さくなっています", "below zero")
    if item.contract_line is None:
        return
    line = terms.line(item.contract_line)
    if line is None:
        raise _error(
            "contract_line",
            f"契約に明細「{item.contract_line}」がありません",
            f"the contract has no line {item.contract_line}",
        )
    agreed = line.quantity
    capped = terms.kind is not ContractKind.UNIT_PRICE
    if capped and agreed is not None and item.quantity is not None and item.quantity > agreed:
        raise _error(
            "quantity",
            f"「{line.name}」の検収数量 {item.quantity} が契約数量 {agreed} を超えています",
            f"accepted {item.quantity} of {line.name}, agreed were {agreed}",
        )


def _same_or_refuse(known: Inspection, terms: ContractTerms, form: InspectionForm) -> Inspection:
    same = (
        known.contract_no == terms.number
        and known.passed == form.passed
        and known.inspected_on == form.inspected_on
        and known.notified_on == form.notified_on
    )
    if not same:
        raise _error(
            "number",
            f"検収番号 {known.number} はすでに別の検収に使われています",
            f"the number {known.number} belongs to another inspection",
        )
    return known


def _name_of(terms: ContractTerms, item: AcceptedItem) -> str:
    line = terms.line(item.contract_line) if item.contract_line else None
    return line.name if line else terms.title


def _error(field: str, ja: str, en: str) -> InspectionError:
    return InspectionError(field=field, reason_ja=ja, reason_en=en)
