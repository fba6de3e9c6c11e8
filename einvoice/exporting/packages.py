"""Journals in the import formats of the common accounting packages.

    弥生会計（取り込み形式 05以降）   25 columns, no header, Shift_JIS; support.yayoi-kk.co.jp 18545
    弥生会計 オンライン／Next         the same with two more, shorter names; page 27184
    freee 仕訳インポート             33 columns, [表題行]・[明細行]; support.freee.co.jp 204847430
    マネーフォワード クラウド会計     27 columns, header not to be edited; biz.moneyforward.com ib01
    勘定奉行 汎用データ受入           field symbols as header, `*` at the first row of a slip

Names of tax classes are each package's own. Where the maker's page gives no name (freee's and
奉行's for transitional shares), the customer's own list must be entered: a guess would book a wrong
tax. Rows of one number and day are one compound entry.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import zip_longest

from einvoice.exporting.errors import JournalError
from einvoice.exporting.journals import Books, Journal, Leg, TaxClass


class Package(StrEnum):
    """The accounting package the file is for."""

    YAYOI = "yayoi"
    YAYOI_CLOUD = "yayoi_cloud"
    FREEE = "freee"
    MONEY_FORWARD = "money_forward"
    BUGYO = "bugyo"


NAMES: Mapping[Package, str] = {
    Package.YAYOI: "弥生会計（デスクトップ）",
    Package.YAYOI_CLOUD: "弥生会計 オンライン・Next",
    Package.FREEE: "freee会計（仕訳インポート）",
    Package.MONEY_FORWARD: "マネーフォワード クラウド会計",
    Package.BUGYO: "勘定奉行（汎用データ受入）",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How one customer's package wants it."""

    package: Package
    tax_names: Mapping[str, str] = field(default_factory=dict)
    """`TaxClass.key` → the customer's own name or code; goes before the package's."""
    inclusive: bool = True
    """税込経理; else 税抜経理."""

    @property
    def books(self) -> Books:
        """Which legs the package wants: it splits the tax off by itself, 奉行 is told both."""
        separate = self.package is Package.BUGYO and not self.inclusive
        return Books.EXCLUSIVE if separate else Books.INCLUSIVE


@dataclass(frozen=True, slots=True)
class Written:
    """A file for import."""

    name: str
    data: bytes
    media_type: str


def write(journals: Sequence[Journal], style: Style) -> Written:
    """The file of these journals. Raises `JournalError` for what the package cannot take."""
    rows, encoding = _WRITERS[style.package](journals, style)
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    try:
        data = buffer.getvalue().encode(encoding)
    except UnicodeEncodeError as error:
        lost = error.object[error.start : error.end]
        raise _error(
            "", f"文字「{lost}」は Shift_JIS で書けません", f"“{lost}” is not in Shift_JIS"
        ) from error
    kind = "utf-8" if encoding.startswith("utf") else "Shift_JIS"
    return Written(f"journals_{style.package.value}.csv", data, f"text/csv; charset={kind}")


def lines_of(journal: Journal) -> list[tuple[Leg | None, Leg | None]]:
    """Debit and credit side by side; the shorter side ends in gaps."""
    return list(zip_longest(journal.debits, journal.credits))


# --- 弥生 ----------------------------------------------------------------------------------------

_YAYOI_BYTES = 24
_CLOUD_ACCOUNT, _CLOUD_AMOUNT = 12, 9


def _yayoi(journals: Iterable[Journal], style: Style) -> tuple[list[list[str]], str]:
    cloud = style.package is Package.YAYOI_CLOUD
    rows: list[list[str]] = []
    for journal in journals:
        sides = lines_of(journal)
        for place, (debit, credit) in enumerate(sides):
            row = [
                _yayoi_flag(place, len(sides)),
                "",
                "",
                journal.on.strftime("%Y/%m/%d"),
                *_yayoi_side(journal, debit, style, cloud),
                *_yayoi_side(journal, credit, style, cloud),
                _cut(journal.summary, 64),
                "", "", "0", "", "", "0", "0", "no",
            ]  # fmt: skip
            if cloud:
                row += [debit.partner if debit else "", credit.partner if credit else ""]
            rows.append(row)
    return rows, "cp932"


