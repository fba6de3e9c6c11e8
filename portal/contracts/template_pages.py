"""ひな形: every version, and an editor with the pages as they will be printed beside the texts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from econtract import mandatory, template, template_book, template_editing
from econtract.errors import EContractError, NoSuchContract
from econtract.template_models import TemplateVersion
from econtract.template_parts import parse
from portal.contracts import typed_values
from portal.pages import redirect, render
from portal.security import Allow, Identity, may, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter(prefix="/contracts/templates")

Reader = Annotated[Identity, Depends(require("decision.read"))]
Editor = Annotated[Identity, Depends(require("template.edit"))]
PATH = "/contracts/templates"
FROM_DAY = ("いつから使うか", "first day")
SUB = "・"


class TextForm(BaseModel):
    """The texts as typed: clause_0_id, clause_0_heading, clause_0_text, clause_0_law, item_0_…"""

    model_config = ConfigDict(extra="allow")

    revision: int
    title: str = ""
    preamble: str = ""
    closing: str = ""

    def texts(self, data: dict[str, Any]) -> dict[str, Any]:
        """Template data with what was typed in place of what was there."""
        extra = {k: str(v)[:20_000] for k, v in (self.model_extra or {}).items()}
        clauses = []
        for n in range(template_editing.MAX_CLAUSES + 2):
            text = extra.get(f"clause_{n}_text", "")
            if not text.strip():
                continue
            heading = extra.get(f"clause_{n}_heading", "").strip()
            name = extra.get(f"clause_{n}_id", "").strip() or f"clause_{n + 1}"
            law = [t for t in extra.get(f"clause_{n}_law", "").replace("、", " ").split() if t]
            clause = {"id": name, "heading": heading, "law": law, "paragraphs": _paragraphs(text)}
            place = extra.get(f"clause_{n}_place", "").strip()
            clauses.append((int(place) if place.isdecimal() else n + 1, n, clause))
        items = [
            {
                **item,
                "label": extra.get(f"item_{n}_label", item["label"]).strip(),
                "value": extra.get(f"item_{n}_value", item["value"]).replace("\r\n", "\n"),
            }
            for n, item in enumerate(data["item"])
        ]
        return {
            "title": self.title.strip()[:100],
            "preamble": _lines(self.preamble),
            "closing": _lines(self.closing),
            "item": items,
            "clause": [clause for _, _, clause in sorted(clauses, key=lambda c: (c[0], c[1]))],
        }


@router.get("")
def listed(request: Request, session: DbSession, user: Reader) -> Response:
    today = calendar.jst_date(get_service(request).clock.now())
    rows = []
    for kind, (name, _) in template.TEMPLATES.items():
        rows.append(
            {
                "kind": kind,
                "name": name,
                "current": template_book.current(session, kind, today),
                "bundled": template.versions(kind),
                "written": template_book.written(session, kind),
            }
        )
    return render(
        request,
        "contracts/templates.html",
        {
            "rows": rows,
            "states": template_editing.STATE_NAMES,
            "may_edit": isinstance(may(user, "template.edit"), Allow),
        },
    )


@router.post("/begin")
def begin(
    request: Request,
    session: DbSession,
    user: Editor,
    kind: Annotated[str, Form(max_length=40)],
) -> Response:
    at = get_service(request).clock.now()
    row = template_editing.begin(session, kind, actor=user.actor, at=at)
    return redirect(request, f"{PATH}/{row.id}")


@router.get("/{version_id}")
def edit_page(request: Request, session: DbSession, version_id: str, user: Reader) -> Response:
    return _page(request, session, _row(session, version_id), user, None)


@router.post("/{version_id}")
def save(
    request: Request,
    session: DbSession,
    version_id: str,
    user: Editor,
    form: Annotated[TextForm, Form()],
) -> Response:
    service = get_service(request)
    row = _row(session, version_id)
    texts = form.texts(dict(row.data))
    try:
        with service.database.transaction() as own:
            template_editing.save(
                own,
                version_id,
                texts=texts,
                seen_revision=form.revision,
                actor=user.actor,
                at=service.clock.now(),
            )
    except EContractError as refused:
        return _page(request, session, row, user, refused, typed=texts)
    return redirect(
        request, f"{PATH}/{version_id}", notice="保存しました。見本を作り直しています。"
    )


@router.post("/{version_id}/proposal")
def propose(
    request: Request,
    session: DbSession,
    version_id: str,
    user: Editor,
    revision: Annotated[int, Form()],
    valid_from: Annotated[str, Form(max_length=10)] = "",
    note: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    service = get_service(request)
    try:
        with session.begin_nested():
            template_editing.propose(
                session,
                version_id,
                valid_from=typed_values.day(valid_from, "valid_from", FROM_DAY),
                note=note,
                seen_revision=revision,
                actor=user.actor,
                at=service.clock.now(),
            )
    except EContractError as refused:
        return _page(request, session, _row(session, version_id), user, refused)
    return redirect(request, f"{PATH}/{version_id}", notice="公開の承認を求めました。")


@router.post("/{version_id}/decision")
def decide(
    request: Request,
    session: DbSession,
    version_id: str,
    user: Annotated[Identity, Depends(require("template.approve"))],
    revision: Annotated[int, Form()],
    answer: Annotated[Literal["publish", "refuse"], Form()],
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    service = get_service(request)
    try:
        with session.begin_nested():
            template_editing.decide(
                session,
                version_id,
                approved=answer == "publish",
                answer=reason,
                seen_revision=revision,
                actor=user.actor,
                at=service.clock.now(),
            )
    except EContractError as refused:
        return _page(request, session, _row(session, version_id), user, refused)
    words = "公開しました。" if answer == "publish" else "理由を付けて戻しました。"
    return redirect(request, f"{PATH}/{version_id}", notice=words)


@router.get("/{version_id}/progress")
def progress(session: DbSession, version_id: str, user: Reader) -> Response:
    """Whether the preview of the newest saving is there, for the bar on the page."""
    row = _row(session, version_id)
    done = row.preview_revision == row.revision
    words = "見本ができました。" if done else "見本を作っています。"
    return JSONResponse({"done": done, "percent": None, "words": words, "next": None})


@router.get("/{version_id}/pages/{page}.png")
def preview_page(
    request: Request, session: DbSession, version_id: str, page: int, user: Reader
) -> Response:
    row = _row(session, version_id)
    service = get_service(request)
    name = template_editing.page_name(row.id, row.preview_revision, page)
    kept = service.store.named(name) if 0 <= page < row.preview_pages else None
    if kept is None:
        raise NoSuchContract()
    data = service.store.read(kept.sha256)
    return Response(data, media_type="image/png", headers={"cache-control": "private, no-cache"})


def _row(session: Session, version_id: str) -> TemplateVersion:
    row = session.get(TemplateVersion, version_id)
    if row is None:
        raise NoSuchContract()
    return row


def _paragraphs(text: str) -> list[Any]:
    """Lines as paragraphs; lines that begin with 「・」 are items of the one before."""
    out: list[Any] = []
    for line in _lines(text):
        if line.startswith(SUB) and out:
            last = out[-1] if isinstance(out[-1], dict) else {"text": out[-1], "items": []}
            last["items"].append(line.removeprefix(SUB).strip())
            out[-1] = last
        else:
            out.append(line)
    return out


def _lines(text: str) -> list[str]:
    return [line.strip()[: template_editing.MAX_TEXT] for line in text.splitlines() if line.strip()]


def _as_text(paragraphs: list[Any]) -> str:
    lines = []
    for paragraph in paragraphs:
        if isinstance(paragraph, str):
            lines.append(paragraph)
        else:
            lines += [paragraph["text"], *(SUB + item for item in paragraph["items"])]
    return "\n".join(lines)


def _page(
    request: Request,
    session: Session,
    row: TemplateVersion,
    user: Identity,
    error: EContractError | None,
    *,
    typed: dict[str, Any] | None = None,
) -> Response:
    data = {**row.data, **(typed or {})}
    base = template_book.find(session, row.kind, row.based_on)
    editing = row.state in template_editing.EDITABLE
    return render(
        request,
        "contracts/template_edit.html",
        {
            "row": row,
            "data": data,
            "name": template.TEMPLATES[row.kind][0],
            "clauses": [
                c | {"text": _as_text(c["paragraphs"]), "tags": " ".join(c.get("law", []))}
                for c in data["clause"]
            ],
            "law": mandatory.REQUIRED[row.kind],
            "findings": template_editing.findings(row),
            "difference": template_editing.difference(base, parse(row.data)),
            "states": template_editing.STATE_NAMES,
            "made": row.preview_revision == row.revision,
            "editing": editing and isinstance(may(user, "template.edit"), Allow),
            "may_decide": row.state == template_editing.PROPOSED
            and user.id != row.written_by
            and isinstance(may(user, "template.approve"), Allow),
            "error": error,
            "today": calendar.jst_date(get_service(request).clock.now()),
            "busy": row.preview_revision != row.revision,
        },
        status=400 if error else 200,
    )
