"""What a template is made of, and how the data of a template file or editor becomes it.

`parse` takes the parsed TOML of a template. A row `use = "<id>"` among its clauses stands for the
clause of that id in `templates/shared/<version>.toml`; `extends = "<kind>/<version>"` takes over
another template's fields, head items and clauses: so a text that nine templates share is written
once. The hash is taken over what came out, so it names the words and not the file's layout.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

TEXT, YEN, COUNT, PRICES, TABLE = "text", "yen", "count", "prices", "table"
FIELD_TYPES = frozenset({TEXT, YEN, COUNT, PRICES, TABLE})


@dataclass(frozen=True, slots=True)
class Field:
    """A value of the draft that the template asks for beyond the award's own facts.

    `type`: text; yen and count are whole numbers; prices is a table of unit prices; table is any
    other table, a row a line and tabs between cells."""

    name: str
    label_ja: str
    label_en: str
    default: str
    help_ja: str
    type: str = TEXT


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the contract's head (頭書): label and value; `fields` are what it needs."""

    label: str
    value: str
    fields: tuple[str, ...]
    law: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    id: str
    heading: str
    law: tuple[str, ...]
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table below the head, whose rows are the value of a field of type prices."""

    caption: str
    field: str
    headings: tuple[str, ...]
    law: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    kind: str
    version: str
    title: str
    title_en: str
    valid_from: date
    fields: tuple[Field, ...]
    preamble: tuple[str, ...]
    items: tuple[Item, ...]
    clauses: tuple[Clause, ...]
    closing: tuple[str, ...]
    sha256: str
    tables: tuple[Table, ...] = ()
    #: Only the vendor signs (請書): the page of signatures has no box for the city.
    vendor_only: bool = False
    #: The same template as JSON-safe data, which the editor keeps and compares.
    data: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.version}"


def expanded(
    raw: Mapping[str, Any], shared: Mapping[str, Mapping[str, Any]], base: Mapping[str, Any] | None
) -> dict[str, Any]:
    """`raw` with its `use` rows and its `extends` replaced by what they stand for.

    Raises KeyError with the id of a shared clause that is not there."""
    clauses = [dict(shared[row["use"]]) if "use" in row else row for row in raw.get("clause", [])]
    data = {k: v for k, v in raw.items() if k not in {"shared", "extends", "clause"}}
    data["clause"] = clauses
    if base is None:
        return data
    own = {row["id"]: row for row in clauses}
    kept = [own.pop(row["id"], row) for row in base["clause"]]
    first = [row for row in clauses if row["id"] in own]
    data["clause"] = [kept[0], *first, *kept[1:]]
    items = {row["label"]: row for row in data.get("item", [])}
    data["item"] = [*(items.pop(r["label"], r) for r in base["item"]), *items.values()]
    data["field"] = [*base.get("field", []), *data.get("field", [])]
    return data


def parse(data: Mapping[str, Any]) -> Template:
    """The template in expanded data. Raises KeyError, TypeError or ValueError when a part lacks."""
    plain = _plain(data)
    valid_from = data["valid_from"]
    return Template(
        kind=data["kind"],
        version=data["version"],
        title=data["title"],
        title_en=data["title_en"],
        valid_from=date.fromisoformat(valid_from) if isinstance(valid_from, str) else valid_from,
        fields=tuple(
            Field(
                f["name"],
                f["label_ja"],
                f["label_en"],
                f["default"],
                f.get("help_ja", ""),
                f.get("type", TEXT),
            )
            for f in data.get("field", [])
        ),
        preamble=tuple(data["preamble"]),
        items=tuple(
            Item(i["label"], i["value"], tuple(i.get("fields", ())), tuple(i.get("law", ())))
            for i in data["item"]
        ),
        clauses=tuple(
            Clause(
                c["id"],
                c["heading"],
                tuple(c.get("law", ())),
                tuple(_paragraph(p) for p in c["paragraphs"]),
            )
            for c in data["clause"]
        ),
        closing=tuple(data["closing"]),
        sha256=hashlib.sha256(
            json.dumps(plain, ensure_ascii=False, sort_keys=True).encode()
        ).hexdigest(),
        tables=tuple(
            Table(t["caption"], t["field"], tuple(t["headings"]), tuple(t.get("law", ())))
            for t in data.get("table", [])
        ),
        vendor_only=bool(data.get("vendor_only", False)),
        data=plain,
    )


def _paragraph(raw: str | Mapping[str, Any]) -> Paragraph:
    if isinstance(raw, str):
        return Paragraph(raw)
    return Paragraph(raw["text"], tuple(raw["items"]))


def _plain(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(k): _plain(v) for k, v in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(v) for v in data]
    return data.isoformat() if isinstance(data, date) else data
