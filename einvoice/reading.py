"""From the document's tree to the typed `Invoice`, by the table of terms.

Reading is generous: what cannot be understood (a date that is none) reads as not stated, because
the findings of structure and rules already speak of it, and the rest can still be shown, matched
and sent back. Where a term that may stand once stands twice, the first one counts.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from datetime import date, time
from decimal import Decimal
from typing import Any, Final

from einvoice.binding import FILLER, Choice, GroupBinding, Step, Value, document_binding
from einvoice.document import Document, Node
from einvoice.errors import UnreadableInvoice
from einvoice.growing import Grower
from einvoice.invoice import Identifier, Invoice
from einvoice.limits import Limits, Refusal
from einvoice.messages import refusal_texts
from einvoice.parsing import parse
from einvoice.ubl import BLANKS, is_date, is_decimal, is_time

#: Reading needs the tree but none of the rules.
_GROWER: Final = Grower(lambda path: (), frozenset())


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
    return _Reader(currencies).group(document_binding(), root)  # type: ignore[no-any-return]


def _text_at(node: Node, path: str) -> str:
    found = node.first(path)
    return found.text.strip(BLANKS) if found is not None else ""


class _Reader:
    def __init__(self, currencies: dict[str, str]) -> None:
        self._currencies = currencies

    def group(self, binding: GroupBinding, node: Node) -> Any:
        """One object of the group's class, from the group's element."""
        stated: dict[str, Any] = {}
        nested: dict[str, dict[str, Any]] = {}
        for value in binding.values:
            got = self._value(value, node)
            if got is None or (got == FILLER and value.steps in binding.fillers):
                continue
            if len(value.fields) == 1:
                stated[value.fields[0]] = got
            else:
                nested.setdefault(value.fields[0], {})[value.fields[1]] = got
        for name, parts in nested.items():
            stated[name] = _made(binding.made[name], parts)
        for group in binding.groups:
            assert group.field_name is not None
            found = (self.group(group, inner) for inner in self._select(node, group.steps))
            if group.repeats:
                items = tuple(item for item in found if item is not None)
                if items:
                    stated[group.field_name] = items
            else:
                item = next(found, None)
                if item is not None:
                    stated[group.field_name] = item
        return _made(binding.cls, stated)

    def _value(self, value: Value, node: Node) -> Any:
        for found in self._select(node, value.steps):
            if value.attribute is None:
                return _CONVERTERS[value.kind](found.text)
            raw = found.attributes.get(value.attribute)
            return None if raw is None else _CONVERTERS[value.kind](raw)
        return None

    def _select(self, node: Node, steps: tuple[Step, ...]) -> Iterator[Node]:
        if not steps:
            yield node
            return
        step, rest = steps[0], steps[1:]
        for child in node.children.get(step.name, ()):
            if step.choice is None or self._chosen(child, step.choice):
                if rest:
                    yield from self._select(child, rest)
                else:
                    yield child

    def _chosen(self, node: Node, choice: Choice) -> bool:
        if choice.currency is not None:
            amount = node.first("cbc:TaxAmount")
            stated = amount.get("currencyID") if amount is not None else None
            wanted = self._currencies[choice.currency]
            if choice.currency == "IBT-006" and wanted == self._currencies["IBT-005"]:
                return False
            return stated == wanted
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
