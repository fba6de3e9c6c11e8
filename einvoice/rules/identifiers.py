"""Formats of nine foreign identifier schemes, on endpoints, party identifiers and company ids."""

from __future__ import annotations

import re
from typing import Final

from einvoice.document import Document, Node
from einvoice.rules import contexts as at
from einvoice.rules.shapes import RuleGroup
from einvoice.rules.xpath import NotEvaluable, is_integer, is_number, normal, one_text

rules = RuleGroup()

_DIGITS: Final = re.compile(r"[0-9]+")
_LETTERS_OR_DIGITS: Final = re.compile(r"[A-Za-z0-9]{6}")
_LETTERS: Final = re.compile(r"[A-Za-z]*")


def _digits(text: str, count: int | None = None) -> bool:
    return _DIGITS.fullmatch(text) is not None and (count is None or len(text) == count)


@rules.rule("ibr-068", at.GLN, reads="text")
def gln(node: Node, document: Document) -> bool:
    """0088: digits of any number, the last a mod-10 check digit (weights 3, 1 from right)."""
    text = normal(node.text)
    if not _digits(text):
        return False
    weighted = sum(int(d) * (3 if at % 2 == 0 else 1) for at, d in enumerate(reversed(text[:-1])))
    return -weighted % 10 == int(text[-1])


@rules.rule("ibr-127", at.SWEDEN, reads="text")
def swedish_number(node: Node, document: Document) -> bool:
    """0007: ten characters that are a number of whatever form."""
    text = normal(node.text)
    return len(text) == 10 and is_number(text)


@rules.rule("ibr-069", at.NORWAY, reads="text")
def norwegian_number(node: Node, document: Document) -> bool:
    """0192: nine digits, the last a mod-11 check digit (weights 2 to 7 from the right)."""
    text = normal(node.text)
    if not _digits(text, 9) or int(text) == 0:
        return False
    weighted = sum(int(d) * (at % 6 + 2) for at, d in enumerate(reversed(text[:-1])))
    return -weighted % 11 == int(text[-1])


@rules.rule("ibr-070", at.DENMARK, reads="text")
def danish_number(node: Node, document: Document) -> bool:
    """0184: DK and eight digits, without a blank."""
    text = one_text(node, document)
    return text[:2] == "DK" and _digits(text[2:], 8)


@rules.rule("ibr-113", at.BELGIUM, reads="text")
def belgian_number(node: Node, document: Document) -> bool:
    """0208: ten digits, the last two a mod-97 check."""
    text = normal(node.text)
    return _digits(text, 10) and 97 - int(text[:8]) % 97 == int(text[8:])


@rules.rule("ibr-114", at.ITALY_IPA, reads="text")
def italian_office(node: Node, document: Document) -> bool:
    """0201: six letters or digits."""
    return _LETTERS_OR_DIGITS.fullmatch(normal(node.text)) is not None


@rules.rule("ibr-115", at.ITALY_CF, reads="text")
def italian_tax_code(node: Node, document: Document) -> bool:
    """0210, 9907: sixteen characters of the personal form, or eleven that are a whole number."""
    text = normal(node.text)
    if len(text) == 11:
        return is_integer(text)
    return (
        len(text) == 16
        and all(_LETTERS.fullmatch(part) for part in (text[:6], text[8], text[15]))
        and all(is_integer(part) for part in (text[6:8], text[9:11], text[14]))
    )


@rules.rule("ibr-116", at.ITALY_VAT, reads="text")
def italian_vat_number(node: Node, document: Document) -> bool:
    """0211, 9906: IT and eleven digits with their check digit; looked at only if it begins so."""
    text = normal(node.text)
    if text[:2] not in ("IT", "it"):
        return True
    number = text[2:]
    if len(number) != 11 or not is_integer(number):
        return False
    if not _digits(number):
        raise NotEvaluable("number", node)
    doubled = "0246813579"
    return sum(int(doubled[int(d)]) if at % 2 else int(d) for at, d in enumerate(number)) % 10 == 0


@rules.rule("ibr-120", at.AUSTRALIA, reads="text")
def australian_number(node: Node, document: Document) -> bool:
    """0151: eleven digits, weighted sum divisible by 89."""
    text = normal(node.text)
    if not _digits(text, 11):
        return False
    weights = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
    digits = [int(text[0]) - 1, *map(int, text[1:])]
    return sum(w * d for w, d in zip(weights, digits, strict=True)) % 89 == 0
