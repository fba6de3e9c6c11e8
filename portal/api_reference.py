"""The description of /api/v1 for programs (OpenAPI 3.1), from the routes themselves."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

router = APIRouter()

ABOUT = """\
電子契約・電子請求の API です。どの操作も、鍵の持ち主が画面でできることだけができます。
The API of electronic contracts and invoices. A key can do what its holder can do on screen.

- 鍵 / key: `Authorization: Bearer warifu_…`（「自分の設定」で作成・取消し、用途を絞れます /
  made, narrowed and revoked under one's own settings）
- 二重送信 / sending twice: the same invoice is one invoice and has one receipt;
  `Idempotency-Key` repeats the whole answer for a week (409 for another body).
- 回数 / rate: 429 with the minutes to wait.
- 誤り / errors: `code`, `message.ja`, `message.en`, `remedy`, `field`.
"""


@router.get("/api/v1/openapi.json")
def openapi(request: Request) -> JSONResponse:
    """This description."""
    return JSONResponse(_document(request.app))


@lru_cache(maxsize=4)
def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title="warifu",
        version="1",
        openapi_version="3.1.0",
        description=ABOUT,
        routes=app.routes,
    )
    # Pages for people are no part of it, nor the shapes of their forms.
    document["paths"] = {
        path: told for path, told in document["paths"].items() if path.startswith("/api/v1/")
    }
    schemas = document.get("components", {}).get("schemas", {})
    for name in [name for name in schemas if name.startswith("Body_")]:
        del schemas[name]
    document.setdefault("components", {})["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer"}
    }
    document["security"] = [{"key": []}]
    return document
