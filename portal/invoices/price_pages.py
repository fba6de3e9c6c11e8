"""単価・月額・分割払 of a contract: what its claims are priced by, from which day on."""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response, UploadFile
from sqlalchemy.orm import Session

from einvoice import price_sheets
from einvoice.contract_terms import ContractKind, ContractTerms
from einvoice.errors import EInvoiceError
from einvoice.examining import rematch_contract
from einvoice.price_sheets import PriceForm
from einvoice.refusals import PriceSheetError
from portal.errors import NotFound
from portal.invoices.parts import invoice_parts
from portal.pages import redirect, render
from portal.security import Identity, ensure, require
from portal.web import DbSession, get_service
from records import calendar, new_id

router = APIRouter(prefix="/prices")

Inspector = Annotated[Identity, Depends(require("performance.inspect"))]
WORDS = {
    ContractKind.UNIT_PRICE: "単価契約（検収した数量×単価）",
    ContractKind.FIXED_MONTHLY: "月額（毎月同じ額）",
    ContractKind.MILESTONE: "分割払（回ごとに決めた額）",
    ContractKind.LUMP: "総価（完成後に一度）",
}
_LARGEST = 256 * 1024


@router.get("")
def show(request: Request, session: DbSession, user: Inspector, contract: str) -> Response:
    return _page(request, session, _terms(request, session, user, contract))


def _terms(request: Request, session: Session, user: Identity, contract: str) -> ContractTerms:
    terms = invoice_parts(get_service(request)).contracts.by_number(session, contract)
    if terms is None:
        raise NotFound()
    ensure(user, "performance.inspect", vendor_id=terms.vendor_id, department=terms.section)
    return terms


def _page(
    request: Request,
    session: Session,
    terms: ContractTerms,
    *,
    error: EInvoiceError | None = None,
    values: dict[str, str] | None = None,
) -> Response:
    today = calendar.jst_date(get_service(request).clock.now())
    day = max(today, terms.starts_on) if terms.starts_on else today
    return render(
        request,
        "invoices/prices.html",
        {
            "terms": terms,
            "today": today,
            "now": terms.as_of(day),
            "words": {kind.value: text for kind, text in WORDS.items()},
            "documents": [agreed for agreed in terms.prices if agreed.document],
            "sheets": price_sheets.recorded(session, terms.number),
            "first": terms.starts_on or today,
            "values": values or {},
            "error": error,
            "press": new_id(),
        },
        status=400 if error else 200,
    )


@router.post("")
def record(
    request: Request,
    session: DbSession,
    user: Inspector,
    contract: Annotated[str, Form(max_length=100)],
    kind: Annotated[ContractKind, Form()],
    valid_from: Annotated[date, Form()],
    source: Annotated[str, Form(max_length=500)] = "",
    table: Annotated[str, Form(max_length=60_000)] = "",
    monthly: Annotated[str, Form(max_length=30)] = "",
    is_planned: Annotated[bool, Form()] = False,
    press: Annotated[str | None, Form(pattern="^[0-9a-f-]{36}$")] = None,
    file: UploadFile | None = None,
) -> Response:
    """Record a sheet, and match anew what waits on the contract."""
    terms = _terms(request, session, user, contract)
    parts = invoice_parts(get_service(request))
    at = parts.clock.now()
    values = {
        "kind": kind.value,
        "valid_from": valid_from.isoformat(),
        "source": source,
        "table": table,
        "monthly": monthly,
        "is_planned": "true" if is_planned else "",
    }
    try:
        with session.begin_nested():
            form = PriceForm(
                kind=kind,
                valid_from=valid_from,
                source=source,
                table=_text_of(file) or table,
                monthly_gross=_amount(monthly),
                is_planned=is_planned,
                press=press,
            )
            price_sheets.record(session, terms, form, actor=user.actor, at=at)
            rematch_contract(session, parts, contract_no=terms.number, at=at)
    except EInvoiceError as error:
        session.expire_all()
        return _page(request, session, terms, error=error, values=values)
    return redirect(
        request,
        f"/prices?contract={terms.number}",
        notice=f"{calendar.wareki(valid_from)}から適用する内容を登録しました。",
    )


def _text_of(file: UploadFile | None) -> str:
    if file is None or not file.filename:
        return ""
    data = file.file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise PriceSheetError(
            field="file", reason_ja="ファイルが大きすぎます", reason_en="the file is too large"
        )
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PriceSheetError(
        field="file",
        reason_ja="文字コードを読めません（CSV を UTF-8 か Shift_JIS で保存してください）",
        reason_en="save the file as CSV in UTF-8 or Shift_JIS",
    )


def _amount(text: str) -> Decimal | None:
    plain = unicodedata.normalize("NFKC", text).replace(",", "").removesuffix("円").strip()
    try:
        return Decimal(plain) if plain else None
    except InvalidOperation as error:
        raise PriceSheetError(
            field="monthly", reason_ja=f"月額「{text}」を読めません", reason_en="the amount"
        ) from error
