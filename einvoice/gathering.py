"""Gathering: from the tables to the `Situation` that the checks look at.

One place reads, so that the checks can be pure. Everything is read in the caller's transaction; the
row itself is already filled from the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from einvoice import queries, recalling
from einvoice.books import with_books
from einvoice.contract_terms import ContractTerms
from einvoice.deps import Deps
from einvoice.due_dates import (
    DueDate,
    Fault,
    Suspension,
    inspection_due,
    payment_due,
    payment_limit,
)
from einvoice.findings import Report
from einvoice.invoice import Invoice
from einvoice.matching.background import Approver, BankBranch
from einvoice.matching.expectation import expectation
from einvoice.matching.runs import earliest_pay_day
from einvoice.matching.situation import (
    AcceptedLine,
    AcceptedWork,
    ClaimKind,
    CommitmentRecord,
    CreditorRecord,
    EarlierInvoice,
    Situation,
)
from einvoice.models import Commitment, Creditor, Inspection, ReceivedInvoice
from einvoice.payment_order import Deduction, DeductionKind
from einvoice.registry import RegistryAnswer
from einvoice.states import WAITING, State
from einvoice.withholding import Fee
from records import calendar


@dataclass(frozen=True, slots=True)
class Gathered:
    """The situation, and the rows behind it that the act will write to."""

    situation: Situation
    terms: ContractTerms | None
    commitment: Commitment | None


def gather(
    session: Session,
    deps: Deps,
    row: ReceivedInvoice,
    invoice: Invoice,
    *,
    today: date,
    report: Report | None = None,
    registry: RegistryAnswer | None = None,
    drafted_by: str | None = None,
    approver: Approver | None = None,
) -> Gathered:
    """Everything that bears on the invoice, as of now."""
    creditor = queries.creditor(session, row.vendor_id)
    terms, candidates = find_contract(session, deps, row, invoice)
    if terms is not None:
        # The prices of the day of supply: a 変更契約 changes them from a day on.
        terms = terms.as_of(row.period_end or row.received_on)
    works = _works(session, row, terms)
    earlier = _earlier(session, row, terms)
    commitment = _commitment(session, row, terms, invoice)
    if terms is not None:
        terms = with_books(
            terms,
            commitment,
            queries.commitments(session, terms.number),
            taxed_accounts=deps.policy.taxed_accounts,
        )
    situation = Situation(
        invoice=invoice,
        policy=deps.policy,
        received_on=row.received_on,
        today=today,
        receipt_no=row.receipt_no,
        channel=row.channel,
        report=report,
        vendor=_creditor(session, creditor),
        terms=terms,
        stated_contract=stated_contract(invoice),
        candidates=candidates,
        kind=ClaimKind(row.claim_kind),
        works=works,
        earlier=earlier,
        commitment=_commitment_record(session, commitment, excluding=row.id),
        transcript=recalling.transcript_of(row),
        attached=recalling.attached_of(row),
        branch=_branch(session, deps, creditor, today),
        open_advances=recalling.open_advances(session, row.vendor_id),
        bounce=recalling.bounce_of(session, row, creditor),
        approver=approver,
        bought_this_year=recalling.bought_this_year(session, row, terms, row.period_end),
        shares=recalling.shares_of(session, row.id),
        deductions=tuple(
            Deduction(
                kind=DeductionKind(item.kind),
                base=item.base,
                amount=item.amount,
                income_number=item.income_number,
                payee=item.payee,
            )
            for item in queries.deductions(session, row.id)
        ),
        registry=registry,
        drafted_by=drafted_by,
    )
    due = _due(session, row, situation)
    pay_on = row.pay_on
    if due is not None and row.status in {State.RECEIVED, *WAITING}:
        # Planned anew at each step: a decision that took long must not keep a day that has gone.
        earliest = earliest_pay_day(today, deps.profile.cutoff_days)
        pay_on = deps.runs.plan(earliest=earliest, due_on=due.due_on)
    full = replace(situation, due=due, pay_on=pay_on)
    return Gathered(full, terms, commitment)


def stated_contract(invoice: Invoice) -> str | None:
    """The contract, order or reference that the document names (IBT-012, 013, 010)."""
    return invoice.contract or invoice.order or invoice.buyer_reference


def find_contract(
    session: Session, deps: Deps, row: ReceivedInvoice, invoice: Invoice
) -> tuple[ContractTerms | None, tuple[str, ...]]:
    """The contract of a claim, or the candidates when it is not certain.

    1 the one a person chose · 2 the one the document names · 3 of the vendor's contracts the only
    one with an open inspection whose expected amount is exactly what is claimed. Never a guess
    among several.
    """
    if row.contract_no:
        chosen = deps.contracts.by_number(session, row.contract_no)
        if chosen is not None:
            return chosen, (chosen.number,)
    for reference in (invoice.contract, invoice.order, invoice.buyer_reference):
        if reference:
            named = deps.contracts.by_number(session, reference)
            # Another vendor's contract is not an answer; naming it is a mistake or a probe.
            if named is not None and named.vendor_id == row.vendor_id:
                return named, (named.number,)
    if row.vendor_id is None:
        return None, ()
    fitting = []
    offered = []
    for known in deps.contracts.of_vendor(session, row.vendor_id):
        terms = known.as_of(row.period_end or row.received_on)
        works = _works(session, row, terms)
        if not any(work.passed and work.taken_by is None for work in works):
            continue
        offered.append(terms.number)
        trial = Situation(
            invoice=invoice,
            policy=deps.policy,
            received_on=row.received_on,
            today=row.received_on,
            terms=terms,
            works=works,
            earlier=_earlier(session, row, terms),
        )
        expected = expectation(trial)
        if expected is not None and expected.payable == trial.payable:
            fitting.append(terms)
    if len(fitting) == 1:
        return fitting[0], (fitting[0].number,)
    return None, tuple(terms.number for terms in fitting) or tuple(offered)


def _works(
    session: Session, row: ReceivedInvoice, terms: ContractTerms | None
) -> tuple[AcceptedWork, ...]:
    if terms is None:
        return ()
    rows = queries.inspections(session, terms.number)
    items = [line_item(line.id) for inspection in rows for line in inspection.lines]
    taken = {
        item: holder.receipt_no
        for item, holder in queries.takers(session, items).items()
        if holder.id != row.id
    }
    return tuple(_work(inspection, taken) for inspection in rows)


def line_item(line_id: str) -> str:
    """The name under which an inspection line is claimed."""
    return f"inspection-line:{line_id}"


def _work(row: Inspection, taken: dict[str, str]) -> AcceptedWork:
    period = None
    if row.period_start is not None and row.period_end is not None:
        period = (row.period_start, row.period_end)
    return AcceptedWork(
        id=row.id,
        number=row.number,
        passed=row.passed,
        notified_on=row.notified_on,
        inspected_on=row.inspected_on,
        period=period,
        performed_on=row.performed_on,
        inspector_id=row.inspector_id,
        inspector_name=row.inspector_name,
        lines=tuple(
            AcceptedLine(
                id=line.id,
                name=line.name,
                contract_line=line.contract_line,
                quantity=line.accepted_quantity,
                gross=line.accepted_gross,
                taken_by=taken.get(line_item(line.id)),
            )
            for line in row.lines
        ),
    )


def _earlier(
    session: Session, row: ReceivedInvoice, terms: ContractTerms | None
) -> tuple[EarlierInvoice, ...]:
    if row.vendor_id is None:
        return ()
    predecessors = [row.replaces_id] if row.replaces_id else []
    rows = queries.related_invoices(
        session,
        vendor_id=row.vendor_id,
        contract_no=terms.number if terms else None,
        excluding=row.id,
        gross=row.gross,
        key=row.number_key or "",
        digits=row.digits_key or "",
        predecessors=predecessors,
    )
    return tuple(
        _earlier_of(session, other, is_predecessor=other.id == row.replaces_id)
        for other in rows
        # Not yet read, or set aside: nothing to compare with.
        if other.gross is not None and other.payable is not None
    )


def _earlier_of(session: Session, row: ReceivedInvoice, *, is_predecessor: bool) -> EarlierInvoice:
    assert row.gross is not None
    assert row.payable is not None
    period = None
    if row.period_start is not None and row.period_end is not None:
        period = (row.period_start, row.period_end)
    year = calendar.fiscal_year(row.period_end) if row.period_end else None
    return EarlierInvoice(
        receipt_no=row.receipt_no,
        number=row.number or "",
        number_key=row.number_key or "",
        digits_key=row.digits_key or "",
        live=row.is_live,
        returned=row.status is State.RETURNED,
        gross=row.gross,
        payable=row.payable,
        issue_date=row.issue_date,
        period=period,
        contract_no=row.contract_no,
        kind=ClaimKind(row.claim_kind),
        fiscal_year=year,
        channel=row.channel,
        handed_over=row.status in {State.HANDED_OVER, State.PAID},
        is_predecessor=is_predecessor,
    )


def _creditor(session: Session, row: Creditor | None) -> CreditorRecord | None:
    if row is None:
        return None
    changed = row.account_changed_on
    return CreditorRecord(
        vendor_id=row.vendor_id,
        number=row.number,
        name=row.name,
        address=row.address,
        registration_number=row.registration_number,
        fee=Fee(row.fee),
        bank_code=row.bank_code,
        branch_code=row.branch_code,
        account_type=row.account_type,
        account_number=row.account_number,
        payee_kana=row.payee_kana,
        account_changed_on=changed,
        paid_since_change=changed is not None
        and queries.paid_since(session, row.vendor_id, changed),
        notice_on_file=row.notice_on_file,
        suspended_until=row.suspended_until,
    )


def _commitment(
    session: Session, row: ReceivedInvoice, terms: ContractTerms | None, invoice: Invoice
) -> Commitment | None:
    """The one chosen before, else that of the year of supply, else the contract's only one."""
    if row.commitment_id is not None:
        return session.get(Commitment, row.commitment_id)
    if terms is None:
        return None
    known = queries.commitments(session, terms.number)
    supplied = row.period_end or row.received_on
    year = calendar.fiscal_year(supplied)
    of_year = [item for item in known if item.fiscal_year == year]
    return of_year[0] if of_year else (known[0] if len(known) == 1 else None)


