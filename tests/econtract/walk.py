"""Builders for contracts at any step of their walk, on real parts: database, store, fonts, keys.

`Walk` makes valid things by default; a test changes the one thing it is about.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econtract import (
    CityOffice,
    awards,
    consenting,
    deciding,
    drafting,
    execution,
    queries,
    sending,
)
from econtract.deps import Deps
from econtract.jobs import bind
from econtract.models import Act, Contract, Party
from econtract.states import ContractState
from records import Actor, audit, calendar, jobs
from signing import Validity

CITY = CityOffice("遠州市", "静岡県遠州市中央町1番地", "遠州市長", "遠州 太郎")
DRAFTER = Actor("staff", "s-procurement", "調達 花子")
DEPARTMENT_HEAD = Actor("staff", "s-department", "道路 次郎")
ACCOUNTING = Actor("staff", "s-accounting", "会計 三郎")
OFFICER = Actor("staff", "s-officer", "契約 四郎")
SIGNER = Actor("vendor", "v-user-1", "髙橋 葛󠄀子")
SIGNER_FACTORS = ("link", "case_code", "mailed_code")

HEADINGS = (
    "案件番号", "件名", "契約種別", "担当課", "落札決定日", "業者番号", "落札者", "落札者住所",
    "代表者役職", "代表者氏名", "メールアドレス", "登録番号", "落札金額（税抜）", "消費税率",
    "着手日", "完成期限", "工事場所", "JV構成員",
)  # fmt: skip
ROW = {
    "案件番号": "2026-工-0101",
    "件名": "市道飯田鴨江線舗装補修工事",
    "契約種別": "物品",
    "担当課": "道路保全課",
    "落札決定日": "2026-11-20",
    "業者番号": "V0001",
    "落札者": "株式会社髙﨑建設",
    "落札者住所": "静岡県遠州市東区1-1",
    "代表者役職": "代表取締役",
    "代表者氏名": "髙橋 一郎",
    "メールアドレス": "takahashi@example.jp",
    "登録番号": "",
    "落札金額（税抜）": "20,000,000",
    "消費税率": "10",
    "着手日": "2026-12-01",
    "完成期限": "2027-03-19",
    "工事場所": "遠州市中区元城町地内",
    "JV構成員": "",
}


def award_csv(*rows: dict[str, str], encoding: str = "utf-8-sig") -> bytes:
    """A CSV with valid rows; each dict overrides cells of the default row."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for overrides in rows or ({},):
        filled = ROW | overrides
        writer.writerow([filled[h] for h in HEADINGS])
    return out.getvalue().encode(encoding)


@dataclass
class HeardNotices:
    """Notices that only write down what they were told."""

    heard: list[str] = field(default_factory=list)

    def vendor_turn(self, session: Session, contract: Contract, party: Party, at: datetime) -> None:
        self.heard.append(f"vendor_turn {party.slot}")

    def city_turn(self, session: Session, contract: Contract, at: datetime) -> None:
        self.heard.append("city_turn")

    def copy_missing(
        self, session: Session, contract: Contract, party: Party, at: datetime
    ) -> None:
        self.heard.append(f"copy_missing {party.slot} {contract.copy_reminders}")

    def concluded(self, session: Session, contract: Contract, at: datetime) -> None:
        self.heard.append("concluded")

    def declined(self, session: Session, contract: Contract, party: Party, at: datetime) -> None:
        self.heard.append(f"declined {party.slot}")

    def called_off(
        self, session: Session, contract: Contract, parties: Sequence[Party], at: datetime
    ) -> None:
        self.heard.append("called_off " + ",".join(party.slot for party in parties))

    def alarm(self, session: Session, contract: Contract, code: str, at: datetime) -> None:
        self.heard.append(f"alarm {code}")


@dataclass
class Walk:
    """A contract on its way. Each verb goes one step further; `to(state)` goes as far as said."""

    deps: Deps
    notices: HeardNotices
    contract_id: str = ""

    @property
    def now(self) -> datetime:
        return self.deps.clock.now()

    @property
    def tasks(self) -> dict[str, Any]:
        return bind(self.deps)

    def with_deps(self, **changes: Any) -> Walk:
        """The same contract with other outside parts (a time-stamping authority that is down)."""
        return Walk(replace(self.deps, **changes), self.notices, self.contract_id)

    def run_jobs(self, *, later: timedelta = timedelta(0)) -> int:
        tasks = self.tasks | {"portal.mail": lambda **_: None}
        return jobs.run_due(self.deps.database, tasks, at=self.now + later)

    def contract(self) -> Contract:
        with self.deps.database.reader() as session:
            return queries.contract(session, self.contract_id)

    def state(self) -> str:
        return self.contract().state

    def sha256(self) -> str:
        with self.deps.database.reader() as session:
            document = queries.document(session, queries.contract(session, self.contract_id))
            assert document is not None
            assert document.sha256 is not None
            return document.sha256

    def actions(self) -> list[str]:
        """What the audit trail says of this contract, oldest first."""
        with self.deps.database.reader() as session:
            return [e.action for e in audit.history(session, f"contract:{self.contract_id}")]

    def acts(self) -> list[Act]:
        with self.deps.database.reader() as session:
            return list(session.scalars(select(Act).order_by(Act.requested_at)))

    def parties(self) -> list[Party]:
        with self.deps.database.reader() as session:
            return list(queries.parties(session, self.contract_id))

    def take_in(self, *rows: dict[str, str]) -> list[str]:
        with self.deps.database.transaction() as session:
            taken = awards.take_in(
                session,
                award_csv(*rows),
                vendor_of=lambda bidder: f"vendor-{bidder.code}",
                actor=DRAFTER,
                at=self.now,
            )
        return list(taken.new)

    def draft(self, **cells: str) -> Walk:
        [award_id] = self.take_in(cells)
        with self.deps.database.transaction() as session:
            made = drafting.draft(session, award_id=award_id, city=CITY, actor=DRAFTER, at=self.now)
            self.contract_id = made.id
        return self

    def make(self) -> Walk:
        with self.deps.database.transaction() as session:
            drafting.make_document(
                session, self.contract_id, rules=self.deps.rules, actor=DRAFTER, at=self.now
            )
        self.run_jobs()
        return self

    def submit(self) -> Walk:
        with self.deps.database.transaction() as session:
            deciding.submit(
                session,
                self.contract_id,
                rules=self.deps.rules,
                seen_sha256=self.sha256(),
                actor=DRAFTER,
                at=self.now,
            )
        return self

    def approve_step(self, role: str, actor: Actor, **changes: Any) -> Walk:
        with self.deps.database.transaction() as session:
            deciding.approve(
                session,
                self.contract_id,
                **({
                    "roles": {role},
                    "seen_sha256": self.sha256(),
                    "actor": actor,
                    "at": self.now,
                } | changes),
            )  # fmt: skip
        return self

    def approve(self) -> Walk:
        self.approve_step("department", DEPARTMENT_HEAD)
        if self.contract().amount >= 10_000_000:
            self.approve_step("accounting", ACCOUNTING)
        return self.approve_step("contracting_officer", OFFICER)

    def send(self, certificates: list[Validity] | None = None) -> Walk:
        with self.deps.database.transaction() as session:
            sending.send(
                session,
                self.deps.store,
                self.contract_id,
                rules=self.deps.rules,
                notices=self.notices,
                certificates=certificates or self.certificates(),
                actor=DRAFTER,
                at=self.now,
            )
        return self

    def certificates(self) -> list[Validity]:
        return [self.deps.city_key.validity, self.deps.service_key.validity]

    def consent(self, position: int = 0, actor: Actor = SIGNER) -> Walk:
        party = self.parties()[position]
        with self.deps.database.transaction() as session:
            kind = queries.contract(session, self.contract_id).kind
            text = consenting.current_text(kind, calendar.jst_date(self.now), city=CITY.name)
            consenting.give(
                session,
                contract_id=self.contract_id,
                party_id=party.id,
                text_version=text.version,
                seen_sha256=self.sha256(),
                evidence={"address": "192.0.2.1"},
                actor=actor,
                at=self.now,
            )
        return self

    def press_sign(self, position: int = 0, **changes: Any) -> str:
        party = self.parties()[position]
        with self.deps.database.transaction() as session:
            act = execution.request_vendor(
                session,
                **({
                    "contract_id": self.contract_id,
                    "party_id": party.id,
                    "seen_sha256": self.sha256(),
                    "factors": SIGNER_FACTORS,
                    "evidence": {"address": "192.0.2.1"},
                    "actor": SIGNER,
                    "at": self.now,
                } | changes),
            )  # fmt: skip
            return act.id

    def press_close(self, **changes: Any) -> str:
        with self.deps.database.transaction() as session:
            act = execution.request_city(
                session,
                **({
                    "contract_id": self.contract_id,
                    "rules": self.deps.rules,
                    "officer": OFFICER.name,
                    "seen_sha256": self.sha256(),
                    "factors": ("password", "mailed_code"),
                    "evidence": {"address": "198.51.100.1"},
                    "certificate": self.deps.city_key.validity,
                    "actor": OFFICER,
                    "at": self.now,
                } | changes),
            )  # fmt: skip
            return act.id

    def to(self, state: ContractState, **cells: str) -> Walk:
        """Walk until the contract is in `state` (draft cells may be changed)."""
        steps = (
            (ContractState.DRAFTING, lambda: self.draft(**cells)),
            (ContractState.READY, self.make),
            (ContractState.DECIDING, self.submit),
            (ContractState.APPROVED, self.approve),
            (ContractState.AWAITING_VENDOR, self.send),
            (ContractState.AWAITING_CITY, self._vendor),
            (ContractState.CONCLUDED, self._city),
        )
        for reached, step in steps:
            step()
            assert self.state() == reached, self.contract().note
            if reached == state:
                return self
        raise AssertionError(state)

    def _vendor(self) -> None:
        self.consent()
        self.press_sign()
        self.run_jobs()

    def _city(self) -> None:
        self.press_close()
        self.run_jobs()
