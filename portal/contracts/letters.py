"""Mails about contracts: who is told what, in Japanese with the English beneath.

No mail carries a file or a bare amount; the link is put in when the mail is sent
(`portal.security.mailed_secrets`), so the queue never holds one. Every mail says what to do when it
was not expected, since forged mails in a service's name are common.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from econtract import beside, calling_off, queries
from econtract.models import Contract, Party
from einvoice import queries as invoices
from portal.accounts import queries as accounts
from portal.accounts.models import VendorUser
from portal.contracts.people import person_of_party
from portal.pages import jst
from portal.security import login_links
from portal.security.roles import Role
from portal.security.server_secret import server_secret
from portal.settings import Settings
from records import new_id
from records.jobs import enqueue

COPY_LINK_LASTS = timedelta(days=30)
TEXTS = Path(__file__).with_name("letters.toml")


@cache
def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads(TEXTS.read_text("utf-8"))


class Letters:
    """The domain's `Notices`, as mails in the transaction that makes them true."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def vendor_turn(self, session: Session, contract: Contract, party: Party, at: datetime) -> None:
        """An invitation with a link of its own; links sent before for this person stop working."""
        self._invite(session, "invitation", contract, party, at)

    def reminder(self, session: Session, contract: Contract, party: Party, at: datetime) -> None:
        """The invitation again, in other words; the last day stays what it was."""
        self._invite(session, "reminder", contract, party, at)

    def to_paper(self, session: Session, contract: Contract, party: Party, at: datetime) -> None:
        """The city is told that the vendor wants paper, and who signed before it."""
        self._staff(session, "to_paper", contract, person=f"{party.organisation} {party.person}")
        earlier = [p for p in calling_off.invited(session, contract) if p.id != party.id]
        why = f"{party.organisation} が紙での契約を希望したため"
        self._ended(session, contract, earlier, why=why, at=at)

    def _invite(
        self, session: Session, text: str, contract: Contract, party: Party, at: datetime
    ) -> None:
        assert contract.sign_by is not None
        person = person_of_party(session, party, at)
        link = self._signing_link(session, contract, person, at)
        self._mail(
            session,
            text,
            person.mail,
            key=f"{text}-{link.id}",
            contract=contract,
            person=f"{party.organisation} {party.title} {party.person}",
            link=link.placeholder,
            until=jst(contract.sign_by),
        )

    def _signing_link(
        self, session: Session, contract: Contract, person: VendorUser, at: datetime
    ) -> login_links.IssuedLink:
        """A new link to the ceremony for one person; the earlier ones of that person end."""
        assert contract.sign_by is not None
        subject = f"contract:{contract.id}"
        login_links.revoke(session, subject=subject, at=at, vendor_user_id=person.id)
        return login_links.issue(
            session,
            secret=server_secret(self._settings),
            vendor_user_id=person.id,
            at=at,
            expires_at=contract.sign_by,
            target=f"/vendor/contracts/{contract.id}/sign",
            subject=subject,
        )

    def forwarded(
        self,
        session: Session,
        contract: Contract,
        party: Party,
        to: VendorUser,
        *,
        by: str,
        note: str,
        at: datetime,
    ) -> None:
        """A link of their own for a colleague to whom the contract was handed on."""
        assert contract.sign_by is not None
        link = self._signing_link(session, contract, to, at)
        self._mail(
            session,
            "forwarded",
            to.mail,
            key=f"forwarded-{link.id}",
            contract=contract,
            person=f"{party.organisation} {to.title} {to.name}",
            by=by,
            note=note or "（なし）",
            link=link.placeholder,
            until=jst(contract.sign_by),
        )

    def one_time_code(
        self,
        session: Session,
        contract: Contract,
        *,
        to: str,
        person: str,
        code: str,
        code_id: str,
        minutes: int,
    ) -> None:
        """The second factor's mail; `code` is a placeholder until the mail leaves."""
        self._mail(
            session,
            "code",
            to,
            key=f"code-{code_id}",
            contract=contract,
            person=person,
            code=code,
            minutes=str(minutes),
        )

    def city_turn(self, session: Session, contract: Contract, at: datetime) -> None:
        for user in accounts.staff_with_role(session, Role.CONTRACTING_OFFICER):
            if user.mail:
                self._mail(
                    session,
                    "close",
                    user.mail,
                    key=f"close-{contract.id}-{user.id}",
                    contract=contract,
                    person=user.display_name,
                    address=f"{self._settings.web.public_url}/contracts/{contract.id}/close",
                )

    def concluded(self, session: Session, contract: Contract, at: datetime) -> None:
        for party in queries.parties(session, contract.id):
            if party.side == "vendor":
                self._copy(session, "concluded", contract, party, at, key="concluded")
        self._staff(session, "concluded_staff", contract)
        # What a vendor claimed too early, or while an amendment was under way, is matched anew.
        number = beside.original(session, contract.id).number
        if invoices.waiting_on_contract(session, number):
            enqueue(session, "einvoice.rematch", key=number, args={"contract_no": number})

    def copy_missing(
        self, session: Session, contract: Contract, party: Party, at: datetime
    ) -> None:
        key = f"copy-{contract.copy_reminders}"
        self._copy(session, "copy_missing", contract, party, at, key=key)

    def _copy(
        self, session: Session, text: str, contract: Contract, party: Party, at: datetime, key: str
    ) -> None:
        """A mail with a link to the place where the vendor takes its copy."""
        person = person_of_party(session, party, at)
        link = login_links.issue(
            session,
            secret=server_secret(self._settings),
            vendor_user_id=person.id,
            at=at,
            expires_at=at + COPY_LINK_LASTS,
            target=f"/vendor/contracts/{contract.id}",
            subject=f"copy:{contract.id}",
        )
        self._mail(
            session,
            text,
            person.mail,
            key=f"{key}-{contract.id}-{party.slot}",
            contract=contract,
            person=f"{party.organisation} {party.title} {party.person}",
            link=link.placeholder,
            until=jst(contract.concluded_at),
        )

    def declined(self, session: Session, contract: Contract, party: Party, at: datetime) -> None:
        """The city is told, and who signed before: what they agreed to does not come about."""
        self._staff(session, "declined", contract, person=f"{party.organisation} {party.person}")
        earlier = [p for p in calling_off.invited(session, contract) if p.id != party.id]
        why = f"{party.organisation} が辞退したため"
        self._ended(session, contract, earlier, why=why, at=at)

    def called_off(
        self, session: Session, contract: Contract, parties: Sequence[Party], at: datetime
    ) -> None:
        """Who was invited or has signed is told why, with a link that shows it; and the officers
        who were asked to close. Every invitation's link ends."""
        reason = str((contract.note or {}).get("reason", ""))
        why = f"次の理由で{self._settings.city.name}が取り下げたため（{reason}）"
        self._ended(session, contract, parties, why=why, at=at)
        following = queries.next_party(session, contract)
        if following is not None and following.side == "city":
            for user in accounts.staff_with_role(session, Role.CONTRACTING_OFFICER):
                if user.mail:
                    self._mail(
                        session,
                        "called_off_staff",
                        user.mail,
                        key=f"called-off-{contract.id}-{user.id}",
                        contract=contract,
                        person=user.display_name,
                        reason=reason,
                        address=f"{self._settings.web.public_url}/contracts/{contract.id}",
                    )

    def _ended(
        self,
        session: Session,
        contract: Contract,
        parties: Sequence[Party],
        *,
        why: str,
        at: datetime,
    ) -> None:
        """Tell these parties, and whom they handed the contract on to, that nothing is signed."""
        subject = f"contract:{contract.id}"
        invited = {person.id: person for person in login_links.people_of(session, subject=subject)}
        login_links.revoke(session, subject=subject, at=at)
        for party in parties:
            own = person_of_party(session, party, at)
            colleagues = [p for p in invited.values() if p.vendor_id == party.vendor_id]
            for person in {p.id: p for p in [own, *colleagues]}.values():
                link = login_links.issue(
                    session,
                    secret=server_secret(self._settings),
                    vendor_user_id=person.id,
                    at=at,
                    expires_at=at + COPY_LINK_LASTS,
                    target=f"/vendor/contracts/{contract.id}",
                    subject=f"ended:{contract.id}",
                )
                self._mail(
                    session,
                    "ended",
                    person.mail,
                    key=f"ended-{contract.id}-{person.id}",
                    contract=contract,
                    person=f"{party.organisation} {person.title} {person.name}",
                    why=why,
                    link=link.placeholder,
                )

    def alarm(self, session: Session, contract: Contract, code: str, at: datetime) -> None:
        self._mail(
            session,
            "alarm",
            self._settings.city.mail,
            key=f"alarm-{contract.id}-{new_id()}",
            contract=contract,
            person=self._settings.city.office,
            code=code,
            address=f"{self._settings.web.public_url}/contracts/{contract.id}",
        )

    def _staff(self, session: Session, text: str, contract: Contract, person: str = "") -> None:
        self._mail(
            session,
            text,
            self._settings.city.mail,
            key=f"{text}-{contract.id}",
            contract=contract,
            person=person or self._settings.city.office,
            address=f"{self._settings.web.public_url}/contracts/{contract.id}",
        )

    def _mail(
        self, session: Session, text: str, to: str, *, key: str, contract: Contract, **words: str
    ) -> None:
        enqueue_letter(
            session, self._settings, _texts()[text], to, key=key, contract=contract, **words
        )


