"""What this package needs others to keep. No implementation here knows a database.

The one promise everything rests on: when `keep` returns, the message survives a power cut. Only
then is a receipt signed, so a message we acknowledged cannot be lost. A crash in between leaves a
kept message without receipt; the sender sends again and gets the receipt then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from peppol.evidence import Evidence

if TYPE_CHECKING:
    from peppol.as4.building import Outgoing
    from peppol.sbdh import Header


@dataclass(frozen=True, slots=True)
class Received:
    """A message taken in, before anyone looked at the document."""

    evidence: Evidence
    header: Header
    digests: tuple[str, ...]
    """Base64 SHA-256 of Messaging, Body and payload as signed by the sender, in signed order."""
    signer: bytes
    """The sender's certificate, DER."""
    soap: bytes
    """The SOAP part as it came: with the kept payload it proves the signature years later."""
    expanded_size: int

    @property
    def message_id(self) -> str:
        return self.evidence.message_id


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store has under a message id."""

    digests: tuple[str, ...]
    signer: bytes
    receipt: bytes | None


class ReceivedMessages(Protocol):
    """Keeps what arrives. Any exception means: not kept (the sender is told to try again)."""

    def find(self, message_id: str) -> Stored | None:
        """What was kept under this id."""
        ...

    def keep(self, message: Received, payload: BinaryIO) -> Stored:
        """Keep durably, unless the id is taken; what is now stored under the id.

        `payload` is the signed gzip stream at its start. Two calls with one id, at the same
        moment, keep one message; the store hands each kept message on exactly once.
        """
        ...

    def keep_receipt(self, message_id: str, receipt: bytes, evidence: Evidence) -> bytes:
        """Keep the receipt durably, unless there is one; the one that is stored."""
        ...


class SentMessages(Protocol):
    """Keeps what is sent, so that a lost answer is followed by the very same bytes."""

    def keep(self, message: Outgoing) -> None:
        """Durably, before the first attempt."""
        ...

    def delivered(self, message_id: str, receipt: bytes, evidence: Evidence) -> None:
        """A valid receipt came."""
        ...

    def failed(self, message_id: str, error: Exception, *, final: bool) -> None:
        """An attempt failed; `final`: it is not tried again by itself."""
        ...


class EvidenceLog(Protocol):
    """Evidence in the order it was recorded."""

    def all(self) -> Iterable[Evidence]: ...
