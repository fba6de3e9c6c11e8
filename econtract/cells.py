"""The value of one cell of an award file: amounts, days, rates, texts.

Exports of e-bidding systems write the same value in many ways (12,345,000 / １２３４５円 / ¥123,
2026-11-23 / 令和8年11月23日 / R8.11.23). Each reader takes the cell's text and returns the value
or raises `BadCell` with what is wrong and how to mend it, in Japanese and English.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

#: A contract above 10 trillion yen is a typing error for any Japanese city.
MAX_YEN = Decimal(10) ** 13
MAX_TEXT = 400

_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}
_SEIREKI = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_WAREKI = re.compile(r"^(令和|平成|R|H)(元|\d{1,2})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$")
_MAIL = re.compile(r"^[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,190}\.[A-Za-z]{2,24}$")
_VENDOR_CODE = re.compile(r"^[A-Za-z0-9\-]{1,32}$")

#: Written by converters for a character they could not carry: never a real name.
_LOST = {"〓": "〓（ゲタ）", "\ufffd": "\ufffd（置換文字）"}


class BadCell(ValueError):
    """What is wrong with a cell and how to mend it."""

    def __init__(self, ja: str, en: str, mend_ja: str, mend_en: str) -> None:
        super().__init__(f"{ja} / {en}")
        self.ja, self.en, self.mend_ja, self.mend_en = ja, en, mend_ja, mend_en


def plain(text: str) -> str:
    """Half-width, trimmed form for numbers, days and codes (NFKC); never used on names."""
    return unicodedata.normalize("NFKC", text).strip()


def text(cell: str, *, longest: int = MAX_TEXT) -> str:
    """A name or title: trimmed, kept as written; lost characters and controls are refused."""
    value = cell.strip().strip("\u3000").strip()
    if len(value) > longest:
        raise BadCell(
            f"{len(value)}文字あります（上限{longest}文字）。",
            f"{len(value)} characters (limit {longest}).",
            "短くしてください。",
            "Shorten it.",
        )
    for character in value:
        category = unicodedata.category(character)
        if character in _LOST or category in {"Co", "Cn"}:
            shown = _LOST.get(character, f"外字 U+{ord(character):04X}")
            raise BadCell(
                f"文字「{shown}」は、変換で失われた字か外字です。",
                f"U+{ord(character):04X} marks a lost or private-use character.",
                "本来の文字（例: 𠮷、髙）をUTF-8のファイルで入れ直してください。",
                "Enter the real character and save the file as UTF-8.",
            )
        if category in {"Cc", "Cs"}:
            raise BadCell(
                f"制御文字 U+{ord(character):04X} が入っています。",
                f"Contains the control character U+{ord(character):04X}.",
                "その文字（セル内の改行など）を消してください。",
                "Remove it (a line break inside the cell, for example).",
            )
    return value


def yen(cell: str) -> Decimal:
    """A whole amount in yen, more than nothing and at most `MAX_YEN`."""
    value = plain(cell).removeprefix("¥").removeprefix("\\").removesuffix("円")
    value = value.replace(",", "").replace(" ", "")
    if not re.fullmatch(r"\d{1,18}(\.0{1,4})?", value):
        raise BadCell(
            f"「{cell.strip()[:40]}」を金額として読めません。",
            f"'{cell.strip()[:40]}' is not an amount.",
            "1円単位の数字で書いてください（例: 12345000）。",
            "Write whole yen in digits, e.g. 12345000.",
        )
    amount = Decimal(value.split(".")[0])
    if not 0 < amount <= MAX_YEN:
        raise BadCell(
            f"金額 {amount} 円は範囲の外です。",
            f"The amount {amount} yen is out of range.",
            "1円以上10兆円以下で書いてください。",
            "Write 1 to 10,000,000,000,000 yen.",
        )
    return amount


def day(cell: str) -> date:
    """A day: 2026-11-23, 2026/11/23, 20261123, 2026年11月23日, 令和8年11月23日, R8.11.23."""
    value = plain(cell).replace(" ", "").split("T")[0]
    numbers: tuple[int, int, int] | None = None
    if found := _SEIREKI.match(value) or _COMPACT.match(value):
        numbers = (int(found[1]), int(found[2]), int(found[3]))
    elif found := _WAREKI.match(value):
        year = 1 if found[2] == "元" else int(found[2])
        numbers = (_ERAS[found[1]] + year, int(found[3]), int(found[4]))
    if numbers is not None and 2000 <= numbers[0] <= 2199:
        try:
            return date(*numbers)
        except ValueError:
            pass
    raise BadCell(
        f"「{cell.strip()[:40]}」を日付として読めません。",
        f"'{cell.strip()[:40]}' is not a day.",
        "2026-11-23 か 令和8年11月23日 の形で、実在する日を書いてください。",
        "Write an existing day as 2026-11-23.",
    )


def percent(cell: str) -> Decimal:
    """A consumption-tax rate in percent: 10, 10%, 0.10, 8% … (0 for what is not taxed)."""
    value = plain(cell).removesuffix("%")
    if re.fullmatch(r"\d{1,2}(\.\d{1,4})?", value):
        rate = Decimal(value)
        if 0 < rate < 1:
            rate *= 100
        if rate in {Decimal(0), Decimal(8), Decimal(10)}:
            return rate.quantize(Decimal(1))
    raise BadCell(
        f"税率「{cell.strip()[:20]}」は使えません。",
        f"The tax rate '{cell.strip()[:20]}' is not one in force.",
        "10、8、0 のいずれかを書いてください。",
        "Write 10, 8 or 0.",
    )


def mail(cell: str) -> str:
    """A mail address of one person, lower-cased in its domain."""
    value = plain(cell)
    if not _MAIL.match(value) or ".." in value:
        raise BadCell(
            f"「{value[:60]}」はメールアドレスの形ではありません。",
            f"'{value[:60]}' is not a mail address.",
            "契約を締結する人に届くアドレスを1つ書いてください。",
            "Write the one address that reaches the person who signs.",
        )
    local, _, domain = value.rpartition("@")
    return f"{local}@{domain.lower()}"


def vendor_code(cell: str) -> str:
    """The bidder's number in the city's register: letters, digits, hyphen."""
    value = plain(cell)
    if not _VENDOR_CODE.match(value):
        raise BadCell(
            f"業者番号「{value[:40]}」に使えない文字があるか、長すぎます。",
            f"The vendor number '{value[:40]}' has characters that cannot stand or is too long.",
            "英数字とハイフン、32文字以内で書いてください。",
            "Use letters, digits, hyphens; at most 32.",
        )
    return value


def registration_number(cell: str) -> str:
    """T and 13 digits with a right check digit (国税庁 法人番号: 9 - Σ(Pn·Qn) mod 9), or empty."""
    value = plain(cell).replace("-", "").upper()
    if not value:
        return ""
    digits = value.removeprefix("T")
    if re.fullmatch(r"\d{13}", digits):
        body = digits[1:]
        total = sum(int(d) * (1 if n % 2 == 0 else 2) for n, d in enumerate(reversed(body)))
        if 9 - total % 9 == int(digits[0]):
            return f"T{digits}"
        wrong_ja, wrong_en = "検査数字が合いません", "the check digit is wrong"
    else:
        wrong_ja, wrong_en = "Tと13桁の数字ではありません", "it is not T and 13 digits"
    raise BadCell(
        f"登録番号「{value[:20]}」は{wrong_ja}。",
        f"The registration number '{value[:20]}': {wrong_en}.",
        "国税庁の公表サイトで番号を確かめてください。未登録なら空欄にしてください。",
        "Check it on the tax agency's site; leave it empty if not registered.",
    )
