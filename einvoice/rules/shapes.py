"""The shapes most rules have, so that each is one row: must be there, at most one, two decimals.

A path is seen from the context's node, as in "cac:Party/cbc:EndpointID". The place of a finding
is the node the rule speaks of: the second one where only one may stand, the nearest existing
parent where something is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from einvoice.document import Document, Node
from einvoice.rules.contexts import Context
from einvoice.rules.engine import Place, Reads, Rule, Test
from einvoice.rules.xpath import has_text, string


def here(node: Node) -> Node:
    return node


def nearest(path: str) -> Place:
    """The node at a path, or the last one on the way that exists."""

    def place(node: Node) -> Node:
        for step in path.split("/"):
            nodes = node.children.get(step)
            if not nodes:
                return node
            node = nodes[0]
        return node

    return place


def second(*paths: str) -> Place:
    """The second node at whichever of the paths has one."""

    def place(node: Node) -> Node:
        for path in paths:
            nodes = node.all(path)
            if len(nodes) > 1:
                return nodes[1]
        return node

    return place


class RuleGroup:
    """The rules of one business group, in the order they are written."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def add(
        self,
        rule_id: str,
        context: Context,
        test: Test,
        term: str | None,
        *,
        place: Place = here,
        profiles: Iterable[str] | None = None,
        since: str | None = None,
        until: str | None = None,
        reads: Reads = "document",
    ) -> None:
        only = frozenset(profiles) if profiles is not None else None
        self._rules.append(
            Rule(rule_id, context, test, term, place, only, since, until, reads=reads)
        )

    def rule(
        self,
        rule_id: str,
        context: Context,
        term: str | None = None,
        *,
        at: str | None = None,
        profiles: Iterable[str] | None = None,
        since: str | None = None,
        until: str | None = None,
        reads: Reads = "document",
    ) -> Callable[[Test], Test]:
        """Decorates a test; `at` is the path of the place a finding points to."""

        def register(test: Test) -> Test:
            place = nearest(at) if at else here
            self.add(
                rule_id,
                context,
                test,
                term,
                place=place,
                profiles=profiles,
                since=since,
                until=until,
                reads=reads,
            )
            return test

        return register

    def not_blank(self, rule_id: str, context: Context, path: str, term: str) -> None:
        """There is one, and it has text."""

        def test(node: Node, document: Document) -> bool:
            return has_text(node.all(path))

        self.add(rule_id, context, test, term, place=nearest(path), reads="names")

    def exists(self, rule_id: str, context: Context, path: str, term: str) -> None:
        """There is one; it may be empty."""

        def test(node: Node, document: Document) -> bool:
            return bool(node.all(path))

        self.add(rule_id, context, test, term, place=nearest(path), reads="names")

    def has_attribute(self, rule_id: str, context: Context, attribute: str, term: str) -> None:
        def test(node: Node, document: Document) -> bool:
            return attribute in node.attributes

        self.add(rule_id, context, test, term, reads="attributes")

    def at_most_one(
        self,
        rule_id: str,
        context: Context,
        path: str,
        term: str,
        *,
        profiles: Iterable[str] | None = None,
        until: str | None = None,
    ) -> None:
        def test(node: Node, document: Document) -> bool:
            return len(node.all(path)) <= 1

        place = second(path)
        self.add(
            rule_id,
            context,
            test,
            term,
            place=place,
            profiles=profiles,
            until=until,
            reads="names",
        )

    def two_decimals(self, rule_id: str, context: Context, path: str, term: str) -> None:
        """At most two characters after the first point."""

        def test(node: Node, document: Document) -> bool:
            return len(string(node.all(path)).partition(".")[2]) <= 2

        self.add(rule_id, context, test, term, place=nearest(path))
