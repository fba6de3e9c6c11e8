"""実証実験・シミュレーション: the form, the progress, the answer; and the same as JSON."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from portal.errors import PortalError
from portal.home import NavItem, register_nav
from portal.pages import redirect, render
from portal.prepared import ordering
from portal.prepared.models import PreparedWork
from portal.security import Allow, Identity, may, require
from portal.simulation import reporting
from portal.simulation.assumptions import BOUNDS, FIGURES, Plan
from portal.simulation.errors import PlanRefused
from portal.simulation.ledger import MAX_BYTES, read_ledger
from portal.web import DbSession, get_service
from records import new_id

router = APIRouter()

Reader = Annotated[Identity, Depends(require("figures.read"))]
Runner = Annotated[Identity, Depends(require("figures.simulate"))]
#: What the form asks; the rest of a plan keeps its default there and can be set by API or command.
ASKED = (
    "invoices", "contracts", "ceiling", "turning_month", "drafters", "reviewers", "run_days",
    "service_cost",
)  # fmt: skip
TYPES = {item.name: item.type for item in fields(Plan)}


def register() -> None:
    """Add the link; called once when the routers are built."""
    register_nav(NavItem("試算", "/simulation", "figures.read", order=41, side="staff"))


@router.get("/simulation")
def overview(request: Request, session: DbSession, user: Reader) -> Response:
    return _form(request, session, user, {})


def _form(
    request: Request,
    session: Session,
    user: Identity,
    given: dict[str, str],
    error: PortalError | None = None,
) -> Response:
    plan = Plan().to_json()
    return render(
        request,
        "simulation/form.html",
        {
            "rows": [(k, BOUNDS[k], given.get(k, f"{plan[k]:g}")) for k in ASKED],
            "figures": FIGURES,
            "given": given,
            "request_key": given.get("request_key") or new_id(),
            "earlier": ordering.latest(session, reporting.KIND),
            "can_run": isinstance(may(user, "figures.simulate"), Allow),
            "error": error,
        },
        status=400 if error else 200,
    )


@router.post("/simulation")
def run(
    request: Request,
    session: DbSession,
    user: Runner,
    title: Annotated[str, Form(max_length=200)] = "",
    request_key: Annotated[str, Form(max_length=80)] = "",
    invoices: Annotated[str, Form(max_length=20)] = "",
    contracts: Annotated[str, Form(max_length=20)] = "",
    ceiling: Annotated[str, Form(max_length=20)] = "",
    turning_month: Annotated[str, Form(max_length=20)] = "",
    drafters: Annotated[str, Form(max_length=20)] = "",
    reviewers: Annotated[str, Form(max_length=20)] = "",
    run_days: Annotated[str, Form(max_length=20)] = "",
    service_cost: Annotated[str, Form(max_length=20)] = "",
    ledger: UploadFile | None = None,
) -> Response:
    figures = (
        invoices, contracts, ceiling, turning_month, drafters, reviewers, run_days, service_cost,
    )  # fmt: skip
    given = dict(zip(ASKED, figures, strict=True))
    data = ledger.file.read(MAX_BYTES + 1) if ledger is not None and ledger.filename else None
    try:
        row = _order(request, session, user, title, request_key or new_id(), given, data)
    except PortalError as error:
        kept = given | {"title": title, "request_key": request_key}
        return _form(request, session, user, kept, error)
    return redirect(request, f"/simulation/{row.number}", notice="試算を始めました。")


def _order(
    request: Request,
    session: Session,
    user: Identity,
    title: str,
    key: str,
    given: dict[str, Any],
    ledger: bytes | None,
) -> PreparedWork:
    service = get_service(request)
    wanted = plan_of(given).to_json()
    if ledger is not None:
        read_ledger(ledger)  # what cannot be read is said now, not by the worker later
        wanted["ledger_sha256"] = service.store.put(ledger).sha256
    return ordering.order(
        session,
        kind=reporting.KIND,
        title=title.strip() or "電子契約・電子請求の試算",
        wanted=wanted,
        request_key=key,
        actor=user.actor,
        at=service.clock.now(),
    )


def plan_of(given: dict[str, Any]) -> Plan:
    """The plan of a form or of JSON. Raises `PlanRefused` with the field that is no number."""
    values: dict[str, Any] = {}
    for key, value in given.items():
        if value in ("", None):
            continue
        if key not in BOUNDS:
            raise _refused(key, value)
        try:
            number = float(str(value).replace(",", ""))
            whole = TYPES[key] == "int"
            if whole and number != int(number):
                raise ValueError(value)
            values[key] = int(number) if whole else number
        except (ValueError, OverflowError) as error:
            raise _refused(key, value) from error
    return Plan(**values)


def _refused(key: str, value: object) -> PlanRefused:
    ja, en, low, high = BOUNDS.get(key, (key, key, 0, 0))
    return PlanRefused(
        field=key, name_ja=ja, name_en=en, low=f"{low:,g}", high=f"{high:,g}",
        given=str(value)[:30],
    )  # fmt: skip


@router.get("/simulation/{number}")
def show(request: Request, session: DbSession, number: str, user: Reader) -> Response:
    row = ordering.found(session, number, kind=reporting.KIND)
    shown = reporting.context(row.result) if row.state == "done" and row.result else {}
    return render(request, "simulation/result.html", {"row": row, **shown})


@router.get("/simulation/{number}/progress")
def progress(request: Request, session: DbSession, number: str, user: Reader) -> Response:
    row = ordering.found(session, number, kind=reporting.KIND)
    return JSONResponse(ordering.progress_of(session, row, then=f"/simulation/{row.number}"))


@router.get("/simulation/{number}/files/{name}")
def download(
    request: Request, session: DbSession, number: str, name: str, user: Reader
) -> Response:
    row = ordering.found(session, number, kind=reporting.KIND)
    data = ordering.file_of(get_service(request), row, name)
    return Response(
        data,
        media_type="application/pdf" if name.endswith(".pdf") else "text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{row.number}_{name}"'},
    )


@router.post("/api/v1/simulations", status_code=202)
def run_by_program(
    request: Request,
    session: DbSession,
    user: Runner,
    plan: Annotated[dict[str, float | int], Body(embed=True)],
    title: Annotated[str, Body(embed=True, max_length=200)] = "",
    key: Annotated[str, Body(embed=True, max_length=80)] = "",
) -> dict[str, Any]:
    """Order a simulation; the same key twice is one."""
    return _told(_order(request, session, user, title, key or new_id(), dict(plan), None))


@router.get("/api/v1/simulations/{number}")
def answer(session: DbSession, number: str, user: Reader) -> dict[str, Any]:
    return _told(ordering.found(session, number, kind=reporting.KIND))


def _told(row: PreparedWork) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "title": row.title,
        "state": row.state,
        "trouble": row.trouble or None,
        "plan": row.wanted,
        "result": row.result,
        "files": {name: {"sha256": s, "size": n} for name, (s, n) in row.files.items()},
    }
