"""The lively city from its first morning to the day on which its pages are looked at."""

from __future__ import annotations

from portal.accounts import queries, registering
from portal.demo.city import YAMAZAKI
from records import Actor
from tests.screens import contracts, invoices
from tests.screens.contracts import LEAFLETS
from tests.screens.lively_city import LivelyCity

SYSTEM = Actor(kind="system", id="tests", name="tests")


def furnish(lively: LivelyCity) -> None:
    told = contracts.begin(lively)
    invoices.early(lively, told)
    contracts.go_on(lively, told)
    contracts.life(lively, told)
    contracts.tables(lively)
    contracts.kept(lively)
    invoices.now(lively, told)
    people(lively)
    invoices.offices(lively)
    mails(lively)


def mails(lively: LivelyCity) -> None:
    """What the printer was sent: a letter to open, and the link in it."""
    to = YAMAZAKI.mail
    lively.places["link"] = lively.link_mailed(to, LEAFLETS.title)
    lively.places["mail"] = f"/demo/mailbox/{lively.newest_mail(to, LEAFLETS.title).name}"


def people(lively: LivelyCity) -> None:
    """A vendor's second person, and a change of a bank account that waits for a second look."""
    with lively.service.database.transaction() as session:
        vendor = queries.vendor_by_code(session, "V-0002")
        assert vendor is not None
        lively.places["vendor"] = vendor.id
        registering.add_vendor_user(
            session,
            vendor_id=vendor.id,
            mail="ito@hagoromo-bungu.example",
            name="伊東 律子",
            title="経理担当",
            actor=SYSTEM,
            at=lively.clock.now(),
        )
