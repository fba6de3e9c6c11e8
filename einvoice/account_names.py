"""口座名義カナ: a registered reading made into the bytes a bank file may carry.

Follows the character sets of the Zengin record formats (全国銀行協会, 総合振込): half-width
katakana, A–Z, digits, space and a few marks; no small kana, no long-vowel mark, no ｦ. Each
character is one byte in JIS X 0201, so lengths are bytes.

The input is the *reading* that the payee registered (カナ), never kanji: nobody can read a name
reliably from its characters, so kanji other than a legal form are refused, not guessed. Nothing
is cut: a name longer than its field is told to the caller, because a cut can turn グ into ク.

`account_name("カブシキガイシャエンシュウボウサイショウジ")` → `"ｶ)ｴﾝｼﾕｳﾎﾞｳｻｲｼﾖｳｼﾞ"`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum

from einvoice.refusals import AccountNameError

NAME_BYTES = 30
"""受取人名 of a 総合振込 data record."""

# Full-width katakana to the byte that JIS X 0201 has for it; after NFD voiced marks stand alone.
_KATAKANA = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
)
_NARROW = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝ"
_TO_NARROW = str.maketrans(_KATAKANA, _NARROW) | {0x3099: "ﾞ", 0x309A: "ﾟ", 0x309B: "ﾞ", 0x309C: "ﾟ"}
_SMALL_TO_LARGE = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－ーｰ", "-"))
_BRACKETS = str.maketrans({"（": "(", "）": ")", "〔": "(", "〕": ")", "［": "(", "］": ")"})

_LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = "0123456789"
_KANA = _NARROW.replace("ｦ", "") + "ﾞﾟ"
_TAKES_VOICED = frozenset("ｳｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ")
_TAKES_SEMI_VOICED = frozenset("ﾊﾋﾌﾍﾎ")


class CharacterSet(Enum):
    """What each kind of field may carry."""

    BANK = frozenset(_KANA + _LATIN + _DIGITS + " -")
    PARTY = frozenset(_KANA + _LATIN + _DIGITS + " ()-.")
    EDI = frozenset(_KANA + "ｦ" + _LATIN + _DIGITS + " \\｢｣()-/.")


@dataclass(frozen=True, slots=True)
class LegalForm:
    """A legal form (or kind of office), its reading, and the abbreviation banks print for it."""

    name: str
    reading: str
    short: str


# 京葉銀行's published list; the last five are in common use but not on that list.
# Longer names first where one contains another (一般財団法人 before 財団法人).
LEGAL_FORMS: tuple[LegalForm, ...] = tuple(
    LegalForm(*row.split())
    for row in """\
医療法人社団 イリョウホウジンシャダン ｲ
医療法人財団 イリョウホウジンザイダン ｲ
更生保護法人 コウセイホゴホウジン ﾎｺﾞ
特定非営利活動法人 トクテイヒエイリカツドウホウジン ﾄｸﾋ
地方独立行政法人 チホウドクリツギョウセイホウジン ﾁﾄﾞｸ
独立行政法人 ドクリツギョウセイホウジン ﾄﾞｸ
国立大学法人 コクリツダイガクホウジン ﾀﾞｲ
社会福祉法人 シャカイフクシホウジン ﾌｸ
行政書士法人 ギョウセイショシホウジン ｷﾞﾖ
司法書士法人 シホウショシホウジン ｼﾎｳ
農事組合法人 ノウジクミアイホウジン ﾉｳ
一般財団法人 イッパンザイダンホウジン ｻﾞｲ
公益財団法人 コウエキザイダンホウジン ｻﾞｲ
一般社団法人 イッパンシャダンホウジン ｼﾔ
公益社団法人 コウエキシャダンホウジン ｼﾔ
弁護士法人 ベンゴシホウジン ﾍﾞﾝ
税理士法人 ゼイリシホウジン ｾﾞｲ
医療法人 イリョウホウジン ｲ
財団法人 ザイダンホウジン ｻﾞｲ
社団法人 シャダンホウジン ｼﾔ
宗教法人 シュウキョウホウジン ｼﾕｳ
学校法人 ガッコウホウジン ｶﾞｸ
中間法人 チュウカンホウジン ﾁﾕｳ
株式会社 カブシキガイシャ ｶ
有限会社 ユウゲンガイシャ ﾕ
合名会社 ゴウメイガイシャ ﾒ
合資会社 ゴウシガイシャ ｼ
合同会社 ゴウドウガイシャ ﾄﾞ
相互会社 ソウゴガイシャ ｿ
営業所 エイギョウショ ｴｲ
出張所 シュッチョウショ ｼﾕﾂ
協同組合 キョウドウクミアイ ｷﾖｳｸﾐ
生命保険 セイメイホケン ｾｲﾒｲ
連合会 レンゴウカイ ﾚﾝ""".splitlines()
)
# One character or a bracketed one, as people write legal forms in a hurry.
_WRITTEN_SHORT = {
    "㈱": "株式会社",
    "㈲": "有限会社",
    "㈾": "合資会社",
    "㈴": "合名会社",
    "(株)": "株式会社",
    "(有)": "有限会社",
    "(資)": "合資会社",
    "(名)": "合名会社",
    "(同)": "合同会社",
}
# Their readings are words that appear inside ordinary names, so only their kanji count.
_KANJI_ONLY = frozenset({"営業所", "出張所", "協同組合", "生命保険", "連合会"})


def account_name(
    reading: str, *, characters: CharacterSet = CharacterSet.PARTY, dot_for_nakaguro: bool = True
) -> str:
    """The reading in the characters of a bank file, its legal form abbreviated once.

    Raises `AccountNameError` naming the first character that has no place there. The result may
    be longer than the field; `len()` of it is its bytes.
    """
    return _narrow(_abbreviate(reading), characters, dot_for_nakaguro, original=reading)


def bank_text(
    text: str, *, characters: CharacterSet = CharacterSet.BANK, dot_for_nakaguro: bool = True
) -> str:
    """Text in the characters of a bank file without looking for legal forms (bank names, EDI)."""
    return _narrow(text, characters, dot_for_nakaguro, original=text)


def same_account_name(one: str, other: str) -> bool:
    """Whether two readings name the same account once both are contracted the bank's way."""
    return account_name(one).replace(" ", "") == account_name(other).replace(" ", "")


