"""What a signature looks like on the page: text inside its own field, nothing anywhere else.

Fonts are BIZ UD Mincho (universal design, open licence) and, for characters it lacks, IPAmj
Mincho, the font made for names in Japanese registers (髙, 﨑, 𠮷, ideographic variants). Each
signature embeds the few glyphs it uses, as PDF/A asks. A character that no font has stops the
signature: a box is never printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zlib import compress

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import NameObject, NumberObject, pdf_name
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from ..errors import GlyphMissing
from .truetype import OutlineFont

FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
)
FILES = ("BIZUDMincho-Regular.ttf", "ipamjm.ttf")
LARGEST, SMALLEST, LEADING, MARGIN = 10.0, 3.5, 1.35, 3.0  # points; LEADING in ems
Run = tuple[OutlineFont, list[int], str]


@dataclass(frozen=True, slots=True)
class Piece:
    """A character with its variation selectors, and where its outline is."""

    font: OutlineFont
    glyph: int
    text: str
    width: float  # in ems


@lru_cache(maxsize=1)
def fonts() -> tuple[OutlineFont, ...]:
    """The installed fonts of FILES, in that order; loaded once."""
    found = []
    for name in FILES:
        for folder in FOLDERS:
            path = next(folder.rglob(name), None) if folder.is_dir() else None
            if path is not None:
                found.append(OutlineFont(path))
                break
    return tuple(found)


def pieces(text: str) -> list[Piece]:
    """The glyphs of a line. Raises GlyphMissing for a character that no font has."""
    found: list[Piece] = []
    for cluster in clusters(text):
        for font in fonts():
            glyph = font.glyph(cluster)
            if glyph is not None:
                found.append(Piece(font, glyph, cluster, font.advance(glyph) / font.units))
                break
        else:
            raise GlyphMissing(
                character=cluster, codepoint=" ".join(f"U+{ord(c):04X}" for c in cluster)
            )
    return found


def clusters(text: str) -> list[str]:
    """Characters, each together with the variation selectors behind it."""
    found: list[str] = []
    for character in text:
        if found and (0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF):
            found[-1] += character
        else:
            found.append(character)
    return found


def layout(lines: Sequence[str], width: float, height: float) -> tuple[float, list[list[Piece]]]:
    """The largest size at which the lines, broken where needed, fit the box; and the broken lines.

    What does not fit at the smallest size is set at the smallest size and runs to the edge: the
    box was made too small, but every word is still in the file.
    """
    set_lines = [pieces(line) for line in lines if line]
    size = LARGEST
    while True:
        room = (width - 2 * MARGIN) / size
        broken = [part for line in set_lines for part in _break(line, room)]
        if len(broken) * LEADING * size <= height - 2 * MARGIN or size <= SMALLEST:
            return size, broken
        size = max(SMALLEST, size - 0.25)


def _break(line: list[Piece], room: float) -> list[list[Piece]]:
    parts: list[list[Piece]] = [[]]
    used = 0.0
    for piece in line:
        if used + piece.width > room and parts[-1]:
            parts.append([])
            used = 0.0
        parts[-1].append(piece)
        used += piece.width
    return parts


def draw(
    writer: BasePdfFileWriter, lines: Sequence[str], width: float, height: float, turn: int = 0
) -> generic.IndirectObject:
    """A form XObject of width × height points with the lines; `turn` is the page's /Rotate."""
    inner_width, inner_height = (height, width) if turn % 180 else (width, height)
    size, broken = layout(lines, inner_width, inner_height)
    used: dict[OutlineFont, dict[int, str]] = {}
    for line in broken:
        for piece in line:
            used.setdefault(piece.font, {}).setdefault(piece.glyph, piece.text)
    names = {font: f"/F{number}" for number, font in enumerate(used)}
    place = {f: {g: i for i, g in enumerate(glyphs, 1)} for f, glyphs in used.items()}
    out = [f"q {inner_width:.2f} 0 0 {inner_height:.2f} 0 0 cm 0 0 1 1 re W n Q q 0 g BT"]
    y = inner_height - MARGIN - size * 0.88
    for line in broken:
        out.append(f"1 0 0 1 {MARGIN:.2f} {y:.2f} Tm")
        for font, codes in _runs(line, place):
            out.append(f"{names[font]} {size:.2f} Tf <{codes}> Tj")
        y -= LEADING * size
    out.append("ET Q")
    resources = generic.DictionaryObject(
        {
            pdf_name("/Font"): generic.DictionaryObject(
                {pdf_name(names[f]): _embed(writer, f, glyphs) for f, glyphs in used.items()}
            )
        }
    )
    form = _stream(
        "\n".join(out).encode(),
        {
            "/Type": pdf_name("/XObject"),
            "/Subtype": pdf_name("/Form"),
            "/BBox": _numbers(0, 0, inner_width, inner_height),
            "/Matrix": _numbers(*_matrix(turn % 360, width, height)),
            "/Resources": resources,
        },
    )
    return writer.add_object(form)


