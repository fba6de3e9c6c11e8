"""Payment orders in the layout of the city's own accounting system (財務会計システム).

No national layout exists (see `payment_order`), so the canonical 45 columns are mapped: which
columns, in which order, fixed values, formats, widths, encoding; as CSV or as records of fixed
bytes, with further records for the budget split and the deductions of an order.

Nothing is ever cut: a value that does not fit its width is an error that names order and column,
and so is a character that the encoding lacks. A full-width character counts as the bytes it takes
in the encoding (two in Shift_JIS).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from einvoice.exporting.errors import LayoutError
from einvoice.exporting.handed import HandedOrder
from einvoice.payment_order import BUDGET_COLUMNS, COLUMNS, DEDUCTION_COLUMNS
from records import calendar

MAX_FIELDS, MAX_RECORDS, MAX_WIDTH = 100, 3, 4_000

Form = Literal["csv", "fixed"]
Encoding = Literal["cp932", "utf-8", "utf-8-sig"]
When = Literal["order", "budget", "deduction"]
SOURCES: Mapping[str, tuple[str, ...]] = {
    "order": COLUMNS,
    "budget": BUDGET_COLUMNS,
    "deduction": DEDUCTION_COLUMNS,
}
FORMATS: Mapping[str, str] = {
    "": "そのまま",
    "digits": "数字だけ",
    "yyyymmdd": "日付 20261120",
    "yyyy/mm/dd": "日付 2026/11/20",
    "era_date": "日付（和暦） 081120",
    "era_year": "年度（和暦） 08",
    "yen_comma": "金額 1,234,567",
    "fullwidth": "全角にする",
}
PADS: Mapping[str, str] = {
    "": "詰めない",
    "left0": "左に0",
    "leftspace": "左に空白",
    "rightspace": "右に空白",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column: its heading, where its value comes from, and how it is written."""

    name: str
    source: str = ""
    """Column names joined by "+"; empty with `const`."""
    const: str = ""
    form: str = ""
    width: int = 0
    """Bytes; 0 is free (CSV only)."""
    pad: str = ""
    values: tuple[tuple[str, str], ...] = ()
    """Own code → the city's code; a value that is not listed is an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One kind of record: once an order, or once for each budget share or deduction of it."""

    when: When
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLayout:
    """A file layout. Checked when made: what contradicts itself cannot be saved."""

    form: Form = "csv"
    encoding: Encoding = "cp932"
    header: bool = True
    newline: bool = True
    """CR+LF after each record; CSV always has it."""
    record_bytes: int = 0
    """Fixed form: every record has this many bytes, filled with spaces; 0 is not checked."""
    records: tuple[Record, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.records) <= MAX_RECORDS:
            raise _error("records", "列を一つ以上入れてください", "at least one column")
        for record in self.records:
            if not 1 <= len(record.fields) <= MAX_FIELDS:
                raise _error(
                    "fields", f"列は1～{MAX_FIELDS}にしてください", f"1 to {MAX_FIELDS} columns"
                )
            for item in record.fields:
                self._check(record, item)
            width = sum(item.width for item in record.fields)
            if self.form == "fixed" and self.record_bytes and width > self.record_bytes:
                raise _error(
                    "record_bytes",
                    f"列の幅の合計 {width} がレコード長 {self.record_bytes} を超えます",
                    f"the widths sum to {width}, above {self.record_bytes}",
                )
        if self.form == "csv" and self.header and len(self.records) > 1:
            raise _error(
                "header", "見出しは1種類のレコードのときだけ付けられます", "one header only"
            )

    def _check(self, record: Record, item: Field) -> None:
        place = item.name or "（名前のない列）"
        if not item.name.strip() or len(item.name) > 60:
            raise _error(place, "列の名前を60文字以内で入れてください", "a column needs a name")
        known = {*SOURCES[record.when], *COLUMNS}
        unknown = [part for part in item.source.split("+") if item.source and part not in known]
        if unknown:
            raise _error(place, f"元の項目 {unknown[0]} はありません", f"no source {unknown[0]}")
        if bool(item.source) == bool(item.const) and not (item.width and not item.source):
            raise _error(
                place, "元の項目か固定値のどちらか一つを入れてください", "a source or a fixed value"
            )
        if item.form not in FORMATS or item.pad not in PADS:
            raise _error(place, "書式または詰め方が分かりません", "unknown format or padding")
        if not 0 <= item.width <= MAX_WIDTH:
            raise _error(place, f"幅は0～{MAX_WIDTH}です", "the width is out of bounds")
        if self.form == "fixed" and not item.width:
            raise _error(place, "固定長では幅（バイト）が要ります", "fixed form needs a width")
        if item.pad and not item.width:
            raise _error(place, "詰めるには幅が要ります", "padding needs a width")

    def to_json(self) -> dict[str, Any]:
        """As it is kept and edited."""
        return {
            "form": self.form, "encoding": self.encoding, "header": self.header,
            "newline": self.newline, "record_bytes": self.record_bytes,
            "records": [
                {
                    "when": record.when,
                    "fields": [
                        {
                            "name": f.name, "source": f.source, "const": f.const, "form": f.form,
                            "width": f.width, "pad": f.pad, "values": dict(f.values),
                        }
                        for f in record.fields
                    ],
                }
                for record in self.records
            ],
        }  # fmt: skip


