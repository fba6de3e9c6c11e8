"""The table of business terms, one for each document type, read from `data/terms.txt`.

Everything that goes by term uses this table: reading and writing (`einvoice/binding.py` turns the
rows into groups), the names in messages, the reference page. `path_of` gives the XPath of a term,
for findings by checks that work on the `Invoice` and not on the XML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal

from einvoice.findings import Text

Kind = Literal[
    "Group",
    "Text",
    "Identifier",
    "Code",
    "Date",
    "Time",
    "Amount",
    "Quantity",
    "Percentage",
    "Binary",
    "Filler",
]

_CHOICE: Final = re.compile(r"\[[^\]]*\]")
_FULL_NAMES: Final = {"jp": "pint-jp", "ntr": "pint-jp-ntr", "sb": "pint-jp-sb"}


@dataclass(frozen=True, slots=True)
class Term:
    """One row. `group` is None for the document itself; `field` is None if nothing holds it."""

    id: str
    group: str | None
    field: str | None
    path: str
    kind: Kind
    cardinality: str
    name: Text

    @property
    def label(self) -> Text:
        """Name with number, as messages use it."""
        return Text(f"{self.name.ja}（{self.id}）", f"{self.name.en} ({self.id})")

    @property
    def is_required(self) -> bool:
        return self.cardinality.startswith("1")


@cache
def table(profile: str = "pint-jp") -> Mapping[str, Term]:
    """The terms of one document type by id, in document order."""
    text = resources.files("einvoice").joinpath("data/terms.txt").read_text("utf-8")
    rows = (_term(line, profile) for line in text.splitlines() if line and line[0] != "#")
    return {term.id: term for term in rows}


def _term(line: str, profile: str) -> Term:
    ident, group, field, path, kind, cardinality, english, japanese = map(
        str.strip, line.split("|")
    )
    usual, *special = cardinality.split(";")
    for entry in special:
        short, _, value = entry.strip().partition(" ")
        if _FULL_NAMES[short] == profile:
            usual = value
    return Term(
        ident,
        None if group == "-" else group,
        None if field == "-" else field,
        path,
        kind,  # type: ignore[arg-type]  # a test compares the column with `Kind`
        usual.strip(),
        Text(japanese, english),
    )


def path_of(term_id: str, *numbers: int) -> str:
    """XPath of a term below /ubl:Invoice; `numbers` count the repeating groups on the way, from 1.

    path_of("IBT-131", 3) → "/ubl:Invoice/cac:InvoiceLine[3]/cbc:LineExtensionAmount". A repeating
    step without a number is left without an index. Choices such as "the VAT scheme" are left out.
    """
    terms = table()
    steps: list[str] = []
    term: Term | None = terms[term_id]
    while term is not None:
        steps = path_steps(term.path) + steps
        term = terms[term.group] if term.group else None
    left = list(numbers)
    plain: list[str] = []
    for step in steps:
        name = _CHOICE.sub("", step)
        if "*" in name:
            name = name.replace("*", f"[{left.pop(0)}]" if left else "")
        plain.append(name)
    return "/ubl:Invoice/" + "/".join(plain)


@cache
def _by_names() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Term ids by the element names of their paths; choices are not told apart."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for term in table().values():
        if "@" not in term.path and term.kind != "Filler":
            plain = re.sub(r"\[[0-9]+\]", "", path_of(term.id)).lstrip("/")
            names = tuple(plain.split("/"))
            found[names] = (*found.get(names, ()), term.id)
    return found


def terms_at(names: tuple[str, ...]) -> tuple[str, ...]:
    """Ids of the terms at exactly this path: several where a choice decides, none where JP PINT
    has no term."""
    return _by_names().get(names, ())


def term_at(names: tuple[str, ...]) -> str | None:
    """The (first) term at a path of element names from the root, or that of the group around it."""
    while names:
        if found := terms_at(names):
            return found[0]
        names = names[:-1]
    return None


def path_steps(path: str) -> list[str]:
    """Steps of a path whose choices may contain slashes."""
    return re.findall(r"(?:[^/\[]|\[[^\]]*\])+", path)
