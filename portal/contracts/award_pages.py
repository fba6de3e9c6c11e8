"""Awards: files of any system, the form; and making a draft from a row with nothing retyped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from econtract import award_sources, awards, cells, drafting, forms, queries, reissuing
from econtract.award_columns import COLUMNS, FROM_REGISTER
from econtract.award_headings import ColumnsUnknown
from econtract.award_table import MAX_BYTES, MAX_ROWS
from econtract.errors import AwardFileUnreadable, AwardRowsRefused
from econtract.states import STATE_NAMES
from econtract.template import KINDS, TEMPLATES
from portal.contracts.guards import ensure_own, seen_department
from portal.contracts.parts import city_office
from portal.contracts.people import registered, vendor_of
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service

router = APIRouter()

Importer = Annotated[Identity, Depends(require("award.import"))]
Drafter = Annotated[Identity, Depends(require("contract.draft"))]

FORM_SOURCE = "form"
#: Field -> (input type, help).
TYPES: dict[str, tuple[str, str]] = {
    "award_date": ("date", ""),
    "period_from": ("date", ""),
    "period_to": ("date", ""),
    "vendor_code": (
        "text",
        "名簿にある業者は、番号だけで商号・住所・氏名を補います。",
    ),
    "vendor_name": ("text", "名簿にある業者なら空欄のままにします。"),
    "net": ("text", "税抜きの落札金額か、税込みの契約金額の、どちらかを書きます。"),
    "members": ("text", "業者番号/商号/役職/氏名/メールアドレス を「;」で区切ります。"),
}


@dataclass(frozen=True, slots=True)
class Input:
    """A field of the award form."""

    name: str
    label: str
    value: str
    type: str
    help: str
    required: bool
    error: str


class AwardForm(BaseModel):
    """The form as sent: one text a column."""

    model_config = ConfigDict(extra="allow")

    def typed(self) -> dict[str, str]:
        known = {column.name for column in COLUMNS}
        return {
            name: value[:400]
            for name, value in (self.model_extra or {}).items()
            if name in known and isinstance(value, str)
        }


class ColumnsForm(BaseModel):
    """What was chosen for each heading: column_0, column_1 … beside heading_0, heading_1 …"""

    model_config = ConfigDict(extra="allow")

    sha256: Annotated[str, Form(pattern=r"^[0-9a-f]{64}$")]
    source: Annotated[str, Form(max_length=40)]

    def chosen(self) -> dict[str, str]:
        extra = self.model_extra or {}
        return {
            str(extra[f"heading_{n}"]): str(extra.get(f"column_{n}", ""))
            for n in range(100)
            if f"heading_{n}" in extra
        }


@router.get("/contracts/awards")
def award_list(
    request: Request,
    session: DbSession,
    user: Annotated[Identity, Depends(require("award.read"))],
) -> Response:
    return _page(request, session, user)


@router.post("/contracts/awards")
def take_in(
    request: Request,
    session: DbSession,
    user: Importer,
    file: UploadFile,
    source: Annotated[str, Form(max_length=100)] = awards.SOURCE,
) -> Response:
    """All rows or none: what must be mended is listed by row and column."""
    data = file.file.read(MAX_BYTES + 1)
    return _take_in(request, session, user, data, source, file.filename or "")


@router.post("/contracts/awards/columns")
def match_columns(
    request: Request, session: DbSession, user: Importer, form: Annotated[ColumnsForm, Form()]
) -> Response:
    """Keep what each heading of this source means, then take in the same file again."""
    service = get_service(request)
    with service.database.transaction() as own:
        award_sources.save(
            own,
            award_sources.checked_name(form.source),
            chosen=form.chosen(),
            actor=user.actor,
            at=service.clock.now(),
        )
    data = service.store.read(form.sha256)
    return _take_in(request, session, user, data, form.source, "")


@router.get("/contracts/awards/new")
def new_award(request: Request, user: Importer) -> Response:
    return _form(request, {}, None)


@router.post("/contracts/awards/new")
def enter_award(request: Request, user: Importer, form: Annotated[AwardForm, Form()]) -> Response:
    """One award typed once; pressed twice it is one. On to its contract at once."""
    service = get_service(request)
    at = service.clock.now()
    typed = form.typed()
    try:
        with service.database.transaction() as own:
            taken = awards.enter(
                own,
                [typed],
                vendor_of=vendor_of(own, user.actor, at),
                actor=user.actor,
                at=at,
                source=FORM_SOURCE,
                register=registered(own),
            )
    except AwardRowsRefused as refused:
        return _form(request, typed, refused)
    words = "案件を登録しました。" if taken.new else "この案件は登録済みです。"
    return redirect(request, "/contracts/awards", notice=words)


@router.post("/contracts")
def draft(
    request: Request,
    session: DbSession,
    user: Drafter,
    award_id: Annotated[str, Form(max_length=36)],
    form: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    service = get_service(request)
    contract = drafting.draft(
        session,
        award_id=award_id,
        city=city_office(service),
        actor=user.actor,
        at=service.clock.now(),
        form=form,
    )
    ensure_own(user, "contract.draft", contract)
    return redirect(
        request,
        f"/contracts/{contract.id}/draft",
        notice=f"契約番号 {contract.number} の下書きを作りました。",
    )


@router.post("/contracts/{contract_id}/release")
def release(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.release"))],
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Let the award of an ended contract be drafted again, by somebody else."""
    ensure_own(user, "contract.release", queries.contract(session, contract_id))
    at = get_service(request).clock.now()
    reissuing.release(session, contract_id, reason=reason, actor=user.actor, at=at)
    return redirect(
        request,
        f"/contracts/{contract_id}",
        notice="契約し直すことを認めました。別の職員が落札結果の画面から作れます。",
    )


