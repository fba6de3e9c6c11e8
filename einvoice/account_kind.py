"""Which kind of account of the city pays: it decides how much a tax matter weighs.

一般会計 deems its input tax equal to its output tax and files nothing (消費税法60条6項), so that a
vendor's missing registration changes no tax there. 特別会計 and 公営企業会計 file returns; for them
it does.
"""

from __future__ import annotations

from enum import StrEnum


class AccountKind(StrEnum):
    """会計の種類."""

    GENERAL = "general"  # 一般会計
    SPECIAL = "special"  # 特別会計
    ENTERPRISE = "enterprise"  # 公営企業会計
