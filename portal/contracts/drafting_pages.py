"""The draft: its fields, the document made from it, and its way into the decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from econtract import (
    attaching,
    deciding,
    drafting,
    forms,
    mandatory,
    own_keys,
    queries,
    reforming,
    route_tables,
    template,
    template_book,
)
from econtract.errors import DraftRefused, EContractError, GlyphMissing, MandatoryItemMissing
from econtract.making_errors import FormRefused, TermsRefused
from econtract.models import Contract
from econtract.routing import planned
from econtract.rules import STEP_ACTS
from econtract.template_parts import COUNT, PRICES, TABLE, YEN
from portal.contracts.guards import ensure_own
from portal.contracts.parts import alarms_recorded, city_office, rules_of
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter(prefix="/contracts/{contract_id}")

LONGEST_FIELD = 60_000
Drafter = Annotated[Identity, Depends(require("contract.draft"))]


@dataclass(frozen=True, slots=True)
class Input:
    """A field of the draft form."""

    name: str
    label: str
    value: str
    help: str
    long: bool
    type: str = "text"
    required: bool = True
    rows: int = 2


class DraftForm(BaseModel):
    """The form as sent: any field of the template besides the fixed ones."""

    model_config = ConfigDict(extra="allow")

    revision: int
    act: Literal["save", "make"] = "save"

    def typed(self) -> dict[str, str]:
        """What was typed, by field name; nothing longer than a field may be."""
        return {
            name: value[:LONGEST_FIELD]
            for name, value in (self.model_extra or {}).items()
            if isinstance(value, str) and name != "csrf"
        }


@router.get("/draft")
def draft_page(request: Request, session: DbSession, contract_id: str, user: Drafter) -> Response:
    contract = queries.contract(session, contract_id)
    ensure_own(user, "contract.draft", contract)
    return _page(request, session, contract, {}, None)


@router.post("/draft")
def save_draft(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Drafter,
    form: Annotated[DraftForm, Form()],
) -> Response:
    """Save; with "make" the document is made at once. What cannot stand is shown at its field."""
    service = get_service(request)
    at = service.clock.now()
    contract = queries.contract(session, contract_id)
    ensure_own(user, "contract.draft", contract)
    typed = form.typed()
    try:
        with service.database.transaction() as own:
            drafting.edit(
                own,
                contract_id,
                changes=typed,
                seen_revision=form.revision,
                actor=user.actor,
                at=at,
            )
        if form.act == "make":
            with service.database.transaction() as own:
                drafting.make_document(
                    own, contract_id, rules=rules_of(service), actor=user.actor, at=at
                )
    except (DraftRefused, MandatoryItemMissing, GlyphMissing, TermsRefused) as refused:
        session.refresh(contract)
        return _page(request, session, contract, typed, refused)
    if form.act == "make":
        return redirect(request, f"/contracts/{contract_id}")
    return redirect(request, f"/contracts/{contract_id}/draft", notice="下書きを保存しました。")


@router.post("/form")
def change_form(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Drafter,
    form: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Write the draft in another form: the kind's own text, 請書, 仮契約書."""
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    ensure_own(user, "contract.draft", contract)
    try:
        with service.database.transaction() as own:
            reforming.change_form(
                own,
                contract_id,
                form=form,
                city=city_office(service),
                actor=user.actor,
                at=service.clock.now(),
            )
    except FormRefused as refused:
        return _page(request, session, contract, {}, refused)
    return redirect(request, f"/contracts/{contract_id}/draft", notice="書式を変えました。")


@router.post("/ways")
def choose_ways(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Drafter,
    own_key: Annotated[list[str], Form(max_length=40)] = [],  # noqa: B006
) -> Response:
    """Which parties sign with a certificate of their own (当事者型); each may change it later."""
    ensure_own(user, "contract.draft", queries.contract(session, contract_id))
    for party in queries.parties(session, contract_id):
        own_keys.choose(
            session,
            contract_id=contract_id,
            party_id=party.id,
            own_key=party.slot in own_key,
            actor=user.actor,
            at=get_service(request).clock.now(),
        )
    return redirect(request, f"/contracts/{contract_id}/draft", notice="署名の方法を保存しました。")


@router.post("/document")
def make_document(
    request: Request, session: DbSession, contract_id: str, user: Drafter
) -> Response:
    """Make the document from the draft as it is."""
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    ensure_own(user, "contract.draft", contract)
    try:
        with service.database.transaction() as own:
            drafting.make_document(
                own,
                contract_id,
                rules=rules_of(service),
                actor=user.actor,
                at=service.clock.now(),
            )
    except (MandatoryItemMissing, GlyphMissing, TermsRefused) as refused:
        return _page(request, session, contract, {}, refused)
    return redirect(request, f"/contracts/{contract_id}")


