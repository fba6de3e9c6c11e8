"""The desks' routers and their places in the navigation."""

from __future__ import annotations

from fastapi import APIRouter

from portal.desks import (
    audit_desk,
    factor_reset,
    operations_desk,
    payment_facts,
    staff_desk,
    vendor_people,
    vendor_register,
)
from portal.home import NavItem, register_card, register_nav
from portal.security.roles import Role


def routers() -> list[APIRouter]:
    """The routers; home cards and navigation are registered with them."""
    register_nav(NavItem("事業者台帳", "/vendors", "vendor.read", order=40, side="staff"))
    register_nav(
        NavItem("自社の利用者", "/vendor/people", "vendor.people", order=40, side="vendor")
    )
    register_nav(NavItem("監査記録", "/audit", "audit.read", order=60))
    register_nav(
        NavItem(
            "稼働の状況",
            "/operations",
            "operations.read",
            count=operations_desk.count_stopped,
            order=70,
        )
    )
    register_nav(NavItem("職員", "/staff", "staff.manage", order=71))
    register_card(Role.OPERATOR, operations_desk.card)
    register_card(Role.AUDITOR, audit_desk.card)
    return [
        vendor_register.router,
        payment_facts.router,
        vendor_people.router,
        staff_desk.router,
        factor_reset.router,
        audit_desk.router,
        operations_desk.router,
    ]
