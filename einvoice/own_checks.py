"""The table of our own checks: source, severity by account, effect on the law's answer, texts.

`data/own_checks.toml` has one entry a check, `messages/own.ja.toml` and `own.en.toml` its texts;
a test holds the three together. A check is reported through a `Desk`, which knows for whom (which
kind of account) and where in the document.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from time import monotonic
from typing import TYPE_CHECKING, Literal

from einvoice.account_kind import AccountKind
from einvoice.findings import Finding, QualifiedStatus, Severity, Source, Text
from einvoice.limits import Refusal
from einvoice.places import Place, locate

if TYPE_CHECKING:
    from einvoice.document import Node

Effect = Literal["not_met", "cannot_tell", "none"]
MAX_VALUE = 80  # characters of a document's value shown in a message
_ORDER = (AccountKind.GENERAL, AccountKind.SPECIAL, AccountKind.ENTERPRISE)


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """One entry of the table."""

    id: str
    source: Source
    severity: Mapping[AccountKind, Severity]
    effect: Effect
    term: str
    basis: str
    message: Text
    remedy: Text


def _toml(name: str) -> dict[str, dict[str, object]]:
    return tomllib.loads(resources.files("einvoice").joinpath(name).read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def own_checks() -> Mapping[str, OwnCheck]:
    """Every check by id."""
    ja, en = _toml("messages/own.ja.toml"), _toml("messages/own.en.toml")
    checks: dict[str, OwnCheck] = {}
    for key, row in _toml("data/own_checks.toml").items():
        levels = row["severity"]
        assert isinstance(levels, list)
        checks[key] = OwnCheck(
            id=key,
            source=row["source"],  # type: ignore[arg-type]  # the table's test knows the words
            severity=dict(zip(_ORDER, levels, strict=True)),
            effect=row["effect"],  # type: ignore[arg-type]
            term=str(row["term"]),
            basis=str(row["basis"]),
            message=Text(str(ja[key]["message"]), str(en[key]["message"])),
            remedy=Text(str(ja[key]["remedy"]), str(en[key]["remedy"])),
        )
    return checks


class Desk:
    """Collects the findings of our own checks on one document."""

    def __init__(
        self,
        account: AccountKind,
        root: Node | None,
        deadline: float = float("inf"),
        most: int | None = None,
    ) -> None:
        self._account = account
        self._root = root
        self._deadline = deadline
        self._most = most
        #: At most so many as were asked for; every one has its effect.
        self.findings: list[Finding] = []
        self.effects: set[Effect] = set()

    def report(
        self, check_id: str, place: Place = (), term: str | None = None, **values: object
    ) -> None:
        """Say that this check fails at this place. Raises `Refusal` when the time is over: to find
        a place costs more the more of its kind there are."""
        if monotonic() > self._deadline:
            raise Refusal("too-slow")
        check = own_checks()[check_id]
        self.effects.add(check.effect)
        if self._most is not None and len(self.findings) >= self._most:
            return
        shown = {name: _short(value) for name, value in values.items()}
        path, line = locate(place, self._root)
        self.findings.append(
            Finding(
                id=check.id,
                source=check.source,
                severity=check.severity[self._account],
                message=Text(check.message.ja.format(**shown), check.message.en.format(**shown)),
                remedy=Text(check.remedy.ja.format(**shown), check.remedy.en.format(**shown)),
                path=path,
                line=line,
                term=term or check.term,
            )
        )


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"


def status_by(effects: set[Effect]) -> QualifiedStatus:
    """The law's answer from what was found: one "not met" decides, then one "cannot tell"."""
    if "not_met" in effects:
        return "not_met"
    return "cannot_tell" if "cannot_tell" in effects else "met"
