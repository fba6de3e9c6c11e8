"""What the home page shows of invoices: for each role what waits for it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from einvoice import queries, queues
from einvoice.states import State
from portal.home import Card, NavItem, register_card, register_nav
from portal.invoices.api import section_of
from portal.security import Identity, Role


def register() -> None:
    """Add cards and links; called once when the routers are built."""
    register_nav(NavItem("請求書", "/invoices", "invoice.list", order=20, side="staff"))
    register_nav(NavItem("支払期限", "/due-dates", "invoice.list", order=22, side="staff"))
    register_nav(NavItem("決裁の経路", "/approval-routes", "route.edit", order=60, side="staff"))
    register_nav(NavItem("支払", "/payments", "payment.read", order=21, side="staff"))
    register_nav(
        NavItem(
            "請求書",
            "/vendor/invoices",
            "invoice.list",
            order=20,
            side="vendor",
            also=("/vendor/drafts",),
        )
    )
    register_card(Role.DEPARTMENT, _section)
    register_card(Role.DEPARTMENT, _head)
    register_card(Role.ACCOUNTING, _accounting)
    register_card(Role.ACCOUNTING, _approved)
    register_card(Role.TREASURER, _treasurer)
    register_card(Role.VENDOR, _returned)
    register_card(Role.VENDOR, _send)


def _count(session: Session, user: Identity, *states: State) -> int:
    if user.kind == "vendor":
        wanted = queues.QueueFilter(states=states, vendor_id=user.vendor_id)
    else:
        wanted = queues.QueueFilter(states=states, section=section_of(user))
    return queues.count(session, wanted)


def _section(session: Session, user: Identity) -> Card:
    return Card(
        "確認を待つ請求書",
        "/invoices?step=section",
        count=_count(session, user, State.AT_SECTION),
        text="契約・検収との照合結果を見て、承認か返戻を選びます。",
        tone="waiting",
        action="請求書を開く",
    )


def _head(session: Session, user: Identity) -> Card | None:
    count = _count(session, user, State.AT_HEAD)
    if not count:
        return None
    return Card(
        "課の決裁を待つ請求書",
        "/invoices?step=head",
        count=count,
        text="担当者の確認が終わった請求書です。",
        tone="waiting",
        action="決裁する",
    )


def _accounting(session: Session, user: Identity) -> Card:
    return Card(
        "審査を待つ請求書",
        "/invoices?step=accounting",
        count=_count(session, user, State.AT_ACCOUNTING),
        text="担当課が承認した請求書です。",
        tone="waiting",
        action="審査する",
    )


def _approved(session: Session, user: Identity) -> Card:
    return Card(
        "引き渡しを待つ支払",
        "/payments",
        count=_count(session, user, State.APPROVED),
        text="支出命令と総合振込データを作ります。",
        tone="waiting",
        action="引き渡す",
    )


def _treasurer(session: Session, user: Identity) -> Card:
    return Card(
        "決裁を待つ請求書",
        "/invoices?step=treasurer",
        count=_count(session, user, State.AT_TREASURER),
        text="会計課の審査が終わった請求書です。",
        tone="waiting",
        action="決裁する",
    )


def _returned(session: Session, user: Identity) -> Card | None:
    count = queries.open_returns(session, user.vendor_id or "")
    if not count:
        return None
    return Card(
        "返戻された請求書",
        "/vendor/invoices",
        count=count,
        text="理由を見て、訂正した請求書をお送りください。",
        tone="waiting",
        action="理由を見る",
    )


def _send(session: Session, user: Identity) -> Card:
    return Card(
        "請求書を出す",
        "/vendor/invoices/new",
        text="ファイルを送るか、契約から画面で作れます。",
        action="請求書を出す",
    )
