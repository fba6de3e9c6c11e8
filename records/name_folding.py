"""One form for a name, in which its different spellings are equal: for searching and comparing.

㈱ 高木商店, 株式会社髙木商店 and ｶﾌﾞｼｷｶﾞｲｼｬ 高木商店 are written by different people and mean the
same. What is folded, in this order:

1. width and compatibility forms (NFKC: ㈱ → (株), ﾀｶｷﾞ → タカギ), case, variation selectors;
2. blanks, middle dots, quotation marks, all kinds of hyphens and long-vowel marks;
3. abbreviations of legal forms ((株) → 株式会社), also as kana banks use;
4. old, variant and everyday forms of the same character (髙 → 高, 邊 → 辺, 﨑 → 崎, 國 → 国).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import resources

# Long forms first where they are used: 一般社団法人 must not be read as 社団法人.
LEGAL_FORMS: dict[str, tuple[str, ...]] = {
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
FORMS_BY_LENGTH = sorted(LEGAL_FORMS, key=len, reverse=True)
_IGNORED = re.compile(
    r"[\s\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\U000e0100-\U000e01ef"
    r"\-‐-―−ー－~〜・･.,、。’'\"“”「」『』]+"
)


@lru_cache(maxsize=1)
def variants() -> dict[int, str]:
    """Variant → everyday form, from `data/kanji_variants.txt`."""
    text = resources.files("records").joinpath("data/kanji_variants.txt").read_text("utf-8")
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
    for form in FORMS_BY_LENGTH:
        for short in LEGAL_FORMS[form]:
            if not short.isascii() or short.startswith("("):
                text = text.replace(short, form)
    return text.translate(variants())
