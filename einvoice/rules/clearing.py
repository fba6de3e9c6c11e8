"""What is known of the places of a document: the rules asked there, and the shapes met so far.

`clearance.py` walks a document by these. A `Place` is an element path, a `Shape` is which elements
one child of the root holds; both are worked out once and kept, within bounds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, Final

from einvoice.document import Candidates, Document, Expectation, Group, Node
from einvoice.rules.answering import ANSWERS, Answer, SoFar
from einvoice.rules.answers import COLLECTED_AT
from einvoice.rules.contexts import Context
from einvoice.rules.engine import Rule, RuleSet
from einvoice.rules.facts import COLLECTED, Facts
from einvoice.rules.xpath import NotEvaluable
from einvoice.ubl import ANYWHERE, LeafType, leaf_type, short_name

#: Shapes of parts, of documents, and answers about leaves, remembered at most: no document may fill
#: a service's memory.
MAX_SHAPES: Final = 5_000
MAX_ANSWERS: Final = 50_000
#: Longer texts are judged, but not remembered.
MAX_KEY: Final = 200
#: Larger parts (one child of the root with all it holds) and deeper ones are left to the engine.
MAX_ELEMENTS: Final = 400
MAX_DEPTH: Final = 30


class Memory:
    """What may be remembered for one rule set, and how much of it is."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.answers = 0
        self.shapes = 0
        #: Leaves are asked as if they stood in this one.
        self.document = Document(Group(expectation(("ubl:Invoice",)), None, 1, "", {}))
        self.document.facts = Facts(self.document, rules.codes)


#: What of a leaf decides, what was answered so far, and who is asked when that is not known.
LeafTest = tuple[Callable[[Any], Any], dict[Any, bool], Callable[[Any], bool]]


class Shape:
    """Which elements a part has, and so which of them are asked what."""

    __slots__ = ("amounts", "answers", "at", "is_known", "leaves", "number", "parts", "types")

    def __init__(self, number: int) -> None:
        self.number = number
        #: True once the engine has passed a document with such a part.
        self.is_known = False
        self.leaves: list[tuple[int, LeafTest]] = []
        #: Those that must be in the currency of the document.
        self.amounts: list[int] = []
        #: Groups that rules ask about, innermost first, by the places of their children.
        self.answers: list[tuple[dict[str, list[int]], Answer]] = []
        #: The type of each element; None for a group.
        self.types: list[LeafType | None] = []
        #: Of the whole: its children, and those that are parts.
        self.at: dict[str, list[int]] = {}
        self.parts: list[tuple[int, Place]] = []

    def add_group(
        self, place: Place, tags: tuple[str, ...], sizes: tuple[int, ...], index: int
    ) -> int | None:
        """Takes in the element at `index` and all it holds; the index behind it, or None if the
        engine must decide."""
        if place.is_open:
            return None
        self.types.append(None)
        at: dict[str, list[int]] = {}
        following: int | None = index + 1
        for _ in range(sizes[index]):
            assert following is not None
            kid = place.child(tags[following])
            at.setdefault(kid.path[-1], []).append(following)
            if kid.path[-1].startswith("cac:"):
                if not sizes[following]:
                    return None
                following = self.add_group(kid, tags, sizes, following)
                if following is None:
                    return None
            elif sizes[following] or not self.add_leaf(kid, following):
                return None
            else:
                following += 1
        if place.answer is not None:
            self.answers.append((at, place.answer))
        return following

    def add_leaf(self, place: Place, index: int) -> bool:
        self.types.append(leaf_type(place.path[-1].partition(":")[2]))
        if place.leaf_test is not None:
            self.leaves.append((index, place.leaf_test))
        if place.is_in_currency:
            self.amounts.append(index)
        return not place.is_open

    def wrong_leaves(self, elements: list[Any], so_far: SoFar) -> Iterator[int]:
        """Positions of the leaves that a rule on them alone might refuse."""
        for index, (key_of, known, ask) in self.leaves:
            element = elements[index]
            answer = known.get(key_of(element))
            if not (ask(element) if answer is None else answer):
                yield index
        # ibr-126; and since IBT-005 is in the list of currencies, ibr-cl-03 as well.
        for index in self.amounts:
            if elements[index].get("currencyID") != so_far.currency:
                yield index


