"""Anyone verifies a PDF: the page and the API, both by `signing.Judge`, both keeping no file.

The verdict is the one of `warifu pdf verify`: the same function over the same trust, in a child
process that can be stopped. The upload is read into memory and forgotten with the answer.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response, UploadFile
from fastapi.responses import JSONResponse

from econtract import attaching
from portal.errors import BadRequest
from portal.pages import render
from portal.security import rate_limits
from portal.security.rate_limits import Limit
from portal.sign_in_pages import network_address
from portal.web import DbSession, get_service
from signing import Verdict

router = APIRouter()

HASH = re.compile(r"[0-9a-f]{64}")
CHECKS = Limit("verify.address", 60, 10)


@router.get("/verify")
def verification_page(request: Request, session: DbSession, sha256: str = "") -> Response:
    """The form; with a hash, whether a concluded contract names it on its list of files."""
    asked = sha256.strip().lower()
    context: dict[str, Any] = {"verdict": None, "name": "", "asked": asked[:64], "matches": []}
    if asked:
        if not HASH.fullmatch(asked):
            raise BadRequest(
                field="sha256",
                detail_ja="SHA-256は、0〜9とa〜fの64文字です。",
                detail_en="A SHA-256 has 64 hexadecimal digits.",
            )
        service = get_service(request)
        rate_limits.hit(service.database, CHECKS, network_address(request), service.clock.now())
        context["matches"] = attaching.of_concluded(session, asked)
    return render(request, "contracts/verify.html", context)


@router.post("/verify")
def verify_upload(request: Request, session: DbSession, file: UploadFile) -> Response:
    """The verdict on a signed PDF; or that the file is one a concluded contract names by hash."""
    data = file.file.read()
    if not data:
        raise BadRequest(
            field="file",
            detail_ja="PDFファイルを選んでください。",
            detail_en="Choose a PDF file.",
        )
    verdict = _judge(request, data)
    name = (file.filename or "")[:200]
    matches = attaching.of_concluded(session, verdict.sha256)
    context = {"verdict": verdict, "name": name, "asked": "", "matches": matches}
    return render(request, "contracts/verify.html", context)


@router.post("/api/v1/verify")
def verify_body(
    request: Request, data: Annotated[bytes, Body(media_type="application/pdf")]
) -> Response:
    """The PDF is the request's body; the answer is the verdict by docs/verdict.schema.json."""
    verdict: dict[str, Any] = _judge(request, data).to_json()
    return JSONResponse(verdict)


def _judge(request: Request, data: bytes) -> Verdict:
    service = get_service(request)
    rate_limits.hit(service.database, CHECKS, network_address(request), service.clock.now())
    return service.judge.verify(data, service.clock.now())
