"""The columns of the invoice sheet: one table for reading, templates and explanations.

One row is one line of an invoice; rows with one 請求書番号 make one invoice. Columns of the
document are filled in its first row and may be left empty, or repeated, in the others. The table
itself is `data/sheet_columns.toml`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal

Level = Literal["document", "line"]
_LEVELS: tuple[Level, ...] = ("document", "line")


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, the value it fills, whether it must be filled, an example and what to write."""

    heading: str
    key: str
    level: Level
    required: bool
    example: str
    help_ja: str


@lru_cache(maxsize=1)
def columns() -> tuple[Column, ...]:
    """Every column, in the order of the template."""
    path = resources.files("einvoice").joinpath("data/sheet_columns.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Column(heading, key, level, required == "required", example, help_ja)
        for level in _LEVELS
        for key, (heading, required, example, help_ja) in table[level].items()
    )
