"""Clearing at once what is plainly in order: every rule answered, no tree grown.

Most invoices obey every rule. For them it is enough to know that no rule fails; places, figures
and messages are wanted only where one does. So a document is first asked whether it is plainly in
order, and only one that is not goes before the engine, which says what is the matter. A rule is
answered here in one of four ways, by what it reads (`Rule.reads`):

1. "schema": the strict schema (`einvoice/schema.py`) leaves it nothing to fail on.
2. "text", "attributes": the rule itself is asked about the leaf; codes and schemes repeat, so its
   answer is remembered.
3. "names": the answer depends only on which elements there are. The engine has passed documents
   with parts of these shapes before, and so it would these.
4. "document": `einvoice/rules/answers.py` has a form of the rule that is quick, and may be narrower
   than the rule, never wider.

A place where some rule has no such answer is not cleared, nor is a value of an unusual form: the
engine decides. So a rule of a new version that nobody has provided for costs time, never a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any, Final

from einvoice.limits import Limits
from einvoice.parsing import Parsed
from einvoice.rules import clearing
from einvoice.rules.answering import Children, SoFar
from einvoice.rules.answers import document_is_in_order
from einvoice.rules.clearing import Memory, Place, Shape
from einvoice.rules.engine import RuleSet
from einvoice.schema import MAX_PLAIN_ATTRIBUTE, strict_schema
from einvoice.ubl import full_tag

#: Documents of more bytes are looked at more closely before the schema is asked.
LARGE: Final = 300_000

_LINE: Final = full_tag("cac:InvoiceLine")
_INVOICE: Final = full_tag("ubl:Invoice")
_CURRENCY: Final = full_tag("cbc:DocumentCurrencyCode")


@dataclass(frozen=True, slots=True)
class Look:
    """A document in which nothing is the matter, but for shapes that nobody knows yet."""

    unknown_parts: tuple[Shape, ...]
    #: The shape of the whole, without its lines, if that is unknown.
    unknown_whole: tuple[int, ...] | None

    @property
    def is_cleared(self) -> bool:
        return not self.unknown_parts and self.unknown_whole is None


class Clearance:
    """Clears documents for one rule set."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.memory = Memory(rules)
        self.known_wholes: set[tuple[int, ...]] = set()
        self._root = Place(self.memory, ("ubl:Invoice",))

    def look(self, parsed: Parsed, limits: Limits) -> Look | None:
        """None if the document is not plainly in order."""
        root = parsed.root
        if not parsed.is_plain or root.tag != _INVOICE:
            return None
        # What the strict schema and this module let through must be within the limits.
        if limits.attribute_length < MAX_PLAIN_ATTRIBUTE or limits.depth <= clearing.MAX_DEPTH:
            return None
        look = self._look(root, monotonic() + limits.seconds, is_large=parsed.size > LARGE)
        # The schema comes last: it goes on after a fault, each dearer than the last.
        if look is not None and look.is_cleared and not strict_schema().validate(root):
            return None
        return look

    def learn(self, look: Look) -> None:
        """The engine has found nothing in the document that was looked at."""
        for shape in look.unknown_parts:
            shape.is_known = True
        if look.unknown_whole is not None and len(self.known_wholes) < clearing.MAX_SHAPES:
            self.known_wholes.add(look.unknown_whole)

    def _look(self, root: Any, deadline: float, *, is_large: bool) -> Look | None:
        kids = root.getchildren()
        tags = [kid.tag for kid in kids]
        if _LINE not in tags:
            return None
        # UBL has the lines at the end; the shape of the whole does not tell how many they are.
        first_line = tags.index(_LINE)
        head = self._root.shape((*tags[:first_line], _LINE), [0] * (first_line + 1), whole=True)
        if head is None:
            return None
        parts = []
        for index, place in head.parts:
            part = _part(kids[index], place)
            if part is None:
                return None
            parts.append(part)
        unknown = [shape for _, shape in parts if not shape.is_known]
        whole = (head.number, *[shape.number for _, shape in parts])
        unknown_whole = None if whole in self.known_wholes else whole
        # Only what the schema has passed in another document is looked into: from here on all that
        # must be there is there.
        is_known = not unknown and unknown_whole is None
        so_far = SoFar(root.findtext(_CURRENCY) or "", self.rules)
        if is_known and not (
            all(test(kids[index], so_far) for index, test in head.leaves)
            and all(_is_in_order(elements, shape, so_far, is_large) for elements, shape in parts)
        ):
            return None
        line_place = self._root.child(_LINE)
        for kid in kids[first_line:]:
            line = _part(kid, line_place)
            if line is None or monotonic() > deadline:
                return None
            elements, shape = line
            if not shape.is_known:
                unknown.append(shape)
            elif is_known and not _is_in_order(elements, shape, so_far, is_large):
                return None
        if is_known and not unknown and not document_is_in_order(Children(kids, head.at), so_far):
            return None
        return Look(tuple(unknown), unknown_whole)


def _part(element: Any, place: Place) -> tuple[list[Any], Shape] | None:
    """A child of the root with all it holds, and its shape."""
    elements = list(element.iter())
    shape = place.shape(tuple([e.tag for e in elements]), [len(e) for e in elements])
    return None if shape is None else (elements, shape)


def _is_in_order(elements: list[Any], shape: Shape, so_far: SoFar, is_large: bool) -> bool:
    if is_large and not _is_sound(elements, shape):
        return False
    for index, test in shape.leaves:
        if not test(elements[index], so_far):
            return False
    return all(answer(Children(elements, at), so_far) for at, answer in shape.answers)


def _is_sound(elements: list[Any], shape: Shape) -> bool:
    """Nothing for the schema to refuse, as far as can be seen: of a large document it must not find
    a hundred thousand faults."""
    for element, leaf in zip(elements, shape.types, strict=True):
        if (element.tail or "").strip():
            return False
        text = element.text or ""
        attributes = element.keys()
        if leaf is None:
            if text.strip() or attributes:
                return False
        elif (
            not text.strip()
            or (leaf.accepts is not None and not leaf.accepts(text))
            or (attributes and not leaf.attributes.issuperset(attributes))
            or (leaf.required is not None and leaf.required not in attributes)
        ):
            return False
    return True


@cache
def clearance_for(rules: RuleSet) -> Clearance:
    """One for each rule set, so that what was learnt stays."""
    return Clearance(rules)
