"""Invoices: bytes → `Invoice` → findings → match → approval → accounting.

The core is pure (no database, no network): `validate` judges a JP PINT document by the standard
and, apart from it, by the law (`assess`); `read` and `write` go between XML and the typed
`Invoice`; `compose` makes one from terms, `view_html` shows one to people.
"""

from einvoice.compose import compose
from einvoice.findings import Finding, Report, Text
from einvoice.invoice import Invoice
from einvoice.invoice_terms import InvoiceTerms
from einvoice.limits import Limits
from einvoice.qualified import Assessment, assess
from einvoice.reading import read
from einvoice.registration import CorporateNumber, RegistrationNumber
from einvoice.validation import validate
from einvoice.view import view_html
from einvoice.writing import write

__all__ = [
    "Assessment",
    "CorporateNumber",
    "Finding",
    "Invoice",
    "InvoiceTerms",
    "Limits",
    "RegistrationNumber",
    "Report",
    "Text",
    "assess",
    "compose",
    "read",
    "validate",
    "view_html",
    "write",
]
