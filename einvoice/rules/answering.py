"""How quick answers are given: the group as its children, what has been seen so far, the table.

The answers themselves stand in `answers.py` and `answers_money.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from einvoice.ubl import full_tag

if TYPE_CHECKING:
    from einvoice.rules.engine import RuleSet

_MONEY: Final = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,2}))?")
ID_TAG: Final = full_tag("cbc:ID")

#: Categories without tax; exactly one subtotal each, if used at all.
UNTAXED: Final = ("E", "G", "O")


class Children:
    """The children of one group, by their names."""

    __slots__ = ("_at", "_kids")

    def __init__(self, kids: list[Any], at: dict[str, list[int]]) -> None:
        self._kids = kids
        self._at = at

    def has(self, name: str) -> bool:
        return name in self._at

    def count(self, name: str) -> int:
        return len(self._at.get(name, ()))

    def one(self, name: str) -> Any:
        """The first element of the name; None if there is none."""
        at = self._at.get(name)
        return None if at is None else self._kids[at[0]]

    def text(self, name: str) -> str | None:
        at = self._at.get(name)
        return None if at is None else (self._kids[at[0]].text or "")

    def all(self, name: str) -> Iterator[Any]:
        return (self._kids[index] for index in self._at.get(name, ()))


class SoFar:
    """What has been seen of one document."""

    __slots__ = (
        "accounting_totals", "allowances", "base_unit", "breakdown", "breakdown_category",
        "categories", "charges", "codes", "currency", "has_line_despatch", "has_line_period",
        "line_objects", "lines", "object_references", "other_numbers", "own_totals",
        "payment_texts", "period", "profile", "projects", "seller_ids", "seller_names",
        "seller_numbers", "subtotals", "totals",
    )  # fmt: skip

    def __init__(self, currency: str, rules: RuleSet) -> None:
        self.currency = currency
        self.codes = rules.codes
        self.profile = rules.profile
        self.period: tuple[str | None, str | None] = (None, None)
        self.has_line_period = False
        self.object_references = 0
        self.projects = 0
        self.line_objects = 0
        self.has_line_despatch = False
        #: How many the seller has under VAT, and under other schemes.
        self.seller_numbers = 0
        self.other_numbers = 0
        self.seller_names: set[str] = set()
        self.seller_ids: set[str] = set()
        self.payment_texts: set[str] = set()
        #: Sums of document allowances and charges; None where there is none.
        self.allowances: int | None = None
        self.charges: int | None = None
        self.categories: set[str] = set()
        self.breakdown: Counter[str] = Counter()
        #: Category and rate of the subtotal just being looked at.
        self.breakdown_category: tuple[str, str | None] = ("", None)
        #: Currency and tax of the subtotals of the tax total just being looked at.
        self.subtotals: list[tuple[str, int]] = []
        #: Tax totals in document currency, and those in the accounting currency.
        self.own_totals: list[int] = []
        self.accounting_totals: list[tuple[str, int]] = []
        self.totals: dict[str, int] = {}
        self.lines = 0
        #: Unit of the base quantity of the price just looked at.
        self.base_unit: str | None = None


Answer = Callable[[Children, SoFar], bool]

#: By the path below the root: ids of the rules answered there, and how; None where the group
#: above answers.
ANSWERS: Final[dict[str, tuple[frozenset[str], Answer | None]]] = {}


def answers(*paths: str, ids: str = "") -> Callable[[Answer], Answer]:
    def register(answer: Answer) -> Answer:
        for path in paths:
            ANSWERS[path] = (frozenset(ids.split()), answer)
        return answer

    return register


def answered_above(*paths: str, ids: str) -> None:
    for path in paths:
        ANSWERS[path] = (frozenset(ids.split()), None)


def money(text: str | None) -> int | None:
    """An amount in hundredths; None for any but the plainest form."""
    if text is None:
        return None
    # Yen have no decimals: nearly always it is digits alone.
    if text.isdigit() and text.isascii() and len(text) <= 15:
        return int(text) * 100
    found = _MONEY.fullmatch(text)
    if found is None:
        return None
    sign, whole, cents = found.groups()
    value = int(whole) * 100 + (int(cents.ljust(2, "0")) if cents else 0)
    # "-0" is left to the engine: a zero with a sign is not always zero.
    if not sign:
        return value
    return -value if value else None


def amount_of(element: Any) -> int | None:
    return None if element is None else money(element.text)


def texts_below(element: Any, tag: str) -> list[str]:
    return [kid.text or "" for kid in element if kid.tag == tag]


def is_vat(group: Children) -> bool:
    """Plainly so: the scheme has that identifier and nothing else."""
    scheme = group.one("cac:TaxScheme")
    if scheme is None or len(scheme) != 1:
        return False
    identifier = scheme[0]
    return bool(identifier.text == "VAT" and identifier.tag == ID_TAG)
