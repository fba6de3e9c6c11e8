"""A PDF attached to the data: is it an invoice itself, and does it say what the data says?

Its text is looked for the data's number, issue date and payable amount in the spellings in which
people write them. A PDF that does not call itself an invoice (納品書, 仕様書), or has no text (a
scan), is not compared. Read once, by the examination; hostile files are bounded in size and pages,
and one that cannot be read is not compared either: it is kept, not trusted.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Final

from einvoice.invoice import Invoice

MAX_PAGES: Final = 20
MAX_CHARACTERS: Final = 200_000
_TITLE = re.compile(r"請求書|INVOICE")


def compare_attached(invoice: Invoice) -> list[tuple[str, list[str]]]:
    """Name of each attached invoice with the fields in which it differs from the data."""
    found = []
    for document in invoice.supporting_documents:
        attached = document.attachment
        if attached is None or attached.mime_type != "application/pdf":
            continue
        differs = differing(text_of(attached.content), invoice)
        if differs is not None:
            found.append(((attached.filename or document.reference)[:200], differs))
    return found


def differing(text: str, invoice: Invoice) -> list[str] | None:
    """Of 請求書番号, 請求日, 請求額 those that the text does not show; None for no invoice."""
    folded = unicodedata.normalize("NFKC", text).upper()
    if not _TITLE.search(folded.replace(" ", "").replace("\n", "")):
        return None
    # People space characters out, and extraction runs columns together: either reading will do.
    dense, spaced = re.sub(r"\s+", "", folded), re.sub(r"\s+", " ", folded)
    readings = (dense, spaced)
    number = re.sub(r"\s+", "", unicodedata.normalize("NFKC", invoice.number).upper())
    wrong = []
    if number not in dense:
        wrong.append("請求書番号")
    if invoice.issue_date is not None and not any(
        _shows_day(text, invoice.issue_date) for text in readings
    ):
        wrong.append("請求日")
    payable = invoice.totals.payable
    if payable is not None and not any(_shows_amount(text, payable) for text in readings):
        wrong.append("請求額")
    return wrong


def text_of(pdf: bytes) -> str:
    """The text of the first pages; empty for a PDF that cannot be read."""
    import pypdfium2 as pdfium  # heavy: loaded where a PDF is really looked at

    try:
        document = pdfium.PdfDocument(pdf)
    except pdfium.PdfiumError:
        return ""
    parts: list[str] = []
    length = 0
    try:
        for index in range(min(len(document), MAX_PAGES)):
            piece = document[index].get_textpage().get_text_bounded()
            parts.append(piece)
            length += len(piece)
            if length > MAX_CHARACTERS:
                break
    except pdfium.PdfiumError:
        return ""
    finally:
        document.close()
    return "\n".join(parts)[:MAX_CHARACTERS]


def _shows_day(text: str, day: date) -> bool:
    reiwa = day.year - 2018
    year = "元" if reiwa == 1 else str(reiwa)
    separators = r"[./\-年]", r"[./\-月]"
    patterns = (
        rf"{day.year}{separators[0]}0?{day.month}{separators[1]}0?{day.day}(?!\d)",
        rf"(?:令和|R){year}{separators[0]}0?{day.month}{separators[1]}0?{day.day}(?!\d)",
        rf"{day:%Y%m%d}",
    )
    return any(re.search(pattern, text) for pattern in patterns)


def _shows_amount(text: str, amount: Decimal) -> bool:
    plain, grouped = f"{amount:f}", f"{amount:,f}"
    shown = "|".join(re.escape(form) for form in {plain, grouped})
    return re.search(rf"(?<![\d,.])(?:{shown})(?![\d,]|\.\d)", text) is not None
