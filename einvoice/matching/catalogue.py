"""The table of checks: ids, severity, messages and who resolves, read once from `checks/*.toml`.

Columns: severity (see `Level`), who resolves it, what is said and what to do in Japanese and
English; {…} are filled by the check. Who: V vendor, D 担当課, L 支出命令者, C 調達課, I 検査員,
A 会計課, T 税担当, F 財政課, S system, - nobody.

A check that this table does not name is not made; the numbering follows the city's table of
checks, so gaps are checks that nothing here performs yet.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from importlib import resources

from einvoice.findings import Finding, Severity, Text
from einvoice.terms import path_of, table

GROUPS = (
    *("documents", "vendors", "contracts", "inspections", "amounts", "taxes"),
    *("advances", "duplicates", "dates", "budgets", "deductions", "accounts"),
)
"""Files of the table and modules of the checks, in the order in which people read findings."""


class Level(StrEnum):
    """What a finding does to the invoice."""

    STOP = "STOP"  # no order can be drafted; nobody may override
    HOLD = "HOLD"  # blocked until a named role releases it with a reason
    WARN = "WARN"  # acknowledged by approving
    INFO = "INFO"  # recorded


_SEVERITY: dict[Level, Severity] = {
    Level.STOP: "error",
    Level.HOLD: "error",
    Level.WARN: "warning",
    Level.INFO: "info",
}


@dataclass(frozen=True, slots=True)
class CheckKind:
    """One row of the table, messages as templates."""

    id: str
    level: Level
    who: str
    message: Text
    remedy: Text


@dataclass(frozen=True, slots=True)
class Hit:
    """A check that fired: values for its message, and the place it speaks of.

    `level` replaces the table's severity where the account decides it (TAX-001, TAX-003).
    """

    values: dict[str, object]
    line_id: str | None = None
    term: str | None = None
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding of the match with what it does and who resolves it."""

    finding: Finding
    level: Level
    who: str
    line_id: str | None = None

    @property
    def id(self) -> str:
        """The check's id."""
        return self.finding.id


@lru_cache(maxsize=1)
def catalogue() -> dict[str, CheckKind]:
    """All rows by id, in the table's order."""
    return {
        name: CheckKind(
            name,
            Level(row["severity"]),
            row["who"],
            Text(row["ja"], row["en"]),
            Text(row["do_ja"], row["do_en"]),
        )
        for file in GROUPS
        for name, row in _rows(file).items()
    }


def _rows(group: str) -> dict[str, dict[str, str]]:
    file = resources.files("einvoice.matching").joinpath("checks", f"{group}.toml")
    return tomllib.loads(file.read_text("utf-8"))


def judge(check_id: str, hit: Hit, line_ids: Sequence[str] = ()) -> Judged:
    """The finding of a check that fired. `line_ids` are those of the document's lines in order,
    so that a finding about a line is placed at it."""
    kind = catalogue()[check_id]
    level = hit.level or kind.level
    values = {name: _shown(value) for name, value in hit.values.items()}
    finding = Finding(
        id=check_id,
        source="match",
        severity=_SEVERITY[level],
        message=Text(kind.message.ja.format(**values), kind.message.en.format(**values)),
        remedy=kind.remedy,
        path=_place(hit, line_ids),
        term=hit.term,
    )
    return Judged(finding, level, kind.who, hit.line_id)


def _shown(value: object) -> str:
    """Amounts with separators; everything else as it prints."""
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}"
    return str(value)


def _place(hit: Hit, line_ids: Sequence[str]) -> str | None:
    if hit.term is None and hit.line_id is None:
        return None
    line = line_ids.index(hit.line_id) + 1 if hit.line_id in line_ids else None
    if hit.term is None or hit.term not in table():
        return f"/ubl:Invoice/cac:InvoiceLine[{line}]" if line else None
    return path_of(hit.term, line) if line else path_of(hit.term)
