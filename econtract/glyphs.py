"""Which font shows which character; a character without a glyph stops the document by name.

Names need variants (髙 U+9AD9, 﨑 U+FA11, 𠮷 U+20BB7, ideographic variation sequences). BIZ UD
Mincho has about 11,700 characters, IPAmj Mincho the characters of 文字情報基盤. Text is set in BIZ
UD and only what BIZ UD lacks goes to IPAmj; what neither has would be printed as a box, so it is
refused before anything is decided or signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from fontTools.ttLib import TTFont

from econtract.errors import FontMissing, GlyphMissing

FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
    Path.home() / ".fonts",
)

#: family in the style sheet, file name, Debian package that brings it
BODY = ("BIZ UDMincho", "BIZUDMincho-Regular.ttf", "fonts-morisawa-bizud-mincho")
HEADING = ("BIZ UDPGothic", "BIZUDPGothic-Bold.ttf", "fonts-morisawa-bizud-gothic")
VARIANTS = ("IPAmjMincho", "ipamjm.ttf", "fonts-ipamj-mincho")

_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one font can show: characters, and variation sequences (base, selector)."""

    characters: frozenset[int]
    sequences: frozenset[tuple[int, int]]


@cache
def coverage(font: tuple[str, str, str]) -> Coverage:
    """Read the font's character maps once. Raises FontMissing with the package to install."""
    family, file, package = font
    found = next((p for folder in FOLDERS if folder.is_dir() for p in folder.rglob(file)), None)
    if found is None:
        raise FontMissing(font=family, package=package)
    with TTFont(found, lazy=True) as opened:
        sequences: set[tuple[int, int]] = set()
        for table in opened["cmap"].tables:
            if table.format == 14:
                for selector, pairs in table.uvsDict.items():
                    sequences.update((base, selector) for base, _ in pairs)
        return Coverage(frozenset(opened.getBestCmap()), frozenset(sequences))


def is_selector(character: str) -> bool:
    return any(ord(character) in block for block in _SELECTORS)


def clusters(text: str) -> list[str]:
    """`text` cut into characters, a variation selector staying with its base."""
    out: list[str] = []
    for character in text:
        if out and is_selector(character):
            out[-1] += character
        else:
            out.append(character)
    return out


def markup(text: str, *, place: str, body: tuple[str, str, str] = BODY) -> str:
    """`text` as HTML: escaped, line breaks kept, characters of IPAmj in `<span class="mj">`.

    Raises GlyphMissing naming character, code point and `place` when no font has the glyph."""
    main, variants = coverage(body), coverage(VARIANTS)
    parts: list[str] = []
    for cluster in clusters(text):
        if cluster == "\n":
            parts.append("<br>")
        elif _has(main, cluster):
            parts.append(escape(cluster))
        elif _has(variants, cluster):
            parts.append(f'<span class="mj">{escape(cluster)}</span>')
        else:
            named = " ".join(f"U+{ord(c):04X}" for c in cluster)
            raise GlyphMissing(character=cluster, codepoint=named, place=place, field=place)
    return "".join(parts).replace('</span><span class="mj">', "")


def check(text: str, *, place: str) -> None:
    """Raise GlyphMissing as `markup` would, without making HTML."""
    markup(text, place=place)


def _has(font: Coverage, cluster: str) -> bool:
    if len(cluster) == 1:
        return ord(cluster) in font.characters
    return len(cluster) == 2 and (ord(cluster[0]), ord(cluster[1])) in font.sequences
