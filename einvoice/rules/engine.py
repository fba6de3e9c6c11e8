"""The rule engine: rules by place, judged in one pass over the nodes that are due.

A `Rule` is an id, a context (the place it looks at) and a test. A `RuleSet` is what one document
type has to obey in one version of the specification; it knows, for any element path, which
contexts can match there, so that a document costs one walk over its own nodes.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from time import monotonic
from typing import Any, Final, Literal

from einvoice.document import Candidates, Document, Node
from einvoice.findings import Severity
from einvoice.limits import Refusal
from einvoice.rules.contexts import PATTERNS, Context
from einvoice.rules.facts import Facts
from einvoice.rules.xpath import NotEvaluable

#: A test returns something true if the node obeys; a `Mismatch` tells both figures.
Test = Callable[[Node, Document], Any]

#: What a test looks at, so that `clearance` knows when it may take an earlier answer for this one:
#: the "names" of the elements below the node, a leaf's own "text" (and attributes), its
#: "attributes" alone, or anything in the "document". "schema": UBL leaves nothing to fail.
Reads = Literal["names", "text", "attributes", "document", "schema"]

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
    reads: Reads = "document"

    def in_force(self, profile: str, version: str) -> bool:
        return (
            (self.profiles is None or profile in self.profiles)
            and (self.since is None or _ordered(version) >= _ordered(self.since))
            and (self.until is None or _ordered(version) <= _ordered(self.until))
        )


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


Rules = tuple[Rule, ...]


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

    when: Callable[[Node, Document], bool]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Switch:
    """Contexts in a row that ask for values of one attribute, as one look-up."""

    attribute: str
    rules_of: Mapping[str, tuple[Rule, ...]]


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

    def contexts_at(self, path: tuple[str, ...]) -> Iterator[list[tuple[Context, Rules]]]:
        """What can match at an element path: per pattern up to the first context that must."""
        for pattern in PATTERNS:
            possible: list[tuple[Context, Rules]] = []
            for context in pattern:
                rules = self._by_context.get(context)
                if rules is None or not context.matches_path(path):
                    continue
                possible.append((context, rules))
                if context.is_certain:
                    break
            yield possible

    def candidates_at(self, path: tuple[str, ...]) -> Candidates:
        """The same, arranged for judging a node at such a path."""
        always: Rules = ()
        sometimes: list[tuple[_Candidate | _Switch, ...]] = []
        only_if_blank = True
        for found in self.contexts_at(path):
            possible: list[_Candidate | _Switch] = []
            for context, rules in found:
                only_if_blank = only_if_blank and context.only_if_blank
                if not context.is_certain:
                    _append(possible, context, rules)
                elif possible:
                    possible.append(_Candidate(_without_condition, rules))
                else:
                    always += rules
            if possible:
                sometimes.append(tuple(possible))
        return Candidates(always, tuple(sometimes), only_if_blank)

    def judge(self, document: Document) -> list[Failure]:
        """Every rule that fails, in document order."""
        document.facts = Facts(document, self.codes)
        with decimal.localcontext(_EXACT):
            return _judge(document)


def _without_condition(node: Node, document: Document) -> bool:
    return True


def _append(
    possible: list[_Candidate | _Switch], context: Context, rules: tuple[Rule, ...]
) -> None:
    if context.attribute is None:
        assert context.when is not None
        possible.append(_Candidate(context.when, rules))
        return
    name, values = context.attribute
    rules_of = dict.fromkeys(values, rules)
    last = possible[-1] if possible else None
    if isinstance(last, _Switch) and last.attribute == name:
        possible[-1] = _Switch(name, {**rules_of, **last.rules_of})
    else:
        possible.append(_Switch(name, rules_of))


def _judge(document: Document) -> list[Failure]:
    failures: list[Failure] = []
    for at, node in enumerate(document.due):
        # A rule costs no more than the document is long, but a hostile one may repeat its places.
        if at % 64 == 0 and monotonic() > document.deadline:
            raise Refusal("too-slow", node.line)
        try:
            obeys = _obeys(node, document)
        except NotEvaluable:
            obeys = False
        if not obeys:
            failures += _failures(node, document)
    return failures


def _obeys(node: Node, document: Document) -> bool:
    """The usual answer, as fast as it can be had; `_failures` takes the time to tell what."""
    expected = node.expected
    for rule in expected.always:
        if not rule.test(node, document):
            return False
    for possible in expected.sometimes:
        for rule in _matching(possible, node, document):
            if not rule.test(node, document):
                return False
    return True


def _failures(node: Node, document: Document) -> Iterator[Failure]:
    """Every failure at a node at which there is at least one."""
    expected = node.expected
    found = [_matching(possible, node, document) for possible in expected.sometimes]
    for rule in chain(expected.always, *found):
        try:
            outcome = rule.test(node, document)
        except NotEvaluable as error:
            yield Failure(rule, node, error=error)
        else:
            if not outcome:
                yield Failure(rule, node, outcome)


def _matching(
    possible: tuple[_Candidate | _Switch, ...], node: Node, document: Document
) -> tuple[Rule, ...]:
    """The rules of the first context that matches; one that cannot be evaluated does not."""
    for candidate in possible:
        if isinstance(candidate, _Switch):
            rules = candidate.rules_of.get(node.attributes.get(candidate.attribute, ""))
            if rules is not None:
                return rules
            continue
        try:
            if candidate.when(node, document):
                return candidate.rules
        except NotEvaluable:
            continue
    return ()