@router.post("/submission")
def submit(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.submit"))],
    sha256: Annotated[str, Form(max_length=64)],
) -> Response:
    service = get_service(request)
    ensure_own(user, "contract.submit", queries.contract(session, contract_id))
    with alarms_recorded(service, session):
        deciding.submit(
            session,
            contract_id,
            rules=rules_of(service),
            seen_sha256=sha256,
            actor=user.actor,
            at=service.clock.now(),
        )
    return redirect(request, f"/contracts/{contract_id}", notice="決裁に回しました。")


@router.post("/withdrawal")
def withdraw(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.withdraw"))],
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    ensure_own(user, "contract.withdraw", queries.contract(session, contract_id))
    at = get_service(request).clock.now()
    drafting.withdraw(session, contract_id, reason=reason, actor=user.actor, at=at)
    return redirect(request, f"/contracts/{contract_id}", notice="取り下げました。")


@router.post("/recall")
def recall(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.withdraw"))],
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    ensure_own(user, "contract.withdraw", queries.contract(session, contract_id))
    at = get_service(request).clock.now()
    deciding.recall(session, contract_id, reason=reason, actor=user.actor, at=at)
    return redirect(request, f"/contracts/{contract_id}/draft", notice="下書きに戻しました。")


def planned_route(request: Request, session: Session, contract: Contract) -> list[tuple[str, str]]:
    """The deciders this contract would pass today: (title, act in words)."""
    service = get_service(request)
    day = calendar.jst_date(service.clock.now())
    route, _ = planned(route_tables.in_force(session, rules_of(service), day), contract, day)
    return [(step.title, STEP_ACTS[step.act][0]) for step in route.steps]


def _page(
    request: Request,
    session: Session,
    contract: Contract,
    typed: dict[str, str],
    error: EContractError | None,
) -> Response:
    """The form, with what was typed and where it cannot stand."""
    named: tuple[str, ...] = ()
    chosen = template_book.find(session, contract.template_kind, contract.template_version)
    if isinstance(error, MandatoryItemMissing):
        named = error.missing
    elif error is not None and error.field:
        named = (error.field,)
    return render(
        request,
        "contracts/draft.html",
        {
            "contract": contract,
            "groups": _groups(session, contract, typed),
            "parties": queries.parties(session, contract.id),
            "error": error,
            "named": named,
            "template": chosen,
            "form_name": forms.name(contract.kind, contract.form)[0],
            "forms": [
                (f, template.TEMPLATES[f or contract.kind][0])
                for f in forms.of_award(contract.kind)
            ]
            if contract.form not in forms.BESIDE
            else [],
            "law": mandatory.REQUIRED[contract.template_kind],
            "attachments": attaching.listed(session, contract.id),
            "accept": ",".join(f".{ending}" for ending in attaching.TYPES),
            "largest": get_service(request).settings.limits.drawing_mb,
        },
        status=400 if error else 200,
    )


def _groups(
    session: Session, contract: Contract, typed: dict[str, str]
) -> list[tuple[str, list[Input]]]:
    """The fields in the order of the document: facts, the signer, the template's own."""
    lead = queries.lead(session, contract.id)

    def made(name: str, value: str, **more: Any) -> Input:
        label = drafting.EDITABLE[name][0]
        return Input(name, label, typed.get(name, value), more.pop("help", ""), False, **more)

    day = contract.contract_date
    facts = [
        made("title", contract.title),
        made("place", contract.place),
        made("period_from", contract.period_from.isoformat(), type="date"),
        made("period_to", contract.period_to.isoformat(), type="date"),
        made(
            "contract_date",
            day.isoformat() if day else "",
            type="date",
            required=False,
            help="空欄なら「発注者の電子署名のタイムスタンプの日」と書きます（おすすめ）。",
        ),
    ]
    signer = [
        made("vendor_address", lead.address),
        made("vendor_title", lead.title),
        made("vendor_person", lead.person, help="戸籍の字で。異体字も使えます。"),
        made(
            "vendor_email",
            lead.email,
            type="email",
            help="署名する本人に届くアドレス。共用のアドレスは避けます。",
        ),
    ]
    chosen = template_book.find(session, contract.template_kind, contract.template_version)
    own = [
        Input(
            f.name,
            f.label_ja,
            typed.get(f.name, contract.fields.get(f.name, "")),
            f.help_ja,
            f.type not in {YEN, COUNT},
            rows=8 if f.type in {PRICES, TABLE} else 2,
        )
        for f in chosen.fields
    ]
    return [("案件", facts), ("署名する人（受注者）", signer), ("契約書の頭書", own)]
