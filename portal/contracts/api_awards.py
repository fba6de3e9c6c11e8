"""JSON API of awards: an exported file as it is, or rows that a program knows by name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, field_validator

from econtract import awards, queries
from econtract.award_columns import COLUMNS
from econtract.award_table import MAX_ROWS
from econtract.errors import AwardRowsRefused
from portal.contracts.guards import seen_department
from portal.contracts.people import registered, vendor_of
from portal.security import Identity, require
from portal.web import DbSession, get_service

router = APIRouter(prefix="/api/v1")

Importer = Annotated[Identity, Depends(require("award.import"))]
Source = Annotated[str, Field(min_length=1, max_length=40)]
NAMES = frozenset(column.name for column in COLUMNS)


class NewAwards(BaseModel):
    """Rows by column name (econtract/award_columns.py); `source` names the sending system."""

    source: Source
    awards: Annotated[
        list[dict[str, Annotated[str, Field(max_length=2000)]]],
        Field(min_length=1, max_length=MAX_ROWS),
    ]

    @field_validator("awards")
    @classmethod
    def _known_names(cls, value: list[dict[str, str]]) -> list[dict[str, str]]:
        unknown = sorted({name for row in value for name in row} - NAMES)
        if unknown:
            raise ValueError(
                f"unknown: {' '.join(unknown[:10])}; known: {', '.join(sorted(NAMES))}"
            )
        return value


@router.post("/awards")
def take_in_awards(
    request: Request,
    data: Annotated[bytes, Body(media_type="text/csv")],
    user: Importer,
    source: Source = awards.SOURCE,
) -> Response:
    """The CSV is the request's body, as exported. 400 lists every place to mend."""
    service = get_service(request)
    at = service.clock.now()
    try:
        with service.database.transaction() as session:
            taken = awards.take_in(
                session,
                data,
                vendor_of=vendor_of(session, user.actor, at),
                actor=user.actor,
                at=at,
                source=source,
                register=registered(session),
            )
    except AwardRowsRefused as refused:
        return _refused(refused)
    return _taken(taken)


@router.post("/awards/rows")
def enter_awards(request: Request, body: NewAwards, user: Importer) -> Response:
    """Awards as JSON. All or none; the same rows again are known, not doubled."""
    service = get_service(request)
    at = service.clock.now()
    try:
        with service.database.transaction() as session:
            taken = awards.enter(
                session,
                body.awards,
                vendor_of=vendor_of(session, user.actor, at),
                actor=user.actor,
                at=at,
                source=body.source,
                register=registered(session),
            )
    except AwardRowsRefused as refused:
        return _refused(refused)
    return _taken(taken)


@router.get("/awards")
def awaiting_awards(
    session: DbSession, user: Annotated[Identity, Depends(require("award.read"))]
) -> dict[str, Any]:
    """Awards without a contract."""
    return {
        "awards": [
            {
                "id": a.id,
                "case_number": a.case_number,
                "title": a.title,
                "kind": a.kind,
                "department": a.department,
                "vendor": {"id": a.vendor_id, "name": a.vendor_name},
                "amount": int(a.amount),
                "award_date": a.award_date.isoformat(),
            }
            for a in queries.undrafted_awards(session, department=seen_department(user))
        ]
    }


def _taken(taken: awards.TakenIn) -> Response:
    return JSONResponse(
        {"encoding": taken.encoding, "new": list(taken.new), "known": list(taken.known)}
    )


def _refused(refused: AwardRowsRefused) -> Response:
    body = {
        "code": refused.code,
        "message": {"ja": refused.message_ja, "en": refused.message_en},
        "remedy": {"ja": refused.remedy_ja, "en": refused.remedy_en},
        "problems": [p.to_json() for p in refused.problems],
    }
    return JSONResponse(body, status_code=400)