def check_characters(text: str, characters: CharacterSet) -> str | None:
    """The first character that the set lacks, or an orphaned voiced mark; None when all fit."""
    before = ""
    for character in text:
        if character not in characters.value:
            return character
        if character == "ﾞ" and before not in _TAKES_VOICED:
            return before + character
        if character == "ﾟ" and before not in _TAKES_SEMI_VOICED:
            return before + character
        before = character
    return None


def _abbreviate(reading: str) -> str:
    """Replace the first legal form by its abbreviation; further ones are spelled out."""
    text = unicodedata.normalize("NFKC", reading).strip()
    for written, full in _WRITTEN_SHORT.items():
        text = text.replace(unicodedata.normalize("NFKC", written), full)
    text = _hiragana_to_katakana(text)
    done = False
    for form in LEGAL_FORMS:
        at = text.find(form.name)
        word = form.name
        if at < 0 and form.name not in _KANJI_ONLY:
            at, word = _reading_at_an_end(text, form.reading)
        if at < 0:
            continue
        if done:
            text = text.replace(word, form.reading)
            continue
        head, tail = text[:at].rstrip(), text[at + len(word) :].lstrip()
        opening = "(" if head else ""
        closing = ")" if tail else ""
        text = f"{head}{opening}{form.short}{closing}{tail}"
        done = True
    return text


def _reading_at_an_end(text: str, reading: str) -> tuple[int, str]:
    """Where a spelled-out legal form stands at the head or the tail; (-1, "") when it does not.

    Tried with small kana and with large ones, since registered readings come in both.
    """
    for word in (reading, reading.translate(_SMALL_TO_LARGE)):
        if len(text) > len(word):
            if text.startswith(word):
                return 0, word
            if text.endswith(word):
                return len(text) - len(word), word
    return -1, ""


def _hiragana_to_katakana(text: str) -> str:
    return "".join(
        chr(ord(character) + 0x60) if "ぁ" <= character <= "ゖ" else character for character in text
    )


def _narrow(text: str, characters: CharacterSet, dot_for_nakaguro: bool, *, original: str) -> str:
    wide = _hiragana_to_katakana(unicodedata.normalize("NFKC", text))
    split = unicodedata.normalize("NFD", wide).translate(_SMALL_TO_LARGE)
    plain = split.translate(_DASHES).translate(_BRACKETS)
    plain = plain.replace("・", "." if dot_for_nakaguro else " ").upper()
    if characters is CharacterSet.EDI:
        plain = plain.replace("「", "｢").replace("」", "｣")
    narrow = " ".join(plain.translate(_TO_NARROW).split())
    wrong = check_characters(narrow, characters)
    if wrong is not None:
        raise AccountNameError(field="payee_kana", name=original, character=wrong)
    return narrow
