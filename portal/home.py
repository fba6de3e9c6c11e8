"""What the home page and the navigation show: lists that the parts of the portal add to.

register_card(Role.ACCOUNTING, lambda session, user: Card("審査待ち", "/invoices", count=…))
register_nav(NavItem("請求書", "/invoices", "invoice.list", count=…))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from portal.security.identity import Identity
from portal.security.rights import Allow, may
from portal.security.roles import Role

Count = Callable[[Session, Identity], int]


@dataclass(frozen=True, slots=True)
class Card:
    """One thing on the home page.

    ``count`` None shows no number. ``tone``: "waiting" (the person has to act), "late" (beyond its
    day), "plain". ``text`` is one short sentence; ``action`` the words on the link.
    """

    title: str
    href: str
    count: int | None = None
    text: str = ""
    tone: Literal["plain", "waiting", "late"] = "plain"
    action: str = "開く"
    unit: str = "件"


CardMaker = Callable[[Session, Identity], Card | None]


@dataclass(frozen=True, slots=True)
class NavItem:
    """A link of the navigation, shown to whoever may do ``action``. Lower ``order`` comes first.

    ``side`` keeps a link to staff or to vendors where both may do the action at different
    addresses.
    """

    label: str
    href: str
    action: str
    count: Count | None = None
    order: int = 50
    side: Literal["staff", "vendor", "both"] = "both"
    also: tuple[str, ...] = ()
    """Other addresses under which this link is the present one."""


@dataclass(frozen=True, slots=True)
class NavLink:
    label: str
    href: str
    count: int | None
    current: bool


_cards: dict[Role, list[CardMaker]] = {}
_nav: list[NavItem] = []


def register_card(role: Role, make: CardMaker) -> None:
    makers = _cards.setdefault(role, [])
    if make not in makers:
        makers.append(make)


def register_nav(item: NavItem) -> None:
    if item not in _nav:
        _nav.append(item)


def cards(session: Session, user: Identity) -> Sequence[Card]:
    """The person's cards, those that ask for an act first; one shared by two roles shows once."""
    makers: list[CardMaker] = []
    for role in Role:
        if role in user.roles:
            makers.extend(make for make in _cards.get(role, []) if make not in makers)
    made = [card for make in makers if (card := make(session, user)) is not None]
    weight = {"late": 0, "waiting": 1, "plain": 2}
    return sorted(made, key=lambda card: weight[card.tone] if card.count else 3)


def navigation(session: Session | None, user: Identity | None, path: str) -> Sequence[NavLink]:
    """The links this person may follow, with counts when there is a session to count with."""
    if user is None:
        return []
    items = [NavItem("ホーム", "/home", "home.read", order=0), *_nav]
    shown = [
        item
        for item in sorted(items, key=lambda item: item.order)
        if item.side in ("both", user.kind) and isinstance(may(user, item.action), Allow)
    ]
    places = [(place, item) for item in shown for place in (item.href, *item.also)]
    at = [found for found in places if path == found[0] or path.startswith(f"{found[0]}/")]
    best = max(at, key=lambda found: len(found[0]))[1] if at else None
    return [
        NavLink(
            label=item.label,
            href=item.href,
            count=item.count(session, user) if item.count and session is not None else None,
            current=item is best,
        )
        for item in shown
    ]
