"""Tables of contracts. Bytes are in the store, addressed by SHA-256; rows hold what is decided.

Five days of a contract are five columns and never one: award_date 落札決定日, contract_date
契約書記載日 (empty when the contract says "the day of the city's timestamp"), each act's signed_at
(署名のタイムスタンプ), concluded_at 確定時刻 (the last of them), period_from 履行期間の始まり.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from econtract.states import STATE_NAMES, ContractState
from records import Base, UtcDateTime, Yen
from records.name_folding import fold

Json = dict[str, Any]


class Award(Base):
    """A row of an e-bidding export. `facts` is the whole row, for 'was this changed since?'."""

    __tablename__ = "contract_award"
    __table_args__ = (UniqueConstraint("source", "case_number"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    source: Mapped[str] = mapped_column(String(40))
    case_number: Mapped[str] = mapped_column(String(400))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(400))
    department: Mapped[str] = mapped_column(String(400))
    vendor_id: Mapped[str] = mapped_column(String(36))
    vendor_name: Mapped[str] = mapped_column(String(400))
    amount: Mapped[Decimal] = mapped_column(Yen)
    award_date: Mapped[date] = mapped_column(Date)
    facts: Mapped[Json] = mapped_column(JSONB)
    member_vendor_ids: Mapped[list[str]] = mapped_column(JSONB, default=list)
    file_sha256: Mapped[str] = mapped_column(String(64))
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_by: Mapped[str] = mapped_column(String(200))


class NumberSeries(Base):
    """The last contract number given out in a fiscal year; locked by whoever takes the next."""

    __tablename__ = "contract_number_series"

    fiscal_year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(Integer)


class Contract(Base):
    """A contract from draft to long-term keeping. `revision` counts changes of the draft."""

    __tablename__ = "contract"
    __table_args__ = (
        UniqueConstraint("fiscal_year", "sequence"),
        # An award has one contract that lives, with its amendments; those that ended stay.
        Index(
            "uq_contract_award_id_live",
            "award_id",
            unique=True,
            postgresql_where=text(
                "state NOT IN ('declined', 'withdrawn', 'halted', 'voted_down', 'disposed')"
                " AND form NOT IN ('amendment', 'memorandum')"
            ),
        ),
        Index(None, "award_id"),
        Index(None, "state"),
        Index(None, "vendor_id"),
        Index(None, "department"),
        Index(None, "renewal_due"),
        Index(None, "parent_id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    fiscal_year: Mapped[int] = mapped_column(Integer)
    sequence: Mapped[int] = mapped_column(Integer)
    award_id: Mapped[str] = mapped_column(ForeignKey("contract_award.id"))
    kind: Mapped[str] = mapped_column(String(20))
    #: Which template: empty for the kind's own (工事請負契約書 …), else 請書, 仮契約書, 覚書 ….
    form: Mapped[str] = mapped_column(String(40), default="")
    #: The contract this one takes the place of, after that one ended without being concluded.
    replaces_id: Mapped[str | None] = mapped_column(ForeignKey("contract.id"))
    #: The original of what is written beside it (変更契約, 覚書): always an original, never a part.
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("contract.id"), default=None)
    city_name: Mapped[str] = mapped_column(String(400), default="")
    template_version: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(Integer, default=1)
    title: Mapped[str] = mapped_column(String(400))
    place: Mapped[str] = mapped_column(String(400))
    department: Mapped[str] = mapped_column(String(400))
    vendor_id: Mapped[str] = mapped_column(String(36))
    vendor_name: Mapped[str] = mapped_column(String(400))
    registration_number: Mapped[str] = mapped_column(String(14), default="")
    amount: Mapped[Decimal] = mapped_column(Yen)
    tax: Mapped[Decimal] = mapped_column(Yen)
    tax_rate: Mapped[int] = mapped_column(Integer)
    #: 概算: the amount is unit prices times expected quantities, not what will be paid.
    amount_is_estimate: Mapped[bool] = mapped_column(default=False)
    award_date: Mapped[date] = mapped_column(Date)
    contract_date: Mapped[date | None] = mapped_column(Date)
    period_from: Mapped[date] = mapped_column(Date)
    period_to: Mapped[date] = mapped_column(Date)
    fields: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    drafted_by: Mapped[str] = mapped_column(String(200))
    drafted_by_name: Mapped[str] = mapped_column(String(400))
    document_id: Mapped[str | None] = mapped_column(String(36))
    note: Mapped[Json | None] = mapped_column(JSONB)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sign_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    current_sha256: Mapped[str | None] = mapped_column(String(64))
    concluded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    concluded_sha256: Mapped[str | None] = mapped_column(String(64))
    kept_sha256: Mapped[str | None] = mapped_column(String(64))
    kept_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When the next archive timestamp is due, and when that was last worked out from the file.
    renewal_due: Mapped[datetime | None] = mapped_column(UtcDateTime)
    renewal_checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    certificate_sha256: Mapped[str | None] = mapped_column(String(64))
    vendor_has_copy_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    copy_reminders: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
    search_text: Mapped[str] = mapped_column(Text, default="")

    @property
    def template_kind(self) -> str:
        """The template the document is made from."""
        return self.form or self.kind

    @property
    def has_amount(self) -> bool:
        """False for what agrees on something without an amount (覚書: its amount is 0)."""
        return self.form != "memorandum"

    @property
    def current_state(self) -> ContractState:
        return ContractState(self.state)

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.current_state][0]

    def move(self, to: ContractState, at: datetime) -> None:
        """Set the state and since when it holds (what may follow what: econtract/states.py)."""
        if self.state != to:
            self.state, self.state_since = to, at


class Party(Base):
    """Who signs, in order: vendors by position (lead of a joint venture last), then the city."""

    __tablename__ = "contract_party"
    __table_args__ = (UniqueConstraint("contract_id", "position"), Index(None, "vendor_id"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    position: Mapped[int] = mapped_column(Integer)
    side: Mapped[str] = mapped_column(String(10))
    slot: Mapped[str] = mapped_column(String(20))
    role: Mapped[str] = mapped_column(String(100))
    organisation: Mapped[str] = mapped_column(String(400))
    address: Mapped[str] = mapped_column(String(400), default="")
    title: Mapped[str] = mapped_column(String(400))
    person: Mapped[str] = mapped_column(String(400))
    email: Mapped[str] = mapped_column(String(254), default="")
    vendor_id: Mapped[str | None] = mapped_column(String(36))
    search_text: Mapped[str] = mapped_column(Text, default="")
    #: 当事者型: this party signs with a key of its own, not by the service's (立会人型).
    own_key: Mapped[bool] = mapped_column(default=False, server_default="false")

    @property
    def capacity(self) -> str:
        """What the signature shows beside the name: organisation and title."""
        return f"{self.role}　{self.organisation}　{self.title}"

    def line(self) -> dict[str, str]:
        """The party as the signature page prints it."""
        return {
            "slot": self.slot,
            "role": self.role,
            "organisation": self.organisation,
            "address": self.address,
            "title": self.title,
            "person": self.person,
        }


class Document(Base):
    """One made version of a contract's text. `source` is all the renderer needs."""

    __tablename__ = "contract_document"
    __table_args__ = (UniqueConstraint("contract_id", "version"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    version: Mapped[int] = mapped_column(Integer)
    source: Mapped[Json] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None] = mapped_column(Integer)
    pages: Mapped[int | None] = mapped_column(Integer)
    slots: Mapped[list[Json]] = mapped_column(JSONB, default=list)
    rendered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PageImage(Base):
    """A page as people see it on a phone, and its words for people who listen."""

    __tablename__ = "contract_page_image"

    document_id: Mapped[str] = mapped_column(ForeignKey("contract_document.id"), primary_key=True)
    page: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(Text)


class Circulation(Base):
    """A document on its way past the deciders: bound to its bytes by `document_sha256`."""

    __tablename__ = "contract_circulation"
    __table_args__ = (Index(None, "contract_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    document_id: Mapped[str] = mapped_column(ForeignKey("contract_document.id"))
    document_sha256: Mapped[str] = mapped_column(String(64))
    route_id: Mapped[str] = mapped_column(String(40))
    rules_version: Mapped[str] = mapped_column(String(40))
    outcome: Mapped[str] = mapped_column(String(20))
    #: The city's signers whom the route names (empty: who holds authority), and whether the council
    #: must have voted before the city signs.
    signers: Mapped[list[str]] = mapped_column(JSONB, default=list)
    needs_vote: Mapped[bool] = mapped_column(default=False)
    submitted_by: Mapped[str] = mapped_column(String(200))
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Decision(Base):
    """One step of a circulation: waiting, approved or returned, on which bytes."""

    __tablename__ = "contract_decision"
    __table_args__ = (UniqueConstraint("circulation_id", "position"), Index(None, "role"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    circulation_id: Mapped[str] = mapped_column(ForeignKey("contract_circulation.id"))
    position: Mapped[int] = mapped_column(Integer)
    role: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(100))
    act: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(20))
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decided_by_name: Mapped[str | None] = mapped_column(String(400))
    #: 代決: in whose place and why; empty when the holder of the role decided.
    deputy_for: Mapped[str] = mapped_column(String(400), default="")
    deputy_reason: Mapped[str] = mapped_column(String(1000), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(1000), default="")
    seen_sha256: Mapped[str | None] = mapped_column(String(64))


class Consent(Base):
    """A party's consent to the electronic means (建設業法19条3項, 施行令5条の5)."""

    __tablename__ = "contract_consent"
    __table_args__ = (Index(None, "contract_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    party_id: Mapped[str] = mapped_column(ForeignKey("contract_party.id"))
    document_sha256: Mapped[str] = mapped_column(String(64))
    text_version: Mapped[str] = mapped_column(String(40))
    text_sha256: Mapped[str] = mapped_column(String(64))
    person: Mapped[str] = mapped_column(String(400))
    evidence: Mapped[Json] = mapped_column(JSONB)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Act(Base):
    """A signing act: the intent is the row, the job adopts or makes the effect. One a slot."""

    __tablename__ = "contract_act"
    __table_args__ = (UniqueConstraint("document_id", "slot"), Index(None, "contract_id"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    document_id: Mapped[str] = mapped_column(ForeignKey("contract_document.id"))
    party_id: Mapped[str] = mapped_column(ForeignKey("contract_party.id"))
    slot: Mapped[str] = mapped_column(String(20))
    person: Mapped[str] = mapped_column(String(400))
    capacity: Mapped[str] = mapped_column(String(900))
    statement: Mapped[str] = mapped_column(String(400))
    factors: Mapped[list[str]] = mapped_column(JSONB)
    evidence: Mapped[Json] = mapped_column(JSONB)
    actor: Mapped[Json] = mapped_column(JSONB)
    decided_sha256: Mapped[str] = mapped_column(String(64))
    input_sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    problem: Mapped[Json | None] = mapped_column(JSONB)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result_sha256: Mapped[str | None] = mapped_column(String(64))


@event.listens_for(Contract, "before_insert")
@event.listens_for(Contract, "before_update")
def _fold_contract(_mapper: object, _connection: object, contract: Contract) -> None:
    """What searches compare with: number, title and department in any spelling."""
    words = (contract.number, contract.title, contract.place, contract.department)
    contract.search_text = "\n".join(fold(word) for word in words)


@event.listens_for(Party, "before_insert")
@event.listens_for(Party, "before_update")
def _fold_party(_mapper: object, _connection: object, party: Party) -> None:
    party.search_text = fold(party.organisation)
