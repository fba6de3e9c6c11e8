"""Finding concluded contracts, for staff and for each vendor: page, CSV, ZIP of all hits, JSON.

The conditions stand in the address, so that a search can be kept as a bookmark. A department sees
its own contracts, a vendor those it signed, in whatever year.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from sqlalchemy.orm import Session

from econtract import alarms, bundling, cells, endings, keeping, queries, searching
from econtract.cells import BadCell
from econtract.endings import Standing
from econtract.errors import Alarm, SearchRefused
from econtract.searching import Hit, Place, Search
from econtract.template import KINDS
from portal.contracts.guards import seen_department
from portal.contracts.parts import letters
from portal.pages import render
from portal.security import Identity, require
from portal.service import Service
from portal.web import DbSession, get_service
from records import audit, calendar, new_id

router = APIRouter()

Reader = Annotated[Identity, Depends(require("contract.list"))]
T = TypeVar("T")

#: Names of the conditions in an address.
CONDITIONS = (
    "day_from", "day_to", "amount_from", "amount_to", "partner", "text", "kind", "copy",
    "standing",
)  # fmt: skip
LONGEST = 100
#: Of what became final: whether its term is near its end or over, or it was cancelled.
SEARCHED = (Standing.EXPIRING, Standing.ENDED, Standing.CANCELLED)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: the search, or per field what is wrong with it."""

    values: Mapping[str, str]
    search: Search | None
    wrong: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def query(self) -> str:
        return urlencode({name: value for name, value in self.values.items() if value})

    def problem(self, name: str) -> str | None:
        """What is wrong with a field, in Japanese."""
        return self.wrong[name][0] if name in self.wrong else None

    @property
    def errors(self) -> list[tuple[str, str]]:
        """Field and words, for the summary above the form."""
        return [(f"field-{name}", ja) for name, (ja, _) in self.wrong.items()]


@router.get("/contracts/search")
@router.get("/vendor/contracts/search")
def search_page(request: Request, session: DbSession, user: Reader, after: str = "") -> Response:
    asked = _asked(request, user)
    found = None
    if asked.search is not None:
        found = searching.find(session, asked.search, after=_place(after))
    context = {
        "asked": asked,
        "found": found,
        "families": queries.families(session, [(h.contract_id, h.parent_id) for h in found.hits])
        if found
        else {},
        "standing_options": [("", "すべて"), *((s.value, endings.NAMES[s]) for s in SEARCHED)],
        "later": _address(asked.query, found.after) if found and found.after else None,
        "continued": bool(after),
        "kinds": KINDS,
        "kind_options": [("", "すべて"), *((kind, words[0]) for kind, words in KINDS.items())],
        "base": "/vendor/contracts" if user.kind == "vendor" else "/contracts",
        "is_vendor": user.kind == "vendor",
    }
    return render(request, "contracts/search.html", context, status=400 if asked.wrong else 200)


@router.get("/api/v1/contracts/search")
def search(request: Request, session: DbSession, user: Reader, after: str = "") -> Response:
    """The page of hits behind `after`; `next` is the `after` of the following page, or null."""
    asked = _asked(request, user)
    if asked.search is None:
        return _refused(asked)
    found = searching.find(session, asked.search, after=_place(after))
    return JSONResponse(
        {
            "count": found.count,
            "amount": int(found.amount),
            "contracts": [_json(hit) for hit in found.hits],
            "next": _packed(found.after) if found.after else None,
        }
    )


