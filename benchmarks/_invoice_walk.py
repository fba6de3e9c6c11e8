"""Invoices that match their contracts, ready to be walked through the whole pipeline.

The contracts, creditors and inspections are those of the tests' first worked case, one contract an
invoice; making them is not timed, receiving to matched and stored is.
"""

from __future__ import annotations

import itertools
from datetime import date

from einvoice import receiving
from einvoice.compose import compose
from einvoice.contract_terms import ContractTerms
from einvoice.deps import Deps
from einvoice.examining import examine
from einvoice.inspection import InspectionForm
from einvoice.models import Commitment
from einvoice.receiving import Channel
from einvoice.writing import write
from records import Clock, Database, Store, new_id
from tests.einvoice.desk import VENDOR, Book, Desk
from tests.einvoice.situations import POLICY, goods_contract, goods_terms
from tests.einvoice.worked_cases import CASE_1, PAYER

_RUN = itertools.count(1)
_DESKS: dict[str, Desk] = {}
PREFIX = "BENCH-"


class Contracts(dict[str, ContractTerms]):
    """Every contract of the benchmark by its number, also in a worker that did not make it."""

    def get(self, number: str, default: object = None) -> ContractTerms | None:  # type: ignore[override]
        if number.startswith(PREFIX) and number not in self:
            self[number] = goods_contract(number=number)
        return dict.get(self, number)


class City:
    """A city desk on a database, with as many matching invoices as wanted."""

    def __init__(self, database: Database, store: Store, clock: Clock, *, new: bool = True) -> None:
        """`new` writes the creditors; a worker beside the first process has them already."""
        known = _DESKS.get(database.url)
        if known is None:
            known = Desk.__new__(Desk) if not new else Desk(database, store, clock)  # type: ignore[arg-type]
            known.database, known.store, known.clock = database, store, clock  # type: ignore[assignment]
            known.book = Book(Contracts())
            known.deps = Deps(
                database=database, store=store, clock=clock, contracts=known.book, policy=POLICY,
                payer=PAYER,
            )  # fmt: skip
            _DESKS[database.url] = known
        self.desk = known

    def prepare(self, count: int) -> list[bytes]:
        """Contracts, commitments and inspections, and an XML invoice for each."""
        made = []
        for _ in range(count):
            n = next(_RUN)
            number = f"{PREFIX}{n:07d}"
            with self.desk.database.transaction() as session:
                budget = CASE_1.budget
                session.add(
                    Commitment(
                        id=new_id(), number=f"F-{n:07d}", contract_no=number, fiscal_year=2026,
                        is_combined=False, dated_on=date(2026, 9, 14), amount=CASE_1.gross,
                        account=budget.account, section=budget.section, kan=budget.kan,
                        kou=budget.kou, moku=budget.moku, jigyo=budget.jigyo, setsu=budget.setsu,
                        saisetsu=budget.saisetsu,
                    )
                )  # fmt: skip
            self.desk.book.contracts.get(number)
            self.desk.inspect(
                number,
                InspectionForm(
                    passed=True, notified_on=date(2026, 10, 21), inspected_on=date(2026, 10, 26),
                    performed_on=date(2026, 10, 21), number=f"K-{n:07d}",
                ),
            )  # fmt: skip
            made.append(write(compose(goods_terms(contract=number, number=f"I-{n:07d}"))))
        return made

    def deps(self) -> Deps:
        """What a worker of its own works with."""
        return self.desk.deps

    def take_in(self, data: bytes) -> str:
        """Receive one; the worker examines it later."""
        with self.desk.database.transaction() as session:
            return receiving.receive(
                session, store=self.desk.store, data=data, name="invoice.xml",
                channel=Channel.PEPPOL, vendor_id="V000101", actor=VENDOR, at=self.desk.at,
            ).invoice_id  # fmt: skip

    def walk(self, data: bytes) -> str:
        """Bytes to matched and stored."""
        invoice_id = self.take_in(data)
        examine(self.desk.deps, invoice_id=invoice_id)
        return invoice_id
