"""Closing many contracts at once: choose, one second factor, and watch them being signed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from econtract import bulk_closing
from econtract.authority_errors import BatchRefused, DateReasonRequired
from econtract.bulk_closing import Progress
from econtract.errors import AuthorityMissing
from portal.contracts import ceremony
from portal.contracts.api import Sha256
from portal.contracts.letters import mail_batch_code
from portal.contracts.parts import rules_of
from portal.errors import CodeRefused, PortalError, TooManyTries
from portal.pages import redirect, render
from portal.security import Identity, one_time_code, require, second_factor
from portal.security.server_secret import server_secret
from portal.service import Service
from portal.web import DbSession, get_service
from records import new_id
from signing.errors import CredentialError

router = APIRouter()

Officer = Annotated[Identity, Depends(require("contract.close"))]
Items = Annotated[list[str] | None, Form(max_length=1000)]
BatchId = Annotated[
    str, Form(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
]

Refusal = (
    CodeRefused
    | TooManyTries
    | BatchRefused
    | AuthorityMissing
    | DateReasonRequired
    | CredentialError
)

STATE_WORDS = {
    "signed": ("署名済み", "success"),
    "signing": ("署名を処理中", "info"),
    "waiting": ("順番待ち", "waiting"),
    "waiting_tsa": ("署名待ち（時刻局）", "waiting"),
    "problem": ("処理できていません", "warning"),
    "refused": ("署名していません", "error"),
    "stopped": ("止めました", "plain"),
}


@router.get("/closings")
def choose_page(request: Request, session: DbSession, user: Officer) -> Response:
    return _choose(request, session, user, batch_id=new_id())


@router.post("/closings/code")
def mail_code(
    request: Request, session: DbSession, user: Officer, batch_id: BatchId, item: Items = None
) -> Response:
    service = get_service(request)
    error: TooManyTries | None = None
    try:
        _mail_code(service, session, user, batch_id)
    except TooManyTries as refused:
        error = refused
    return _choose(
        request, session, user, batch_id=batch_id, chosen=item or (), sent=True, error=error
    )


@router.post("/closings")
def begin(
    request: Request,
    session: DbSession,
    user: Officer,
    batch_id: BatchId,
    item: Items = None,
    code: Annotated[str, Form(max_length=40)] = "",
    asked: Annotated[str, Form(max_length=36)] = "",
    answer: Annotated[str, Form(max_length=20000)] = "",
    date_reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    try:
        _begin(
            request, session, user, batch_id, [_pair(each) for each in item or ()],
            ceremony.Given(code, asked, answer), date_reason,
        )  # fmt: skip
    except (
        CodeRefused,
        TooManyTries,
        BatchRefused,
        AuthorityMissing,
        DateReasonRequired,
        CredentialError,
    ) as refused:
        return _choose(
            request, session, user, batch_id=batch_id, chosen=item or (), sent=True, error=refused,
            date_reason=date_reason,
        )  # fmt: skip
    return redirect(request, f"/closings/{batch_id}")


@router.get("/closings/{batch_id}")
def batch_page(request: Request, session: DbSession, user: Officer, batch_id: str) -> Response:
    progress = bulk_closing.progress(session, batch_id)
    context = {
        "progress": progress,
        "state_words": STATE_WORDS,
        "words": _words(progress),
        "busy": not progress.is_done,
    }
    return render(request, "contracts/batch.html", context)


@router.get("/closings/{batch_id}/progress")
def batch_progress(session: DbSession, user: Officer, batch_id: str) -> Response:
    progress = bulk_closing.progress(session, batch_id)
    return JSONResponse(
        {
            "done": progress.is_done,
            "percent": progress.percent,
            "words": _words(progress),
            "next": f"/closings/{batch_id}" if progress.is_done else None,
        }
    )


@router.post("/closings/{batch_id}/stop")
def stop(request: Request, session: DbSession, user: Officer, batch_id: str) -> Response:
    at = get_service(request).clock.now()
    number = bulk_closing.stop(session, batch_id, actor=user.actor, at=at)
    words = f"まだ始めていない{number}件を止めました。始めた署名は最後まで進みます。"
    return redirect(request, f"/closings/{batch_id}", notice=words, tone="warning")


class Item(BaseModel):
    contract_id: Annotated[str, Field(max_length=36)]
    sha256: Sha256


class Batch(BaseModel):
    """`id` is the caller's own (a UUID): sent twice it is one batch."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]
    items: Annotated[list[Item], Field(max_length=bulk_closing.MOST)]
    one_time_code: Annotated[str, Field(max_length=40)]
    date_reason: Annotated[str, Field(max_length=1000)] = ""


class BatchName(BaseModel):
    id: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]


@router.get("/api/v1/closings/waiting")
def api_waiting(request: Request, session: DbSession, user: Officer) -> dict[str, Any]:
    """What this officer can close today, each with the hash to send back, or why not."""
    service = get_service(request)
    found = bulk_closing.closable(
        session,
        rules=rules_of(service),
        certificate=service.certificates[0],
        actor=user.actor,
        at=service.clock.now(),
    )
    return {
        "contracts": [
            {
                "contract_id": each.contract.id,
                "number": each.contract.number,
                "title": each.contract.title,
                "sha256": each.sha256,
                "refused": None
                if each.refusal is None
                else {"code": each.refusal.code, "ja": each.refusal.message_ja},
                "days_from_printed_date": each.difference.days if each.difference else 0,
            }
            for each in found
        ]
    }


