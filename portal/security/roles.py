"""The roles of the city and of the vendors, with their names."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    VENDOR = "vendor"
    VENDOR_ADMIN = "vendor_admin"
    DEPARTMENT = "department"
    PROCUREMENT = "procurement"
    CONTRACTING_OFFICER = "contracting_officer"
    ACCOUNTING = "accounting"
    TREASURER = "treasurer"
    AUDITOR = "auditor"
    OPERATOR = "operator"

    @property
    def ja(self) -> str:
        return _NAMES[self][0]

    @property
    def en(self) -> str:
        return _NAMES[self][1]


_NAMES = {
    Role.VENDOR: ("事業者", "vendor"),
    Role.VENDOR_ADMIN: ("事業者の管理者", "vendor's administrator"),
    Role.DEPARTMENT: ("担当課", "department in charge"),
    Role.PROCUREMENT: ("調達課", "procurement office"),
    Role.CONTRACTING_OFFICER: ("契約担当者", "contracting officer"),
    Role.ACCOUNTING: ("会計課", "accounting office"),
    Role.TREASURER: ("会計管理者", "treasurer"),
    Role.AUDITOR: ("監査", "auditor"),
    Role.OPERATOR: ("運用管理者", "operator"),
}

VENDOR_ROLES = frozenset({Role.VENDOR, Role.VENDOR_ADMIN})
STAFF_ROLES = frozenset(Role) - VENDOR_ROLES