def _yayoi_flag(place: int, count: int) -> str:
    """2000 one line; a slip of several begins with 2110, goes on with 2100, ends with 2101."""
    if count == 1:
        return "2000"
    return "2110" if place == 0 else "2101" if place == count - 1 else "2100"


def _yayoi_side(journal: Journal, leg: Leg | None, style: Style, cloud: bool) -> list[str]:
    if leg is None:
        return ["", "", "", "", "0", ""]
    if cloud:
        if len(leg.account) > _CLOUD_ACCOUNT:
            raise _error(
                journal.number, f"科目「{leg.account}」が12文字を超えます", "name too long"
            )
        if len(str(int(leg.amount))) > _CLOUD_AMOUNT:
            raise _error(journal.number, "金額が9桁を超えます", "the amount has over 9 digits")
    for name in (leg.account, leg.sub_account, leg.department):
        if _bytes(name) > _YAYOI_BYTES:
            raise _error(
                journal.number, f"「{name}」が半角24文字を超えます", f"“{name}” exceeds 24 bytes"
            )
    tax = str(int(leg.tax)) if leg.tax and not style.inclusive else ""
    return [
        leg.account, leg.sub_account, "" if cloud else leg.department,
        _tax_name(journal, leg.tax_class, style, _yayoi_tax), str(int(leg.amount)), tax,
    ]  # fmt: skip


def _yayoi_tax(kind: TaxClass, inclusive: bool) -> str | None:
    if not kind.is_taxed:
        return "対象外"
    how = "込" if inclusive else "内"
    rate = "軽減8%" if kind.is_reduced else f"{kind.rate:f}%"
    if kind.share is None:
        suffix = "適格"
    elif kind.share == 0:
        suffix = "控不"
    else:
        suffix = f"区分{kind.share}%"
    return f"課対仕入{how}{rate}{suffix}"


# --- freee ---------------------------------------------------------------------------------------

_FREEE_SIDE = (
    "勘定科目", "科目コード", "補助科目", "取引先", "取引先コード", "部門", "品目", "メモタグ",
    "セグメント1", "セグメント2", "セグメント3", "金額", "税区分", "税額",
)  # fmt: skip
FREEE_HEADER = (
    "[表題行]", "日付", "伝票番号", "決算整理仕訳",
    *(f"借方{name}" for name in _FREEE_SIDE), *(f"貸方{name}" for name in _FREEE_SIDE), "摘要",
)  # fmt: skip


def _freee(journals: Iterable[Journal], style: Style) -> tuple[list[list[str]], str]:
    rows = [list(FREEE_HEADER)]
    for journal in journals:
        rows += [
            [
                "[明細行]", journal.on.strftime("%Y/%m/%d"), journal.number, "",
                *_freee_side(journal, debit, style), *_freee_side(journal, credit, style),
                journal.summary,
            ]
            for debit, credit in lines_of(journal)
        ]  # fmt: skip
    return rows, "utf-8-sig"


def _freee_side(journal: Journal, leg: Leg | None, style: Style) -> list[str]:
    if leg is None:
        return [""] * len(_FREEE_SIDE)
    name = _tax_name(journal, leg.tax_class, style, _freee_tax)
    return [
        leg.account, "", leg.sub_account, leg.partner, "", leg.department, "", "", "", "", "",
        str(int(leg.amount)), name, str(int(leg.tax)),
    ]  # fmt: skip


def _freee_tax(kind: TaxClass, inclusive: bool) -> str | None:
    if not kind.is_taxed:
        return "対象外"
    if kind.share is not None:
        return None  # the maker's list is the customer's own
    return "課対仕入8%（軽）" if kind.is_reduced else f"課対仕入{kind.rate:f}%"


# --- マネーフォワード ----------------------------------------------------------------------------

MF_HEADER = (
    "取引No", "取引日", "借方勘定科目", "借方補助科目", "借方部門", "借方取引先", "借方税区分",
    "借方インボイス", "借方金額(円)", "借方税額", "貸方勘定科目", "貸方補助科目", "貸方部門",
    "貸方取引先", "貸方税区分", "貸方インボイス", "貸方金額(円)", "貸方税額", "摘要", "仕訳メモ",
    "タグ", "MF仕訳タイプ", "決算整理仕訳", "作成日時", "作成者", "最終更新日時", "最終更新者",
)  # fmt: skip


