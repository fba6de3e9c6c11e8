"""The arithmetic and comparisons of XPath 2.0 that the official rules rely on.

Everything is untyped text until a rule says otherwise: `decimal` is xs:decimal (no exponent),
`number` what a comparison with a number makes of text (xs:double), `truth` what a comparison with
true() makes of it, `one` what a function does that wants a single item. Text that cannot be cast,
or two items where one is wanted, stops the official run; here it raises `NotEvaluable`, which
ends the one rule and refuses the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Final

from einvoice.document import Document, Node
from einvoice.ubl import BLANKS, is_date

_DOUBLE: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|-?INF|NaN")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_RUNS_OF_BLANKS: Final = re.compile(r"[ \t\r\n]+")
_HUNDRED: Final = Decimal(100)
#: The smallest number above zero.
_LEAST: Final = 5e-324
_HALF: Final = Decimal("0.5")


class NotEvaluable(Exception):
    """The official rule would stop here. `reason`: "number", "date", "boolean", "several"."""

    def __init__(self, reason: str, node: Node | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.node = node


def one(nodes: Sequence[Node]) -> Node | None:
    """The only node, None if there is none."""
    if len(nodes) > 1:
        raise NotEvaluable("several", nodes[1])
    return nodes[0] if nodes else None


def one_text(node: Node | None, document: Document) -> str:
    """text() where a single text is wanted; "" if there is none."""
    texts = document.text_nodes(node) if node is not None else ()
    if len(texts) > 1:
        raise NotEvaluable("several", node)
    return texts[0] if texts else ""


def string(nodes: Sequence[Node]) -> str:
    """The string value of the only node, "" if there is none."""
    node = one(nodes)
    return node.text if node is not None else ""


def normal(text: str) -> str:
    """normalize-space: only the four XML blanks; U+3000 and NBSP stay."""
    return _RUNS_OF_BLANKS.sub(" ", text.strip(BLANKS))


def has_text(nodes: Sequence[Node]) -> bool:
    """normalize-space(X) != ''."""
    return bool(string(nodes).strip(BLANKS))


def upper(nodes: Sequence[Node]) -> str:
    """upper-case(X)."""
    return string(nodes).upper()


def decimal(node: Node) -> Decimal:
    """xs:decimal(node)."""
    text = node.text.strip(BLANKS)
    if _DECIMAL.fullmatch(text) is None:
        raise NotEvaluable("number", node)
    return Decimal(text)


def decimal_of(nodes: Sequence[Node]) -> Decimal | None:
    """xs:decimal(X); None for an empty X, and comparing with None is false as in XPath."""
    node = one(nodes)
    return decimal(node) if node is not None else None


def total(nodes: Iterable[Node]) -> Decimal:
    """sum(X/xs:decimal(.))."""
    return sum((decimal(node) for node in nodes), Decimal(0))


def is_integer(text: str) -> bool:
    """castable as xs:integer."""
    return _INTEGER.fullmatch(text.strip(BLANKS)) is not None


def number(node: Node) -> float:
    """What a comparison with a number makes of a node.

    Saxon puts a negative zero below zero, as Java orders them ("-0.00" is not = 0); but up to ten
    digits alone ("-0") it reads as a whole number, and there is no negative zero among those.
    """
    text = node.text.strip(BLANKS)
    if _DOUBLE.fullmatch(text) is None:
        raise NotEvaluable("number", node)
    value = float(text)
    if value == 0 and text[0] == "-" and not _is_short_integer(text):
        return -_LEAST
    return value


def _is_short_integer(text: str) -> bool:
    return len(text) <= 11 and _INTEGER.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """number(text) is not NaN."""
    return text != "NaN" and _DOUBLE.fullmatch(text) is not None


def truth(node: Node) -> bool:
    """What a comparison with true() or false() makes of a node."""
    text = node.text.strip(BLANKS)
    if text in ("true", "1"):
        return True
    if text in ("false", "0"):
        return False
    raise NotEvaluable("boolean", node)


def any_is(nodes: Iterable[Node], wanted: bool) -> bool:
    """X = true() or X = false()."""
    return any(truth(node) is wanted for node in nodes)


def is_castable_date(text: str) -> bool:
    """castable as xs:date: unlike the schema, Saxon knows the year 0 (a leap year)."""
    text = text.strip(BLANKS)
    return is_date("2000" + text[4:] if text.startswith("0000-") else text)


def day(node: Node) -> int:
    """xs:date(node) on a scale of minutes, so that days with time zones compare too."""
    minutes = _minutes(node.text.strip(BLANKS)[:41])
    if minutes is None:
        raise NotEvaluable("date", node)
    return minutes


@lru_cache(maxsize=4096)
def _minutes(text: str) -> int | None:
    if not is_castable_date(text):
        return None
    sign = -1 if text[0] == "-" else 1
    year, month, rest = text.lstrip("-").split("-", 2)
    zone = rest[2:]
    offset = 0
    if len(zone) == 6:
        offset = (int(zone[1:3]) * 60 + int(zone[4:])) * (-1 if zone[0] == "-" else 1)
    return ((sign * int(year) * 12 + int(month)) * 31 + int(rest[:2])) * 1440 - offset


def round_half_up(value: Decimal) -> Decimal:
    """round(): halves go up, also below zero."""
    return (value + _HALF).to_integral_value(ROUND_FLOOR)


def to_cents(value: Decimal) -> Decimal:
    """round(X * 100) div 100."""
    return round_half_up(value * _HUNDRED) / _HUNDRED


def floor(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_FLOOR)


def ceiling(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_CEILING)
