"""Examining: the document is read and judged, then matched; the result is written down.

    received ─▶ refused      not valid under the standard: the vendor is told at once, with reasons
             ─▶ duplicate    the same document as one that is live: set aside, the other goes on
             ─▶ at_section   everything else, with its findings, before the people of 担当課

`examine` is the job of a fresh receipt; `rematch` repeats the match of an invoice that waits for
people, after an inspection, a deduction, a chosen contract, and before every decision, so that
nobody decides on what was true yesterday. Both write only when the invoice still stands where it
stood when they began.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import delete
from sqlalchemy.orm import Session

from einvoice import queries
from einvoice.attached_invoice import compare_attached
from einvoice.claiming import hold_claims, release_claims
from einvoice.deps import Deps
from einvoice.errors import RegistrationNumberError
from einvoice.findings import Finding, Report
from einvoice.gathering import Gathered, gather
from einvoice.identifying import (
    identify_vendor,
    link_predecessor,
    renew_creditor,
    same_document,
)
from einvoice.invoice import Invoice
from einvoice.matching import Judged, Level, Match, Result, match
from einvoice.matching.background import Approver
from einvoice.matching.catalogue import Hit, judge
from einvoice.matching.situation import (
    Situation,
    digits_key,
    number_key,
    supply_period,
)
from einvoice.models import FindingRow, ReceivedInvoice
from einvoice.notices import tell_network, tell_refused
from einvoice.reading import read
from einvoice.registration import RegistrationNumber
from einvoice.registry import RegistryAnswer, RegistryStatus
from einvoice.states import WAITING, Move, State, check_move
from einvoice.validation import validate
from einvoice.writing import write
from records import Actor, audit, calendar, jobs

SYSTEM = Actor("system", "einvoice", "請求書の自動確認")

_OFFICIAL_FROM = 1_001
"""Findings of the match are numbered before this, those of the standard and the law from it on."""
_MAX_OFFICIAL = 1_000

_TOO_MUCH = Decimal(10) ** 18
"""Yen columns have 18 digits; an invoice may be valid with more."""

_LEVELS = {"error": Level.STOP, "warning": Level.WARN, "info": Level.INFO}


@dataclass(frozen=True, slots=True)
class Examined:
    """What an examination found: for pages, jobs and tests."""

    state: State
    result: Result | None
    findings: tuple[Judged, ...]
    situation: Situation | None = None


def examine(deps: Deps, *, invoice_id: str) -> None:
    """The job of a fresh receipt. Running it twice does it once."""
    with deps.database.transaction() as session:
        row = queries.invoice(session, invoice_id)
        if row.status is not State.RECEIVED:
            return
        sha256 = row.readable_sha256
    data = deps.store.read(sha256)
    report = validate(data, limits=deps.limits)
    invoice = read(data, limits=deps.limits) if report.is_receivable else None
    attached = compare_attached(invoice) if invoice else []
    registry = _ask_registry(deps, invoice) if invoice else None
    at = deps.clock.now()
    with deps.database.transaction() as session:
        row = queries.invoice(session, invoice_id, lock=True)
        if row.status is not State.RECEIVED:
            return
        row.attachments = [[name, differs] for name, differs in attached]
        row.examination_error = None
        apply(session, deps, row, report, invoice, registry, at=at)


def give_up(deps: Deps, *, invoice_id: str, error: Exception) -> None:
    """The attempts at an examination are spent: it stands on the row, so that the vendor's page
    says so in words and staff can have it tried again (`try_again`)."""
    with deps.database.transaction() as session:
        row = queries.invoice(session, invoice_id, lock=True)
        if row.status is State.RECEIVED:
            row.examination_error = type(error).__name__[:200]


def try_again(session: Session, *, invoice_id: str, actor: Actor, at: datetime) -> ReceivedInvoice:
    """Have an invoice examined once more. Pressed twice, or after it went well, it does nothing."""
    row = queries.invoice(session, invoice_id, lock=True)
    if row.status is not State.RECEIVED or row.examination_error is None:
        return row
    details = {"receipt": row.receipt_no, "reason": row.examination_error}
    row.examination_error = None
    session.flush()
    jobs.enqueue(session, "einvoice.examine", key=row.id, args={"invoice_id": row.id})
    audit.append(session, actor, "invoice.examined_again", f"invoice:{row.id}", details, at)
    return row


def apply(
    session: Session,
    deps: Deps,
    row: ReceivedInvoice,
    report: Report,
    invoice: Invoice | None,
    registry: RegistryAnswer | None,
    *,
    at: datetime,
) -> Examined:
    """Write what the examination of a fresh receipt found. The row is locked by the caller."""
    row.profile, row.verdict, row.qualified = report.profile, report.verdict, report.qualified
    renewed = renew_creditor(session, deps, row, at)
    if invoice is None:
        renewed()
        return _refuse(session, row, report, at=at)
    fill(row, invoice)
    identified = identify_vendor(session, deps, row, invoice, at)
    same = same_document(session, row)
    if same is not None:
        renewed()
        identified()
        return _set_aside(session, row, same, at=at)
    link_predecessor(session, row, invoice)
    if row.vendor_id and not queries.holder_of_number(session, row.vendor_id, row.number_key or ""):
        row.holds_number = True
        session.flush()
    gathered = gather(
        session,
        deps,
        row,
        invoice,
        today=calendar.jst_date(at),
        report=report,
        registry=registry,
    )
    done = match(gathered.situation)
    row.first_result = done.result.value
    row.registry_answer = _remember(registry)
    _add_official(session, row, report)
    _write(session, row, gathered, done)
    renewed()
    identified()
    move(session, row, Move.EXAMINE, actor=SYSTEM, at=at, details={"result": done.result.value})
    return Examined(row.status, done.result, done.findings, gathered.situation)


def rematch(
    session: Session,
    deps: Deps,
    row: ReceivedInvoice,
    *,
    at: datetime,
    actor: Actor | None = None,
    approver: Approver | None = None,
) -> Match:
    """Match anew. The row is locked by the caller and waits for people (or is approved)."""
    invoice = read(deps.store.read(row.readable_sha256))
    renewed = renew_creditor(session, deps, row, at)
    gathered = gather(
        session,
        deps,
        row,
        invoice,
        today=calendar.jst_date(at),
        registry=_remembered(row),
        drafted_by=actor.id if actor else None,
        approver=approver,
    )
    done = match(gathered.situation)
    _write(session, row, gathered, done)
    renewed()
    return done


def rematch_contract(session: Session, deps: Deps, *, contract_no: str, at: datetime) -> list[str]:
    """Match anew every invoice of a contract that waits for 担当課; after an inspection.

    Invoices that found no contract yet are tried, too: the inspection may be what they lacked.
    Returns the ids of those that were matched.
    """
    ids = queries.waiting_on_contract(session, contract_no)
    rows = queries.lock_invoices(session, ids)
    for row in rows:
        if row.status in WAITING:
            rematch(session, deps, row, at=at)
    return [row.id for row in rows]


def move(
    session: Session,
    row: ReceivedInvoice,
    act: Move,
    *,
    actor: Actor,
    at: datetime,
    to: State | None = None,
    details: dict[str, object] | None = None,
) -> None:
    """Move a locked row along the table of states, and write it into the audit trail. What the
    invoice held is given back when it stops being live."""
    move_all(session, [row], act, actor=actor, at=at, to=to, details=details)


def move_all(
    session: Session,
    rows: Sequence[ReceivedInvoice],
    act: Move,
    *,
    actor: Actor,
    at: datetime,
    to: State | None = None,
    details: dict[str, object] | None = None,
) -> None:
    """`move` for many locked rows in one act: the trail's head is held once, at the end."""
    acts: list[tuple[str, str, dict[str, object]]] = []
    for row in rows:
        before = row.status
        end = check_move(before, act, receipt=row.receipt_no, to=to)
        row.state, row.state_since = end.value, at
        row.version += 1
        if end in {State.REFUSED, State.DUPLICATE, State.RETURNED, State.WITHDRAWN}:
            row.holds_number = False
            row.is_live = False
            release_claims(session, row.id)
        said = {"receipt": row.receipt_no, "from": before.value, "to": end.value}
        acts.append((f"invoice.{act.value}", f"invoice:{row.id}", {**said, **(details or {})}))
    session.flush()
    for row in rows:
        tell_network(session, row, at)
    audit.append_all(session, actor, acts, at)


