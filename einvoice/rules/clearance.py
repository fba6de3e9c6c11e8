"""Clearing at once what is plainly in order: every rule answered, no tree grown.

Most invoices obey every rule, and most of a faulty one obeys them, too. For that it is enough to
know that no rule fails; places, figures and messages are wanted only where one does. So a document
is first looked at child by child of its root, and only what is not plainly in order there goes
before the engine, which says what is the matter: the suspects. A rule is
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
Where one child holds what the rules of another ask about, both are suspect together.

In a document that the strict schema refuses, the root is suspect and so is every child that is not
seen to be as the schema would have it: a shape that it has passed before, and sound leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain
from time import monotonic
from typing import Any, Final

from einvoice.limits import Limits
from einvoice.parsing import Parsed
from einvoice.rules import clearing
from einvoice.rules.answering import Children, SoFar
from einvoice.rules.answers import lines_add_up, root_is_in_order
from einvoice.rules.clearing import Memory, Place, Shape
from einvoice.rules.engine import RuleSet
from einvoice.schema import MAX_PLAIN_ATTRIBUTE, strict_schema
from einvoice.ubl import LeafType, full_tag, is_language

#: Documents of more bytes are looked at more closely before the schema is asked.
LARGE: Final = 300_000

_LINE: Final = full_tag("cac:InvoiceLine")
_INVOICE: Final = full_tag("ubl:Invoice")
_CURRENCY: Final = full_tag("cbc:DocumentCurrencyCode")
_PERIOD: Final = full_tag("cac:InvoicePeriod")
_TOTALS: Final = full_tag("cac:LegalMonetaryTotal")


def _tags(*names: str) -> frozenset[str]:
    return frozenset(map(full_tag, names))


#: Children of the root from which its own rules take something; a suspect one makes it suspect.
_OF_ROOT: Final = _tags(
    "cac:InvoicePeriod", "cac:AdditionalDocumentReference", "cac:AccountingSupplierParty",
    "cac:PaymentMeans", "cac:AllowanceCharge", "cac:TaxTotal", "cac:LegalMonetaryTotal",
    "cac:InvoiceLine",
)  # fmt: skip
#: Those that are suspect as soon as the root is: their rules ask what others hold.
_WITH_ROOT: Final = _tags(
    "cbc:TaxCurrencyCode", "cac:PayeeParty", "cac:PrepaidPayment", "cac:LegalMonetaryTotal"
)
#: Those that ibr-co-10 to ibr-co-13 add up.
_ADDED_UP: Final = _tags("cac:AllowanceCharge", "cac:InvoiceLine")


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a document."""

    #: Shapes that nobody knows yet.
    unknown_parts: tuple[Shape, ...]
    #: The shape of the whole, without its lines, if that is unknown.
    unknown_whole: tuple[int, ...] | None
    #: Positions of the children of the root that the engine must judge; None if that is the whole
    #: document.
    suspects: tuple[int, ...] | None
    #: True if the engine must judge the root itself as well.
    is_root_suspect: bool
    #: False if the strict schema refuses the document; only the suspect can be why.
    is_accepted: bool = True

    @property
    def is_cleared(self) -> bool:
        return self.suspects == () and not self.is_root_suspect


