"""The rule engine: rules by place, judged in one pass over the nodes that are due.

A `Rule` is an id, a context (the place it looks at) and a test. A `RuleSet` is what one document
type has to obey in one version of the specification; it knows, for any element path, which
contexts can match there, so that a document costs one walk over its own nodes.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from einvoice.document import Candidates, Document, Node
from einvoice.findings import Severity
from einvoice.rules.contexts import PATTERNS, Context
from einvoice.rules.facts import Facts
from einvoice.rules.xpath import NotEvaluable

#: A test returns something true if the node obeys; a `Mismatch` tells both figures.
Test = Callable[[Node, Document], Any]

#: Finds the place a failure is about, seen from the context's node.
Place = Callable[[Node], Node]

#: Sums are exact as XPath's are, within what a sane amount needs.
_EXACT: Final = decimal.Context(prec=80)


class Mismatch:
    """A failed comparison, with the figures for the message. False, as any failure."""

    __slots__ = ("expected", "stated")

    def __init__(self, stated: object, expected: object) -> None:
        self.stated = stated
        self.expected = expected

    def __bool__(self) -> bool:
        return False


def same(stated: decimal.Decimal | None, expected: decimal.Decimal | None) -> Any:
    """stated = expected as XPath compares: false if either is missing."""
    if stated is not None and expected is not None and stated == expected:
        return True
    return Mismatch(stated, expected)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One official assert. `profiles` and the versions say where it is in force; None is always."""

    id: str
    context: Context
    test: Test
    term: str | None
    place: Place
    profiles: frozenset[str] | None = None
    since: str | None = None
    until: str | None = None
    severity: Severity = "error"

    def in_force(self, profile: str, version: str) -> bool:
        return (
            (self.profiles is None or profile in self.profiles)
            and (self.since is None or _ordered(version) >= _ordered(self.since))
            and (self.until is None or _ordered(version) <= _ordered(self.until))
        )


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that failed at a node; `error` if it could not be evaluated."""

    rule: Rule
    node: Node
    outcome: Any = False
    error: NotEvaluable | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A context that can match at a path, with the rules to ask there."""

    when: Callable[[Node, Document], bool] | None
    rules: tuple[Rule, ...]
    only_if_blank: bool


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """The rules of one document type in one version, and the code lists they use."""

    profile: str
    version: str
    valid_from: date
    valid_to: date | None
    rules: tuple[Rule, ...]
    codes: Mapping[str, frozenset[str]]
    _by_context: dict[Context, tuple[Rule, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for rule in self.rules:
            self._by_context[rule.context] = (*self._by_context.get(rule.context, ()), rule)

    @property
    def name(self) -> str:
        return f"{self.profile} {self.version}"

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(rule.id for rule in self.rules)

    def candidates_at(self, path: tuple[str, ...]) -> Candidates:
        """Per pattern, the contexts that can match at an element path, up to the first sure one."""
        found: list[tuple[_Candidate, ...]] = []
        for pattern in PATTERNS:
            possible: list[_Candidate] = []
            for context in pattern:
                if context in self._by_context and context.matches_path(path):
                    rules = self._by_context[context]
                    possible.append(_Candidate(context.when, rules, context.only_if_blank))
                    if context.when is None:
                        break
            if possible:
                found.append(tuple(possible))
        return tuple(found)

    def judge(self, document: Document) -> Iterator[Failure]:
        """Every rule that fails, in document order."""
        document.facts = Facts(document, self.codes)
        with decimal.localcontext(_EXACT):
            yield from _judge(document)


def _judge(document: Document) -> Iterable[Failure]:
    failures: list[Failure] = []
    for node in document.due:
        for possible in node.expected.candidates:
            for candidate in possible:
                when = candidate.when
                if when is not None:
                    try:
                        if not when(node, document):
                            continue
                    except NotEvaluable:
                        continue
                for rule in candidate.rules:
                    try:
                        outcome = rule.test(node, document)
                    except NotEvaluable as error:
                        failures.append(Failure(rule, node, error=error))
                    else:
                        if not outcome:
                            failures.append(Failure(rule, node, outcome))
                break
    return failures
