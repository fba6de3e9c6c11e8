"""Units as Japanese invoices write them, and their UN/ECE Recommendation 20 codes.

Counting words (本, 枚, 冊 …) are all "piece"; the word itself travels as 表示単位名称, as the
official examples do it.
"""

from __future__ import annotations

import unicodedata

PIECE = "H87"
ONE = "C62"
# Words by code; the first word is how the code is shown.
_WORDS = {
    "H87": "個 本 枚 冊 台 脚 点 丁 基 株 着 双 足 匹 頭 羽 束 巻 缶 瓶 部 通 棟 戸 室 席 口 面",
    "C62": "回 箇所 か所 人日 人工",
    "LS": "式",
    "E48": "件",
    "IE": "人 名",
    "HUR": "時間 h",
    "DAY": "日",
    "MON": "月 か月 ヶ月 カ月 ケ月",
    "ANN": "年",
    "GRM": "g グラム",
    "KGM": "kg キログラム",
    "TNE": "t トン",
    "MTR": "m メートル",
    "KMT": "km",
    "MTK": "㎡ m2 平米",
    "MTQ": "㎥ m3 立米",
    "LTR": "L リットル",
    "KWH": "kWh",
    "SET": "組 セット",
    "XBX": "箱 ケース",
    "XBG": "袋",
    "XPK": "包 パック",
    "DZN": "ダース",
}


def _fold(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()


_CODES = {_fold(word): code for code, words in _WORDS.items() for word in words.split()}
_SHOWN = {code: words.split()[0] for code, words in _WORDS.items()} | {
    "C62": "個",
    "EA": "個",
    "PR": "組",
    "XPK": "包",
}


def unit_code(word: str) -> tuple[str, str | None]:
    """Code and the word shown beside it for what a person wrote: 冊 → (H87, 冊), kg → (KGM, None).

    A code of this table is taken as it is; an unknown word is "one" with the word beside it.
    """
    written = word.strip()
    if written in _SHOWN:
        return written, None
    code = _CODES.get(_fold(written))
    if code is None:
        return ONE, written
    return code, None if _fold(_SHOWN[code]) == _fold(written) and code != ONE else written


def unit_shown(code: str, name: str | None) -> str:
    """表示単位名称 if the line has one, else the usual word for the code, else the code."""
    return name or _SHOWN.get(code, code)
