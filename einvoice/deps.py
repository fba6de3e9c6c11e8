"""What the city side needs from outside, handed in by the portal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy.orm import Session

from einvoice.contract_terms import ContractTerms
from einvoice.due_dates import PaymentRuns
from einvoice.limits import Limits
from einvoice.matching import MatchPolicy
from einvoice.matching.background import BankBranch
from einvoice.registry import NoRegistry, Registry
from einvoice.zengin import BankProfile, Payer
from records import Clock, Database, Store

Note = Callable[[], None]
"""Writes into the audit trail what was done before."""


class ContractBook(Protocol):
    """Where the terms of contracts, and the accounts of their parties, come from."""

    def by_number(self, session: Session, number: str) -> ContractTerms | None:
        """The contract of this number, spelled as people spell it; None if there is none."""
        ...

    def of_vendor(self, session: Session, vendor_id: str) -> Sequence[ContractTerms]:
        """Contracts of a vendor that can still be invoiced."""
        ...

    def vendor_of(
        self, session: Session, *, registration: str | None, corporate: str | None
    ) -> str | None:
        """The vendor with this 登録番号 or 法人番号; None for none or several."""
        ...

    def renew_creditor(self, session: Session, vendor_id: str, at: datetime) -> Note | None:
        """Bring the creditor up to date with the register of vendors, before it is looked at.

        What it returns writes the change into the audit trail; the caller calls it once its own
        rows are locked and written."""
        ...


class BranchList(Protocol):
    """The city's copy of the bank code list (金融機関コード・支店コード)."""

    def branch(self, session: Session, bank: str, branch: str, today: date) -> BankBranch | None:
        """What the list says of this branch; None where the city keeps no list."""
        ...


class NoBranchList:
    """A city without a bank code list: nothing is known of any branch."""

    def branch(self, session: Session, bank: str, branch: str, today: date) -> BankBranch | None:
        """Nothing."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """決裁の道すじ: 担当課 → 会計課 → 会計管理者, the last from an amount on (専決区分)."""

    treasurer_from: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Parts of the city side. `payer` is None where no bank is set up: then only payment orders
    can be written."""

    database: Database
    store: Store
    clock: Clock
    contracts: ContractBook
    policy: MatchPolicy
    registry: Registry = field(default_factory=NoRegistry)
    branches: BranchList = field(default_factory=NoBranchList)
    payer: Payer | None = None
    profile: BankProfile = field(default_factory=BankProfile)
    runs: PaymentRuns = field(default_factory=PaymentRuns)
    route: Route = field(default_factory=Route)
    limits: Limits = field(default_factory=Limits)
