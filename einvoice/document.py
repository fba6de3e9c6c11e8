"""The document as rules see it: a light tree, grown in one pass over the parsed XML.

Each node knows what is expected at its element path (an `Expectation`: the rule contexts that can
match there). `einvoice/growing.py` grows the tree; rules, the structure check and the reader then
find nodes and values by name, without searching.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple


class Candidates(NamedTuple):
    """The rules that can apply at a path: without condition, and by context (engine's own)."""

    always: tuple[Any, ...] = ()
    sometimes: tuple[Any, ...] = ()
    only_if_blank: bool = False


NO_NODES: Final[list[Node]] = []
_NO_CHILDREN: Final[dict[str, list[Node]]] = {}
_STEPS: dict[str, tuple[str, ...]] = {}


class Expectation:
    """What rules have to say about an element path; found once, kept for every document."""

    __slots__ = ("always", "children", "collected", "name", "only_if_blank", "path", "sometimes")

    def __init__(self, path: tuple[str, ...], candidates: Candidates, collected: bool) -> None:
        self.path = path
        self.name = path[-1]
        self.children: dict[str, Expectation] = {}
        #: Rules of the contexts that match whatever the node holds.
        self.always = candidates.always
        #: Per pattern, the contexts to ask, in the official order.
        self.sometimes = candidates.sometimes
        #: True if nothing but the rule on empty elements can match here.
        self.only_if_blank = candidates.only_if_blank
        #: True if rules look for this name anywhere in the document.
        self.collected = collected


class Node:
    """One element. `text` is its string value as XPath has it (comments left out)."""

    __slots__ = ("attributes", "expected", "line", "parent", "text")

    #: Child nodes by name, in document order; only a `Group` has any.
    children: Mapping[str, list[Node]] = _NO_CHILDREN

    def __init__(
        self,
        expected: Expectation,
        parent: Group | None,
        line: int,
        text: str,
        attributes: dict[str, str],
    ) -> None:
        self.expected = expected
        self.parent = parent
        self.line = line
        self.text = text
        self.attributes = attributes

    @property
    def name(self) -> str:
        return self.expected.name

    def get(self, attribute: str) -> str | None:
        return self.attributes.get(attribute)

    def all(self, path: str) -> list[Node]:
        """Every node at a path of child names ("cac:Item/cbc:Name"), in document order."""
        nodes = self.children.get(path)
        if nodes is not None:
            return nodes
        steps = _STEPS.get(path)
        if steps is None:
            steps = _STEPS[path] = tuple(path.split("/"))
        if len(steps) == 1:
            return NO_NODES
        nodes = self.children.get(steps[0], NO_NODES)
        for step in steps[1:]:
            if not nodes:
                return NO_NODES
            if len(nodes) == 1:
                nodes = nodes[0].children.get(step, NO_NODES)
            else:
                nodes = [kid for node in nodes for kid in node.children.get(step, NO_NODES)]
        return nodes

    def first(self, path: str) -> Node | None:
        nodes = self.all(path)
        return nodes[0] if nodes else None

    @property
    def path(self) -> str:
        """XPath of this node with the usual prefixes; an index only where there are several."""
        steps: list[str] = []
        node: Node | None = self
        while node is not None:
            steps.append(_step(node))
            node = node.parent
        return "/" + "/".join(reversed(steps))


class Group(Node):
    """An element with child elements."""

    __slots__ = ("children",)

    children: dict[str, list[Node]]


def _step(node: Node) -> str:
    name = node.expected.name
    if name[0] == "{":
        uri, _, local = name[1:].partition("}")
        step = f"*[local-name()='{local}' and namespace-uri()='{uri}']"
    elif ":" not in name:
        step = f"*[local-name()='{name}' and namespace-uri()='']"
    else:
        step = name
    if node.parent is not None:
        same = node.parent.children[name]
        if len(same) > 1:
            step += f"[{same.index(node) + 1}]"
    return step


class Document:
    """A tree with what was noted while it grew."""

    __slots__ = ("collected", "deadline", "due", "facts", "groups", "root", "split_texts")

    def __init__(self, root: Group) -> None:
        self.root = root
        #: On the clock `time.monotonic`: judging must have ended by then.
        self.deadline = float("inf")
        #: Every node with children, for `release`.
        self.groups: list[Group] = [root]
        #: Nodes by name, for the names rules look for anywhere.
        self.collected: dict[str, list[Node]] = {}
        #: Nodes at which at least one rule context may match.
        self.due: list[Node] = []
        #: Text nodes of elements whose text is split by comments or child elements.
        self.split_texts: dict[Node, list[str]] = {}
        #: Values that several rules share; see rules/facts.py.
        self.facts: Any = None

    def release(self) -> None:
        """Let go of the tree: parents and children hold each other, and the collector that would
        find that out costs more than this. The document is of no use afterwards."""
        for group in self.groups:
            group.children = {}
        self.groups.clear()
        self.facts = None

    def anywhere(self, name: str) -> list[Node]:
        return self.collected.get(name, NO_NODES)

    def text_nodes(self, node: Node) -> Sequence[str]:
        """What XPath's text() yields: one string, several around a comment, or none."""
        split = self.split_texts.get(node)
        if split is not None:
            return split
        return (node.text,) if node.text else ()
