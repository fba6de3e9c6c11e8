"""A contract as people and programs see it: one view, used by pages and by the JSON API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from econtract import calling_off, paper, queries
from econtract.models import Act, Contract
from econtract.states import ACT_NAMES, FAILED, STATE_NAMES, ActState, ContractState
from records import calendar

S = ContractState

TONES: dict[ContractState, str] = {
    S.DRAFTING: "plain",
    S.RENDERING: "info",
    S.RENDER_FAILED: "error",
    S.READY: "plain",
    S.DECIDING: "waiting",
    S.APPROVED: "info",
    S.AWAITING_VENDOR: "waiting",
    S.SIGNING: "info",
    S.AWAITING_CITY: "waiting",
    S.CONCLUDED: "success",
    S.DECLINED: "error",
    S.WITHDRAWN: "plain",
    S.HALTED: "error",
    S.VOTED_DOWN: "error",
    S.DISPOSED: "plain",
}

#: The walk as a bar of steps: (label, states in which it is the current one).
BAR: tuple[tuple[str, tuple[ContractState, ...]], ...] = (
    ("起案", (S.DRAFTING, S.RENDERING, S.RENDER_FAILED, S.READY)),
    ("決裁", (S.DECIDING,)),
    ("送信", (S.APPROVED,)),
    ("受注者の署名", (S.AWAITING_VENDOR,)),
    ("市の署名", (S.AWAITING_CITY,)),
    ("確定", (S.CONCLUDED, S.DISPOSED)),
)


def state_words(contract: Contract, act: Act | None) -> tuple[str, str, str]:
    """(ja, en, tone): a waiting act says what it waits for."""
    if contract.state == S.SIGNING and act is not None and act.state == ActState.WAITING_TSA:
        ja, en = ACT_NAMES[ActState.WAITING_TSA]
        return ja, en, "waiting"
    if paper.is_on_paper(contract):
        return "紙の契約に切替", "goes on on paper", "plain"
    if calling_off.is_called_off(contract):
        return "取下げ（送信後）", "called off by the city", "plain"
    ja, en = STATE_NAMES[contract.current_state]
    return ja, en, TONES[contract.current_state]


def bar(contract: Contract, following_side: str | None) -> list[dict[str, str]]:
    """Steps for `ui.steps`. A contract being signed stands at the side that signs."""
    state = contract.current_state
    if state == S.SIGNING:
        state = S.AWAITING_CITY if following_side == "city" else S.AWAITING_VENDOR
    if state in FAILED:
        at = 0 if contract.sent_at is None else 3
        mark = "failed"
    else:
        at = next(n for n, (_, states) in enumerate(BAR) if state in states)
        mark = "done" if state in {S.CONCLUDED, S.DISPOSED} else "current"
    return [
        {"label": label, "state": "done" if n < at else mark if n == at else "waiting"}
        for n, (label, _) in enumerate(BAR)
    ]


def age_in_business_days(since: datetime, now: datetime) -> int:
    """Business days of the city since the state began; 0 on the same day."""
    return max(0, calendar.business_days_between(calendar.jst_date(since), calendar.jst_date(now)))


def summary(session: Session, contract: Contract) -> dict[str, Any]:
    """A line of a list, JSON-safe."""
    words = state_words(contract, queries.open_act(session, contract))
    return {
        "id": contract.id,
        "number": contract.number,
        "kind": contract.kind,
        "title": contract.title,
        "department": contract.department,
        "vendor": {"id": contract.vendor_id, "name": contract.vendor_name},
        "amount": int(contract.amount),
        "state": contract.state,
        "state_words": {"ja": words[0], "en": words[1]},
        "state_since": contract.state_since.isoformat(),
        "concluded_at": _iso(contract.concluded_at),
    }


def full(session: Session, contract: Contract) -> dict[str, Any]:
    """The whole contract for the API: what it says, where it stands, what is bound to what."""
    document = queries.document(session, contract)
    circulation = queries.circulation(session, contract)
    acts = queries.acts(session, document.id) if document else {}
    following = queries.next_party(session, contract) if contract.sent_at else None
    return summary(session, contract) | {
        "revision": contract.revision,
        "template": f"{contract.kind}/{contract.template_version}",
        "place": contract.place,
        "tax": int(contract.tax),
        "tax_rate": contract.tax_rate,
        "registration_number": contract.registration_number or None,
        "dates": {
            "award": contract.award_date.isoformat(),
            "contract": contract.contract_date.isoformat() if contract.contract_date else None,
            "period_from": contract.period_from.isoformat(),
            "period_to": contract.period_to.isoformat(),
            "concluded": _iso(contract.concluded_at),
        },
        "fields": contract.fields,
        "note": contract.note,
        "sent_at": _iso(contract.sent_at),
        "sign_by": _iso(contract.sign_by),
        "document": document
        and {
            "version": document.version,
            "sha256": document.sha256,
            "pages": document.pages,
            "size": document.size,
        },
        "decisions": [
            {
                "id": d.id,
                "role": d.role,
                "title": d.title,
                "act": d.act,
                "outcome": d.outcome,
                "name": d.decided_by_name,
                "at": _iso(d.decided_at),
                "reason": d.reason,
                "sha256": d.seen_sha256,
            }
            for d in (queries.decisions(session, circulation.id) if circulation else [])
        ],
        "parties": [
            {
                "id": p.id,
                "slot": p.slot,
                "side": p.side,
                "role": p.role,
                "organisation": p.organisation,
                "title": p.title,
                "person": p.person,
                "own_key": p.own_key,
                "is_next": following is not None and following.id == p.id,
                "act": _act(acts.get(p.slot)),
            }
            for p in queries.parties(session, contract.id)
        ],
        "sha256": {
            "decided": circulation.document_sha256
            if circulation and circulation.outcome == "approved"
            else None,
            "current": contract.current_sha256,
            "concluded": contract.concluded_sha256,
            "kept": contract.kept_sha256,
            "certificate": contract.certificate_sha256,
        },
    }


def _act(act: Act | None) -> dict[str, Any] | None:
    if act is None:
        return None
    words = ACT_NAMES[ActState(act.state)]
    return {
        "id": act.id,
        "state": act.state,
        "state_words": {"ja": words[0], "en": words[1]},
        "factors": act.factors,
        "requested_at": _iso(act.requested_at),
        "signed_at": _iso(act.signed_at),
        "sha256": act.result_sha256,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
