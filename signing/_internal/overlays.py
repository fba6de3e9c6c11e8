"""Does a signature field that came later lie over content that was signed before?

A field added after a signature may carry any appearance, a white rectangle or other words among
them (the "sneaky signature" attack, Rohlmann et al. 2021), and the revision comparison calls that
form filling. So the place of each such field is rendered as the earlier signer saw it: if anything
was there, a person has to look. Fields that existed when the earlier party signed are not looked
at: that party saw where they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise

import pikepdf
import pypdfium2
from pyhanko.pdf_utils.reader import PdfFileReader

from .found import Found
from .revision import signature_fields

Rectangle = tuple[float, float, float, float]
MAX_FIELDS = 16
SCALE = 1.0  # 72 dpi: text of any readable size leaves marks


def covered_pages(pdf: bytes, reader: PdfFileReader, items: list[Found]) -> list[int]:
    """Pages (from 1) on which a later field lies over earlier content."""
    pages: list[int] = []
    for earlier, later in _later_fields(reader, items):
        for index, rectangle in _places(pdf, later.field_name):
            if not _is_blank(pdf[: earlier.end], index, rectangle):
                pages.append(index + 1)
    return sorted(set(pages))


def _later_fields(reader: PdfFileReader, items: list[Found]) -> Iterator[tuple[Found, Found]]:
    """(the signature before, a signature in a field that did not exist then)"""
    sound = [item for item in items if item.fault is None and item.revision >= 0]
    for earlier, later in list(pairwise(sound))[:MAX_FIELDS]:
        known = signature_fields(reader.get_historical_resolver(earlier.revision))
        if later.field_name not in known:
            yield earlier, later


def _places(pdf: bytes, field_name: str) -> Iterator[tuple[int, Rectangle]]:
    """Where the field's widgets with an area are."""
    with pikepdf.open(BytesIO(pdf)) as document:
        for index, page in enumerate(document.pages):
            for widget in page.get("/Annots", pikepdf.Array()):
                if isinstance(widget, pikepdf.Dictionary) and _is_of(widget, field_name):
                    x1, y1, x2, y2 = (float(v) for v in widget.Rect)
                    if x1 != x2 and y1 != y2:
                        yield index, (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def _is_of(widget: pikepdf.Dictionary, field_name: str) -> bool:
    names: list[str] = []
    current: object = widget
    for _ in range(16):
        if not isinstance(current, pikepdf.Dictionary):
            break
        if "/T" in current:
            names.insert(0, str(current.T))
        current = current.get("/Parent")
    return ".".join(names) == field_name


def _is_blank(pdf: bytes, index: int, rectangle: Rectangle) -> bool:
    """Whether the rectangle of the page shows one colour only."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        if index >= len(document):
            return True  # the page itself is newer: the comparison of revisions refuses that
        document.init_forms()
        page = document[index]
        page.set_rotation(0)
        left, bottom, right, top = page.get_mediabox()
        x1, y1 = max(left, rectangle[0]), max(bottom, rectangle[1])
        x2, y2 = min(right, rectangle[2]), min(top, rectangle[3])
        if x2 - x1 < 1 or y2 - y1 < 1:
            return True  # off the page, or too thin to cover a letter
        crop = (x1 - left, y1 - bottom, right - x2, top - y2)
        bitmap = page.render(scale=SCALE, crop=crop, may_draw_forms=True)
        data, stride = bytes(bitmap.buffer), bitmap.stride
        size = bitmap.width * bitmap.n_channels
        row = data[: bitmap.n_channels] * bitmap.width
        return all(data[y * stride : y * stride + size] == row for y in range(bitmap.height))
    finally:
        document.close()
