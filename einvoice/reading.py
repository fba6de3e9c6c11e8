"""From the document's tree to the typed `Invoice`, by the table of terms.

Reading is generous: what cannot be understood (a date that is none) reads as not stated, because
the findings of structure and rules already speak of it, and the rest can still be shown, matched
and sent back. Where a term that may stand once stands twice, the first one counts.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import date, time
from decimal import Decimal
from functools import cache
from typing import Any, Final

from einvoice.binding import FILLER, Choice, GroupBinding, Step, document_binding
from einvoice.document import Candidates, Document, Node
from einvoice.errors import UnreadableInvoice
from einvoice.growing import Grower
from einvoice.invoice import Identifier, Invoice
from einvoice.limits import Limits, Refusal
from einvoice.messages import refusal_texts
from einvoice.parsing import parse
from einvoice.ubl import BLANKS, is_date, is_decimal, is_time

#: Reading needs the tree but none of the rules.
_GROWER: Final = Grower(lambda path: Candidates(), frozenset())


def read(xml: bytes, *, limits: Limits | None = None) -> Invoice:
    """Read a document of any of the three types.

    Raises `UnreadableInvoice` if it is no XML, or passes a limit; never for what it says.
    """
    used = limits or Limits()
    try:
        document = _GROWER.grow(parse(xml, used), used)
    except Refusal as refusal:
        message, _ = refusal_texts(refusal)
        raise UnreadableInvoice(reason_ja=message.ja, reason_en=message.en) from None
    return read_document(document)


def read_document(document: Document) -> Invoice:
    """The `Invoice` in a tree that has been grown already."""
    root = document.root
    currencies = {
        "IBT-005": _text_at(root, "cbc:DocumentCurrencyCode"),
        "IBT-006": _text_at(root, "cbc:TaxCurrencyCode"),
    }
    return _reader()(root, currencies)  # type: ignore[no-any-return]


def _text_at(node: Node, path: str) -> str:
    found = node.first(path)
    return found.text.strip(BLANKS) if found is not None else ""


Currencies = dict[str, str]
#: Finds the nodes of a path below a node.
Finder = Callable[[Node, Currencies], Sequence[Node]]
#: Makes one object of the model from its element.
Reader = Callable[[Node, Currencies], Any]


@cache
def _reader() -> Reader:
    return _group_reader(document_binding())


def _group_reader(binding: GroupBinding) -> Reader:
    """A function that reads one group; what the table says is worked out here, once."""
    cls, fillers = binding.cls, frozenset(binding.fillers)
    own = [
        (
            value.fields[0],
            _finder(value.steps),
            value.attribute,
            _CONVERTERS[value.kind],
            value.steps in fillers,
        )
        for value in binding.values
        if len(value.fields) == 1
    ]
    nested = [
        (
            name,
            made,
            [
                (value.fields[1], _finder(value.steps), value.attribute, _CONVERTERS[value.kind])
                for value in binding.values
                if value.fields[0] == name
            ],
        )
        for name, made in binding.made.items()
    ]
    groups = [
        (group.field_name or "", _finder(group.steps), _group_reader(group), group.repeats)
        for group in binding.groups
    ]

    def read_group(node: Node, currencies: Currencies) -> Any:
        stated: dict[str, Any] = {}
        for name, find, attribute, convert, may_be_filler in own:
            found = find(node, currencies)
            if found:
                got = _converted(found[0], attribute, convert)
                if got is not None and not (may_be_filler and got == FILLER):
                    stated[name] = got
        for name, made, parts in nested:
            inner: dict[str, Any] = {}
            for part, find, attribute, convert in parts:
                found = find(node, currencies)
                if found:
                    got = _converted(found[0], attribute, convert)
                    if got is not None:
                        inner[part] = got
            if inner:
                stated[name] = _made(made, inner)
        for field_name, find, read_inner, repeats in groups:
            found = find(node, currencies)
            if found and repeats:
                items = [read_inner(one, currencies) for one in found]
                stated[field_name] = tuple(item for item in items if item is not None)
            elif found:
                stated[field_name] = read_inner(found[0], currencies)
        return _made(cls, stated)

    return read_group


def _converted(node: Node, attribute: str | None, convert: Callable[[str], Any]) -> Any:
    if attribute is None:
        return convert(node.text)
    raw = node.attributes.get(attribute)
    return None if raw is None else convert(raw)


def _finder(steps: tuple[Step, ...]) -> Finder:
    """Most paths are plain names; some choose among elements of one name."""
    if not steps:
        return lambda node, currencies: (node,)
    if not any(step.choice for step in steps):
        path = "/".join(step.name for step in steps)
        return lambda node, currencies: node.all(path)

    def find(node: Node, currencies: Currencies) -> Sequence[Node]:
        nodes: Sequence[Node] = (node,)
        for step in steps:
            nodes = [
                kid
                for one in nodes
                for kid in one.children.get(step.name, ())
                if step.choice is None or _is_chosen(kid, step.choice, currencies)
            ]
        return nodes

    return find


def _is_chosen(node: Node, choice: Choice, currencies: Currencies) -> bool:
    if choice.currency is not None:
        amount = node.first("cbc:TaxAmount")
        stated = amount.get("currencyID") if amount is not None else None
        if choice.currency == "IBT-006" and currencies["IBT-006"] == currencies["IBT-005"]:
            return False
        return stated == currencies[choice.currency]
    text = _text_at(node, choice.path)
    if choice.value in ("true", "false"):
        return text in (("true", "1") if choice.value == "true" else ("false", "0"))
    return (text.upper() == choice.value) is not choice.negated


def _made(cls: type[Any], stated: dict[str, Any]) -> Any:
    """An object, or None for a scheme without the identifier it would belong to."""
    if cls is Identifier and "value" not in stated:
        return None
    return cls(**stated)


def _as_text(text: str) -> str | None:
    return text if text.strip(BLANKS) else None


def _as_token(text: str) -> str | None:
    return text.strip(BLANKS) or None


def _as_decimal(text: str) -> Decimal | None:
    return Decimal(text.strip(BLANKS)) if is_decimal(text) else None


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
