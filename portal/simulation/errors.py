"""What can be wrong with what a simulation is asked for.

PortalError
├── LedgerUnreadable   400: the city's ledger cannot be read; the line is named
└── PlanRefused        400: a figure of the plan is outside its bounds
"""

from __future__ import annotations

from portal.errors import PortalError


class LedgerUnreadable(PortalError):
    """``why_ja``/``why_en`` name the line and what is wrong with it."""

    code = "portal.simulation.ledger"
    status = 400
    ja = "台帳を読めません。{why_ja}"
    en = "The ledger cannot be read. {why_en}"
    mend_ja = (
        "1行目に 日付,種類,金額 の見出しを置き、種類は 工事・請負・物品・委託・請求書 の"
        "どれかにしてください。"
    )
    mend_en = "Put the headings 日付,種類,金額 on line 1; 種類 is 工事, 請負, 物品, 委託 or 請求書."


class PlanRefused(PortalError):
    code = "portal.simulation.plan"
    status = 400
    ja = "「{name_ja}」は {low}～{high} で入力してください（{given}）。"
    en = "{name_en} must be from {low} to {high} (given: {given})."
    mend_ja = "値を直して、もう一度実行してください。"
    mend_en = "Correct the value and run it again."
