"""Values that several rules of one document share, each worked out once and only if asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Generic, TypeVar

from einvoice.document import Document, Node
from einvoice.rules.contexts import is_vat
from einvoice.rules.xpath import decimal_of, normal

T = TypeVar("T")

#: Names that rules look for anywhere in a document.
COLLECTED = frozenset(
    {
        "cac:AdditionalDocumentReference",
        "cac:ClassifiedTaxCategory",
        "cac:CreditNoteLine",
        "cac:DespatchDocumentReference",
        "cac:InvoiceLine",
        "cac:InvoicePeriod",
        "cac:TaxCategory",
        "cac:TaxTotal",
        "cbc:DocumentCurrencyCode",
        "cbc:EndDate",
        "cbc:PaymentID",
        "cbc:StartDate",
    }
)

#: From this day on a 適格請求書 needs a registration number (消費税法57条の4).
QUALIFIED_INVOICES_SINCE = "2023-10-01"


class _once(Generic[T]):  # noqa: N801  (reads as the decorator it is)
    """functools.cached_property without its lock: a document belongs to one thread."""

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    def __get__(self, facts: Any, owner: type[Any]) -> T:
        value = facts.__dict__[self._name] = self._work_out(facts)
        return value


class Facts:
    """One document's shared values; `codes` are the code lists of the rule set."""

    def __init__(self, document: Document, codes: Mapping[str, frozenset[str]]) -> None:
        self.document = document
        self.codes = codes

    @_once
    def document_currencies(self) -> frozenset[str]:
        """/*/cbc:DocumentCurrencyCode, as written."""
        return frozenset(n.text for n in self.document.root.all("cbc:DocumentCurrencyCode"))

    @_once
    def document_currency_texts(self) -> frozenset[str]:
        """/ubl:Invoice/cbc:DocumentCurrencyCode/text(), as written."""
        root = self.document.root
        if root.name != "ubl:Invoice":
            return frozenset()
        nodes = root.all("cbc:DocumentCurrencyCode")
        return frozenset(text for n in nodes for text in self.document.text_nodes(n))

    @_once
    def all_currencies(self) -> frozenset[str]:
        """//cbc:DocumentCurrencyCode, as written."""
        return frozenset(n.text for n in self.document.anywhere("cbc:DocumentCurrencyCode"))

    @_once
    def lines(self) -> list[Node]:
        """Lines anywhere, as // finds them, also in an extension."""
        return self.document.anywhere("cac:InvoiceLine") + self.document.anywhere(
            "cac:CreditNoteLine"
        )

    @_once
    def line_sum(self) -> Decimal:
        """Σ IBT-131 over all lines."""
        amounts = (decimal_of(line.all("cbc:LineExtensionAmount")) for line in self.lines)
        return sum((amount for amount in amounts if amount is not None), Decimal(0))

    @_once
    def needs_registration_number(self) -> bool:
        """Some period date, compared as text, is not before 2023-10-01."""
        dates = self.document.anywhere("cbc:StartDate") + self.document.anywhere("cbc:EndDate")
        return any(n.text >= QUALIFIED_INVOICES_SINCE for n in dates)

    @_once
    def categories(self) -> frozenset[str]:
        """Codes of all consumption tax categories in the document."""
        document = self.document
        places = document.anywhere("cac:TaxCategory") + document.anywhere(
            "cac:ClassifiedTaxCategory"
        )
        return frozenset(_codes(places).keys())

    @_once
    def categories_in_breakdown(self) -> Counter[str]:
        """How often each code has a subtotal, over every TaxTotal of the invoice."""
        return _codes(self.document.root.all("cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory"))

    @_once
    def header_despatch(self) -> bool:
        return bool(self.document.anywhere("cac:DespatchDocumentReference"))


def _codes(categories: list[Node]) -> Counter[str]:
    found: Counter[str] = Counter()
    for category in categories:
        if is_vat(category):
            for node in category.all("cbc:ID"):
                found[normal(node.text)] += 1
    return found
