"""The ceremony on a phone: one address that always shows the next step, one decision a screen.

Who is there (case code, second factor), then one screen: the pages, the consent, the signature.

Every step works without script, by keyboard, at 360 px. A reload, the back button or a new link
lead to the step that is due, never to an error.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from econtract import consenting, own_keys, queries, sending
from econtract.errors import ConsentMissing, ReasonRequired
from econtract.execution import VENDOR_STATEMENT
from econtract.template import KINDS
from portal.contracts import ceremony, making_view, signatories
from portal.contracts.ceremony import Place
from portal.contracts.parts import alarms_recorded, letters
from portal.errors import CodeRefused, TooManyTries
from portal.pages import redirect, render
from portal.security import Identity, case_code, require, second_factor
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter(prefix="/vendor/contracts/{contract_id}/sign")

Vendor = Annotated[Identity, Depends(require("contract.consent"))]
Sha256 = Annotated[str, Form(max_length=64)]

#: The steps as the bar shows them: key and words.
STEPS = (
    ("case-code", "案件コード"),
    ("one-time-code", "本人確認"),
    ("sign", "確認と署名"),
)


@router.get("")
def next_step(request: Request, session: DbSession, contract_id: str, user: Vendor) -> Response:
    service = get_service(request)
    here = ceremony.place(session, user, contract_id, service.clock.now())
    return _page(request, session, user, here)


@router.post("/case-code")
def give_case_code(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Vendor,
    code: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Right: the one-time code is mailed at once, and the next screen asks for it."""
    service = get_service(request)
    here = ceremony.place(session, user, contract_id, service.clock.now())
    try:
        ceremony.give_case_code(service, session, user, here, code)
    except CodeRefused as refused:
        return _page(request, session, user, here, error=refused)
    if here.row.code_sent_at is None and second_factor.ways(session, user.id).by_mail:
        return _mail_code(request, session, user, here)
    return redirect(request, _path(contract_id))


@router.post("/mail")
def mail_code(request: Request, session: DbSession, contract_id: str, user: Vendor) -> Response:
    service = get_service(request)
    here = ceremony.place(session, user, contract_id, service.clock.now())
    by_mail = second_factor.ways(session, user.id).by_mail
    if here.step(session, service.clock.now()) != "one-time-code" or not by_mail:
        return redirect(request, _path(contract_id))
    return _mail_code(request, session, user, here)


