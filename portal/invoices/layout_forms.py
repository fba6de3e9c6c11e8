"""Between the mapping editor's form and a layout's JSON: rows of columns, lines of `a=b`."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData

WHENS = {"order": "支出命令ごと", "budget": "科目内訳ごと", "deduction": "控除ごと"}
SPARE_ROWS = 3
MAX_ROWS = 103
_KEYS = ("when", "column", "source", "const", "form", "width", "pad", "values")


def rows_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns of all records as rows of the form, and a few empty ones."""
    rows = [
        {
            **item,
            "when": record["when"],
            "width": item["width"] or "",
            "values": ", ".join(f"{k}={v}" for k, v in item["values"].items()),
        }
        for record in data["records"]
        for item in record["fields"]
    ]
    empty = dict.fromkeys(_KEYS, "") | {"when": "order", "name": ""}
    return [*rows, *(dict(empty) for _ in range(SPARE_ROWS))]


def layout_from(form: FormData) -> dict[str, Any]:
    """The layout of a sent form. Rows without a name are left out; `place` orders the rest."""
    lists = {key: [str(v) for v in form.getlist(key)] for key in (*_KEYS, "place")}
    count = min(len(lists["column"]), MAX_ROWS)
    rows = []
    for at in range(count):
        item = {key: (lists[key][at] if at < len(lists[key]) else "") for key in (*_KEYS, "place")}
        if item["column"].strip():
            rows.append((_number(item["place"], at + 1), at, item))
    records: list[dict[str, Any]] = []
    for _, _, item in sorted(rows, key=lambda one: one[:2]):
        when = item["when"] or "order"
        record = next((one for one in records if one["when"] == when), None)
        if record is None:
            record = {"when": when, "fields": []}
            records.append(record)
        record["fields"].append(
            {
                "name": item["column"].strip(),
                "source": item["source"].replace(" ", ""),
                "const": item["const"],
                "form": item["form"],
                "width": int(_number(item["width"], 0)),
                "pad": item["pad"],
                "values": pairs(item["values"].replace(",", "\n")),
            }
        )
    return {
        "form": str(form.get("shape", "csv")),
        "encoding": str(form.get("encoding", "cp932")),
        "header": form.get("header") is not None,
        "newline": form.get("newline") is not None,
        "record_bytes": int(_number(str(form.get("record_bytes", "")), 0)),
        "records": records,
    }


def book_from(form: FormData) -> dict[str, Any]:
    """The book of a sent form."""
    plain = ("package", "payable", "bank", "advance", "withheld", "income", "tax", "department")
    return {
        **{key: str(form.get(key, "")).strip()[:60] for key in plain},
        "inclusive": form.get("inclusive") != "no",
        "expense": pairs(str(form.get("expense", ""))[:4_000]),
        "tax_names": pairs(str(form.get("tax_names", ""))[:4_000]),
    }


def pairs(text: str) -> dict[str, str]:
    """Lines of `code=name`; a line without a code (`=修繕費`, or `修繕費`) is for all others."""
    found = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if line.strip():
            found[key.strip() if equals else ""] = (value if equals else key).strip()
    return found


def _number(text: str, otherwise: float) -> float:
    try:
        number = float(text)
    except ValueError:
        return otherwise
    return number if 0 <= number <= 100_000 else otherwise
