"""Contracts set in type: pages a second first and warm, against other renderers on the same text.

Ours does more than the peers: PDF/A-3b with tags and attached data, fonts checked glyph by glyph,
signature boxes, then page images. `set only` is the typesetting alone, comparable with the peers;
`on screen` is what a drafter waits for: set, and every page as an image (signature fields not yet).
Peers: typst (compiled, fastest we found), fpdf2 (plain Python, no line breaking rules, no PDF/A),
WeasyPrint with a plain sheet and no PDF/A. Those not installed are named and left out.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime

import pypdfium2

from econtract import glyphs, layout, rendering, template, template_editing
from econtract.party_rows import CITY_ROLE, VENDOR_ROLE
from econtract.signature_page import CITY_SLOT, PartyLine, vendor_slot

CREATED = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ROUNDS = 3
BATCH = 6
PARTIES = [
    PartyLine(vendor_slot(0), VENDOR_ROLE, "株式会社髙﨑建設", "静岡県遠州市", "社長", "髙橋"),
    PartyLine(CITY_SLOT, CITY_ROLE, "遠州市", "静岡県遠州市中央町", "市長", "遠州"),
]


def merged(kind: str) -> template.Merged:
    chosen = template.current(kind, date(2026, 11, 24))
    return template.merge(chosen, template_editing.sample_values(chosen))


def ours(kind: str = "services", images: bool = False) -> int:
    """Pages of the whole contract, as the worker makes it."""
    html = layout.contract_html(
        merged(kind), number="2026-00001", parties=PARTIES, created=CREATED.isoformat()
    )
    made = rendering.render(html, data={}, data_description="x", created=CREATED, parties=PARTIES)
    if images:
        from econtract.making_job import IMAGE_SCALE, sixteen_greys

        opened = pypdfium2.PdfDocument(made.pdf)
        for page in opened:
            sixteen_greys(page.render(scale=IMAGE_SCALE, grayscale=True).to_pil())
        opened.close()
    return made.pages


def lines(kind: str) -> list[str]:
    """The same words as plain paragraphs, for the peers."""
    found = merged(kind)
    out = [found.title, *found.preamble, *(f"{label}　{value}" for label, value in found.items)]
    for clause in found.clauses:
        out.append(f"第{clause.number}条（{clause.heading}）")
        for paragraph in clause.paragraphs:
            out += [paragraph.text, *paragraph.items]
    return [line.replace("\n", " ") for line in (*out, *found.closing)]


def font_file(font: tuple[str, str, str]) -> str:
    return str(
        next(path for folder in glyphs.FOLDERS if folder.is_dir() for path in folder.rglob(font[1]))
    )


def by_typst(kind: str = "services") -> int:
    import typst  # type: ignore[import-not-found]

    body = "\n\n".join(line.replace("#", "\\#").replace("_", "\\_") for line in lines(kind))
    source = f'#set page("a4", margin: 25mm)\n#set text(font: "BIZ UDMincho", size: 10pt)\n{body}'
    pdf = typst.compile(source.encode(), font_paths=[os.path.dirname(font_file(glyphs.BODY))])
    return len(pypdfium2.PdfDocument(pdf))


def by_fpdf(kind: str = "services") -> int:
    import fpdf  # type: ignore[import-not-found]

    document = fpdf.FPDF(format="A4")
    document.set_margins(20, 25)
    document.add_font("mincho", "", font_file(glyphs.BODY))
    document.set_font("mincho", size=10)
    document.add_page()
    for line in lines(kind):
        document.multi_cell(0, 6, line, new_x="LMARGIN", new_y="NEXT")
    document.output()
    return int(document.pages_count)


def by_plain_weasyprint(kind: str = "services") -> int:
    from weasyprint import HTML  # type: ignore[import-untyped]

    body = "".join(f"<p>{line}</p>" for line in lines(kind))
    sheet = "<style>@page{size:A4;margin:25mm} body{font:10pt 'BIZ UDMincho'}</style>"
    return len(HTML(string=f"<!DOCTYPE html>{sheet}{body}").render().pages)


def measure(name: str, make: Callable[[], int]) -> None:
    try:
        start = time.perf_counter()
        pages = make()
        first = time.perf_counter() - start
    except ImportError as error:
        print(f"{name:24} not installed ({error.name})")
        return
    times = []
    for _ in range(ROUNDS):
        start, worked = time.perf_counter(), time.process_time()
        make()
        times.append((time.perf_counter() - start, time.process_time() - worked))
    warm, busy = min(times)
    print(
        f"{name:24} {pages} pages  first {first:6.2f} s ({pages / first:6.1f} pages/s)"
        f"  warm {warm:6.2f} s ({pages / warm:7.1f} pages/s; {busy:5.2f} s of one core)"
    )


def main() -> None:
    measure("ours, set only", ours)
    measure("ours, on screen", lambda: ours(images=True))
    measure("weasyprint plain", by_plain_weasyprint)
    measure("typst", by_typst)
    measure("fpdf2", by_fpdf)
    cores = os.cpu_count() or 1
    for workers in sorted({1, cores}):
        with ProcessPoolExecutor(workers) as pool:
            list(pool.map(ours, ["services"] * workers))  # warm
            start = time.perf_counter()
            pages = sum(pool.map(ours, ["services"] * BATCH))
            spent = time.perf_counter() - start
        print(
            f"batch of {BATCH}, {workers} of {cores} cores: {spent:6.2f} s"
            f"  {pages / spent:6.1f} pages/s  {BATCH / spent:5.2f} contracts/s"
        )


if __name__ == "__main__":
    main()
