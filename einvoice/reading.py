"""From the parsed document to the typed `Invoice`, by the table of terms.

Reading is generous: what cannot be understood (a date that is none) reads as not stated, because
the findings of structure and rules already speak of it, and the rest can still be shown, matched
and sent back. Where a term that may stand once stands twice, the first one counts.

The table is turned, once, into what to do at each element name (`_Turn`); a document is then read
in one walk over its own elements, however many terms there could be.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final

from einvoice.binding import FILLER, Choice, GroupBinding, Step, Value, document_binding
from einvoice.document import Candidates
from einvoice.errors import UnreadableInvoice
from einvoice.growing import Grower
from einvoice.invoice import Identifier, Invoice
from einvoice.limits import Limits, Refusal
from einvoice.messages import refusal_texts
from einvoice.parsing import parse
from einvoice.ubl import BLANKS, full_tag, is_date, is_decimal, is_time

#: Growing sees to the limits; no rule is asked.
_GROWER: Final = Grower(lambda path: Candidates(), frozenset())
#: A shorter number is remembered: rates, quantities and units of price repeat.
_SHORT: Final = 6
#: Among what is stated: that some of it is None.
_HAS_GAPS: Final = ""


def read(xml: bytes, *, limits: Limits | None = None) -> Invoice:
    """Read a document of any of the three types.

    Raises `UnreadableInvoice` if it is no XML, or passes a limit; never for what it says.
    """
    used = limits or Limits()
    try:
        parsed = parse(xml, used)
        _GROWER.grow(parsed, used).release()
    except Refusal as refusal:
        message, _ = refusal_texts(refusal)
        raise UnreadableInvoice(reason_ja=message.ja, reason_en=message.en) from None
    return read_root(parsed.root)


def read_root(root: Any) -> Invoice:
    """The `Invoice` in a parsed document, given by its root element."""
    currencies = {
        "IBT-005": _text_at(root, (full_tag("cbc:DocumentCurrencyCode"),)),
        "IBT-006": _text_at(root, (full_tag("cbc:TaxCurrencyCode"),)),
    }
    return _reader()(root, currencies)  # type: ignore[no-any-return]


Currencies = dict[str, str]
#: Makes one object of the model from its element.
Reader = Callable[[Any, Currencies], Any]
#: Whether an element of several of one name is meant.
Test = Callable[[Any, Currencies], bool]


class _Turn:
    """What to do with a child element of some name: values to take from it, groups to read from
    it, and what to do with its own children."""

    __slots__ = ("below", "chosen", "groups", "values")

    def __init__(self) -> None:
        #: Name of the value, attribute that holds it, conversion.
        self.values: list[tuple[str, str | None, Callable[[str], Any]]] = []
        #: Name of the group, its reader, whether it repeats.
        self.groups: list[tuple[str, Reader, bool]] = []
        self.below: dict[str, _Turn] = {}
        #: The same again for those elements of the name that pass a test.
        self.chosen: list[tuple[Choice, Test, _Turn]] = []

    def towards(self, steps: tuple[Step, ...]) -> _Turn:
        """The turn at the end of a path."""
        turn = self
        for step in steps:
            turn = turn.below.setdefault(full_tag(step.name), _Turn())
            if step.choice is not None:
                turn = turn._of(step.choice)
        return turn

    def _of(self, choice: Choice) -> _Turn:
        for known, _, turn in self.chosen:
            if known == choice:
                return turn
        self.chosen.append((choice, _test(choice), _Turn()))
        return self.chosen[-1][2]


@cache
def _reader() -> Reader:
    return _group_reader(document_binding())


def _group_reader(binding: GroupBinding) -> Reader:
    """A function that reads one group; what the table says is worked out here, once."""
    cls, fillers = binding.cls, frozenset(binding.fillers)
    top = _Turn()
    for value in binding.values:
        turn = top.towards(value.steps)
        turn.values.append(
            (".".join(value.fields), value.attribute, _conversion(value, value.steps in fillers))
        )
    for group in binding.groups:
        top.towards(group.steps).groups.append(
            (group.field_name or "", _group_reader(group), group.repeats)
        )
    nested = [
        (
            name,
            made,
            [(v.fields[1], ".".join(v.fields)) for v in binding.values if v.fields[0] == name],
        )
        for name, made in binding.made.items()
    ]
    own, below = top.values, top.below
    repeated = [group.field_name or "" for group in binding.groups if group.repeats]

    def read_group(element: Any, currencies: Currencies) -> Any:
        stated: dict[str, Any] = {}
        if own:
            _take(own, element, stated)
        _walk(element, below, stated, currencies)
        for name, made, parts in nested:
            inner = {}
            for part, key in parts:
                got = stated.pop(key, None)
                if got is not None:
                    inner[part] = got
            # No object is made of a scheme without the identifier it would belong to.
            if inner and (made is not Identifier or "value" in inner):
                stated[name] = made(**inner)
        for name in repeated:
            if name in stated:
                stated[name] = tuple(stated[name])
        if _HAS_GAPS in stated:
            stated = {name: got for name, got in stated.items() if got is not None}
        if cls is Identifier and "value" not in stated:
            return None
        return cls(**stated)

    return read_group


def _walk(
    element: Any, turns: dict[str, _Turn], stated: dict[str, Any], currencies: Currencies
) -> None:
    """Takes what is stated from the children of an element."""
    for kid in element:
        turn = turns.get(kid.tag)
        if turn is None:
            continue
        if turn.values:
            _take(turn.values, kid, stated)
        for name, read_inner, repeats in turn.groups:
            if repeats:
                item = read_inner(kid, currencies)
                if item is not None:
                    stated.setdefault(name, []).append(item)
            elif name not in stated:
                got = stated[name] = read_inner(kid, currencies)
                if got is None:
                    stated[_HAS_GAPS] = None
        if turn.below:
            _walk(kid, turn.below, stated, currencies)
        for _, is_meant, meant in turn.chosen:
            if is_meant(kid, currencies):
                _walk((kid,), {kid.tag: meant}, stated, currencies)


def _take(
    values: list[tuple[str, str | None, Callable[[str], Any]]], element: Any, stated: dict[str, Any]
) -> None:
    """Only the first element counts, even if it cannot be understood: then None is noted."""
    for key, attribute, convert in values:
        if key not in stated:
            if attribute is not None:
                raw = element.get(attribute)
            else:
                raw = "".join(element.itertext()) if len(element) else element.text or ""
            got = stated[key] = None if raw is None else convert(raw)
            if got is None:
                stated[_HAS_GAPS] = None


def _test(choice: Choice) -> Test:
    """Whether an element is the one a choice means."""
    if choice.currency is not None:
        term = choice.currency
        amount_tag = full_tag("cbc:TaxAmount")

        def is_in_currency(element: Any, currencies: Currencies) -> bool:
            if term == "IBT-006" and currencies["IBT-006"] == currencies["IBT-005"]:
                return False
            amount = next(element.iterchildren(amount_tag), None)
            return amount is not None and amount.get("currencyID") == currencies[term]

        return is_in_currency
    tags = tuple(map(full_tag, choice.path.split("/")))
    if choice.value in ("true", "false"):
        wanted = ("true", "1") if choice.value == "true" else ("false", "0")
        return lambda element, currencies: _text_at(element, tags) in wanted
    value, negated = choice.value, choice.negated
    return lambda element, currencies: (_text_at(element, tags).upper() == value) is not negated


def _text_at(element: Any, tags: tuple[str, ...]) -> str:
    """The text of the first element at a path, without outer blanks; "" if there is none."""
    found = _first_at(element, tags)
    if found is None:
        return ""
    text = "".join(found.itertext()) if len(found) else found.text or ""
    return text.strip(BLANKS)


def _first_at(element: Any, tags: tuple[str, ...]) -> Any:
    if len(tags) == 1:
        return next(element.iterchildren(tags[0]), None)
    for kid in element.iterchildren(tags[0]):
        found = _first_at(kid, tags[1:])
        if found is not None:
            return found
    return None


def _conversion(value: Value, may_be_filler: bool) -> Callable[[str], Any]:
    convert = _CONVERTERS[value.kind]
    if not may_be_filler:
        return convert

    def convert_unless_filler(text: str) -> Any:
        got = convert(text)
        return None if got == FILLER else got

    return convert_unless_filler


def _as_text(text: str) -> str | None:
    return text if text.strip(BLANKS) else None


def _as_token(text: str) -> str | None:
    return text.strip(BLANKS) or None


def _as_decimal(text: str) -> Decimal | None:
    return _as_short_decimal(text) if len(text) <= _SHORT else _as_any_decimal(text)


def _as_any_decimal(text: str) -> Decimal | None:
    return Decimal(text.strip(BLANKS)) if is_decimal(text) else None


_as_short_decimal: Final = lru_cache(maxsize=4096)(_as_any_decimal)


def _as_date(text: str) -> date | None:
    text = text.strip(BLANKS)
    return date.fromisoformat(text) if len(text) == 10 and is_date(text) else None


def _as_time(text: str) -> time | None:
    text = text.strip(BLANKS)
    if not is_time(text) or text.startswith("24"):
        return None
    clock, dot, fraction = text.partition(".")
    if dot:  # Python takes exactly 3 or 6 decimals before 3.11 and at most 6 after
        digits = "".join(c for c in fraction if c.isdigit() or c in "+-:Z")
        cut = next((i for i, c in enumerate(digits) if not c.isdigit()), len(digits))
        text = f"{clock}.{digits[:cut][:6]}{digits[cut:]}"
    return time.fromisoformat(text)


def _as_bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


_CONVERTERS: Final[dict[str, Callable[[str], Any]]] = {
    "Text": _as_text,
    "Identifier": _as_token,
    "Code": _as_token,
    "Date": _as_date,
    "Time": _as_time,
    "Amount": _as_decimal,
    "Quantity": _as_decimal,
    "Percentage": _as_decimal,
    "Binary": _as_bytes,
}
