"""Tables of the city side: what was received, inspected, decided and paid.

Three rules stand in the database itself, so that no path around the code breaks them:
- one inspection line, billing period or advance feeds one live invoice  (`claimed_items`)
- one vendor's invoice number is held by one live invoice                 (`received_invoices`)
- one invoice is in one hand-over                                         (`handover_items`)

Creditors, commitments and hand-overs stand in `payment_models`, the registry's local copy in
`registry_models`; all names are handed out here.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from einvoice.bank_models import BankBranchRow, BankListImport
from einvoice.budget_models import AdvanceToSettle, BudgetAllotment, InvoiceShare
from einvoice.intake_models import IntakeBatch, IntakeFile
from einvoice.layout_models import ExportLayout
from einvoice.payment_models import (
    Commitment,
    Creditor,
    DeductionRow,
    HandoverBatch,
    HandoverItem,
)
from einvoice.price_models import PriceSheet
from einvoice.registry_models import PublishedRegistration, RegistryAnswerRow, RegistryImport
from einvoice.route_models import ApprovalRoute, Deputy
from einvoice.states import State
from records import Base, UtcDateTime, Yen, calendar
from records.name_folding import fold

__all__ = [
    "AdvanceToSettle",
    "ApprovalRoute",
    "BankBranchRow",
    "BankListImport",
    "BudgetAllotment",
    "ClaimedItem",
    "Commitment",
    "Creditor",
    "Decision",
    "DeductionRow",
    "Deputy",
    "ExportLayout",
    "FindingRelease",
    "FindingRow",
    "HandoverBatch",
    "HandoverItem",
    "Inspection",
    "InspectionLine",
    "IntakeBatch",
    "IntakeFile",
    "InvoiceDraft",
    "InvoiceReturn",
    "InvoiceShare",
    "PriceSheet",
    "PublishedRegistration",
    "ReceivedInvoice",
    "RegistryAnswerRow",
    "RegistryImport",
]

_ID = String(36)


class ReceivedInvoice(Base):
    """One invoice as it came in, and where it stands. The bytes are in the document store."""

    __tablename__ = "received_invoices"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    serial: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    state: Mapped[str] = mapped_column(String(20), default=State.RECEIVED.value)
    is_live: Mapped[bool] = mapped_column(Boolean, default=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    vendor_id: Mapped[str | None] = mapped_column(_ID)
    channel: Mapped[str] = mapped_column(String(10))
    message_id: Mapped[str | None] = mapped_column(String(200))
    submission: Mapped[str | None] = mapped_column(_ID)
    """What was sent in one go (several files, a ZIP) shares this."""
    original_sha256: Mapped[str] = mapped_column(String(64))
    original_name: Mapped[str] = mapped_column(String(255))
    original_size: Mapped[int] = mapped_column(Integer)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_on: Mapped[date] = mapped_column(Date)
    """Day in Japan; starts the payment clock."""

    data_sha256: Mapped[str | None] = mapped_column(String(64))
    """The structured data, where the original is a sheet or a picture (非構造データ)."""
    transcript: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """How that data was read from the sheet: confidence by field, reduced-rate mark, by whom."""
    attachments: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    """[name, [fields that differ]] for each attached PDF that is an invoice itself."""
    examination_error: Mapped[str | None] = mapped_column(String(200))
    """Set when the automatic examination gave up; cleared when it is tried again."""

    # What the document says, once it was read.
    profile: Mapped[str | None] = mapped_column(String(20))
    verdict: Mapped[str | None] = mapped_column(String(20))
    qualified: Mapped[str | None] = mapped_column(String(20))
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    """Hash of the content as read: the same document written otherwise has the same one."""
    number: Mapped[str | None] = mapped_column(String(100))
    number_key: Mapped[str | None] = mapped_column(String(100))
    digits_key: Mapped[str | None] = mapped_column(String(100))
    holds_number: Mapped[bool] = mapped_column(Boolean, default=False)
    issue_date: Mapped[date | None] = mapped_column(Date)
    seller_name: Mapped[str | None] = mapped_column(String(300))
    registration_number: Mapped[str | None] = mapped_column(String(20))
    period_start: Mapped[date | None] = mapped_column(Date)
    period_end: Mapped[date | None] = mapped_column(Date)
    gross: Mapped[Decimal | None] = mapped_column(Yen)
    prepaid: Mapped[Decimal | None] = mapped_column(Yen)
    payable: Mapped[Decimal | None] = mapped_column(Yen)
    tax_shares: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    """[rate, base, tax] as text, one row a rate."""
    registry_answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The registry's word on the day of supply, as it was given."""

    # What the city knows about it.
    contract_no: Mapped[str | None] = mapped_column(String(100))
    contract_id: Mapped[str | None] = mapped_column(_ID)
    contract_title: Mapped[str | None] = mapped_column(String(300))
    section: Mapped[str | None] = mapped_column(String(100))
    claim_kind: Mapped[str] = mapped_column(String(10), default="ordinary")
    result: Mapped[str | None] = mapped_column(String(30))
    first_result: Mapped[str | None] = mapped_column(String(30))
    clock_start: Mapped[date | None] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date)
    pay_on: Mapped[date | None] = mapped_column(Date)
    paid_on: Mapped[date | None] = mapped_column(Date)
    inspected_on: Mapped[date | None] = mapped_column(Date)
    inspection_no: Mapped[str | None] = mapped_column(String(50))
    commitment_id: Mapped[str | None] = mapped_column(ForeignKey("commitments.id"))
    hold_reason: Mapped[str | None] = mapped_column(Text)
    held_by: Mapped[str | None] = mapped_column(String(400))
    held_at: Mapped[str | None] = mapped_column(String(20))
    """The desk that put it on hold (a `Step`): this desk, or a later one, lifts it."""
    replaces_id: Mapped[str | None] = mapped_column(ForeignKey("received_invoices.id"))
    same_as_id: Mapped[str | None] = mapped_column(ForeignKey("received_invoices.id"))
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(400))
    search_text: Mapped[str] = mapped_column(Text, default="")
    """Names and numbers in the one spelling that searches compare with, a line each."""
    search_grams: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    """Pairs of neighbouring letters of it: an index on words, where Japanese has no spaces."""

    __table_args__ = (
        Index(
            "uq_received_invoices_live_bytes",
            "vendor_id",
            "original_sha256",
            unique=True,
            postgresql_where=text("is_live"),
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "uq_received_invoices_held_number",
            "vendor_id",
            "number_key",
            unique=True,
            postgresql_where=text("holds_number"),
        ),
        Index(
            "uq_received_invoices_message_id",
            "message_id",
            unique=True,
            postgresql_where=text("message_id IS NOT NULL"),
        ),
        Index("ix_received_invoices_queue", "state", "due_on", "serial"),
        Index("ix_received_invoices_section", "section", "state", "due_on"),
        Index("ix_received_invoices_vendor", "vendor_id", "received_at"),
        Index("ix_received_invoices_contract", "contract_no"),
        # Lists, newest first, in pages: one index for each way in which they are narrowed.
        Index("ix_received_invoices_newest", "state", "serial"),
        Index("ix_received_invoices_section_newest", "section", "serial"),
        Index("ix_received_invoices_vendor_newest", "vendor_id", "serial"),
        Index("ix_received_invoices_received_on", "received_on"),
        Index(
            "ix_received_invoices_submission",
            "submission",
            postgresql_where=text("submission IS NOT NULL"),
        ),
        Index("ix_received_invoices_search", "search_grams", postgresql_using="gin"),
        # What the match asks of earlier invoices, so that it costs the same in any year.
        Index("ix_received_invoices_vendor_number", "vendor_id", "number_key"),
        Index("ix_received_invoices_vendor_gross", "vendor_id", "gross"),
        Index("ix_received_invoices_commitment", "commitment_id"),
        CheckConstraint("NOT holds_number OR is_live", name="only_live_hold_numbers"),
    )

    @property
    def status(self) -> State:
        """The state as a value of `State`."""
        return State(self.state)

    @property
    def readable_sha256(self) -> str:
        """The bytes to read as an invoice: the original, or the data typed from it."""
        return self.data_sha256 or self.original_sha256

    @property
    def receipt_no(self) -> str:
        """受付番号: fiscal year of receipt and serial number, "26-000123"."""
        return f"{calendar.fiscal_year(self.received_on) % 100:02d}-{self.serial:06d}"


