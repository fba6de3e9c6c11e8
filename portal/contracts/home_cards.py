"""What the home page shows of contracts, for each role what it can do something about."""

from __future__ import annotations

from sqlalchemy.orm import Session

from econtract import deputies, queries
from econtract.deciding_models import Deputy
from econtract.models import Contract, Decision
from econtract.states import ContractState
from portal.contracts.guards import seen_department
from portal.home import Card, NavItem, register_card, register_nav
from portal.security import Identity, Role
from portal.web import now_of
from records import calendar

S = ContractState


def register() -> None:
    """Add cards and links; called once when the routers are built."""
    register_nav(NavItem("契約", "/contracts", "contract.list", order=10, side="staff"))
    register_nav(NavItem("落札結果", "/contracts/awards", "award.read", order=11, side="staff"))
    register_nav(
        NavItem(
            "決裁", "/contracts/inbox", "contract.decide", count=_to_decide, order=12, side="staff"
        )
    )
    register_nav(NavItem("決裁簿", "/contracts/decisions", "decision.read", order=12, side="staff"))
    register_nav(NavItem("権限", "/authorities", "authority.record", order=41, side="staff"))
    register_nav(NavItem("委任", "/vendor/authorities", "vendor.people", order=41, side="vendor"))
    register_nav(
        NavItem(
            "検査の期限", "/contracts/inspections", "performance.inspect", order=13, side="staff"
        )
    )
    register_nav(
        NavItem("更新カレンダー", "/contracts/calendar", "contract.draft", order=14, side="staff")
    )
    register_nav(NavItem("取込", "/contracts/imports", "contract.import", order=15, side="staff"))
    register_nav(
        NavItem("保存と廃棄", "/contracts/retention", "retention.read", order=16, side="staff")
    )
    register_nav(NavItem("契約", "/vendor/contracts", "contract.list", order=10, side="vendor"))
    register_card(Role.PROCUREMENT, _awards)
    register_card(Role.PROCUREMENT, _to_finish)
    register_card(Role.PROCUREMENT, _to_send)
    register_card(Role.PROCUREMENT, _stopped)
    for role in (
        Role.DEPARTMENT,
        Role.PROCUREMENT,
        Role.ACCOUNTING,
        Role.CONTRACTING_OFFICER,
        Role.TREASURER,
    ):
        register_card(role, _inbox)
        register_card(role, _as_deputy)
    register_card(Role.CONTRACTING_OFFICER, _to_close)
    register_card(Role.VENDOR, _to_sign)
    register_card(Role.VENDOR, _to_keep)


def _to_decide(session: Session, user: Identity) -> int:
    """What waits for this person: by an own role, or as somebody's deputy."""
    return len(_waiting(session, user))


def _waiting(session: Session, user: Identity) -> list[tuple[Contract, Decision, Deputy | None]]:
    return deputies.inbox(
        session,
        actor_id=user.id,
        roles=[role.value for role in user.roles],
        department=seen_department(user) or user.department,
        at=now_of(session),
    )


def _inbox(session: Session, user: Identity) -> Card | None:
    own = sum(deputy is None for _, _, deputy in _waiting(session, user))
    return Card(
        "決裁を待つ契約",
        "/contracts/inbox",
        count=own,
        text="内容を読み、承認か差戻しを選びます。",
        tone="waiting",
        action="受信箱を開く",
    )


def _as_deputy(session: Session, user: Identity) -> Card | None:
    """What waits for the person in somebody else's place; nothing while nobody named them."""
    day = calendar.jst_date(now_of(session))
    held = deputies.held_by(session, user.id, day)
    if not held:
        return None
    names = "・".join(dict.fromkeys(row.principal_name for row in held))
    until = min(row.valid_until for row in held)
    return Card(
        "代決を待つ契約",
        "/contracts/inbox",
        count=sum(deputy is not None for _, _, deputy in _waiting(session, user)),
        text=f"{names} さんの代わりに決めます（{until.month}月{until.day}日まで）。",
        tone="waiting",
        action="受信箱を開く",
    )


def _awards(session: Session, user: Identity) -> Card | None:
    return Card(
        "契約書を作る落札結果",
        "/contracts/awards",
        count=len(queries.undrafted_awards(session)),
        text="電子入札の結果から、契約書の下書きを作ります。",
        tone="waiting",
        action="落札結果を開く",
    )


def _to_finish(session: Session, user: Identity) -> Card | None:
    states = (S.DRAFTING, S.READY, S.RENDER_FAILED)
    return Card(
        "作成中の契約書",
        "/contracts?step=draft",
        count=len(queries.listed(session, states=states)),
        text="内容を確かめて、決裁に回します。",
        tone="waiting",
        action="一覧を開く",
    )


def _to_send(session: Session, user: Identity) -> Card | None:
    return Card(
        "送信を待つ契約",
        "/contracts?step=approved",
        count=len(queries.listed(session, states=(S.APPROVED,))),
        text="決裁が終わりました。受注者へ送ります。",
        tone="waiting",
        action="一覧を開く",
    )


def _stopped(session: Session, user: Identity) -> Card | None:
    count = len(queries.listed(session, states=(S.HALTED,)))
    if not count:
        return None
    return Card(
        "停止した契約",
        "/contracts?step=stopped",
        count=count,
        text="一致しないデータが見つかりました。情報セキュリティ担当と確かめてください。",
        tone="late",
        action="すぐに見る",
    )


def _to_close(session: Session, user: Identity) -> Card | None:
    return Card(
        "市の署名を待つ契約",
        "/closings",
        count=len(queries.listed(session, states=(S.AWAITING_CITY,))),
        text="受注者の署名がそろいました。市として署名すると確定します。",
        tone="waiting",
        action="一覧を開く",
    )


def _to_sign(session: Session, user: Identity) -> Card | None:
    waiting = 0
    for contract in queries.listed(
        session, vendor_id=user.vendor_id or "", states=(S.AWAITING_VENDOR,)
    ):
        following = queries.next_party(session, contract)
        waiting += following is not None and following.vendor_id == user.vendor_id
    return Card(
        "署名をお願いしている契約",
        "/vendor/contracts",
        count=waiting,
        text="内容を読み、同意して署名します。3分ほどで終わります。",
        tone="waiting",
        action="契約を開く",
    )


def _to_keep(session: Session, user: Identity) -> Card | None:
    concluded = queries.listed(session, vendor_id=user.vendor_id or "", states=(S.CONCLUDED,))
    missing = [c for c in concluded if c.vendor_has_copy_at is None]
    if not missing:
        return None
    return Card(
        "控えを保存していない契約",
        "/vendor/contracts",
        count=len(missing),
        text="確定した契約書をダウンロードして、会社で保存してください。",
        tone="waiting",
        action="契約を開く",
    )