@router.get("/contracts/search.csv")
@router.get("/vendor/contracts/search.csv")
@router.get("/api/v1/contracts/search.csv")
def as_csv(request: Request, session: DbSession, user: Reader) -> Response:
    asked = _asked(request, user)
    if asked.search is None:
        return _refused(asked)
    service = get_service(request)
    hits = list(searching.every(session, asked.search))
    index = bundling.index(hits, partner=_partner(service, user))
    _note(session, service, user, asked, hits, index, "csv")
    headers = {"content-disposition": _attachment(service, "csv")}
    return Response(index, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/contracts/search.zip")
@router.get("/vendor/contracts/search.zip")
@router.get("/api/v1/contracts/search.zip")
def as_zip(request: Request, session: DbSession, user: Reader) -> Response:
    """The index and the files of all hits, written while it is sent."""
    asked = _asked(request, user)
    if asked.search is None:
        return _refused(asked)
    service = get_service(request)
    hits = list(searching.every(session, asked.search))
    index = bundling.index(hits, partner=_partner(service, user))
    at = service.clock.now()
    if user.kind == "vendor":
        for hit in hits:
            if hit.vendor_has_copy_at is None and hit.is_proven:
                keeping.note_download(
                    session, hit.contract_id, what="package", actor=user.actor, at=at
                )
    _note(session, service, user, asked, hits, index, "zip")
    headers = {"content-disposition": _attachment(service, "zip")}
    return StreamingResponse(
        _pieces(service, hits, index), media_type="application/zip", headers=headers
    )


def _pieces(service: Service, hits: Iterable[Hit], index: bytes) -> Iterator[bytes]:
    damaged: list[Alarm] = []
    yield from bundling.bundle(service.store, hits, index, alarmed=damaged.append)
    for alarm in damaged:
        with service.database.transaction() as session:
            alarms.record(session, alarm, notices=letters(service), at=service.clock.now())


def _asked(request: Request, user: Identity) -> Asked:
    given = request.query_params
    values = {name: given.get(name, "")[:LONGEST].strip() for name in CONDITIONS}
    wrong: dict[str, tuple[str, str]] = {}

    def read(name: str, reader: Callable[[str], T]) -> T | None:
        if not values[name]:
            return None
        try:
            return reader(values[name])
        except BadCell as bad:
            wrong[name] = (bad.ja + bad.mend_ja, f"{bad.en} {bad.mend_en}")
            return None

    narrowed: dict[str, Any] = {
        "day_from": read("day_from", cells.day),
        "day_to": read("day_to", cells.day),
        "amount_from": read("amount_from", cells.yen),
        "amount_to": read("amount_to", cells.yen),
        "partner": values["partner"],
        "text": values["text"],
        "kind": values["kind"] if values["kind"] in KINDS else "",
        "without_copy": values["copy"] == "missing",
        "standing": Standing(values["standing"]) if values["standing"] in SEARCHED else None,
        "today": calendar.jst_date(get_service(request).clock.now()),
        "department": None if user.kind == "vendor" else seen_department(user),
        "vendor_id": (user.vendor_id or "") if user.kind == "vendor" else None,
    }
    try:
        asked = None if wrong else Search(**narrowed)
    except SearchRefused as refused:
        asked = None
        wrong[refused.field or "day_to"] = (
            refused.message_ja + refused.remedy_ja,
            f"{refused.message_en} {refused.remedy_en}",
        )
    return Asked(values, asked, wrong)


def _refused(asked: Asked) -> Response:
    problems = [
        {"field": name, "message": {"ja": ja, "en": en}} for name, (ja, en) in asked.wrong.items()
    ]
    return JSONResponse({"code": "econtract.search_refused", "problems": problems}, status_code=400)


def _note(
    session: Session,
    service: Service,
    user: Identity,
    asked: Asked,
    hits: list[Hit],
    index: bytes,
    form: str,
) -> None:
    """Who took out how much, found by what; the index's hash says which contracts."""
    details = {
        "form": form,
        "conditions": {name: value for name, value in asked.values.items() if value},
        "contracts": len(hits),
        "index_sha256": hashlib.sha256(index).hexdigest(),
    }
    audit.append(
        session, user.actor, "contract.exported", f"export:{new_id()}", details, service.clock.now()
    )


def _partner(service: Service, user: Identity) -> str | None:
    return service.settings.city.name if user.kind == "vendor" else None


def _attachment(service: Service, ending: str) -> str:
    day = calendar.jst_date(service.clock.now()).isoformat()
    return f'attachment; filename="contracts-{day}.{ending}"'


def _json(hit: Hit) -> dict[str, Any]:
    return {
        "id": hit.contract_id,
        "number": hit.number,
        "title": hit.title,
        "kind": hit.kind,
        "department": hit.department,
        "vendor": hit.vendor_name,
        "amount": int(hit.amount),
        "transaction_day": hit.day.isoformat(),
        "concluded_at": hit.concluded_at.isoformat(),
        "is_proven": hit.is_proven,
        "period_from": hit.period_from.isoformat(),
        "period_to": hit.period_to.isoformat(),
        "sha256": hit.newest_sha256 if hit.is_proven else None,
    }


def _packed(place: Place) -> str:
    return f"{place.day.isoformat()}~{place.contract_id}"


def _place(after: str) -> Place | None:
    """The place a page's link names; anything else begins at the first page."""
    day, _, contract_id = after.partition("~")
    try:
        return Place(date.fromisoformat(day), contract_id[:36]) if contract_id else None
    except ValueError:
        return None


def _address(query: str, place: Place) -> str:
    return f"?{query}{'&' if query else ''}{urlencode({'after': _packed(place)})}"
