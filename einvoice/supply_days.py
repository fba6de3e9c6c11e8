"""取引年月日: the days of supply an invoice states. The issue date is not one of them."""

from __future__ import annotations

from datetime import date

from einvoice.invoice import Invoice


def supply_days(invoice: Invoice) -> tuple[date, date] | None:
    """First and last day of supply, None if none is stated.

    All stated days count: the invoicing period (IBT-073, 074), each line's (IBT-134, 135), the
    delivery (IBT-072) and the tax point (IBT-007).
    """
    days: list[date | None] = []
    if invoice.period is not None:
        days += (invoice.period.start, invoice.period.end)
    for line in invoice.lines:
        if line.period is not None:
            days += (line.period.start, line.period.end)
    if invoice.delivery is not None:
        days.append(invoice.delivery.actual_date)
    days.append(invoice.tax_point_date)
    stated = [day for day in days if day is not None]
    return (min(stated), max(stated)) if stated else None