class Place:
    """An element path: what its rules ask, and the shapes met there so far."""

    __slots__ = (
        "_children", "_memory", "_shapes", "answer", "is_in_currency", "is_open", "leaf_test",
        "path",
    )  # fmt: skip

    def __init__(self, memory: Memory, path: tuple[str, ...]) -> None:
        self._memory = memory
        self._children: dict[str, Place] = {}
        self._shapes: dict[tuple[Any, ...], Shape | None] = {}
        self.path = path
        asked = {r.id for r in _rules_at(memory.rules, path) if r.reads == "document"}
        answered, self.answer = ANSWERS.get("/".join(path[1:]), (frozenset(), None))
        unanswered = asked - answered
        self.is_in_currency = unanswered == {"ibr-126"}
        #: True if some rule may be asked here that has no quick answer.
        self.is_open = (
            (bool(unanswered) and not self.is_in_currency)
            or len(path) > MAX_DEPTH
            or path[-1].startswith("ext:")
            or (path[-1] in COLLECTED and "/".join(path[1:]) not in COLLECTED_AT)
            or _has_names_rule_on_condition(memory.rules, path, answered)
        )
        self.leaf_test = _leaf_test(memory, path, currency=self.is_in_currency)

    def child(self, tag: str) -> Place:
        found = self._children.get(tag)
        if found is None:
            found = self._children[tag] = Place(self._memory, (*self.path, short_name(tag)))
        return found

    def shape(
        self, tags: tuple[str, ...], sizes: tuple[int, ...], *, whole: bool = False
    ) -> Shape | None:
        """The shape of these elements, in document order; None if the engine must decide."""
        key = tags + sizes
        try:
            return self._shapes[key]
        except KeyError:
            pass
        if len(tags) > MAX_ELEMENTS:
            return None
        number = self._memory.shapes
        shape: Shape | None = Shape(number)
        assert shape is not None
        if not (self._add_whole(shape, tags) if whole else shape.add_group(self, tags, sizes, 0)):
            shape = None
        if number < MAX_SHAPES:
            self._memory.shapes += 1
            # The parser makes a new string for every tag; a key must not keep them all.
            self._shapes[(*map(sys.intern, tags), *sizes)] = shape
        elif shape is not None:
            shape = None
        return shape

    def _add_whole(self, shape: Shape, tags: tuple[str, ...]) -> bool:
        """The root: its parts are looked at one by one."""
        for index, tag in enumerate(tags):
            place = self.child(tag)
            shape.at.setdefault(place.path[-1], []).append(index)
            if not place.path[-1].startswith("cac:"):
                if not shape.add_leaf(place, index):
                    return False
            elif index < len(tags) - 1:
                shape.parts.append((index, place))
        return not self.is_open


def _contexts_at(
    rules: RuleSet, path: tuple[str, ...]
) -> Iterator[list[tuple[Context, tuple[Rule, ...]]]]:
    """As the rule set has them, but for the one on empty elements, which the schema refuses."""
    for possible in rules.contexts_at(path):
        yield [(context, found) for context, found in possible if not context.only_if_blank]


def _rules_at(rules: RuleSet, path: tuple[str, ...]) -> list[Rule]:
    """Every rule that may be asked at a path."""
    return [
        rule for possible in _contexts_at(rules, path) for _, found in possible for rule in found
    ]


def _has_names_rule_on_condition(
    rules: RuleSet, path: tuple[str, ...], answered: frozenset[str]
) -> bool:
    """A shape answers a rule only if the rule is asked wherever the shape is met."""
    for possible in _contexts_at(rules, path):
        asked_always = True
        for context, found in possible:
            asked_always = asked_always and context.is_certain
            names = {rule.id for rule in found if rule.reads == "names"}
            if not asked_always and not names <= answered:
                return True
    return False


def _leaf_test(memory: Memory, path: tuple[str, ...], *, currency: bool) -> LeafTest | None:
    """Asks the rules that read this leaf alone, remembering what they said; None if none does."""
    if path[-1].startswith("cac:"):
        return None
    reads = {rule.reads for rule in _rules_at(memory.rules, path)}
    if "text" in reads:
        has_attributes = bool(leaf_type(path[-1].partition(":")[2]).attributes - ANYWHERE)
        return _remembering(memory, path, _text_and_attributes if has_attributes else _text_only)
    if "attributes" in reads and not currency:
        return _remembering(memory, path, _attributes_only)
    return None


def _text_and_attributes(element: Any) -> Any:
    return (element.text, *element.items())


def _attributes_only(element: Any) -> Any:
    return tuple(element.items())


#: For leaves that may have no attribute: the schema refuses one that has.
_text_only: Final = attrgetter("text")


def _remembering(memory: Memory, path: tuple[str, ...], key_of: Callable[[Any], Any]) -> LeafTest:
    answers: dict[Any, bool] = {}
    expected = expectation(path)

    def ask(element: Any) -> bool:
        attributes = {} if key_of is _text_only else dict(element.items())
        node = Node(expected, None, 0, element.text or "", attributes)
        answer = _leaf_obeys(node, memory)
        size = sum(map(len, attributes.values()))
        size += 0 if key_of is _attributes_only else len(node.text)
        if size <= MAX_KEY and memory.answers < MAX_ANSWERS:
            memory.answers += 1
            answers[key_of(element)] = answer
        return answer

    return key_of, answers, ask


def _leaf_obeys(node: Node, memory: Memory) -> bool:
    """Every rule that reads the leaf alone, in the contexts that match it. A context that looks
    around is passed over: `ANSWERS` has what its rules ask, and later ones are asked for good
    measure."""
    for possible in _contexts_at(memory.rules, node.expected.path):
        for context, rules in possible:
            if context.looks_around or not _matches(context, node, memory.document):
                continue
            for rule in rules:
                if rule.reads in ("text", "attributes") and not _obeys(rule, node, memory):
                    return False
            break
    return True


def _matches(context: Context, node: Node, document: Document) -> bool:
    if context.attribute is not None:
        name, values = context.attribute
        return node.attributes.get(name) in values
    return context.when is None or context.when(node, document)


def _obeys(rule: Rule, node: Node, memory: Memory) -> bool:
    try:
        return bool(rule.test(node, memory.document))
    except NotEvaluable:
        return False


def expectation(path: tuple[str, ...]) -> Expectation:
    return Expectation(path, Candidates(), collected=False)