@event.listens_for(ReceivedInvoice, "before_insert")
@event.listens_for(ReceivedInvoice, "before_update")
def _fold_names(_mapper: object, _connection: object, row: ReceivedInvoice) -> None:
    words = (
        row.seller_name, row.number, row.number_key, row.contract_no, row.contract_title,
        row.registration_number, row.original_name,
    )  # fmt: skip
    row.search_text = "\n".join(fold(word) for word in words if word)
    row.search_grams = grams(row.search_text)


def grams(folded: str) -> list[str]:
    """Every pair of neighbouring letters, line by line, each once."""
    pairs = {
        line[at : at + 2] for line in folded.split("\n") for at in range(max(len(line) - 1, 0))
    }
    return sorted(pairs)


class FindingRow(Base):
    """One finding of the latest examination, of whatever source."""

    __tablename__ = "invoice_findings"

    invoice_id: Mapped[str] = mapped_column(ForeignKey("received_invoices.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    check_id: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(10))
    level: Mapped[str] = mapped_column(String(10))
    """STOP, HOLD, WARN or INFO."""
    resolver: Mapped[str] = mapped_column(String(10), default="")
    path: Mapped[str | None] = mapped_column(Text)
    line: Mapped[int | None] = mapped_column(Integer)
    line_id: Mapped[str | None] = mapped_column(String(100))
    """IBT-126 of the invoice line it speaks of."""
    term: Mapped[str | None] = mapped_column(String(20))
    message_ja: Mapped[str] = mapped_column(Text)
    message_en: Mapped[str] = mapped_column(Text)
    remedy_ja: Mapped[str] = mapped_column(Text)
    remedy_en: Mapped[str] = mapped_column(Text)


class FindingRelease(Base):
    """A person answered for a held or warned finding: who, when, why, and what was seen."""

    __tablename__ = "finding_releases"

    invoice_id: Mapped[str] = mapped_column(ForeignKey("received_invoices.id"), primary_key=True)
    check_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    message_seen: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[str] = mapped_column(String(200))
    actor_name: Mapped[str] = mapped_column(String(400))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)


class Decision(Base):
    """A step taken by a person. One decision for each version of an invoice: the second of two
    clerks who saw the same page is refused by the key."""

    __tablename__ = "invoice_decisions"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    invoice_id: Mapped[str] = mapped_column(ForeignKey("received_invoices.id"))
    version: Mapped[int] = mapped_column(Integer)
    step: Mapped[str] = mapped_column(String(20))
    move: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str] = mapped_column(String(200))
    actor_name: Mapped[str] = mapped_column(String(400))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")
    original_sha256: Mapped[str] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("invoice_id", "version"),)


