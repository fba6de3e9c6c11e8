"""Every router of the invoice's pages and API, in the order in which paths are tried."""

from __future__ import annotations

from fastapi import APIRouter

from portal.invoices import (
    api,
    api_budget,
    api_desk,
    api_payments,
    bank_pages,
    batch_pages,
    bulk_pages,
    home_cards,
    inspection_pages,
    layout_pages,
    list_exports,
    payment_pages,
    price_pages,
    route_pages,
    sheet_pages,
    staff,
    staff_acts,
    statement_pages,
    vendor,
    vendor_form,
)


def routers() -> list[APIRouter]:
    """The routers; home cards and navigation are registered with them."""
    home_cards.register()
    return [
        list_exports.router,
        bank_pages.router,
        batch_pages.router,
        bulk_pages.router,
        route_pages.router,
        sheet_pages.router,
        vendor.router,
        vendor_form.router,
        staff.router,
        staff_acts.router,
        inspection_pages.router,
        payment_pages.router,
        price_pages.router,
        layout_pages.router,
        statement_pages.router,
        api.router,
        api_desk.router,
        api_budget.router,
        api_payments.router,
    ]
