"""The home page and the navigation: what asks for an act first, and only what one may open."""

from __future__ import annotations

from portal import home
from portal.home import Card, NavItem
from portal.security.identity import Identity
from portal.security.roles import Role


def user(*roles: Role, kind="staff") -> Identity:
    return Identity(kind=kind, id="1", name="n", roles=frozenset(roles))


def with_cards(monkeypatch, *cards: Card):
    monkeypatch.setattr(home, "_cards", {})
    for card in cards:
        home.register_card(Role.ACCOUNTING, lambda session, user, card=card: card)


def test_cards_that_ask_for_an_act_come_first(monkeypatch):
    plain = Card("すべて", "/a", count=90)
    waiting = Card("審査待ち", "/b", count=2, tone="waiting")
    late = Card("期限切れ", "/c", count=1, tone="late")
    none = Card("差し戻し", "/d", count=0, tone="waiting")
    with_cards(monkeypatch, plain, none, waiting, late)
    assert list(home.cards(None, user(Role.ACCOUNTING))) == [late, waiting, plain, none]


def test_a_maker_may_have_nothing_to_say(monkeypatch):
    monkeypatch.setattr(home, "_cards", {})
    home.register_card(Role.ACCOUNTING, lambda session, user: None)
    assert list(home.cards(None, user(Role.ACCOUNTING))) == []


def test_a_card_of_two_roles_shows_once(monkeypatch):
    monkeypatch.setattr(home, "_cards", {})

    def make(session, user):
        return Card("同じ", "/x", count=1)

    for role in (Role.ACCOUNTING, Role.TREASURER):
        home.register_card(role, make)
        home.register_card(role, make)  # modules may be imported twice in tests
    assert len(home.cards(None, user(Role.ACCOUNTING, Role.TREASURER))) == 1


def test_home_shows_what_waits_and_an_empty_state_otherwise(browser, staff, monkeypatch):
    with_cards(monkeypatch, Card("審査待ちの請求書", "/b", count=2, tone="waiting", text="説明"))
    browser.sign_in("accounting")
    page = browser.get("/home").text
    assert "審査待ちの請求書" in page
    assert "いま、あなたの番のものはありません" not in page
    monkeypatch.setattr(home, "_cards", {})
    assert "いま、あなたの番のものはありません" in browser.get("/home").text


def test_navigation_shows_what_the_person_may_open(monkeypatch):
    monkeypatch.setattr(home, "_nav", [])
    home.register_nav(NavItem("請求書", "/invoices", "invoice.list", order=20))
    home.register_nav(NavItem("契約", "/contracts", "contract.list", order=10))
    home.register_nav(NavItem("自社", "/vendor/x", "contract.list", side="vendor"))
    home.register_nav(NavItem("監査", "/audit", "audit.read"))
    labels = [link.label for link in home.navigation(None, user(Role.ACCOUNTING), "/")]
    assert labels == ["ホーム", "契約", "請求書"]
    labels = [link.label for link in home.navigation(None, user(Role.VENDOR, kind="vendor"), "/")]
    assert labels == ["ホーム", "契約", "請求書", "自社"]
    assert list(home.navigation(None, None, "/")) == []


def test_the_longest_matching_link_is_the_present_one(monkeypatch):
    monkeypatch.setattr(home, "_nav", [])
    home.register_nav(NavItem("契約", "/contracts", "contract.list"))
    home.register_nav(NavItem("ひな形", "/contracts/templates", "award.read"))
    for path, label in [
        ("/contracts", "契約"),
        ("/contracts/1", "契約"),
        ("/contracts/templates/2", "ひな形"),
        ("/contractsx", None),
    ]:
        links = home.navigation(None, user(Role.PROCUREMENT), path)
        assert [link.label for link in links if link.current] == ([label] if label else [])


def test_counts_are_taken_with_a_session_only(monkeypatch):
    monkeypatch.setattr(home, "_nav", [])
    home.register_nav(NavItem("契約", "/c", "contract.list", count=lambda session, user: 3))
    assert home.navigation(None, user(Role.ACCOUNTING), "/")[1].count is None
    assert home.navigation(object(), user(Role.ACCOUNTING), "/")[1].count == 3
