"""What the city knows of an invoice beside its contract: the paper, the bank, the budget, the past.

Small values that `einvoice.gathering` fills and the checks look at; each is None or empty where
nothing is known, and then its check has nothing to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Data that was read or typed from a sheet of paper or a picture (非構造データ)."""

    confidence: Mapping[str, Decimal] = field(default_factory=dict)
    """Name of a key field → how sure its reading is, 0 to 1. What one person typed and nobody
    compared with the sheet is 0: whoever sees both confirms it."""
    shows_reduced_mark: bool = True
    """The sheet marks which items are taxed at the reduced rate (消費税法57条の4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedInvoice:
    """A PDF beside the data that is an invoice itself, and in what it differs from the data."""

    name: str
    differs: tuple[str, ...] = ()
    """Of 請求書番号, 請求日, 請求額 those that the PDF does not show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankBranch:
    """The branch of the registered account in the city's copy of the bank code list."""

    is_known: bool
    now_named: str | None = None
    """What it became, where it was merged or renamed."""
    is_fresh: bool = False
    """Whether the list is new enough to stop a payment to a branch that it does not have."""
    bank_kana: str = ""
    branch_kana: str = ""
    """Its names as bank files carry them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAdvance:
    """概算払 or 資金前渡 that was paid and not settled (精算) yet."""

    number: str
    amount: Decimal
    settle_by: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """The latest transfer of this invoice that came back, and whether its account was mended."""

    reason: str
    is_mended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Who is about to decide, and how far their authority reaches (専決区分)."""

    id: str
    limit: Decimal | None = None
    """Yen up to which the person may decide at this step; None without a limit."""
    took: tuple[str, ...] = ()
    """Ids of the people who took the earlier steps."""
