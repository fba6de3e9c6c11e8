"""The file that proves an authority: taken in with a limit, kept by its hash, given back."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Response

from portal.errors import BadRequest
from records import Store

LARGEST = 10 * 1024 * 1024
#: First bytes → what the file is. Only what a browser shows without running anything.
KINDS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)


def keep(store: Store, data: bytes) -> str | None:
    """The SHA-256 under which the file is kept, or None when none was given.

    :raises BadRequest: too large, or neither PDF, PNG nor JPEG."""
    if not data:
        return None
    if len(data) > LARGEST:
        raise BadRequest(
            field="evidence",
            detail_ja="証拠の書類は10MBまでです。",
            detail_en="The evidence may have at most 10 MB.",
        )
    if _kind(data) is None:
        raise BadRequest(
            field="evidence",
            detail_ja="証拠の書類はPDF・PNG・JPEGのどれかにしてください。",
            detail_en="The evidence must be PDF, PNG or JPEG.",
        )
    return store.put(data).sha256


def give_back(store: Store, sha256: str, name: str) -> Response:
    """The kept file as a download; its bytes are hashed again on reading."""
    data = store.read(sha256)
    return Response(
        data,
        media_type=_kind(data) or "application/octet-stream",
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name or 'evidence')}"
        },
    )


def _kind(data: bytes) -> str | None:
    return next((kind for start, kind in KINDS if data.startswith(start)), None)
