"""Every router of the contract's pages and API, in the order in which paths are tried."""

from __future__ import annotations

import re

from fastapi import APIRouter

from portal.contracts import (
    amendment_pages,
    api,
    api_awards,
    api_signing,
    attachment_pages,
    authority_pages,
    award_pages,
    batch_pages,
    board_pages,
    calendar_pages,
    closing_pages,
    date_report_pages,
    deciding_pages,
    decision_pages,
    deputy_pages,
    downloads,
    drafting_pages,
    forward_pages,
    guarantee_pages,
    home_cards,
    import_pages,
    inspection_record,
    keeping_pages,
    life_api,
    life_pages,
    memorandum_pages,
    own_key_api,
    own_key_pages,
    retention_pages,
    route_pages,
    search_pages,
    sign_reminders,
    staff_pages,
    template_pages,
    vendor_life_pages,
    vendor_pages,
    vendor_signing_pages,
    verification,
)

#: Where files larger than any other request are taken.
DRAWINGS = re.compile(r"(?:/api/v1)?/contracts/[0-9a-f-]{36}/attachments")


def routers() -> list[APIRouter]:
    """The routers; home cards and navigation are registered with them."""
    home_cards.register()
    return [
        board_pages.router,
        search_pages.router,
        keeping_pages.router,
        decision_pages.router,
        deputy_pages.router,
        route_pages.router,
        template_pages.router,
        award_pages.router,
        attachment_pages.router,
        calendar_pages.router,
        retention_pages.router,
        import_pages.router,
        deciding_pages.router,
        drafting_pages.router,
        closing_pages.router,
        batch_pages.router,
        authority_pages.router,
        date_report_pages.router,
        life_pages.router,
        guarantee_pages.router,
        amendment_pages.router,
        memorandum_pages.router,
        inspection_record.router,
        sign_reminders.router,
        staff_pages.router,
        own_key_pages.router,
        vendor_signing_pages.router,
        forward_pages.router,
        vendor_life_pages.router,
        vendor_pages.router,
        downloads.router,
        api_awards.router,
        api.router,
        api_signing.router,
        own_key_api.router,
        life_api.router,
        verification.router,
    ]
