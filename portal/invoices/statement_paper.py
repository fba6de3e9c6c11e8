"""The statement of payments as PDF/A with its rows attached: made by the worker."""

from __future__ import annotations

from einvoice import statements
from portal.invoices.statement_pages import KIND, PDF
from portal.prepared.models import PreparedWork
from portal.prepared.ordering import Prepared, Tell
from portal.prepared.papers import typeset
from portal.service import Service

__all__ = ["KIND", "build"]


def build(service: Service, row: PreparedWork, tell: Tell) -> Prepared:
    """The builder of the worker."""
    with service.database.reader() as session:
        found = statements.statement(
            session,
            vendor_id=row.wanted["vendor_id"],
            year=row.wanted["year"],
            kind=row.wanted["kind"],
        )
    sums = {
        "payable": int(found.payable),
        "withheld": int(found.withheld),
        "other_deductions": int(found.other),
        "net": int(found.net),
        "count": len(found.payments),
    }
    data = {
        **sums,
        "vendor": found.vendor,
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "payments": [
            [one.paid_on.isoformat(), one.order_no, one.receipt_no, one.invoice_no, int(one.net)]
            for one in found.payments
        ],
    }
    context = {
        "found": found,
        "city_name": service.settings.city.name,
        "made_at": row.made_at,
        "no": row.number,
    }
    pdf = typeset(
        "invoices/statement_print.html",
        context,
        data=data,
        description="支払明細のデータ",
        created=row.made_at,
        data_name="statement.json",
    )
    return Prepared(sums, {PDF: pdf})