class Clearance:
    """Clears documents for one rule set."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.memory = Memory(rules)
        self.known_wholes: set[tuple[int, ...]] = set()
        self._root = Place(self.memory, ("ubl:Invoice",))

    def look(self, parsed: Parsed, limits: Limits) -> Look | None:
        """None if there is nothing to be had from looking."""
        root = parsed.root
        if not parsed.is_plain or root.tag != _INVOICE:
            return None
        # What the strict schema and this module let through must be within the limits.
        if limits.attribute_length < MAX_PLAIN_ATTRIBUTE or limits.depth <= clearing.MAX_DEPTH:
            return None
        deadline, is_large = monotonic() + limits.seconds, parsed.size > LARGE
        look = self._look(root, deadline, is_large=is_large)
        # The schema comes last: it goes on after a fault, each dearer than the last.
        if look is None or look.suspects is None or strict_schema().validate(root):
            return look
        return None if is_large else self._look(root, deadline, is_large=False, is_refused=True)

    def learn(self, look: Look) -> None:
        """The engine has found nothing in the document that was looked at."""
        if not look.is_accepted:
            return
        for shape in look.unknown_parts:
            shape.is_known = True
        if look.unknown_whole is not None and len(self.known_wholes) < clearing.MAX_SHAPES:
            self.known_wholes.add(look.unknown_whole)

    def _look(
        self, root: Any, deadline: float, *, is_large: bool, is_refused: bool = False
    ) -> Look | None:
        kids = root.getchildren()
        tags = [kid.tag for kid in kids]
        if _LINE not in tags:
            return None
        # UBL has the lines at the end; the shape of the whole does not tell how many they are.
        first_line = tags.index(_LINE)
        head = self._root.shape((*tags[:first_line], _LINE), (0,) * (first_line + 1), whole=True)
        if head is None:
            return None
        so_far = SoFar(root.findtext(_CURRENCY) or "", self.rules)
        suspects = list(head.wrong_leaves(kids, so_far))
        if is_refused:
            unsound = _unsound_leaves(kids, tags, first_line, head)
            if unsound is None:
                return None
            suspects += unsound
        if any(tags[index] == _CURRENCY for index in suspects):
            return None  # every amount is measured by it
        unknown: list[Shape] = []
        whole = [head.number]
        line_place = self._root.child(_LINE)
        lines = [(index, line_place) for index in range(first_line, len(kids))]
        # A line's period is measured by the one of the header.
        is_measured = tags.count(_PERIOD) < 2
        is_root_suspect = is_refused
        for index, place in chain(head.parts, lines):
            kid = kids[index]
            elements = list(kid.iter())
            shape = place.shape(tuple([e.tag for e in elements]), tuple(map(len, elements)))
            if shape is None or monotonic() > deadline:
                return None
            if place is not line_place:
                whole.append(shape.number)
            # Only what the schema has passed in another document is looked into: there all that
            # must be there is there.
            if not shape.is_known:
                unknown.append(shape)
            elif (is_large or is_refused) and not _is_sound(elements, shape.types):
                if is_large:
                    return None
            else:
                wrong = _first_wrong(elements, shape, so_far)
                if wrong is None and (is_measured or kid.find(_PERIOD) is None):
                    continue
                if wrong is _OWN_FIGURES and tags[index] in (_LINE, _TOTALS):
                    suspects.append(index)  # what the root needs of it has been noted
                    continue
            if is_refused and _has_long_attribute(elements):
                return None
            suspects.append(index)
            is_root_suspect = is_root_suspect or tags[index] in _OF_ROOT
            is_measured = is_measured and tags[index] != _PERIOD
        unknown_whole = None if tuple(whole) in self.known_wholes else tuple(whole)
        at = Children(kids, head.at)
        if so_far.has_line_despatch and at.has("cac:DespatchDocumentReference"):
            return None
        is_root_suspect = (
            is_root_suspect or unknown_whole is not None or not root_is_in_order(at, so_far)
        )
        if is_large and (unknown or unknown_whole):
            return Look(tuple(unknown), unknown_whole, None, True)
        if is_root_suspect:
            suspects += [index for index, tag in enumerate(tags) if tag in _WITH_ROOT]
        elif (suspects and not _ADDED_UP.isdisjoint([tags[index] for index in suspects])) or (
            not lines_add_up(so_far)
        ):
            suspects += [index for index, tag in enumerate(tags) if tag == _TOTALS]
        return Look(
            tuple(unknown),
            unknown_whole,
            tuple(sorted({*suspects})),
            is_root_suspect,
            is_accepted=not is_refused,
        )


#: What `_first_wrong` says if all within the part is in order, but not the part itself.
_OWN_FIGURES: Final = "own figures"


def _first_wrong(elements: list[Any], shape: Shape, so_far: SoFar) -> str | None:
    """None if no rule fails in the part."""
    # As `wrong_leaves` does, but without a generator for each part.
    for index, (key_of, known, ask) in shape.leaves:
        element = elements[index]
        obeys = known.get(key_of(element))
        if not (ask(element) if obeys is None else obeys):
            return "leaf"
    currency = so_far.currency
    for index in shape.amounts:
        if elements[index].get("currencyID") != currency:
            return "leaf"
    for at, answer in shape.answers:
        if not answer(Children(elements, at), so_far):
            return _OWN_FIGURES if at is shape.answers[-1][0] else "group"
    return None


def _is_sound(elements: list[Any], types: list[LeafType | None]) -> bool:
    """Nothing for the schema to refuse in elements of a shape that it has passed before: of a large
    document it must not find a hundred thousand faults, of a refused one this part is not why."""
    for element, leaf in zip(elements, types, strict=True):
        if (element.tail or "").strip():
            return False
        text = element.text or ""
        if leaf is None:
            if text.strip() or element.keys():
                return False
            continue
        if not text.strip() or (leaf.accepts is not None and not leaf.accepts(text)):
            return False
        # Neither takes the schema blanks around a date or a time.
        if leaf.name in ("Date", "Time") and text != text.strip():
            return False
        attributes = element.items()
        if attributes:
            if not leaf.attributes.issuperset([name for name, _ in attributes]):
                return False
            for name, value in attributes:
                if len(value) > MAX_PLAIN_ATTRIBUTE or (
                    name == "languageID" and not is_language(value)
                ):
                    return False
        if leaf.required is not None and element.get(leaf.required) is None:
            return False
    return True


def _has_long_attribute(elements: list[Any]) -> bool:
    return any(len(value) > MAX_PLAIN_ATTRIBUTE for e in elements for value in e.values())


def _unsound_leaves(
    kids: list[Any], tags: list[str], first_line: int, head: Shape
) -> list[int] | None:
    """Positions of the leaves below the root at which the schema might take offence; None if the
    engine must judge the whole document."""
    if tags.count(_LINE) != len(tags) - first_line:
        return None
    parts = {index for index, _ in head.parts}
    leaves = [index for index in range(first_line) if index not in parts]
    found = []
    for index, leaf in zip(leaves, head.types, strict=True):
        kid = kids[index]
        if len(kid) or _has_long_attribute([kid]):
            return None
        if not _is_sound([kid], [leaf]):
            found.append(index)
    return found


@cache
def clearance_for(rules: RuleSet) -> Clearance:
    """One for each rule set, so that what was learnt stays."""
    return Clearance(rules)
