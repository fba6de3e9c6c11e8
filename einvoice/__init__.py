"""Invoices: bytes → `Invoice` → findings → match → approval → accounting.

The core is pure (no database, no network): `validate` judges a JP PINT document by the standard
and, apart from it, by the law; `read` and `write` go between XML and the typed `Invoice`.
"""

from einvoice.findings import Finding, Report, Text
from einvoice.invoice import Invoice
from einvoice.limits import Limits
from einvoice.reading import read
from einvoice.validation import validate
from einvoice.writing import write

__all__ = ["Finding", "Invoice", "Limits", "Report", "Text", "read", "validate", "write"]
