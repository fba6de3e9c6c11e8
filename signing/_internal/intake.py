"""The first look at bytes that claim to be a PDF: refused early, with the reason."""

from __future__ import annotations

from ..errors import EmptyPdf, NotAPdf, PdfTooLarge

MAX_PDF = 64 * 1024 * 1024  # contracts are 50–500 kB; attachments of a works contract reach 20 MB
HEADER_WINDOW = 1024  # ISO 32000-1 annex H.3: readers accept the header within the first 1024 bytes


def check_bytes(pdf: bytes, limit: int = MAX_PDF) -> None:
    """Raise EmptyPdf, PdfTooLarge or NotAPdf."""
    if not pdf:
        raise EmptyPdf
    if len(pdf) > limit:
        raise PdfTooLarge(size=len(pdf), limit=limit)
    if b"%PDF-" not in pdf[:HEADER_WINDOW]:
        raise NotAPdf
