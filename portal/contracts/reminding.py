"""The daily reminders of a contract's life: terms that end, inspections that fall due."""

from __future__ import annotations

from econtract import living, renewals
from econtract.performance import KIND_NAMES, Kind
from portal.contracts import life_view
from portal.contracts.life_letters import LifeLetters
from portal.pages import day
from portal.service import Service
from records import calendar


def remind(service: Service) -> None:
    """Job "portal.remind_contracts": mails to the sections in charge, each once."""
    rules = life_view.life_rules_of(service)
    letters = LifeLetters(service.settings)
    at = service.clock.now()
    today = calendar.jst_date(at)
    with service.database.transaction() as session:
        for found in renewals.due_reminders(session, rules=rules, at=at):
            letters.section(
                session,
                "ending",
                found.contract,
                key=f"{found.contract.id}-{found.ends_on}-{found.days_left}",
                day=day(found.ends_on),
                days=str(found.days_left),
            )
        for notice, contract in living.waiting_notices(session):
            due = life_view.due_of(contract, notice, today, rules.inspection_warning_days)
            if due is None or due.days_left > rules.inspection_warning_days:
                continue
            kind = f"{'late' if today > due.on else 'due'}-{notice.id}"
            if renewals.note_once(session, contract.id, kind, due.on, at):
                letters.section(
                    session,
                    "inspection_due",
                    contract,
                    key=kind,
                    what=KIND_NAMES[Kind(notice.kind)][0],
                    told=day(calendar.jst_date(notice.given_at)),
                    day=day(due.inspect_by),
                )
