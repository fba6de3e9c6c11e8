"""Whether two spellings of a company's or person's name mean the same.

The registry publishes 「株式会社髙木商店」, the invoice says 「㈱ 高木商店」: the same.
「高木商店株式会社」 is legally another company and 「高木商店」 may be a trade name: near, for a
person to decide. What is folded, in this order:

1. width and compatibility forms (NFKC: ㈱ → (株), ﾀｶｷﾞ → タカギ), case, variation selectors;
2. blanks, middle dots, quotation marks, all kinds of hyphens and long-vowel marks;
3. abbreviations of legal forms ((株) → 株式会社), also as kana banks use;
4. old, variant and everyday forms of the same character (髙 → 高, 邊 → 辺, 﨑 → 崎, 國 → 国).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from importlib import resources

MAX_CHARACTERS = 1_000  # of a name that is compared; longer ones are simply different

# Long forms first: 一般社団法人 must not be read as 社団法人.
_LEGAL_FORMS: dict[str, tuple[str, ...]] = {
    "株式会社": ("(株)", "カブシキガイシャ", "カブシキカイシャ"),
    "有限会社": ("(有)", "ユウゲンガイシャ", "ユウゲンカイシャ"),
    "合同会社": ("(同)", "ゴウドウガイシャ", "ゴウドウカイシャ"),
    "合資会社": ("(資)",),
    "合名会社": ("(名)",),
    "一般社団法人": ("(一社)",),
    "一般財団法人": ("(一財)",),
    "公益社団法人": ("(公社)",),
    "公益財団法人": ("(公財)",),
    "特定非営利活動法人": ("(特非)", "NPO法人"),
    "社会福祉法人": ("(福)", "(社福)"),
    "医療法人社団": (),
    "医療法人財団": (),
    "医療法人": ("(医)",),
    "学校法人": ("(学)",),
    "宗教法人": ("(宗)",),
    "税理士法人": ("(税)",),
    "弁護士法人": ("(弁)",),
    "司法書士法人": ("(司)",),
    "行政書士法人": ("(行)",),
    "社会保険労務士法人": ("(労)",),
    "企業組合": ("(企)",),
    "協同組合": ("(協)", "(協組)"),
    "農業協同組合": ("(農協)", "JA"),
    "農事組合法人": ("(農)",),
    "独立行政法人": ("(独)",),
    "地方独立行政法人": ("(地独)",),
    "国立大学法人": ("(大)",),
}
_FORMS_BY_LENGTH = sorted(_LEGAL_FORMS, key=len, reverse=True)
_IGNORED = re.compile(
    r"[\s\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\U000e0100-\U000e01ef"
    r"\-‐-―−ー－~〜・･.,、。’'\"“”「」『』]+"
)
_SMALL_KANA = str.maketrans(
    "ァィゥェォッャュョヮヵヶぁぃぅぇぉっゃゅょゎ", "アイウエオツヤユヨワカケあいうえおつやゆよわ"
)


class NameMatch(StrEnum):
    """How two names stand to each other."""

    SAME = "same"
    NEAR = "near"  # equal but for the legal form, or for small kana
    DIFFERENT = "different"


@lru_cache(maxsize=1)
def _variants() -> dict[int, str]:
    """Variant → everyday form, from `data/kanji_variants.txt`."""
    text = resources.files("einvoice").joinpath("data/kanji_variants.txt").read_text("utf-8")
    table: dict[int, str] = {}
    for row in text.splitlines():
        if row and not row.startswith("#"):
            everyday, variants = row.split(maxsplit=1)
            for variant in variants.replace(" ", ""):
                table[ord(variant)] = everyday
    return table


def fold(name: str) -> str:
    """The name in the one form in which equal names are equal (steps 1 to 4)."""
    text, before = name, ""
    while text != before:  # a mark that lost its blank may join the letter before it
        before = text
        text = _IGNORED.sub("", unicodedata.normalize("NFKC", text).upper())
    for form in _FORMS_BY_LENGTH:
        for short in _LEGAL_FORMS[form]:
            if not short.isascii() or short.startswith("("):
                text = text.replace(short, form)
    return text.translate(_variants())


def _without_form(folded: str) -> str:
    for form in _FORMS_BY_LENGTH:
        form = form.translate(_variants())
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