def _commitment_record(
    session: Session, row: Commitment | None, *, excluding: str
) -> CommitmentRecord | None:
    if row is None:
        return None
    return CommitmentRecord(
        number=row.number,
        fiscal_year=row.fiscal_year,
        dated_on=row.dated_on,
        amount=row.amount,
        used=queries.used_of_commitment(session, row.id, excluding=excluding),
        is_combined=row.is_combined,
        carried_over=row.carried_over,
        setsu=row.setsu,
        allotted=recalling.allotted(session, row, excluding=excluding),
    )


def _branch(
    session: Session, deps: Deps, creditor: Creditor | None, today: date
) -> BankBranch | None:
    """The creditor's branch on the list; renamed where the register has another name for it."""
    if creditor is None or not creditor.bank_code:
        return None
    found = deps.branches.branch(session, creditor.bank_code, creditor.branch_code, today)
    if found is None or found.now_named is not None or not found.branch_kana:
        return found
    pairs = (
        (creditor.bank_name, found.bank_kana, "ｷﾞﾝｺｳ"),
        (creditor.branch_name, found.branch_kana, "ｼﾃﾝ"),
    )
    if any(mine and _stem(mine, word) != _stem(listed, word) for mine, listed, word in pairs):
        return replace(found, now_named=f"{found.bank_kana} {found.branch_kana}")
    return found


