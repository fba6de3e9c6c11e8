"""The heading row of an award file: which column is what.

Known names (econtract/award_columns.py), what was chosen for the file's source before, and for the
rest a question with the file's own headings, asked once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from econtract import cells
from econtract.award_columns import COLUMNS, FROM_REGISTER
from econtract.errors import AwardFileUnreadable

#: Exports put at most a few lines (title, printed on, filter) above the headings.
HEADING_WITHIN = 10
MAX_COLUMNS = 80

Lines = Sequence[tuple[int, list[str]]]


class ColumnsUnknown(AwardFileUnreadable):
    """The file is a table, but some columns are not matched with what is needed yet.

    `headings` are the file's own; `guessed` is place -> column name, as far as it is known."""

    code = "econtract.columns_unknown"

    def __init__(
        self, headings: tuple[str, ...], guessed: dict[int, str], missing: tuple[str, ...]
    ) -> None:
        self.headings, self.guessed, self.missing = headings, guessed, missing
        listed = "、".join(missing)
        super().__init__(
            field="file",
            why_ja=f"見出しの行に次の列がありません: {listed}。",
            why_en=f"The heading row lacks: {', '.join(missing)}.",
            how_ja="どの列が何に当たるかを一度だけ選ぶと、次からは自動で読みます。"
            "その列がないときは、書き出し項目に加えてください。",
            how_en="Match the columns once; the next file of this source is read without asking. "
            "Where a column is not there, add it to the export.",
        )


def same(heading: str) -> str:
    """Headings compare without width, spaces and brackets' shape."""
    return re.sub(r"[\s()（）・※*:：]", "", cells.plain(heading)).casefold()


def find(
    lines: Lines, chosen: Mapping[str, str], *, has_register: bool
) -> tuple[int, dict[str, int]]:
    """(index of the heading row, column name -> place). The best of the first rows is taken.

    `chosen` (heading as `same` gives it -> column name) goes before the known names. With a
    register of vendors at hand, what it knows is not asked of the file. Raises ColumnsUnknown."""
    wanted = {same(h): column.name for column in COLUMNS for h in column.headings} | dict(chosen)
    best: tuple[int, dict[str, int]] = (0, {})
    filled = -1
    for index, (_, record) in enumerate(lines[:HEADING_WITHIN]):
        found: dict[str, int] = {}
        for place, cell in enumerate(record[:MAX_COLUMNS]):
            name = wanted.get(same(cell))
            if name is not None and name not in found:
                found[name] = place
        cells_filled = sum(bool(cell.strip()) for cell in record)
        if (len(found), cells_filled) > (len(best[1]), filled):
            best, filled = (index, found), cells_filled
    optional = FROM_REGISTER if has_register else frozenset()
    missing = [
        c.headings[0]
        for c in COLUMNS
        if c.required and c.name not in best[1] and c.name not in optional
    ]
    if not {"net", "amount"} & set(best[1]):
        missing.append("契約金額（税込）")
    if missing:
        row = lines[best[0]][1] if lines else []
        headings = tuple(cell.strip()[:100] for cell in row[:MAX_COLUMNS])
        raise ColumnsUnknown(
            headings, {place: name for name, place in best[1].items()}, tuple(missing)
        )
    return best