def enqueue_letter(
    session: Session,
    settings: Settings,
    pattern: dict[str, str],
    to: str,
    *,
    key: str,
    contract: Contract,
    **words: str,
) -> None:
    """Order a mail about a contract: the pattern's subject and body, filled with the contract's
    and the city's own words and `words`. The same `key` is one mail."""
    city = settings.city
    filled = {
        "number": contract.number,
        "title": contract.title,
        "vendor": contract.vendor_name,
        "city": city.name,
        "city_en": city.name_en,
        "office": city.office,
        "phone": city.phone,
        "department": contract.department,
        **words,
    }
    enqueue(
        session,
        "portal.mail",
        key=key,
        args={
            "to": to,
            "subject": pattern["subject"].format(**filled),
            "body": pattern["body"].format(**filled),
            "message_key": key,
            "about": f"contract:{contract.id}",
        },
    )


def mail_batch_code(
    session: Session,
    settings: Settings,
    *,
    to: str,
    person: str,
    code: str,
    code_id: str,
    minutes: int,
) -> None:
    """The second factor's mail for closing in bulk; `code` is a placeholder until it leaves."""
    city = settings.city
    words = {
        "city": city.name,
        "office": city.office,
        "phone": city.phone,
        "person": person,
        "code": code,
        "minutes": str(minutes),
    }
    pattern = _texts()["batch_code"]
    key = f"code-{code_id}"
    enqueue(
        session,
        "portal.mail",
        key=key,
        args={
            "to": to,
            "subject": pattern["subject"].format(**words),
            "body": pattern["body"].format(**words),
            "message_key": key,
        },
    )
