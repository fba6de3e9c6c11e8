"""Growing the tree: in one pass over a parsed document, or piece by piece where it is wanted.

On the way each node at which a rule context may match is put on the list of the due. What can
match where is worked out once for an element path and kept from document to document.

Where most of a document is known to be in order (`einvoice/rules/clearance.py`), only what is
suspect is due, and what no rule asks for need not grow: a `Bud` opens when it is looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from einvoice.document import Candidates, Document, Expectation, Group, Node
from einvoice.limits import Limits, Refusal
from einvoice.parsing import Parsed, text_pieces
from einvoice.ubl import BLANKS, short_name

if TYPE_CHECKING:
    from einvoice.rules.clearance import Look

#: Paths remembered at most; a document of invented names must not fill the memory of a service.
MAX_EXPECTATIONS: Final = 20_000

_NO_ATTRIBUTES: Final[dict[str, str]] = {}

CandidatesAt = Callable[[tuple[str, ...]], Candidates]


class Bud(Group):
    """A group whose children grow when they are first asked for."""

    __slots__ = ("element", "groups", "grower")

    element: Any
    groups: list[Group]
    grower: Grower

    def __getattr__(self, name: str) -> Any:
        """Python asks here for what a slot does not hold yet."""
        if name != "children":
            raise AttributeError(name)
        self.grower.open(self)
        return self.children


class BuddingDocument(Document):
    """A document that grows where it is looked into. `places` are the paths below the root at which
    the names stand that rules look for anywhere; at no other may one stand."""

    __slots__ = ("_places",)

    def __init__(self, root: Group, places: Collection[str]) -> None:
        super().__init__(root)
        self._places = places

    def anywhere(self, name: str) -> list[Node]:
        found = self.collected.get(name)
        if found is None:
            found = self.collected[name] = [
                node
                for place in self._places
                if place.rpartition("/")[2] == name
                for node in self.root.all(place)
            ]
        return found


class Grower:
    """Grows documents for one rule set; `places` as `BuddingDocument` wants them."""

    def __init__(
        self, candidates_at: CandidatesAt, collected: frozenset[str], places: Collection[str] = ()
    ) -> None:
        self._candidates_at = candidates_at
        self._collected = collected
        self._places = places
        self._roots: dict[str, Expectation] = {}
        self._count = 0

    def grow(self, parsed: Parsed, limits: Limits) -> Document:
        """Raises `Refusal` where a limit is passed."""
        element = parsed.root
        expected = self._expect_root(element)
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

    def bud(self, parsed: Parsed, look: Look, limits: Limits) -> Document:
        """A document in which only the suspect is due."""
        element = parsed.root
        attributes = dict(element.items())
        root = Bud(self._expect_root(element), None, element.sourceline or 1, "", attributes)
        document = BuddingDocument(root, self._places)
        document.deadline = monotonic() + limits.seconds
        root.element, root.grower, root.groups = element, self, document.groups
        if look.is_root_suspect:
            document.due.append(root)
        if look.suspects:
            kids = self.open(root)
            for position in look.suspects:
                self._all_due(kids[position], document.due)
        return document

    def _all_due(self, node: Node, due: list[Node]) -> None:
        """A node that nobody has looked into yet, and all below it, in document order."""
        if isinstance(node, Bud):
            if not node.expected.only_if_blank:
                due.append(node)
            for kid in self.open(node):
                self._all_due(kid, due)
        elif not node.expected.only_if_blank or not node.text.strip(BLANKS):
            due.append(node)

    def open(self, bud: Bud) -> list[Node]:
        """Grow the children of one group, and hand them out in their order."""
        expectations, groups = bud.expected.children, bud.groups
        if bud.parent is not None:
            groups.append(bud)
        children = bud.children = {}
        kids: list[Node] = []
        element: Any
        for element in bud.element:
            tag = element.tag
            expected = expectations.get(tag) or self._expect(expectations, bud.expected.path, tag)
            items = element.items()
            attributes = dict(items) if items else _NO_ATTRIBUTES
            text = element.text or ""
            kid: Node
            if len(element):
                kid = inner = Bud(expected, bud, element.sourceline, text, attributes)
                inner.element, inner.grower, inner.groups = element, self, groups
            else:
                kid = Node(expected, bud, element.sourceline, text, attributes)
            kids.append(kid)
            same = children.get(expected.name)
            if same is None:
                children[expected.name] = [kid]
            else:
                same.append(kid)
        return kids

    def _expect_root(self, element: etree._Element) -> Expectation:
        tag = str(element.tag)
        return self._roots.get(tag) or self._expect(self._roots, (), tag)

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
