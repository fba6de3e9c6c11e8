"""Tables of the network: messages both ways, answers owed, replies that came.

What must not happen twice is a fact of the database, not of the code before it:
- one message id is one message in each direction            (`network_messages`)
- one envelope of ours is one outgoing message, however often it is tried
- one kind of answer is owed once for one thing              (`network_answers`)
- one incoming message is one reply                          (`network_replies`)

Payloads and SOAP parts are in the document store under their SHA-256.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records import Base, UtcDateTime

_ID = String(36)


class MessageState(StrEnum):
    """Incoming: kept → handed_on or rejected. Outgoing: waiting → delivered or failed."""

    KEPT = "kept"
    HANDED_ON = "handed_on"
    REJECTED = "rejected"
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class NetworkMessage(Base):
    """One message of the network, with what proves it."""

    __tablename__ = "network_messages"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    serial: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    direction: Mapped[str] = mapped_column(String(10))
    via: Mapped[str] = mapped_column(String(10), default="as4")
    """as4, or provider: handed over by a service provider that received it for us."""
    state: Mapped[str] = mapped_column(String(20))
    network: Mapped[str] = mapped_column(String(20))
    message_id: Mapped[str | None] = mapped_column(String(600))
    """AS4's, or the provider's key; None until an outgoing message is built."""
    instance_identifier: Mapped[str] = mapped_column(String(200))
    sender_seat: Mapped[str] = mapped_column(String(60), default="")
    receiver_seat: Mapped[str] = mapped_column(String(60), default="")
    sender: Mapped[str] = mapped_column(String(140))
    receiver: Mapped[str] = mapped_column(String(140))
    document_type: Mapped[str] = mapped_column(String(600))
    process: Mapped[str] = mapped_column(String(300))
    mls_to: Mapped[str | None] = mapped_column(String(140))
    mls_type: Mapped[str | None] = mapped_column(String(20))
    recorded: Mapped[datetime] = mapped_column(UtcDateTime)
    receipted: Mapped[datetime | None] = mapped_column(UtcDateTime)
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The fields of the statistics reports, as `peppol.evidence` writes them."""
    flags: Mapped[list[str]] = mapped_column(JSONB, default=list)
    digests: Mapped[list[str]] = mapped_column(JSONB, default=list)
    peer_certificate: Mapped[bytes | None] = mapped_column(LargeBinary)
    soap_sha256: Mapped[str | None] = mapped_column(String(64))
    payload_sha256: Mapped[str | None] = mapped_column(String(64))
    """The signed gzip stream; from a provider: the envelope."""
    expanded_size: Mapped[int | None] = mapped_column(BigInteger)
    receipt: Mapped[bytes | None] = mapped_column(LargeBinary)
    invoice_id: Mapped[str | None] = mapped_column(_ID, index=True)

    # Outgoing: what is sent, and how it went.
    document_sha256: Mapped[str | None] = mapped_column(String(64))
    document_number: Mapped[str | None] = mapped_column(String(200))
    wire_sha256: Mapped[str | None] = mapped_column(String(64))
    """The whole request body: what is sent again is these very bytes."""
    wire: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str] = mapped_column(String(100), default="")
    error_ja: Mapped[str] = mapped_column(Text, default="")
    error_en: Mapped[str] = mapped_column(Text, default="")
    replaces_id: Mapped[str | None] = mapped_column(ForeignKey("network_messages.id"))
    """The failed message that this one sends anew."""

    __table_args__ = (
        UniqueConstraint("direction", "message_id"),
        Index(
            "uq_network_messages_own_envelope",
            "instance_identifier",
            unique=True,
            postgresql_where=text("direction = 'outgoing'"),
        ),
        Index("ix_network_messages_instance", "direction", "instance_identifier"),
        Index("ix_network_messages_state", "direction", "state", "serial"),
        Index("ix_network_messages_document", "document_number"),
        Index(
            "uq_network_messages_replaced",
            "replaces_id",
            unique=True,
            postgresql_where=text("replaces_id IS NOT NULL"),
        ),
        CheckConstraint(
            "(direction = 'incoming' AND state IN ('kept', 'handed_on', 'rejected')"
            " AND message_id IS NOT NULL)"
            " OR (direction = 'outgoing' AND state IN ('waiting', 'delivered', 'failed'))",
            name="states_of_direction",
        ),
        CheckConstraint("receipt IS NULL OR receipted IS NOT NULL", name="receipt_has_instant"),
        CheckConstraint("state <> 'delivered' OR receipt IS NOT NULL", name="delivered_is_proven"),
    )

    @property
    def status(self) -> MessageState:
        """The state as a value of `MessageState`."""
        return MessageState(self.state)

    @property
    def is_incoming(self) -> bool:
        return self.direction == "incoming"


class NetworkAnswer(Base):
    """An answer we owe: an MLS to the sender's provider, an Invoice Response to the seller."""

    __tablename__ = "network_answers"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    about_id: Mapped[str | None] = mapped_column(ForeignKey("network_messages.id"), index=True)
    subject: Mapped[str] = mapped_column(String(700))
    status: Mapped[str] = mapped_column(String(10), default="")
    """The response's code: AB, AP, RE, PD …"""
    sender: Mapped[str] = mapped_column(String(140))
    receiver: Mapped[str] = mapped_column(String(140))
    document_type: Mapped[str] = mapped_column(String(600))
    process: Mapped[str] = mapped_column(String(300))
    document: Mapped[bytes] = mapped_column(LargeBinary)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    due: Mapped[datetime] = mapped_column(UtcDateTime)
    next_try: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    sent: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(String(100), default="")

    __table_args__ = (
        UniqueConstraint("subject", "document_type"),
        Index("ix_network_answers_due", "state", "next_try"),
        CheckConstraint("(state = 'sent') = (sent IS NOT NULL)", name="sent_has_instant"),
    )


class NetworkReply(Base):
    """An answer that came back to us about something we sent."""

    __tablename__ = "network_replies"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("network_messages.id"), unique=True)
    about_id: Mapped[str | None] = mapped_column(ForeignKey("network_messages.id"), index=True)
    """What it speaks of; None when we sent nothing like it."""
    kind: Mapped[str] = mapped_column(String(20))
    """mls or invoice_response."""
    status: Mapped[str] = mapped_column(String(10))
    reference: Mapped[str] = mapped_column(String(300))
    words: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    """[[code, text], …]: reasons and clarifications as the sender wrote them."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