@router.post("/api/v1/closings/one-time-code", status_code=202)
def api_mail_code(
    request: Request, session: DbSession, user: Officer, body: BatchName
) -> dict[str, Any]:
    _mail_code(get_service(request), session, user, body.id)
    return {"mailed": True}


@router.post("/api/v1/closings", status_code=202)
def api_begin(request: Request, session: DbSession, user: Officer, body: Batch) -> dict[str, Any]:
    chosen = [(each.contract_id, each.sha256) for each in body.items]
    _begin(
        request, session, user, body.id, chosen, ceremony.Given(body.one_time_code),
        body.date_reason,
    )  # fmt: skip
    return _shown(bulk_closing.progress(session, body.id))


@router.get("/api/v1/closings/{batch_id}")
def api_progress(session: DbSession, user: Officer, batch_id: str) -> dict[str, Any]:
    return _shown(bulk_closing.progress(session, batch_id))


def _begin(
    request: Request,
    session: Session,
    user: Identity,
    batch_id: str,
    chosen: list[tuple[str, str]],
    given: ceremony.Given,
    date_reason: str,
) -> None:
    """One batch however often it is pressed: the code is asked for once."""
    service = get_service(request)
    at = service.clock.now()
    if bulk_closing.is_known(session, batch_id):
        return
    proved = given.proved(service, session, user, f"closing:{batch_id}", "")
    bulk_closing.begin(
        session,
        batch_id=batch_id,
        chosen=chosen,
        rules=rules_of(service),
        officer=user.name,
        factors={*user.factors, proved.factor},
        evidence=ceremony.circumstances(request, user),
        certificate=service.certificates[0],
        actor=user.actor,
        at=at,
        date_reason=date_reason,
    )
    proved.spend(session, at)


def _mail_code(service: Service, session: Session, user: Identity, batch_id: str) -> None:
    at = service.clock.now()
    one_time_code.limit_issues(service.database, user.id, at)
    minutes = service.settings.security.code_minutes
    issued = one_time_code.issue(
        session,
        secret=server_secret(service.settings),
        subject=f"closing:{batch_id}",
        holder_id=user.id,
        at=at,
        minutes=minutes,
    )
    mail_batch_code(
        session, service.settings, to=user.mail, person=user.name, code=issued.placeholder,
        code_id=issued.id, minutes=minutes,
    )  # fmt: skip


def _pair(item: str) -> tuple[str, str]:
    contract_id, _, sha256 = item[:200].partition(":")
    return contract_id[:36], sha256[:64]


def _choose(
    request: Request,
    session: Session,
    user: Identity,
    *,
    batch_id: str,
    chosen: Collection[str] | None = None,
    sent: bool = False,
    error: Refusal | None = None,
    date_reason: str = "",
) -> Response:
    service = get_service(request)
    found = bulk_closing.closable(
        session,
        rules=rules_of(service),
        certificate=service.certificates[0],
        actor=user.actor,
        at=service.clock.now(),
    )
    context = {
        "found": found,
        "usable": sum(each.refusal is None for each in found),
        "differing": sum(bool(each.difference and each.difference.days) for each in found),
        "beyond": sum(bool(each.difference and each.difference.is_beyond) for each in found),
        "chosen": None if chosen is None else set(chosen),
        "batch_id": batch_id,
        "batches": bulk_closing.batches(session),
        "sent": sent,
        "ways": second_factor.ways(session, user.id),
        "question": second_factor.question(
            service, session, holder_id=user.id, subject=f"closing:{batch_id}:"
        ),
        "error": f"{error.message_ja}{error.remedy_ja}" if error is not None else None,
        "date_reason": date_reason,
        "minutes": service.settings.security.code_minutes,
    }
    status = 200
    if error is not None:
        status = error.status if isinstance(error, PortalError) else 400
    return render(request, "contracts/batch_choose.html", context, status=status)


def _words(progress: Progress) -> str:
    signed = progress.counts.get("signed", 0)
    words = f"{progress.total}件のうち{signed}件を署名しました"
    others = [
        f"{STATE_WORDS[state][0]} {progress.counts[state]}件"
        for state in ("signing", "waiting", "waiting_tsa", "problem", "refused", "stopped")
        if progress.counts.get(state)
    ]
    return words + (f"（{'、'.join(others)}）" if others else "。すべて終わりました。")


def _shown(progress: Progress) -> dict[str, Any]:
    return {
        "id": progress.batch.id,
        "officer": progress.batch.officer,
        "asked_at": progress.batch.asked_at.isoformat(),
        "done": progress.is_done,
        "percent": progress.percent,
        "counts": dict(progress.counts),
        "contracts": [
            {
                "contract_id": line.contract_id,
                "number": line.number,
                "state": line.state,
                "words": line.words,
                "signed_at": line.signed_at.isoformat() if line.signed_at else None,
            }
            for line in progress.lines
        ],
    }
