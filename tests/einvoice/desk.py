"""A city desk on a real database and store: contracts, creditors and commitments of the cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from einvoice import (
    approving,
    handover,
    inspection,
    queries,
    receiving,
    returning,
    settling,
    taking_back,
)
from einvoice.compose import compose
from einvoice.contract_terms import ContractTerms
from einvoice.deps import Deps, Route
from einvoice.examining import examine, rematch_contract
from einvoice.handover import Handed
from einvoice.inspection import AcceptedItem, InspectionForm
from einvoice.invoice_terms import InvoiceTerms
from einvoice.models import Commitment, Creditor, ReceivedInvoice
from einvoice.receiving import Channel, Receipt
from einvoice.states import Step
from einvoice.writing import write
from records import Actor, Database, FixedClock, LocalStore, new_id
from tests.einvoice.late_situations import cleaning_contract, cleaning_terms, works_contract
from tests.einvoice.situations import (
    POLICY,
    VENDOR_ADDRESS,
    D,
    goods_contract,
    goods_terms,
    milk_contract,
    milk_terms,
)
from tests.einvoice.worked_cases import CASE_1, CASE_2, CASE_3, CASE_5, PAYER

VENDOR = Actor("vendor", "v-user", "防災商事 担当")
INSPECTOR = Actor("staff", "u-inspector", "検査 一郎")
CLERK = Actor("staff", "u-section", "山﨑 健一")
OTHER_CLERK = Actor("staff", "u-section2", "浜田 次郎")
ACCOUNTANT = Actor("staff", "u-accounting", "伊藤 由美")
OTHER_ACCOUNTANT = Actor("staff", "u-accounting2", "会田 三郎")
TREASURER = Actor("staff", "u-treasurer", "中村 正")


@dataclass(frozen=True, slots=True)
class Book:
    """Contracts by number."""

    contracts: dict[str, ContractTerms] = field(default_factory=dict)

    def by_number(self, session: Session, number: str) -> ContractTerms | None:
        return self.contracts.get(number)

    def of_vendor(self, session: Session, vendor_id: str) -> list[ContractTerms]:
        return [terms for terms in self.contracts.values() if terms.vendor_id == vendor_id]

    def vendor_of(
        self, session: Session, *, registration: str | None, corporate: str | None
    ) -> str | None:
        found = queries.creditor_by_numbers(session, registration=registration, corporate=corporate)
        return found.vendor_id if found else None

    def renew_creditor(self, session: Session, vendor_id: str, at: datetime) -> None:
        """The creditors of these tests are entered by hand."""


def noon(day: date) -> datetime:
    """Noon in Japan."""
    return datetime(day.year, day.month, day.day, 3, 0, tzinfo=UTC)


class Desk:
    """The city side with its parts, and the acts as short sentences."""

    def __init__(
        self, database: Database, store: LocalStore, clock: FixedClock, **changes: Any
    ) -> None:
        self.database, self.store, self.clock = database, store, clock
        furnished = changes.pop("furnished", False)
        self.book = Book()
        self.deps = Deps(
            database=database,
            store=store,
            clock=clock,
            contracts=self.book,
            policy=changes.pop("policy", POLICY),
            payer=changes.pop("payer", PAYER),
            route=changes.pop("route", Route()),
            **changes,
        )
        contracts = (goods_contract(), milk_contract(), works_contract(), cleaning_contract())
        cases = (CASE_1, CASE_2, CASE_3, CASE_5)
        with database.transaction() as session:
            for terms, order in zip(contracts, cases, strict=True):
                self.book.contracts[terms.number] = terms
                if furnished:
                    continue  # another process of the same city
                session.add(_creditor(terms, order))
                session.add(_commitment(terms, order))

    @property
    def at(self) -> datetime:
        return self.clock.now()

    def on(self, day: date) -> None:
        self.clock.set(noon(day))

    def receive(
        self, data: bytes | InvoiceTerms, vendor_id: str | None = "V000101", **changes: Any
    ) -> Receipt:
        """Receive and examine, as the worker would a moment later."""
        found = self.take_in(data, vendor_id, **changes)
        examine(self.deps, invoice_id=found.invoice_id)
        return found

    def take_in(
        self, data: bytes | InvoiceTerms, vendor_id: str | None = "V000101", **changes: Any
    ) -> Receipt:
        content = data if isinstance(data, bytes) else write(compose(data))
        with self.database.transaction() as session:
            return receiving.receive(
                session,
                store=self.store,
                data=content,
                name=changes.pop("name", "invoice.xml"),
                channel=changes.pop("channel", Channel.UPLOAD),
                vendor_id=vendor_id,
                actor=VENDOR,
                at=self.at,
                **changes,
            )

    def inspect(self, contract_no: str, form: InspectionForm) -> str:
        with self.database.transaction() as session:
            terms = self.book.contracts[contract_no]
            row = inspection.record(session, terms, form, actor=INSPECTOR, at=self.at)
            rematch_contract(session, self.deps, contract_no=contract_no, at=self.at)
            return row.number

    def take_back(self, batch_id: str, *, reason: str = "支払日の誤り") -> None:
        """Asked for by who made it, approved by the treasurer."""
        with self.database.transaction() as session:
            taking_back.ask(session, batch_id=batch_id, actor=ACCOUNTANT, at=self.at, reason=reason)
        with self.database.transaction() as session:
            taking_back.approve(session, batch_id=batch_id, actor=TREASURER, at=self.at)

    def row(self, found: Receipt | str) -> ReceivedInvoice:
        invoice_id = found if isinstance(found, str) else found.invoice_id
        with self.database.transaction() as session:
            return session.get_one(ReceivedInvoice, invoice_id)

    def approve(
        self, found: Receipt, step: Step, actor: Actor, seen: int | None = None
    ) -> ReceivedInvoice:
        version = self.row(found).version if seen is None else seen
        with self.database.transaction() as session:
            return approving.approve(
                session,
                self.deps,
                invoice_id=found.invoice_id,
                step=step,
                seen=version,
                actor=actor,
                at=self.at,
            )

    def approve_all(self, found: Receipt) -> ReceivedInvoice:
        self.approve(found, Step.SECTION, CLERK)
        self.approve(found, Step.ACCOUNTING, ACCOUNTANT)
        return self.approve(found, Step.TREASURER, TREASURER)

    def give_back(self, found: Receipt, **changes: Any) -> ReceivedInvoice:
        with self.database.transaction() as session:
            return returning.give_back(
                session,
                invoice_id=found.invoice_id,
                seen=changes.pop("seen", None) or self.row(found).version,
                actor=changes.pop("actor", CLERK),
                at=self.at,
                **changes,
            )

    def hand_over(self, *found: Receipt, pay_on: date) -> Handed:
        with self.database.transaction() as session:
            return handover.hand_over(
                session,
                self.deps,
                invoice_ids=[item.invoice_id for item in found],
                pay_on=pay_on,
                actor=ACCOUNTANT,
                at=self.at,
            )

    # the contracts' own stories -----------------------------------------------------------------

    def inspect_goods(self) -> str:
        return self.inspect(
            "2026K-B-00123",
            InspectionForm(
                passed=True,
                notified_on=date(2026, 10, 21),
                inspected_on=date(2026, 10, 26),
                performed_on=date(2026, 10, 21),
                number="K8-00456",
            ),
        )

    def inspect_milk(self, bottles: str = "12418") -> str:
        return self.inspect(
            "2026K-T-00045",
            InspectionForm(
                passed=True,
                notified_on=date(2026, 11, 2),
                inspected_on=date(2026, 11, 4),
                period=(date(2026, 10, 1), date(2026, 10, 31)),
                items=(
                    AcceptedItem(contract_line="1", quantity=D(bottles)),
                    AcceptedItem(contract_line="2", quantity=D(22)),
                ),
                number="K8-00501",
            ),
        )

    def goods(self, **changes: Any) -> Receipt:
        """Case 1 received and examined on its day."""
        self.on(date(2026, 10, 27))
        return self.receive(goods_terms(**changes), "V000101")

    def milk(self, bottles: str = "12418", **changes: Any) -> Receipt:
        return self.receive(milk_terms(bottles, **changes), "V000102")

    def cleaning(self, **changes: Any) -> Receipt:
        return self.receive(cleaning_terms(**changes), "V000105")


def _creditor(terms: ContractTerms, order: Any) -> Creditor:
    account = order.account
    return Creditor(
        vendor_id=terms.vendor_id,
        number=terms.vendor_id,
        name=terms.vendor_name,
        address=VENDOR_ADDRESS,
        email=f"{terms.vendor_id.lower()}@vendor.example",
        registration_number=terms.registration_number,
        corporate_number=(terms.registration_number or "T")[1:],
        bank_code=account.bank_code,
        bank_name=account.bank_name,
        branch_code=account.branch_code,
        branch_name=account.branch_name,
        account_type=account.account_type,
        account_number=account.account_number,
        payee_kana=account.payee_kana,
    )


def _commitment(terms: ContractTerms, order: Any) -> Commitment:
    budget = order.budget
    return Commitment(
        id=new_id(),
        number=order.commitment_no,
        contract_no=terms.number,
        fiscal_year=order.fiscal_year,
        is_combined=order.kind.value == "2",
        dated_on=terms.concluded_on or date(2026, 4, 1),
        amount=terms.gross,
        account=budget.account,
        section=budget.section,
        kan=budget.kan,
        kou=budget.kou,
        moku=budget.moku,
        jigyo=budget.jigyo,
        setsu=budget.setsu,
        saisetsu=budget.saisetsu,
    )


PAY_ON = date(2026, 11, 20)


def ids(desk: Desk, found) -> set[str]:
    with desk.database.transaction() as session:
        return {f.check_id for f in queries.findings(session, found.invoice_id)}


def mails(desk: Desk) -> list[dict]:
    with desk.database.transaction() as session:
        rows = session.execute(
            text("SELECT args FROM procrastinate_jobs WHERE task_name = 'portal.mail' ORDER BY id")
        )
        return [row[0] for row in rows]


def matched(desk: Desk):
    desk.on(date(2026, 10, 27))
    desk.inspect_goods()
    return desk.goods()


def release(desk: Desk, found, check: str, reason: str = "納品書で確認した") -> None:
    with desk.database.transaction() as session:
        approving.release(
            session,
            invoice_id=found.invoice_id,
            check_id=check,
            actor=CLERK,
            at=desk.at,
            reason=reason,
        )


def approved(desk: Desk):
    found = matched(desk)
    desk.approve_all(found)
    return found


def settle(desk: Desk, line: str) -> settling.Settled:
    data = f"order_no,result,paid_on,reason\r\n{line}\r\n".encode("cp932")
    with desk.database.transaction() as session:
        return settling.settle(
            session, settling.read_results(data), actor=OTHER_ACCOUNTANT, at=desk.at
        )