def _stem(name: str, word: str) -> str:
    """A name without 銀行 or 支店 at its end: registers write it with and without."""
    return name.strip().removesuffix(word).strip()


def _due(session: Session, row: ReceivedInvoice, situation: Situation) -> DueDate | None:
    """The lawful due date; None while nothing has been inspected that must be."""
    terms = situation.terms
    if terms is None or (situation.inspected_on is None and not situation.kind.is_ahead):
        return None
    first, suspensions = suspensions_of(session, row)
    notified = [work.notified_on for work in situation.chosen_works]
    return payment_due(
        received_on=first,
        inspected_on=situation.inspected_on,
        limit_days=payment_limit(
            is_works=terms.is_works, agreed=terms.payment_days, in_writing=terms.terms_in_writing
        ),
        notified_on=max(notified) if notified else None,
        inspection_due_on=inspection_due(max(notified), is_works=terms.is_works)
        if notified
        else None,
        suspensions=suspensions,
    )


def suspensions_of(session: Session, row: ReceivedInvoice) -> tuple[date, Sequence[Suspension]]:
    """The day of the first claim, and the returns between it and this one."""
    chain = queries.chain(session, row)
    if not chain:
        return row.received_on, ()
    corrected = [claim.received_on for claim, _ in chain[1:]] + [row.received_on]
    suspensions = [
        Suspension(returned.notified_on, day, Fault(returned.fault))
        for (_, returned), day in zip(chain, corrected, strict=True)
    ]
    return chain[0][0].received_on, suspensions