def _take_in(
    request: Request, session: Session, user: Identity, data: bytes, source: str, name: str
) -> Response:
    service = get_service(request)
    at = service.clock.now()
    try:
        source = award_sources.checked_name(source)
        with service.database.transaction() as own:
            taken = awards.take_in(
                own,
                data,
                vendor_of=vendor_of(own, user.actor, at),
                actor=user.actor,
                at=at,
                source=source,
                register=registered(own),
            )
    except cells.BadCell as bad:
        refused = AwardFileUnreadable(
            field="source", why_ja=bad.ja, why_en=bad.en, how_ja=bad.mend_ja, how_en=bad.mend_en
        )
        return _page(request, session, user, refused=refused, name=name)
    except ColumnsUnknown as unknown:
        if not any(unknown.headings):
            return _page(request, session, user, refused=unknown, name=name)
        kept = service.store.put(data)
        return _columns(request, unknown, kept.sha256, source)
    except (AwardFileUnreadable, AwardRowsRefused) as refused:
        return _page(request, session, user, refused=refused, name=name)
    words = f"{len(taken.new)}件を取り込みました。" if taken.new else "新しい案件はありません。"
    if taken.known:
        words += f"{len(taken.known)}件は取り込み済みのため、変えていません。"
    return redirect(request, "/contracts/awards", notice=words)


def _columns(request: Request, unknown: ColumnsUnknown, sha256: str, source: str) -> Response:
    optional = {c.name for c in COLUMNS if not c.required} | FROM_REGISTER
    return render(
        request,
        "contracts/award_columns.html",
        {
            "headings": list(enumerate(unknown.headings)),
            "guessed": unknown.guessed,
            "missing": unknown.missing,
            "options": [("", "使わない")]
            + [
                (c.name, c.headings[0] + ("" if c.name not in optional else "（任意）"))
                for c in COLUMNS
            ],
            "sha256": sha256,
            "source": source,
        },
        status=400,
    )


def _form(request: Request, typed: dict[str, str], refused: AwardRowsRefused | None) -> Response:
    problems: dict[str, Any] = {}
    for problem in refused.problems if refused else ():
        problems.setdefault(problem.name, problem)
    inputs = []
    for column in COLUMNS:
        kind, help_ = TYPES.get(column.name, ("text", ""))
        wrong = problems.get(column.name)
        inputs.append(
            Input(
                name=column.name,
                label=column.headings[0],
                value=typed.get(column.name, "10" if column.name == "tax_rate" else ""),
                type=kind,
                help=help_,
                required=column.required and column.name not in FROM_REGISTER,
                error=f"{wrong.message_ja}{wrong.remedy_ja}" if wrong else "",
            )
        )
    return render(
        request,
        "contracts/award_new.html",
        {
            "inputs": inputs,
            "refused": refused,
            "kinds": [(words[0], words[0]) for words in KINDS.values()],
        },
        status=400 if refused else 200,
    )


def _page(
    request: Request,
    session: Session,
    user: Identity,
    *,
    refused: AwardFileUnreadable | AwardRowsRefused | None = None,
    name: str = "",
) -> Response:
    department = seen_department(user)
    waiting = queries.undrafted_awards(session, department=department)
    before = {a.id: reissuing.ended_before(session, a.id) for a in waiting[:50]}
    context = {
        "awards": waiting,
        "before": before,
        "ended": reissuing.waiting(session, department=department),
        "kinds": KINDS,
        "forms": {
            kind: [(f, TEMPLATES[f or kind][0]) for f in forms.of_award(kind)] for kind in KINDS
        },
        "states": STATE_NAMES,
        "refused": refused,
        "problems": refused.problems if isinstance(refused, AwardRowsRefused) else (),
        "file_name": name,
        "columns": [(c.headings[0], c.required and c.name not in FROM_REGISTER) for c in COLUMNS],
        "limits": {"mb": MAX_BYTES // 1024 // 1024, "rows": MAX_ROWS},
        "sources": [s.name for s in award_sources.listed(session)],
        "may_import": "procurement" in user.roles,
    }
    return render(request, "contracts/awards.html", context, status=400 if refused else 200)
