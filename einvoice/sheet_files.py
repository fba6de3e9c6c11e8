"""Rows of CSV and XLSX files, with limits, and the templates people start from.

CSV may be UTF-8 (with or without BOM), UTF-16 as Excel's "Unicode text" or Shift_JIS (cp932), with
commas, tabs or semicolons. XLSX is read from its first worksheet, values only, never formulas.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator

from einvoice.errors import SheetError
from einvoice.sheet_cells import Cell
from einvoice.sheet_columns import columns

MAX_BYTES = 20_000_000
MAX_UNPACKED_BYTES = 200_000_000  # an XLSX of 10,000 rows unpacks to about 10 MB
MAX_ROWS = 20_000
MAX_COLUMNS = 200
_ENCODINGS = ("utf-8-sig", "cp932")


def _refusal(ja: str, en: str, fix_ja: str, fix_en: str) -> SheetError:
    return SheetError(
        field=None,
        place_ja="全体",
        place_en="whole file",
        reason_ja=ja,
        reason_en=en,
        fix_ja=fix_ja,
        fix_en=fix_en,
    )


def read_rows(data: bytes) -> list[list[Cell]]:
    """All rows of the file, the heading row first; empty rows are kept so that numbers agree."""
    if not data:
        raise _refusal(
            "ファイルが空です。",
            "The file is empty.",
            "ひな形に記入してください。",
            "Fill in the template.",
        )
    if len(data) > MAX_BYTES:
        raise _refusal(
            f"ファイルが大きすぎます（{MAX_BYTES // 1_000_000} MB まで）。",
            f"The file is larger than {MAX_BYTES // 1_000_000} MB.",
            "ファイルを分けてください。",
            "Split the file.",
        )
    rows = _workbook_rows(data) if data.startswith(b"PK\x03\x04") else _text_rows(data)
    kept: list[list[Cell]] = []
    for row in rows:
        if len(kept) >= MAX_ROWS or len(row) > MAX_COLUMNS:
            raise _refusal(
                f"行または列が多すぎます（{MAX_ROWS:,}行・{MAX_COLUMNS}列まで）。",
                f"There are more than {MAX_ROWS:,} rows or {MAX_COLUMNS} columns.",
                "ファイルを分けてください。",
                "Split the file.",
            )
        kept.append(row)
    while kept and not any(kept[-1]):
        kept.pop()
    return kept


def _text_rows(data: bytes) -> Iterator[list[Cell]]:
    text = _decoded(data)
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield list(row)
    except csv.Error as error:
        raise _refusal(
            f"CSV として読めません（{error}）。",
            f"The file is not CSV ({error}).",
            '引用符（"）の対応を確かめるか、XLSX で保存してください。',
            "Check the quotation marks, or save as XLSX.",
        ) from None


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = _ENCODINGS
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise _refusal(
        "文字コードが分かりません。",
        "The character encoding is not known.",
        "UTF-8 の CSV か XLSX で保存してください。",
        "Save as CSV in UTF-8 or as XLSX.",
    )


def _workbook_rows(data: bytes) -> Iterator[list[Cell]]:
    from openpyxl import load_workbook  # type: ignore[import-untyped]  # slow: where it is used

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise _refusal(
                f"XLSX の中身が大きすぎます（展開すると{unpacked:,}バイト）。",
                f"The XLSX unpacks to {unpacked:,} bytes.",
                "ひな形に、明細だけを書き写してください。",
                "Copy the lines into the template.",
            )
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS + 1):
            cells = list(row)
            while cells and cells[-1] is None:
                cells.pop()
            yield cells
        book.close()
    except SheetError:
        raise
    except Exception as error:
        # openpyxl raises whatever its XML and ZIP readers meet in a damaged file.
        raise _refusal(
            f"XLSX として読めません（{type(error).__name__}）。",
            f"The file is not a readable XLSX ({type(error).__name__}).",
            "Excel で開いて保存し直すか、CSV で保存してください。",
            "Open and save it again in Excel, or save as CSV.",
        ) from None


def template_csv() -> bytes:
    """Headings and one example row; UTF-8 with BOM, so that Excel shows Japanese."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(column.heading for column in columns())
    writer.writerow(column.example for column in columns())
    return buffer.getvalue().encode("utf-8-sig")


def template_xlsx() -> bytes:
    """The same as a workbook, required headings in bold, with a sheet that explains the columns."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill  # type: ignore[import-untyped]
    from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]

    book = Workbook()
    sheet = book.active
    sheet.title = "請求書"
    guide = book.create_sheet("説明")
    guide.append(["列", "必須", "例", "書き方"])
    fill = PatternFill("solid", fgColor="E6EEFA")
    for index, column in enumerate(columns(), start=1):
        heading = sheet.cell(1, index, column.heading)
        heading.font = Font(bold=column.required)
        heading.alignment = Alignment(horizontal="center", vertical="top", wrap_text=True)
        if column.required:
            heading.fill = fill
        example = sheet.cell(2, index, column.example or None)
        example.number_format = "@"  # text: leading noughts of codes stay
        width = max(10, 2 * len(column.heading) + 2, len(column.example) + 2)
        sheet.column_dimensions[get_column_letter(index)].width = min(width, 30)
        guide.append(
            [column.heading, "必須" if column.required else "", column.example, column.help_ja]
        )
    sheet.freeze_panes = "B2"
    for letter, width in zip("ABCD", (18, 8, 28, 80), strict=True):
        guide.column_dimensions[letter].width = width
    guide.freeze_panes = "A2"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
