"""Mails about a contract's life: to the section in charge, and to the vendor's signing people.

As in `portal.contracts.letters`: in the transaction that makes them true, under a key of their own,
without a file, a key or an amount; a link is put in when the mail leaves.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from econtract import queries
from econtract.cancelling import GROUND_NAMES, Ground
from econtract.life_models import Cancellation, CouncilVote, PerformanceNotice
from econtract.models import Contract
from econtract.performance import ANSWER_NAMES, KIND_NAMES, Answer, Kind
from portal.accounts import queries as accounts
from portal.contracts.letters import enqueue_letter
from portal.contracts.people import person_of_party
from portal.pages import day, jst
from portal.security import login_links
from portal.security.roles import Role
from portal.security.server_secret import server_secret
from portal.settings import Settings

LINK_LASTS = timedelta(days=30)
TEXTS = Path(__file__).with_name("life_letters.toml")


@cache
def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads(TEXTS.read_text("utf-8"))


class LifeLetters:
    """Who is told what after 確定."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def notice_given(
        self, session: Session, contract: Contract, row: PerformanceNotice, due: date | None
    ) -> None:
        """The section in charge hears of a notice, with the day by which it must inspect."""
        until = f"検査の期限は {day(due)} です。" if due else "内容を確かめてください。"
        what = KIND_NAMES[Kind(row.kind)][0]
        self.section(session, "notice_staff", contract, key=row.id, what=what, until=until)

    def answered(
        self, session: Session, contract: Contract, row: PerformanceNotice, at: datetime
    ) -> None:
        """The vendor hears what became of its notice."""
        result = ANSWER_NAMES[Answer(row.answer)][0]
        if row.reason:
            result += f"（{row.reason}）"
        words = {"what": KIND_NAMES[Kind(row.kind)][0], "result": result}
        self._vendors(
            session, "answer_vendor", contract, key=f"{row.id}-{row.answer}", at=at, **words
        )

    def cancelled(
        self, session: Session, contract: Contract, row: Cancellation, at: datetime
    ) -> None:
        """解除通知 to every member of the vendor's side."""
        self._vendors(
            session,
            "cancelled",
            contract,
            key=row.id,
            at=at,
            day=day(row.effective_on),
            ground=GROUND_NAMES[Ground(row.ground)][0],
            reason=row.reason,
        )

    def voted(self, session: Session, contract: Contract, row: CouncilVote, at: datetime) -> None:
        self._vendors(
            session,
            "voted",
            contract,
            key=f"{row.contract_id}-vote",
            at=at,
            day=day(row.voted_on),
            bill=row.bill_number,
            result="可決（市の署名で本契約になります）"
            if row.passed
            else "否決（仮契約は効力を失いました）",
        )

    def section(
        self, session: Session, text: str, contract: Contract, *, key: str, **words: str
    ) -> None:
        """To everybody of the section in charge; without people, to the city's office."""
        people = accounts.staff_with_role(session, Role.DEPARTMENT, department=contract.department)
        receivers = [(user.display_name, user.mail) for user in people if user.mail]
        city = self._settings.city
        for name, mail in receivers or [(city.office, city.mail)]:
            address = f"{self._settings.web.public_url}/contracts/{contract.id}/life"
            self._mail(
                session,
                text,
                mail,
                key=f"{text}-{key}-{mail}",
                contract=contract,
                person=name,
                address=address,
                **words,
            )

    def _vendors(
        self,
        session: Session,
        text: str,
        contract: Contract,
        *,
        key: str,
        at: datetime,
        **words: str,
    ) -> None:
        for party in queries.parties(session, contract.id):
            if party.side != "vendor" or not party.email:
                continue
            person = person_of_party(session, party, at)
            link = login_links.issue(
                session,
                secret=server_secret(self._settings),
                vendor_user_id=person.id,
                at=at,
                expires_at=at + LINK_LASTS,
                target=f"/vendor/contracts/{contract.id}/life",
                subject=f"life:{contract.id}",
            )
            self._mail(
                session,
                text,
                person.mail,
                key=f"{text}-{key}-{party.slot}",
                contract=contract,
                person=f"{party.organisation} {party.title} {party.person}",
                link=link.placeholder,
                until=jst(at + LINK_LASTS, "%Y年%-m月%-d日"),
                **words,
            )

    def _mail(
        self, session: Session, text: str, to: str, *, key: str, contract: Contract, **words: str
    ) -> None:
        enqueue_letter(
            session, self._settings, _texts()[text], to, key=key, contract=contract, **words
        )