class InvoiceReturn(Base):
    """返戻: a legal act with its notice, which pauses the clock (支払遅延防止法6条2項)."""

    __tablename__ = "invoice_returns"

    invoice_id: Mapped[str] = mapped_column(ForeignKey("received_invoices.id"), primary_key=True)
    reasons: Mapped[list[Any]] = mapped_column(JSONB)
    """[{id, message ja/en, remedy ja/en}] as the vendor reads them."""
    note: Mapped[str] = mapped_column(Text, default="")
    fault: Mapped[str] = mapped_column(String(10))
    notified_at: Mapped[datetime] = mapped_column(UtcDateTime)
    notified_on: Mapped[date] = mapped_column(Date)
    corrected_by_id: Mapped[str | None] = mapped_column(ForeignKey("received_invoices.id"))


class Inspection(Base):
    """検収: what was accepted of a contract, by whom, when."""

    __tablename__ = "inspections"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    serial: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    number: Mapped[str] = mapped_column(String(50), unique=True)
    contract_no: Mapped[str] = mapped_column(String(100), index=True)
    passed: Mapped[bool] = mapped_column(Boolean)
    kind: Mapped[str] = mapped_column(String(10), default="final")
    """final, part (出来高・部分) or monthly."""
    notified_on: Mapped[date] = mapped_column(Date)
    inspected_on: Mapped[date] = mapped_column(Date)
    period_start: Mapped[date | None] = mapped_column(Date)
    period_end: Mapped[date | None] = mapped_column(Date)
    performed_on: Mapped[date | None] = mapped_column(Date)
    inspector_id: Mapped[str] = mapped_column(String(200))
    inspector_name: Mapped[str] = mapped_column(String(400))
    note: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lines: Mapped[list[InspectionLine]] = relationship(
        order_by="InspectionLine.position", cascade="all, delete-orphan"
    )


class InspectionLine(Base):
    """One accepted line: quantity of a contract line, or an amount of the whole."""

    __tablename__ = "inspection_lines"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    inspection_id: Mapped[str] = mapped_column(ForeignKey("inspections.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    contract_line: Mapped[str | None] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(300))
    accepted_quantity: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    accepted_gross: Mapped[Decimal | None] = mapped_column(Yen)


class ClaimedItem(Base):
    """What a live invoice takes for itself. `item` is "inspection-line:<id>",
    "period:<contract>:<first day>" or "advance:<contract>:<kind>"."""

    __tablename__ = "claimed_items"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    invoice_id: Mapped[str] = mapped_column(ForeignKey("received_invoices.id"), index=True)
    item: Mapped[str] = mapped_column(String(200))
    released: Mapped[bool] = mapped_column(Boolean, default=False)

    __table_args__ = (
        Index(
            "uq_claimed_items_live_item", "item", unique=True, postgresql_where=text("NOT released")
        ),
    )


class InvoiceDraft(Base):
    """A form a vendor has begun; kept until it is submitted or thrown away."""

    __tablename__ = "invoice_drafts"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    vendor_id: Mapped[str] = mapped_column(_ID, index=True)
    contract_no: Mapped[str] = mapped_column(String(100))
    form: Mapped[dict[str, Any]] = mapped_column(JSONB)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    invoice_id: Mapped[str | None] = mapped_column(ForeignKey("received_invoices.id"))
    """Set when it was submitted: pressing the button twice submits once."""
