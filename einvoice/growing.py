"""Growing the tree: the one pass over a parsed document.

On the way each node at which a rule context may match is put on the list of the due. What can
match where is worked out once for an element path and kept from document to document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import Any, Final

from lxml import etree

from einvoice.document import Candidates, Document, Expectation, Group, Node
from einvoice.limits import Limits, Refusal
from einvoice.parsing import Parsed, text_pieces
from einvoice.ubl import BLANKS, short_name

#: Paths remembered at most; a document of invented names must not fill the memory of a service.
MAX_EXPECTATIONS: Final = 20_000

_NO_ATTRIBUTES: Final[dict[str, str]] = {}

CandidatesAt = Callable[[tuple[str, ...]], Candidates]


class Grower:
    """Grows documents for one rule set."""

    def __init__(self, candidates_at: CandidatesAt, collected: frozenset[str]) -> None:
        self._candidates_at = candidates_at
        self._collected = collected
        self._roots: dict[str, Expectation] = {}
        self._count = 0

    def grow(self, parsed: Parsed, limits: Limits) -> Document:
        """Raises `Refusal` where a limit is passed."""
        element = parsed.root
        tag = str(element.tag)
        expected = self._roots.get(tag) or self._expect(self._roots, (), tag)
        items = element.items()
        _check_lengths(items, limits)
        root = Group(expected, None, element.sourceline or 1, "", dict(items))
        root.children = {}
        document = Document(root)
        if expected.collected:
            document.collected[expected.name] = [root]
        document.due.append(root)
        self._descend(parsed, root, document, limits)
        return document

    def _descend(self, parsed: Parsed, root: Group, document: Document, limits: Limits) -> None:
        """Every element below the root, in document order, without recursion.

        The inner loop of the whole package: what is usual stands here, what is rare in functions.
        `left` counts the children of `node` still to come.
        """
        # Typed loosely: casts for the type checker would cost a tenth of the time here.
        elements: Iterator[Any] = parsed.root.iter()
        next(elements)
        splits = parsed.splits
        due, collected, groups = document.due, document.collected, document.groups
        deadline = document.deadline = monotonic() + limits.seconds
        stack: list[tuple[Group, int]] = []
        node, left = root, len(parsed.root)
        expectations, children = node.expected.children, node.children
        for element in elements:
            while not left:
                node, left = stack.pop()
                expectations, children = node.expected.children, node.children
            left -= 1
            tag = element.tag
            expected = expectations.get(tag) or self._expect(expectations, node.expected.path, tag)
            text = element.text or ""
            items = element.items()
            if items:
                attributes = dict(items)
                _check_lengths(items, limits)
            else:
                attributes = _NO_ATTRIBUTES
            size = len(element)
            kid: Node
            if size:
                kid = group = Group(expected, node, element.sourceline, text, attributes)
                groups.append(group)
            else:
                kid = Node(expected, node, element.sourceline, text, attributes)
            same = children.get(expected.name)
            if same is None:
                children[expected.name] = [kid]
            else:
                same.append(kid)
            if not expected.only_if_blank or not (size or text.strip(BLANKS)):
                due.append(kid)
            if size:
                if expected.name.startswith("cbc:"):
                    _take_whole_text(kid, element, document)
                stack.append((node, left))
                if len(stack) > limits.depth:
                    raise Refusal("too-deep", element.sourceline, limit=limits.depth)
                if monotonic() > deadline:
                    raise Refusal("too-slow", element.sourceline)
                node, left = group, size
                children = group.children = {}
                expectations = expected.children
            if expected.collected:
                collected.setdefault(expected.name, []).append(kid)
            if splits and element in splits:
                document.split_texts[kid] = splits[element]

    def _expect(
        self, known: dict[str, Expectation], parent: tuple[str, ...], tag: str
    ) -> Expectation:
        """What to expect of a path met for the first time."""
        path = (*parent, short_name(tag))
        expected = Expectation(path, self._candidates_at(path), path[-1] in self._collected)
        if self._count < MAX_EXPECTATIONS:
            self._count += 1
            known[tag] = expected
        return expected


def _take_whole_text(node: Node, element: etree._Element, document: Document) -> None:
    """A value with elements inside: its string value runs through all of them."""
    node.text = "".join(element.itertext())
    document.split_texts[node] = text_pieces(element)


def _check_lengths(items: Iterable[tuple[str, str]], limits: Limits) -> None:
    for _, value in items:
        if len(value) > limits.attribute_length:
            raise Refusal("attribute-too-long", None, limit=limits.attribute_length)
