"""The register of vendors: who they are, where they are paid, who acts for them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from einvoice import creditor_facts
from einvoice.models import Creditor
from portal.accounts import bank_changes, queries, registering
from portal.accounts.models import Vendor
from portal.desks import payment_facts, vendor_form
from portal.desks.people_form import PersonTyped, add_person, switch_person
from portal.errors import NotFound
from portal.pages import redirect, render
from portal.security import Identity, may, require
from portal.web import DbSession, get_service

router = APIRouter(prefix="/vendors")

SECOND_PERSON = "振込先は、別の職員が確認すると変わります。"

Reader = Annotated[Identity, Depends(require("vendor.read"))]
Editor = Annotated[Identity, Depends(require("vendor.edit"))]


@router.get("")
def vendor_list(request: Request, session: DbSession, user: Reader, q: str = "") -> Response:
    limit = get_service(request).settings.limits.page_rows
    found = queries.vendors(session, words=q.strip()[:100], limit=limit + 1)
    context = {
        "vendors": found[:limit],
        "more": len(found) > limit,
        "limit": limit,
        "q": q,
        "may_edit": may(user, "vendor.edit").allowed,
    }
    return render(request, "desks/vendors.html", context)


@router.get("/new")
def new_vendor(request: Request, user: Editor) -> Response:
    return _form(request, None, {column.name: "" for column in vendor_form.COLUMNS}, {})


@router.post("")
def add_vendor(
    request: Request, session: DbSession, user: Editor, typed: Annotated[vendor_form.Typed, Form()]
) -> Response:
    given = vendor_form.read(typed.model_dump())
    _unless_taken(session, given, None)
    if given.wrong:
        return _form(request, None, typed.model_dump(), given.wrong)
    at = get_service(request).clock.now()
    values = {k: v for k, v in given.values.items() if k not in bank_changes.COLUMNS}
    vendor = registering.add_vendor(
        session,
        code=str(values.pop("code")),
        name=str(values.pop("name")),
        actor=user.actor,
        at=at,
        **values,
    )
    asked = bank_changes.ask(session, vendor=vendor, values=given.values, actor=user.actor, at=at)
    words = "事業者を登録しました。" + (SECOND_PERSON if asked else "")
    return redirect(request, f"/vendors/{vendor.id}", notice=words)


@router.get("/{vendor_id}")
def vendor_page(request: Request, session: DbSession, user: Reader, vendor_id: str) -> Response:
    return _page(request, session, user, _get(session, vendor_id))


@router.get("/{vendor_id}/edit")
def edit_vendor(request: Request, session: DbSession, user: Editor, vendor_id: str) -> Response:
    vendor = _get(session, vendor_id)
    return _form(request, vendor, vendor_form.of(vendor), {})


@router.post("/{vendor_id}/edit")
def change_vendor(
    request: Request,
    session: DbSession,
    user: Editor,
    vendor_id: str,
    typed: Annotated[vendor_form.Typed, Form()],
) -> Response:
    vendor = _get(session, vendor_id)
    given = vendor_form.read(typed.model_dump())
    _unless_taken(session, given, vendor.id)
    if given.wrong:
        return _form(request, vendor, typed.model_dump(), given.wrong)
    at = get_service(request).clock.now()
    values = {k: v for k, v in given.values.items() if k not in bank_changes.COLUMNS}
    registering.change_vendor(session, vendor=vendor, values=values, actor=user.actor, at=at)
    asked = bank_changes.ask(session, vendor=vendor, values=given.values, actor=user.actor, at=at)
    words = "台帳を直しました。" + (SECOND_PERSON if asked else "")
    return redirect(request, f"/vendors/{vendor.id}", notice=words)


@router.post("/{vendor_id}/bank/{change_id}")
def decide_bank_change(
    request: Request,
    session: DbSession,
    user: Editor,
    vendor_id: str,
    change_id: str,
    decision: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """A second person compares with the vendor's letter; until then the old account counts."""
    vendor = _get(session, vendor_id)
    at = get_service(request).clock.now()
    row = bank_changes.decide(
        session,
        vendor=vendor,
        change_id=change_id,
        confirmed=decision == "confirm",
        actor=user.actor,
        at=at,
    )
    words = (
        "振込先を確認しました。" if row.outcome == "confirmed" else "新しい振込先を取り消しました。"
    )
    return redirect(request, f"/vendors/{vendor.id}", notice=words)


@router.post("/{vendor_id}/people")
def add_vendor_person(
    request: Request,
    session: DbSession,
    user: Editor,
    vendor_id: str,
    typed: Annotated[PersonTyped, Form()],
) -> Response:
    vendor = _get(session, vendor_id)
    wrong = add_person(session, vendor.id, typed, user, get_service(request).clock.now())
    if wrong:
        return _page(request, session, user, vendor, typed=typed, wrong=wrong, status=400)
    return redirect(request, f"/vendors/{vendor.id}", notice="利用者を登録しました。")


@router.post("/{vendor_id}/people/{person_id}/switch")
def switch_vendor_person(
    request: Request, session: DbSession, user: Editor, vendor_id: str, person_id: str
) -> Response:
    now = get_service(request).clock.now()
    words = switch_person(session, vendor_id, person_id, user, now)
    return redirect(request, f"/vendors/{vendor_id}", notice=words)


def _get(session: Session, vendor_id: str) -> Vendor:
    vendor = session.get(Vendor, vendor_id)
    if vendor is None:
        raise NotFound()
    return vendor


def _unless_taken(session: Session, given: vendor_form.Read, own_id: str | None) -> None:
    code = given.values.get("code")
    holder = queries.vendor_by_code(session, code) if code else None
    if holder is not None and holder.id != own_id:
        given.wrong["code"] = f"この業者番号は「{holder.name}」が使っています。"


def _form(
    request: Request, vendor: Vendor | None, typed: dict[str, str], wrong: dict[str, str]
) -> Response:
    context = {
        "vendor": vendor,
        "typed": typed,
        "wrong": wrong,
        "identity": vendor_form.IDENTITY,
        "bank": vendor_form.BANK,
        "account_types": vendor_form.ACCOUNT_TYPES,
    }
    return render(request, "desks/vendor_form.html", context, status=400 if wrong else 200)


def _page(
    request: Request,
    session: Session,
    user: Identity,
    vendor: Vendor,
    *,
    typed: PersonTyped | None = None,
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    types = dict(vendor_form.ACCOUNT_TYPES)
    context = {
        "vendor": vendor,
        "people": queries.vendor_users(session, vendor.id),
        "may_edit": may(user, "vendor.edit").allowed,
        "may_record": may(user, "vendor.payment_facts").allowed,
        "facts": creditor_facts.of(session.get(Creditor, vendor.id)),
        "fees": payment_facts.FEES,
        "bank_change": bank_changes.pending(session, vendor.id),
        "account_types": types,
        "account_type": types.get(vendor.account_type or "", ""),
        "typed": typed or PersonTyped(),
        "wrong": wrong or {},
    }
    return render(request, "desks/vendor.html", context, status=status)
