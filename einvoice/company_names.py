"""Whether two spellings of a company's or person's name mean the same.

The registry publishes 「株式会社髙木商店」, the invoice says 「㈱ 高木商店」: the same.
「高木商店株式会社」 is legally another company and 「高木商店」 may be a trade name: near, for a
person to decide. What counts as the same letters: `records.name_folding`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from records.name_folding import FORMS_BY_LENGTH, fold, variants

MAX_CHARACTERS = 1_000  # of a name that is compared; longer ones are simply different

_SMALL_KANA = str.maketrans(
    "ァィゥェォッャュョヮヵヶぁぃぅぇぉっゃゅょゎ", "アイウエオツヤユヨワカケあいうえおつやゆよわ"
)


class NameMatch(StrEnum):
    """How two names stand to each other."""

    SAME = "same"
    NEAR = "near"  # equal but for the legal form, or for small kana
    DIFFERENT = "different"


def _without_form(folded: str) -> str:
    for form in FORMS_BY_LENGTH:
        form = form.translate(variants())
        if folded.startswith(form):
            folded = folded[len(form) :]
        elif folded.endswith(form):
            folded = folded[: -len(form)]
    return folded.translate(_SMALL_KANA)


def compare(stated: str, published: str) -> NameMatch:
    """How the name on the invoice stands to one in the registry."""
    if max(len(stated), len(published)) > MAX_CHARACTERS:
        return NameMatch.DIFFERENT
    one, other = fold(stated), fold(published)
    if not one or not other:
        return NameMatch.DIFFERENT
    if one == other:
        return NameMatch.SAME
    bare = _without_form(one)
    return NameMatch.NEAR if bare and bare == _without_form(other) else NameMatch.DIFFERENT


def compare_any(stated: str, published: Iterable[str]) -> NameMatch:
    """The best match among several published names (name, trade name, former name)."""
    matches = {compare(stated, name) for name in published}
    for match in (NameMatch.SAME, NameMatch.NEAR):
        if match in matches:
            return match
    return NameMatch.DIFFERENT
