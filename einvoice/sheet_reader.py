"""The rows of one invoice in a sheet: their cells as values, and notes on what cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from einvoice.errors import RegistrationNumberError, SheetError
from einvoice.sheet_cells import Cell, CellError, plain
from einvoice.sheet_columns import Column, columns

Value = TypeVar("Value")


@dataclass
class SheetReader:
    """Reads the cells of the rows of one invoice and notes what cannot be read."""

    where: dict[str, int]
    problems: list[SheetError]
    rows: list[tuple[int, list[Cell]]] = field(default_factory=list)

    def note(self, row: int, column: Column | None, ja: str, en: str) -> None:
        heading = "" if column is None else column.heading
        self.problems.append(
            SheetError(
                field=None if column is None else column.key,
                place_ja=f"{row}行目「{heading}」" if heading else f"{row}行目",
                place_en=f"row {row}, column “{heading}”" if heading else f"row {row}",
                reason_ja=f"{ja}。",
                reason_en=f"{en}.",
                fix_ja=column.help_ja if column and column.help_ja else "入力を直してください。",
                fix_en="Correct the cell.",
            )
        )

    def cell(self, row: list[Cell], key: str) -> Cell:
        index = self.where.get(key)
        value = row[index] if index is not None and index < len(row) else None
        return None if value is None or plain(value) == "" else value

    def line(self, at: int, key: str, read: Callable[[Cell], Value]) -> Value | None:
        """A value of one row; None if the cell is empty or cannot be read."""
        number, row = self.rows[at]
        return self._read(number, self.cell(row, key), key, read)

    def document(self, key: str, read: Callable[[Cell], Value]) -> Value | None:
        """A value of the document: in its first row, the same or empty in the others."""
        column = column_of(key)
        number, first = self.rows[0]
        value = self.cell(first, key)
        for other, row in self.rows[1:]:
            repeated = self.cell(row, key)
            if repeated is not None and plain(repeated) != plain(value):
                self.note(
                    other,
                    column,
                    f"「{plain(repeated)[:40]}」が、この請求書の最初の行（{number}行目）と違います",
                    f"“{plain(repeated)[:40]}” differs from the invoice's first row ({number})",
                )
        if value is None and column.required:
            self.note(number, column, "空欄です", "it is empty")
        return self._read(number, value, key, read)

    def _read(
        self, number: int, value: Cell, key: str, read: Callable[[Cell], Value]
    ) -> Value | None:
        if value is None:
            return None
        try:
            return read(value)
        except CellError as error:
            self.note(number, column_of(key), error.ja, error.en)
        except RegistrationNumberError as error:
            self.note(
                number,
                column_of(key),
                error.message_ja.rstrip("。"),
                error.message_en.rstrip("."),
            )
        return None


def column_of(key: str) -> Column:
    return next(column for column in columns() if column.key == key)