@router.post("/one-time-code")
def give_one_time_code(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Vendor,
    code: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    service = get_service(request)
    here = ceremony.place(session, user, contract_id, service.clock.now())
    if here.step(session, service.clock.now()) != "one-time-code":
        return redirect(request, _path(contract_id))
    try:
        ceremony.give_one_time_code(service, session, user, here, code)
    except (CodeRefused, TooManyTries) as refused:
        return _page(request, session, user, here, error=refused)
    return redirect(request, _path(contract_id))


@router.post("/passkey")
def give_passkey(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Vendor,
    asked: Annotated[str, Form(max_length=36)] = "",
    answer: Annotated[str, Form(max_length=20000)] = "",
) -> Response:
    """Opens the contract and checks the person in one tap; stands for case code and code."""
    service = get_service(request)
    here = ceremony.place(session, user, contract_id, service.clock.now())
    if here.step(session, service.clock.now()) not in {"case-code", "one-time-code"}:
        return redirect(request, _path(contract_id))
    try:
        ceremony.give_passkey(service, session, user, here, asked, answer)
    except CodeRefused as refused:
        return _page(request, session, user, here, error=refused)
    return redirect(request, _path(contract_id))


@router.post("/act")
def act(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Vendor,
    sha256: Sha256,
    text_version: Annotated[str, Form(max_length=40)] = "",
    agree: Annotated[str, Form(max_length=10)] = "",
    way: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """One decision: read, agreed to the electronic means, signed; each is recorded by itself.

    The answer is the contract's page, which shows how far the signature is, or the page of the
    party's own key where that is the way."""
    service = get_service(request)
    at = service.clock.now()
    here = ceremony.place(session, user, contract_id, at)
    if here.has_acted:
        return redirect(request, f"/vendor/contracts/{contract_id}")
    ceremony.require_opened(here, at)
    signatories.signatory(session, user, here.contract, here.party, at)  # before anything is agreed
    with alarms_recorded(service, session):
        if not ceremony.agreed(session, here, sha256):
            if agree != "yes":
                return _page(request, session, user, here, error=ConsentMissing())
            consenting.give(
                session,
                contract_id=contract_id,
                party_id=here.party.id,
                text_version=text_version,
                seen_sha256=sha256,
                evidence=ceremony.circumstances(request, user),
                actor=user.actor,
                at=at,
            )
        ceremony.note_read(session, user, here, sha256, at)
        if way:
            own_keys.choose(
                session,
                contract_id=contract_id,
                party_id=here.party.id,
                own_key=way == "own_key",
                actor=user.actor,
                at=at,
            )
        if here.party.own_key:
            return redirect(request, f"{_path(contract_id)}/own-key")
        ceremony.sign(request, service, session, user, here, sha256)
    return redirect(request, f"/vendor/contracts/{contract_id}")


@router.post("/decline")
def decline(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.decline"))],
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    service = get_service(request)
    at = service.clock.now()
    here = ceremony.place(session, user, contract_id, at)
    ceremony.require_opened(here, at)
    try:
        sending.decline(
            session,
            contract_id=contract_id,
            party_id=here.party.id,
            reason=reason,
            notices=letters(service),
            actor=user.actor,
            at=at,
        )
    except ReasonRequired as refused:
        return _page(request, session, user, here, error=refused)
    return redirect(request, f"/vendor/contracts/{contract_id}", notice="市へ辞退を伝えました。")


def _mail_code(request: Request, session: Session, user: Identity, here: Place) -> Response:
    service = get_service(request)
    try:
        ceremony.send_code(service, session, user, here.contract)
    except TooManyTries as refused:
        return _page(request, session, user, here, error=refused)
    again = here.row.code_sent_at is not None
    here.row.code_sent_at = service.clock.now()
    notice = "新しい番号を送りました。前の番号は使えません。" if again else None
    return redirect(request, _path(here.contract.id), notice=notice)


def _page(
    request: Request,
    session: Session,
    user: Identity,
    here: Place,
    *,
    error: CodeRefused | TooManyTries | ReasonRequired | ConsentMissing | None = None,
) -> Response:
    """The template of the step that is due."""
    service = get_service(request)
    at = service.clock.now()
    due = here.step(session, at)
    if due == "done":
        return redirect(request, f"/vendor/contracts/{here.contract.id}")
    # Reading, agreeing and signing are one screen.
    step = due if due in {"case-code", "one-time-code"} else "sign"
    document = queries.document(session, here.contract)
    assert document is not None
    question = None
    if step in {"case-code", "one-time-code"}:
        question = second_factor.question(
            service, session, holder_id=user.id, subject=here.passkey_subject
        )
    delegate, short = signatories.shown(session, user, here.contract, here.party, at)
    keys = [key for key, _ in STEPS]
    current = keys.index(step)
    context = {
        "contract": here.contract,
        "party": here.party,
        "document": document,
        "making": making_view.of_contract(session, here.contract, user),
        "pages": queries.pages(session, document.id) if step == "sign" else [],
        "step": step,
        "bar": [
            {
                "label": words,
                "state": "done" if n < current else "current" if n == current else "waiting",
            }
            for n, (_, words) in enumerate(STEPS)
        ],
        "at": current + 1,
        "error": _error_words(step, error),
        "error_en": f"{error.message_en} {error.remedy_en}" if error else None,
        "mail": _masked(user.mail),
        "minutes": service.settings.security.code_minutes,
        "kinds": KINDS,
        "tries_left": case_code.tries_left(
            session,
            subject=f"contract:{here.contract.id}",
            holder_id=here.party.vendor_id or "",
        ),
        "overdue": here.contract.sign_by is not None and at > here.contract.sign_by,
        "consent": consenting.current_text(
            here.contract.kind, calendar.jst_date(at), city=service.settings.city.name
        ),
        "consented": queries.consent(session, here.party.id, document.sha256 or ""),
        "statement": VENDOR_STATEMENT.format(number=here.contract.number),
        "code_sent": here.row.code_sent_at is not None,
        "delegate": delegate,
        "short": short,
        "ways": second_factor.ways(session, user.id),
        "question": question,
    }
    return render(request, "contracts/sign.html", context, status=400 if error is not None else 200)


def _error_words(
    step: str, error: CodeRefused | TooManyTries | ReasonRequired | ConsentMissing | None
) -> str | None:
    if error is None:
        return None
    if step == "case-code" and isinstance(error, CodeRefused) and error.why == "wrong":
        return f"{error.message_ja}伝えられた12文字を確かめて、もう一度入力してください。"
    return f"{error.message_ja}{error.remedy_ja}"


def _masked(address: str) -> str:
    """'yo****@example.jp': enough to know the mailbox, not enough to learn it."""
    local, _, domain = address.partition("@")
    return f"{local[:2]}****@{domain}"


def _path(contract_id: str) -> str:
    return f"/vendor/contracts/{contract_id}/sign"
