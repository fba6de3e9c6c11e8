"""The original as a download, byte for byte; never shown as a page of ours."""

from __future__ import annotations

from fastapi import Response

from einvoice.models import ReceivedInvoice
from einvoice.receiving import picture_type

_ENDINGS = {
    "application/xml": "xml",
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/tiff": "tif",
}


def original_answer(data: bytes, row: ReceivedInvoice) -> Response:
    """An XML, or the sheet or picture whose data was typed."""
    kind = (picture_type(data) if row.data_sha256 else None) or "application/xml"
    name = f"{row.receipt_no}.{_ENDINGS[kind]}"
    return Response(
        data,
        media_type=kind,
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )
