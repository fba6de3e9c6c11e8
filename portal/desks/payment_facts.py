"""What is known of a payee beside its account, entered on the vendor's page by 会計課 or 調達課."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from einvoice import creditor_facts
from einvoice.creditor_facts import PayeeFacts
from einvoice.withholding import Fee
from portal import tally
from portal.accounts.models import Vendor
from portal.errors import NotFound
from portal.pages import redirect
from portal.security import Identity, require
from portal.web import DbSession, get_service

router = APIRouter(prefix="/vendors")

FEES = (
    ("none", "なし", "法人、または源泉徴収の対象でない支払です。"),
    (
        "ordinary",
        "報酬・料金（10.21％、100万円を超える分は20.42％）",
        "原稿・講演・デザイン・設計・税理士・弁護士などの個人です。",
    ),
    ("scrivener", "司法書士・土地家屋調査士", "1回の支払から1万円を引いた額に掛けます。"),
)


@router.post("/{vendor_id}/payment-facts")
def record_facts(
    request: Request,
    session: DbSession,
    vendor_id: str,
    user: Annotated[Identity, Depends(require("vendor.payment_facts"))],
    fee: Annotated[Fee, Form()] = Fee.NONE,
    notice: Annotated[str, Form(max_length=creditor_facts.LONGEST)] = "",
    suspended_until: Annotated[date | None, Form()] = None,
    reason: Annotated[str, Form(max_length=creditor_facts.LONGEST)] = "",
) -> Response:
    vendor = session.get(Vendor, vendor_id)
    if vendor is None:
        raise NotFound()
    at = get_service(request).clock.now()
    tally.register_creditor(session, vendor, actor=user.actor, at=at)
    facts = PayeeFacts(fee=fee, notice=notice, suspended_until=suspended_until)
    creditor_facts.record(session, vendor.id, facts, reason=reason, actor=user.actor, at=at)
    return redirect(
        request, f"/vendors/{vendor.id}", notice="支払のときに確かめることを登録しました。"
    )
