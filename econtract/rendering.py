"""HTML to PDF/A-3b: fonts embedded as subsets, the contract's data attached, nothing fetched.

WeasyPrint 70 in the worker only (never import this from the web process). The same input gives
the same bytes: identifier and dates come from the input. Nothing outside this package is read:
`BundledOnly` refuses every address (file:, http:, data: …), so text in a contract cannot make the
typesetter open a file of the server or call into the city's network.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

import pikepdf
from weasyprint import CSS, HTML, Attachment  # type: ignore[import-untyped]
from weasyprint.text.fonts import FontConfiguration  # type: ignore[import-untyped]
from weasyprint.urls import FatalURLFetchingError, URLFetcher  # type: ignore[import-untyped]

from econtract import glyphs
from econtract import signature_page as sp
from econtract.errors import RenderingFailed
from econtract.signature_page import PartyLine, SlotPlan

MAX_PAGES = 400
MAX_DEPTH = 60
"""Elements within elements. Our templates need 12; WeasyPrint recurses and gives up near 300, and
needs minutes to find that out for a hundred thousand."""
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^>]*?(/?)>")
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
DATA_NAME = "contract.json"

#: What may be embedded: our three families and nothing fontconfig might choose in their place.
ALLOWED_FONTS = ("BIZ", "IPAmj")


@dataclass(frozen=True, slots=True)
class RenderedPdf:
    pdf: bytes
    pages: int
    slots: tuple[SlotPlan, ...]


class BundledOnly(URLFetcher):  # type: ignore[misc]
    """Denies every address. Style sheets come as text, so nothing has to be fetched."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
        raise FatalURLFetchingError(f"refused: {url[:200]}")


@cache
def _fonts() -> Any:
    return FontConfiguration()


@cache
def style_sheet(name: str) -> Any:
    """A bundled style sheet, parsed once a process."""
    text = resources.files("econtract").joinpath("assets", name).read_text("utf-8")
    return CSS(string=text, font_config=_fonts(), url_fetcher=BundledOnly())


def render(
    html: str,
    *,
    data: Mapping[str, Any],
    data_description: str,
    created: datetime,
    parties: Sequence[PartyLine] = (),
    sheet: str = "contract.css",
    data_name: str = DATA_NAME,
) -> RenderedPdf:
    """Set `html` as PDF/A-3b with `data` attached as JSON (AFRelationship Data) named `data_name`.

    The fields of `parties` are planned on the pages whose sections are named `signatures-<n>`.
    Raises RenderingFailed (a refused address, too deep a nesting, a foreign font, a signature page
    out of place)."""
    for font in (glyphs.BODY, glyphs.HEADING, glyphs.VARIANTS):
        glyphs.coverage(font)
    _check_depth(html)
    attached = json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1).encode()
    digest = hashlib.sha256(html.encode() + b"\0" + attached).digest()
    attachment = Attachment(
        string=attached,
        name=data_name,
        description=data_description,
        created=created,
        modified=created,
        relationship="Data",
        url_fetcher=BundledOnly(),
    )
    try:
        document = HTML(string=html, url_fetcher=BundledOnly()).render(
            stylesheets=[style_sheet(sheet)], font_config=_fonts(), pdf_variant="pdf/a-3b",
            pdf_tags=True,
        )  # fmt: skip
        if len(document.pages) > MAX_PAGES:
            raise RenderingFailed(
                why_ja=f"{len(document.pages)}ページになりました（上限{MAX_PAGES}）。",
                why_en=f"It has {len(document.pages)} pages (limit {MAX_PAGES}).",
            )
        slots = _slots(document, parties)
        pdf: bytes = document.write_pdf(
            pdf_variant="pdf/a-3b", pdf_tags=True, attachments=[attachment],
            pdf_identifier=digest[:16],
        )  # fmt: skip
    except FatalURLFetchingError as error:
        raise RenderingFailed(
            why_ja=f"外部の参照が含まれています（{error}）。",
            why_en=f"It refers to something outside ({error}).",
        ) from error
    _check_fonts(pdf)
    return RenderedPdf(pdf, len(document.pages), slots)


def _check_depth(html: str) -> None:
    """Refuse text nested so deep that setting it would take minutes or the whole stack."""
    depth = 0
    for closing, name, alone in _TAG.findall(html):
        if alone or name.lower() in _VOID:
            continue
        depth += -1 if closing else 1
        if depth > MAX_DEPTH:
            raise RenderingFailed(
                why_ja=f"要素の入れ子が深すぎます（上限{MAX_DEPTH}）。",
                why_en=f"Elements are nested too deep (limit {MAX_DEPTH}).",
            )


def _slots(document: Any, parties: Sequence[PartyLine]) -> tuple[SlotPlan, ...]:
    """Plan the fields after checking that each signature section begins its own page."""
    if not parties:
        return ()
    needed = sp.pages_needed(len(parties))
    first = len(document.pages) - needed
    for n in range(needed):
        x, y = document.pages[first + n].anchors.get(f"signatures-{n + 1}", (-1.0, -1.0))[:2]
        pixels = 96 / 25.4  # anchors count CSS pixels
        if abs(x - sp.MARGIN_LEFT_MM * pixels) > 1 or abs(y - sp.MARGIN_TOP_MM * pixels) > 1:
            raise RenderingFailed(
                why_ja="署名欄が決められた位置にありません。",
                why_en="The signature page is not where it must be.",
            )
    return sp.plan(parties, first)


def _check_fonts(pdf: bytes) -> None:
    """Every font must be one of ours and embedded; otherwise a glyph was silently replaced."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for item in opened.objects:
            if not isinstance(item, pikepdf.Dictionary) or item.get("/Type") != "/FontDescriptor":
                continue
            name = str(item.get("/FontName", "")).lstrip("/").split("+")[-1]
            embedded = any(key in item for key in ("/FontFile", "/FontFile2", "/FontFile3"))
            if not embedded or not name.startswith(ALLOWED_FONTS):
                raise RenderingFailed(
                    why_ja=f"想定しない書体「{name}」が使われました。",
                    why_en=f"An unexpected font was used: {name}.",
                )
