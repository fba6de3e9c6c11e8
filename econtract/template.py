"""Contract templates: versioned data files, merged with a draft's values.

A template lies in `templates/<kind>/<version>/` as `template.toml` and, for long ones,
`clauses.toml`. A version is never edited after use: a new one is added, and `current()` picks by
the day. In texts `{name}` stands for a field's value and `{clause:id}` for that clause's number.
`merge` stops by name when a mandatory item has no text (econtract/mandatory.py says which).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from econtract import mandatory
from econtract.errors import MandatoryItemMissing, TemplateBroken
from econtract.template_parts import (
    Clause,
    Field,
    Item,
    Paragraph,
    Table,
    Template,
    expanded,
    parse,
)

__all__ = [
    "FORMS",
    "KINDS",
    "TEMPLATES",
    "Clause",
    "Field",
    "Item",
    "Merged",
    "MergedClause",
    "MergedTable",
    "Paragraph",
    "Table",
    "Template",
    "current",
    "lint",
    "load",
    "merge",
    "versions",
]

FOLDER = Path(__file__).parent / "templates"
#: What a contract is about; each has a template of its own.
KINDS: dict[str, tuple[str, str]] = {
    "works": ("工事請負", "construction"),
    "goods": ("物品売買", "sale of goods"),
    "manufacture": ("製造請負", "manufacture to order"),
    "services": ("業務委託", "services"),
    "unit_price": ("単価契約", "unit-price contract"),
    "lease": ("賃貸借・長期継続", "lease, several years"),
}
#: Other documents, each with a template of its own: what a contract of some kind is written as.
FORMS: dict[str, tuple[str, str]] = {
    "acceptance": ("請書", "written acceptance (the vendor alone signs)"),
    "provisional_works": ("仮契約（工事請負）", "provisional contract, construction"),
    "provisional_manufacture": ("仮契約（製造請負）", "provisional contract, manufacture"),
    "provisional_goods": ("仮契約（物品売買）", "provisional contract, goods"),
    "amendment": ("変更契約", "amendment"),
    "memorandum": ("覚書", "memorandum"),
}
TEMPLATES = KINDS | FORMS

_PLACE = re.compile(r"\{([a-z_]+)(?::([a-z_]+))?\}")


@dataclass(frozen=True, slots=True)
class MergedClause:
    number: int
    heading: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class MergedTable:
    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """A template with every place filled: what is set in type."""

    title: str
    preamble: tuple[str, ...]
    items: tuple[tuple[str, str], ...]
    clauses: tuple[MergedClause, ...]
    closing: tuple[str, ...]
    tables: tuple[MergedTable, ...] = ()


@cache
def load(kind: str, version: str) -> Template:
    """The bundled template of `kind` and `version`. Raises TemplateBroken naming what is wrong."""
    raw = _raw(kind, version)
    shared = _shared(raw["shared"]) if "shared" in raw else {}
    base = load(*raw["extends"].split("/")).data if "extends" in raw else None
    try:
        template = parse(expanded(raw, shared, base))
    except KeyError as error:
        part = error.args[0]
        raise _broken(
            f"{kind}/{version}", f"「{part}」がありません。", f"'{part}' is missing."
        ) from error
    lint(template)
    return template


def _raw(kind: str, version: str) -> dict[str, Any]:
    """The files of a template as they lie in its folder."""
    folder = FOLDER / kind / version
    if not re.fullmatch(r"[a-z_]+", kind) or not re.fullmatch(r"[0-9.]+", version):
        raise _broken(f"{kind}/{version}", "名前が正しくありません。", "The name is not valid.")
    clauses: list[Any] = []
    head: dict[str, Any] = {}
    for file in ("template.toml", "clauses.toml"):
        path = folder / file
        if not path.is_file():
            continue
        parsed = tomllib.loads(path.read_text("utf-8"))
        clauses += parsed.pop("clause", [])
        head |= parsed
    if not head:
        raise _broken(f"{kind}/{version}", "ファイルがありません。", "The file is missing.")
    return head | {"clause": clauses}


@cache
def _shared(version: str) -> dict[str, dict[str, Any]]:
    """Clauses that several templates use, by id."""
    path = FOLDER / "shared" / f"{version}.toml"
    return {row["id"]: row for row in tomllib.loads(path.read_text("utf-8"))["clause"]}


def versions(kind: str) -> tuple[str, ...]:
    """All versions of a kind, oldest first."""
    folder = FOLDER / kind
    found = [load(kind, p.name) for p in folder.iterdir() if (p / "template.toml").is_file()]
    return tuple(t.version for t in sorted(found, key=lambda t: (t.valid_from, t.version)))


def current(kind: str, day: date) -> Template:
    """The newest template of `kind` in force on `day` (JST)."""
    usable = [t for v in versions(kind) if (t := load(kind, v)).valid_from <= day]
    if not usable:
        raise _broken(kind, f"{day}に使える版がありません。", f"No version is in force on {day}.")
    return usable[-1]


def lint(template: Template) -> None:
    """Refuse a template that lacks an item of the law, or names a clause or tag unknown."""
    ids = [c.id for c in template.clauses]
    if len(ids) != len(set(ids)):
        raise _broken(template.name, "同じidの条があります。", "Two clauses share an id.")
    for text in _texts(template):
        for found in _PLACE.finditer(text):
            if found[2] is not None and found[2] not in ids:
                raise _broken(
                    template.name, f"条「{found[2]}」がありません。", f"No clause '{found[2]}'."
                )
    tagged = (
        frozenset(tag for item in template.items for tag in item.law)
        | frozenset(tag for clause in template.clauses for tag in clause.law)
        | frozenset(tag for table in template.tables for tag in table.law)
    )
    if unknown := tagged - mandatory.KNOWN:
        listed = ", ".join(sorted(unknown))
        raise _broken(template.name, f"知らない札です: {listed}", f"Unknown tags: {listed}")
    if absent := mandatory.missing(template.kind, tagged):
        raise _broken(
            template.name,
            "必ず書く事項がありません: " + "、".join(i.label_ja for i in absent),
            "It lacks mandatory items: " + "; ".join(i.name_en for i in absent),
        )


def merge(template: Template, values: Mapping[str, str]) -> Merged:
    """Fill `template` with `values` (already formatted text).

    Raises MandatoryItemMissing naming every item of the law that would have no text, and every
    head item whose fields are empty."""
    numbers = {clause.id: n for n, clause in enumerate(template.clauses, start=1)}
    empty: list[str] = []
    stated: set[str] = set()

    def fill(text: str) -> str:
        def value(found: re.Match[str]) -> str:
            if found[2] is not None:
                return f"第{numbers[found[2]]}条"
            given = values.get(found[1], "")
            if not given.strip() and found[1] not in empty:
                empty.append(found[1])
            return given

        return _PLACE.sub(value, text)

    items: list[tuple[str, str]] = []
    lacking_ja: list[str] = []
    lacking_en: list[str] = []
    for item in template.items:
        items.append((item.label, fill(item.value)))
        if all(values.get(f, "").strip() for f in item.fields):
            stated.update(item.law)
        else:
            lacking_ja.append(item.label)
            lacking_en.append(item.label)
    tables: list[MergedTable] = []
    for table in template.tables:
        lines = [line.split("\t") for line in values.get(table.field, "").splitlines()]
        if lines:
            stated.update(table.law)
        else:
            empty.append(table.field)
        rows = tuple(tuple(line) for line in lines)
        tables.append(MergedTable(table.caption, table.headings, rows))
    merged_clauses: list[MergedClause] = []
    for clause in template.clauses:
        paragraphs = tuple(
            Paragraph(fill(p.text), tuple(fill(i) for i in p.items)) for p in clause.paragraphs
        )
        if any(p.text.strip() for p in paragraphs):
            stated.update(clause.law)
        merged_clauses.append(MergedClause(numbers[clause.id], clause.heading, paragraphs))
    preamble = tuple(fill(p) for p in template.preamble)
    closing = tuple(fill(p) for p in template.closing)
    for law in mandatory.missing(template.kind, frozenset(stated)):
        lacking_ja.append(law.label_ja)
        lacking_en.append(law.name_en)
    if empty or lacking_ja:
        names = {f.name: f.label_ja for f in template.fields}
        plain = [names.get(n, n) for n in empty if not _named(n, template)]
        raise MandatoryItemMissing(
            tuple(empty),
            names_ja="、".join(dict.fromkeys([*lacking_ja, *plain])),
            names_en=", ".join(dict.fromkeys([*lacking_en, *plain])),
        )
    return Merged(
        template.title, preamble, tuple(items), tuple(merged_clauses), closing, tuple(tables)
    )


def _named(name: str, template: Template) -> bool:
    """Whether a head item already names the empty field."""
    return any(name in item.fields for item in template.items)


def _texts(template: Template) -> list[str]:
    texts = [*template.preamble, *template.closing, *(i.value for i in template.items)]
    for clause in template.clauses:
        for paragraph in clause.paragraphs:
            texts += [paragraph.text, *paragraph.items]
    return texts


def _broken(name: str, why_ja: str, why_en: str) -> TemplateBroken:
    return TemplateBroken(template=name, why_ja=why_ja, why_en=why_en)