def fill(row: ReceivedInvoice, invoice: Invoice) -> None:
    """Copy from the document what lists, searches and payments need."""
    row.fingerprint = hashlib.sha256(write(invoice)).hexdigest()
    row.number = invoice.number[:100]
    row.number_key = number_key(invoice.number)[:100]
    row.digits_key = digits_key(invoice.number)[:100]
    row.issue_date = invoice.issue_date
    row.seller_name = invoice.seller.name[:300]
    row.registration_number = (invoice.seller.registration_number or "")[:20] or None
    period = supply_period(invoice)
    row.period_start, row.period_end = period or (None, None)
    if invoice.currency == "JPY":
        # A foreign currency is stopped by DOC-004; its amounts are not yen and not kept as yen.
        row.gross = _whole(invoice.totals.with_tax)
        row.prepaid = _whole(invoice.totals.paid)
        row.payable = _whole(invoice.totals.payable)
    row.tax_shares = [
        [str(item.category.rate or 0), str(item.taxable_amount or 0), str(item.tax_amount or 0)]
        for item in invoice.tax_breakdown
    ]


def _whole(amount: Decimal | None) -> Decimal | None:
    """A yen amount. What no payment can carry is not kept: fractions (which the standard refuses
    for yen) and more digits than a column has; the match stops it by the document's own figure."""
    if amount is None or amount != amount.to_integral_value() or abs(amount) >= _TOO_MUCH:
        return None
    return amount