def _money_forward(journals: Iterable[Journal], style: Style) -> tuple[list[list[str]], str]:
    rows = [list(MF_HEADER)]
    for number, journal in enumerate(journals, start=1):
        rows += [
            [
                str(number), journal.on.strftime("%Y/%m/%d"), *_mf_side(journal, debit, style),
                *_mf_side(journal, credit, style), journal.summary, journal.number,
                *[""] * 7,
            ]
            for debit, credit in lines_of(journal)
        ]  # fmt: skip
    return rows, "utf-8-sig"


def _mf_side(journal: Journal, leg: Leg | None, style: Style) -> list[str]:
    if leg is None:
        return [""] * 8
    kind = leg.tax_class
    name = _tax_name(journal, kind, style, _mf_tax)
    # A blank counts as 適格 there: the column of a purchase is never left blank.
    credit = "" if not kind.is_taxed or kind.share == 0 else "適格"
    if kind.is_taxed and kind.share:
        credit = f"{kind.share}%控除"
    return [
        leg.account, leg.sub_account, leg.department, leg.partner, name, credit,
        str(int(leg.amount)), str(int(leg.tax)),
    ]  # fmt: skip


def _mf_tax(kind: TaxClass, inclusive: bool) -> str | None:
    if not kind.is_taxed or kind.share == 0:  # nothing is deductible: no taxable purchase
        return "対象外"
    return "課税仕入 (軽)8%" if kind.is_reduced else f"課税仕入 {kind.rate:f}%"


# --- 勘定奉行 ------------------------------------------------------------------------------------

_BUGYO_SIDE = ("00", "01", "02", "03", "06", "08", "13", "20", "22")
BUGYO_HEADER = (
    "OBCD001", "CSJS005", "CSJS007",
    *(f"CSJS2{code}" for code in _BUGYO_SIDE), *(f"CSJS3{code}" for code in _BUGYO_SIDE),
    "CSJS100",
)  # fmt: skip


def _bugyo(journals: Iterable[Journal], style: Style) -> tuple[list[list[str]], str]:
    rows = [list(BUGYO_HEADER)]
    for journal in journals:
        rows += [
            [
                "*" if place == 0 else "", journal.on.strftime("%Y/%m/%d"), journal.number,
                *_bugyo_side(journal, debit, style), *_bugyo_side(journal, credit, style),
                journal.summary,
            ]
            for place, (debit, credit) in enumerate(lines_of(journal))
        ]  # fmt: skip
    return rows, "cp932"


def _bugyo_side(journal: Journal, leg: Leg | None, style: Style) -> list[str]:
    if leg is None:
        return [""] * len(_BUGYO_SIDE)
    kind = leg.tax_class
    name = _tax_name(journal, kind, style, _bugyo_tax)
    rate = "" if kind.rate is None else f"{kind.rate:f}"
    reduced = "" if kind.rate is None else ("1" if kind.is_reduced else "0")
    return [
        leg.department, leg.account, leg.sub_account, name, "0", leg.partner,
        str(int(leg.amount)), rate, reduced,
    ]  # fmt: skip


def _bugyo_tax(kind: TaxClass, inclusive: bool) -> str | None:
    return None  # its tax classes are codes of the customer's own list


# --- shared --------------------------------------------------------------------------------------

_WRITERS: Mapping[Package, Callable[[Iterable[Journal], Style], tuple[list[list[str]], str]]] = {
    Package.YAYOI: _yayoi,
    Package.YAYOI_CLOUD: _yayoi,
    Package.FREEE: _freee,
    Package.MONEY_FORWARD: _money_forward,
    Package.BUGYO: _bugyo,
}


def _tax_name(
    journal: Journal,
    kind: TaxClass,
    style: Style,
    known: Callable[[TaxClass, bool], str | None],
) -> str:
    name = style.tax_names.get(kind.key) or known(kind, style.inclusive)
    if name is None:
        raise _error(
            journal.number,
            f"税区分「{kind.key}」の名前が、{NAMES[style.package]}の設定にありません",
            f"no name is set for the tax class {kind.key}",
        )
    return name


def _bytes(text: str) -> int:
    """Half-width bytes: a full-width character is two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def _cut(text: str, room: int) -> str:
    while _bytes(text) > room:
        text = text[:-1]
    return text


def _error(order: str, ja: str, en: str) -> JournalError:
    return JournalError(field="journal", order=order, reason_ja=ja, reason_en=en)