def _matrix(turn: int, width: float, height: float) -> tuple[float, ...]:
    """Turns the text with the page, so that it is upright for the reader."""
    return {
        90: (0, 1, -1, 0, width, 0),
        180: (-1, 0, 0, -1, width, height),
        270: (0, -1, 1, 0, 0, height),
    }.get(turn, (1, 0, 0, 1, 0, 0))


def _runs(
    line: list[Piece], place: dict[OutlineFont, dict[int, int]]
) -> list[tuple[OutlineFont, str]]:
    runs: list[tuple[OutlineFont, str]] = []
    for piece in line:
        code = f"{place[piece.font][piece.glyph]:04X}"
        if runs and runs[-1][0] is piece.font:
            runs[-1] = (piece.font, runs[-1][1] + code)
        else:
            runs.append((piece.font, code))
    return runs


def _embed(
    writer: BasePdfFileWriter, font: OutlineFont, glyphs: dict[int, str]
) -> generic.IndirectObject:
    """A Type 0 font with the given glyphs as codes 1, 2, … (ISO 32000-1 §9.7)."""
    order = list(glyphs)
    # The tag tells subsets of one font apart (§9.6.4): six letters, the same for the same text.
    seed = sum((i + 1) * glyph for i, glyph in enumerate(order))
    tag = "".join(chr(65 + seed // 26**i % 26) for i in range(6))
    name = pdf_name(f"/{tag}+{font.name}")
    metrics = font.metrics
    program = font.subset(order)
    file = _stream(program, {"/Length1": NumberObject(len(program))})
    descriptor = _dictionary(
        {
            "/Type": pdf_name("/FontDescriptor"),
            "/FontName": name,
            "/Flags": NumberObject(4),
            "/FontBBox": _numbers(*metrics.box),
            "/ItalicAngle": NumberObject(0),
            "/Ascent": NumberObject(metrics.ascent),
            "/Descent": NumberObject(metrics.descent),
            "/CapHeight": NumberObject(metrics.cap_height),
            "/StemV": NumberObject(80),
            "/FontFile2": writer.add_object(file),
        }
    )
    widths = generic.ArrayObject(
        NumberObject(round(font.advance(g) * 1000 / font.units)) for g in order
    )
    descendant = _dictionary(
        {
            "/Type": pdf_name("/Font"),
            "/Subtype": pdf_name("/CIDFontType2"),
            "/BaseFont": name,
            "/CIDSystemInfo": _dictionary(
                {
                    "/Registry": generic.pdf_string("Adobe"),
                    "/Ordering": generic.pdf_string("Identity"),
                    "/Supplement": NumberObject(0),
                }
            ),
            "/FontDescriptor": writer.add_object(descriptor),
            "/CIDToGIDMap": pdf_name("/Identity"),
            "/DW": NumberObject(1000),
            "/W": generic.ArrayObject([NumberObject(1), widths]),
        }
    )
    return writer.add_object(
        _dictionary(
            {
                "/Type": pdf_name("/Font"),
                "/Subtype": pdf_name("/Type0"),
                "/BaseFont": name,
                "/Encoding": pdf_name("/Identity-H"),
                "/DescendantFonts": generic.ArrayObject([writer.add_object(descendant)]),
                "/ToUnicode": writer.add_object(_stream(_to_unicode(list(glyphs.values())), {})),
            }
        )
    )


def _to_unicode(texts: Sequence[str]) -> bytes:
    """The CMap by which readers copy and search the text (§9.10.3)."""
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
    ]
    for start in range(0, len(texts), 100):  # a block holds at most 100 entries
        block = texts[start : start + 100]
        lines.append(f"{len(block)} beginbfchar")
        lines += [
            f"<{start + i:04X}> <{text.encode('utf-16-be').hex().upper()}>"
            for i, text in enumerate(block, 1)
        ]
        lines.append("endbfchar")
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines).encode()


def _stream(data: bytes, entries: dict[str, generic.PdfObject]) -> generic.StreamObject:
    return generic.StreamObject(
        {pdf_name(k): v for k, v in entries.items()} | {pdf_name("/Filter"): FLATE},
        encoded_data=compress(data),
    )


FLATE: NameObject = pdf_name("/FlateDecode")


def _dictionary(entries: dict[str, generic.PdfObject]) -> generic.DictionaryObject:
    return generic.DictionaryObject({pdf_name(k): v for k, v in entries.items()})


def _numbers(*values: float) -> generic.ArrayObject:
    return generic.ArrayObject(
        NumberObject(v) if isinstance(v, int) else generic.FloatObject(round(v, 2)) for v in values
    )