def _ask_registry(deps: Deps, invoice: Invoice) -> RegistryAnswer | None:
    """The registry's word on the day of supply; None where there is no number to ask about."""
    period = supply_period(invoice)
    try:
        number = RegistrationNumber.parse(invoice.seller.registration_number or "")
    except RegistrationNumberError:
        return None
    day = period[1] if period else invoice.issue_date
    return deps.registry.status(number, day) if day else None


def _set_aside(
    session: Session, row: ReceivedInvoice, same: ReceivedInvoice, *, at: datetime
) -> Examined:
    row.same_as_id = same.id
    details = {"same_as": same.receipt_no}
    move(session, row, Move.SET_ASIDE, actor=SYSTEM, at=at, details=dict(details))
    return Examined(row.status, None, ())


def _refuse(session: Session, row: ReceivedInvoice, report: Report, *, at: datetime) -> Examined:
    rules = "、".join(dict.fromkeys(f.id for f in report.findings if f.severity == "error"))
    stop = judge("DOC-001", Hit({"rule": rules or report.verdict}))
    _add_official(session, row, report)
    row.result = row.first_result = Result.REJECTED.value
    move(session, row, Move.REFUSE, actor=SYSTEM, at=at, details={"verdict": report.verdict})
    tell_refused(session, row, report)
    return Examined(row.status, Result.REJECTED, (stop,))


def _write(session: Session, row: ReceivedInvoice, gathered: Gathered, done: Match) -> None:
    """The match's results on the row, its findings, and the hold on what it claims."""
    situation, terms = gathered.situation, gathered.terms
    row.result = done.result.value
    row.commitment_id = gathered.commitment.id if gathered.commitment else None
    if terms is not None:
        row.contract_no, row.contract_id = terms.number, terms.contract_id
        row.contract_title, row.section = terms.title[:300], terms.section[:100]
    row.inspected_on = situation.inspected_on
    row.inspection_no = max((work.number for work in situation.chosen_works), default=None)
    due = situation.due
    row.clock_start, row.due_on = (due.clock_start, due.due_on) if due else (None, None)
    row.pay_on = situation.pay_on
    session.execute(
        delete(FindingRow).where(FindingRow.invoice_id == row.id, FindingRow.source == "match")
    )
    for seq, judged in enumerate(done.findings[: _OFFICIAL_FROM - 1], start=1):
        session.add(_match_row(row.id, judged, seq))
    session.flush()
    if done.result in {Result.MATCHED, Result.WITH_WARNINGS, Result.HELD}:
        hold_claims(session, row, situation)
    else:
        release_claims(session, row.id)


def _add_official(session: Session, row: ReceivedInvoice, report: Report) -> None:
    """What the standard and the law say: judged once, on receipt, and kept."""
    for seq, finding in enumerate(report.findings[:_MAX_OFFICIAL], start=_OFFICIAL_FROM):
        session.add(_row_of(row.id, finding, seq))
    session.flush()


def _remember(answer: RegistryAnswer | None) -> dict[str, object] | None:
    """The registry is asked once, by the job; later matches keep its word."""
    if answer is None:
        return None
    return {
        "number": answer.number.value,
        "day": answer.day.isoformat(),
        "status": answer.status.value,
        "names": list(answer.names),
    }


def _remembered(row: ReceivedInvoice) -> RegistryAnswer | None:
    if row.registry_answer is None:
        return None
    return RegistryAnswer(
        number=RegistrationNumber(row.registry_answer["number"]),
        day=date.fromisoformat(row.registry_answer["day"]),
        status=RegistryStatus(row.registry_answer["status"]),
        names=tuple(row.registry_answer["names"]),
    )


def _row_of(invoice_id: str, finding: Finding, seq: int) -> FindingRow:
    """An official or legal finding. On an accepted invoice none of them stops the payment: what
    bears on it is said again by the match, with the account's own severity."""
    level = _LEVELS[finding.severity]
    if finding.source not in {"structure", "rule"} and level is Level.STOP:
        level = Level.WARN
    return FindingRow(
        invoice_id=invoice_id,
        seq=seq,
        check_id=finding.id[:60],
        source=finding.source,
        severity=finding.severity,
        level=level.value,
        resolver="V",
        path=finding.path,
        line=finding.line,
        term=finding.term,
        message_ja=finding.message.ja,
        message_en=finding.message.en,
        remedy_ja=finding.remedy.ja,
        remedy_en=finding.remedy.en,
    )


def _match_row(invoice_id: str, judged: Judged, seq: int) -> FindingRow:
    row = _row_of(invoice_id, judged.finding, seq)
    row.level, row.resolver = judged.level.value, judged.who
    row.line_id = judged.line_id[:100] if judged.line_id else None
    return row