def layout_of(data: Mapping[str, Any]) -> OrderLayout:
    """The layout of its JSON. Raises `LayoutError` for whatever is not one."""
    try:
        records = tuple(
            Record(
                when=_one_of(record["when"], tuple(SOURCES), "when"),
                fields=tuple(_field(item) for item in record["fields"]),
            )
            for record in data["records"]
        )
        return OrderLayout(
            form=_one_of(data.get("form", "csv"), ("csv", "fixed"), "form"),
            encoding=_one_of(
                data.get("encoding", "cp932"), ("cp932", "utf-8", "utf-8-sig"), "encoding"
            ),
            header=bool(data.get("header", True)),
            newline=bool(data.get("newline", True)),
            record_bytes=int(data.get("record_bytes") or 0),
            records=records,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _error("layout", "設定の形が正しくありません", "this is no layout") from error


def _field(item: Mapping[str, Any]) -> Field:
    return Field(
        name=str(item["name"]),
        source=str(item.get("source") or ""),
        const=str(item.get("const") or ""),
        form=str(item.get("form") or ""),
        width=int(item.get("width") or 0),
        pad=str(item.get("pad") or ""),
        values=tuple((str(k), str(v)) for k, v in dict(item.get("values") or {}).items()),
    )


def _one_of(value: object, allowed: Sequence[str], place: str) -> Any:
    if value not in allowed:
        raise _error(place, f"{value} は選べません", f"{value} is not one of {allowed}")
    return value


CANONICAL = OrderLayout(
    encoding="utf-8",
    records=(
        Record(when="order", fields=tuple(Field(name=name, source=name) for name in COLUMNS)),
    ),
)
"""The 45 columns as they are: where a city begins to map from."""


def write(orders: Sequence[HandedOrder], layout: OrderLayout) -> bytes:
    """The file of these orders. Raises `LayoutError` naming order and column; nothing is cut."""
    rows = [
        [_written(item, {**order.values, **own}, layout) for item in record.fields]
        for order in orders
        for record in layout.records
        for own in _occasions(order, record.when)
    ]
    if layout.form == "fixed":
        end = b"\r\n" if layout.newline else b""
        return b"".join(_filled(cells, layout) + end for cells in rows)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    plain = "utf-8" if layout.encoding == "utf-8-sig" else layout.encoding
    if layout.header:
        names = [item.name for item in layout.records[0].fields]
        writer.writerow([_encoded(name, layout, name, "").decode(plain) for name in names])
    writer.writerows([cell.decode(plain) for cell in cells] for cells in rows)
    return buffer.getvalue().encode(layout.encoding)


def _occasions(order: HandedOrder, when: When) -> Sequence[Mapping[str, str]]:
    return {"order": ({},), "budget": order.budget, "deduction": order.deduction}[when]


def _written(item: Field, values: Mapping[str, str], layout: OrderLayout) -> bytes:
    order = values["order_no"]
    text = "".join(values[name] for name in item.source.split("+")) if item.source else item.const
    if item.values and item.source:
        known = dict(item.values)
        if text not in known:
            raise _error(
                item.name,
                f"支出命令 {order} の値「{text}」に対応する値がありません",
                f"order {order}: no value is given for “{text}”",
            )
        text = known[text]
    data = _encoded(_formatted(item, text, order), layout, item.name, order)
    if item.width and len(data) > item.width:
        raise _error(
            item.name,
            f"支出命令 {order} の値「{text}」が幅 {item.width} バイトに入りません",
            f"order {order}: “{text}” takes more than {item.width} bytes",
        )
    if layout.form == "fixed" or item.pad:
        if item.pad in ("left0", "leftspace"):
            return data.rjust(item.width, b"0" if item.pad == "left0" else b" ")
        return data.ljust(item.width)
    return data


def _formatted(item: Field, text: str, order: str) -> str:
    if not item.form or not text:
        return text
    try:
        return _FORMATTERS[item.form](text)
    except ValueError as error:
        raise _error(
            item.name,
            f"支出命令 {order} の値「{text}」はこの書式で書けません",
            f"order {order}: “{text}” does not fit the format",
        ) from error


def _era_date(text: str) -> str:
    day = date.fromisoformat(text)
    if day < date(2019, 5, 1):
        raise ValueError(text)
    return f"{day.year - 2018:02d}{day:%m%d}"


def _era_year(text: str) -> str:
    year = int(text) if len(text) == 4 else calendar.fiscal_year(date.fromisoformat(text))
    if year < 2019:
        raise ValueError(text)
    return f"{year - 2018:02d}"


_FORMATTERS: Mapping[str, Callable[[str], str]] = {
    "digits": lambda text: "".join(c for c in text if c in "0123456789"),
    "yyyymmdd": lambda text: f"{date.fromisoformat(text):%Y%m%d}",
    "yyyy/mm/dd": lambda text: f"{date.fromisoformat(text):%Y/%m/%d}",
    "era_date": _era_date,
    "era_year": _era_year,
    "yen_comma": lambda text: f"{int(text):,}",
    "fullwidth": lambda text: "".join(
        "　" if c == " " else chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text
    ),
}


def _encoded(text: str, layout: OrderLayout, place: str, order: str) -> bytes:
    if layout.form == "fixed" and any(c in text for c in "\r\n"):
        raise _error(place, "改行は書けません", "a line break cannot be written")
    try:
        return text.encode("utf-8" if layout.encoding == "utf-8-sig" else layout.encoding)
    except UnicodeEncodeError as error:
        lost = error.object[error.start : error.end]
        raise _error(
            place,
            f"{order}の文字「{lost}」は Shift_JIS で書けません",
            f"order {order}: “{lost}” is not in Shift_JIS",
        ) from error


def _filled(cells: Sequence[bytes], layout: OrderLayout) -> bytes:
    whole = b"".join(cells)
    return whole.ljust(layout.record_bytes) if layout.record_bytes else whole


def _error(place: str, ja: str, en: str) -> LayoutError:
    return LayoutError(field="layout", place=place, reason_ja=ja, reason_en=en)
