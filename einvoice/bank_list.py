"""金融機関コード・支店コード: the city's copy of the list, from a CSV that banks' associations and
open data sets publish in like forms.

The columns are found by their headings (any width, several spellings, see `HEADINGS`). A file
without headings has them in this order: 金融機関コード, 金融機関名カナ, 金融機関名, 支店コード,
支店名カナ, 支店名. UTF-8 or Shift_JIS, at most 16 MB. A list is taken in whole or not at all; a
branch that it leaves out is kept as gone since its day, so that PAY-006 can say so.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from einvoice.account_names import bank_text
from einvoice.matching.background import BankBranch
from einvoice.models import BankBranchRow, BankListImport
from einvoice.refusals import AccountNameError, BankListError
from records import Actor, audit
from records.name_folding import fold

MAX_BYTES: Final = 16 * 1024 * 1024
LEAST_ROWS: Final = 0.5
"""A list with fewer than this share of the branches known is refused: it was cut on its way."""
FRESH_DAYS: Final = 60
"""Older than this, a branch that is missing may be new: it is warned of and no longer stopped."""

COLUMNS: Final = (
    "bank_code", "bank_kana", "bank_name", "branch_code", "branch_kana", "branch_name",
)  # fmt: skip
HEADINGS: Final = {
    "bank_code": ("金融機関コード", "銀行コード", "銀行番号", "bankcode"),
    "bank_kana": ("金融機関名カナ", "金融機関カナ", "金融機関名(カナ)", "銀行名カナ", "bankkana"),
    "bank_name": ("金融機関名", "銀行名", "金融機関名(漢字)", "bankname"),
    "branch_code": ("支店コード", "店舗コード", "店番号", "支店番号", "branchcode"),
    "branch_kana": ("支店名カナ", "支店カナ", "支店名(カナ)", "店舗名カナ", "branchkana"),
    "branch_name": ("支店名", "店舗名", "支店名(漢字)", "branchname"),
}
_PORTION: Final = 5_000
_LARGE: Final = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import did. `already`: this very file was taken in before."""

    rows: int
    added: int
    gone: int
    already: bool = False


def take_in(
    session: Session, data: bytes, *, published_on: date, actor: Actor, at: datetime
) -> Taken:
    """Take a list in. Raises `BankListError` with the line that cannot be read."""
    digest = sha256(data).hexdigest()
    known = session.scalar(select(BankListImport).where(BankListImport.sha256 == digest))
    if known is not None:
        return Taken(known.rows, known.added, known.gone, already=True)
    last = latest(session)
    if last is not None and last.published_on > published_on:
        raise _error(
            f"{last.published_on} の一覧を取込済みです。それより古い一覧は取り込めません",
            f"the list of {last.published_on} is in already; an older one is not taken in",
        )
    rows = read(data)
    listed = session.scalar(
        select(func.count()).select_from(BankBranchRow).where(BankBranchRow.gone_on.is_(None))
    )
    if len(rows) < (listed or 0) * LEAST_ROWS:
        raise _error(
            f"{len(rows):,}支店しかありません（いまの一覧は {listed:,}支店）。途中で切れています",
            f"only {len(rows):,} branches, {listed:,} are known: the file was cut",
        )
    made = BankListImport(
        sha256=digest, published_on=published_on, rows=len(rows), added=0, gone=0, imported_at=at
    )
    session.add(made)
    session.flush()
    total = select(func.count()).select_from(BankBranchRow)
    before = session.scalar(total) or 0
    for start in range(0, len(rows), _PORTION):
        portion = [{**row, "import_id": made.id} for row in rows[start : start + _PORTION]]
        statement = insert(BankBranchRow)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["bank_code", "branch_code"],
                set_={
                    **{
                        name: getattr(statement.excluded, name)
                        for name in (*COLUMNS[1:3], *COLUMNS[4:], "search_text", "import_id")
                    },
                    "gone_on": None,
                },
            ),
            portion,
        )
    made.added = (session.scalar(total) or 0) - before
    left_out = (BankBranchRow.import_id != made.id, BankBranchRow.gone_on.is_(None))
    made.gone = session.scalar(total.where(*left_out)) or 0
    session.execute(update(BankBranchRow).where(*left_out).values(gone_on=published_on))
    details = {
        "published": published_on.isoformat(),
        "sha256": digest,
        "rows": made.rows,
        "added": made.added,
        "gone": made.gone,
    }
    audit.append(session, actor, "bank_list.taken_in", "bank_list:1", details, at)
    return Taken(made.rows, made.added, made.gone)


def read(data: bytes) -> list[dict[str, str]]:
    """The branches of a list, each once. Raises `BankListError`."""
    if len(data) > MAX_BYTES:
        raise _error("ファイルが大きすぎます（16MB まで）", "the file is too large (16 MB)")
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _error("文字コードを読めません（UTF-8 か Shift_JIS）", "neither UTF-8 nor Shift_JIS")
    found: dict[tuple[str, str], dict[str, str]] = {}
    for number, row in _rows(text):
        key = (row["bank_code"], row["branch_code"])
        if not re.fullmatch(r"[0-9]{4}", key[0]) or not re.fullmatch(r"[0-9]{3}", key[1]):
            raise _error(
                f"{number}行目：金融機関コード「{key[0]}」・支店コード「{key[1]}」が数字4桁と3桁で"
                "ありません",
                f"line {number}: codes {key[0]}, {key[1]} are not 4 and 3 digits",
            )
        names = [row[name] for name in ("bank_kana", "bank_name", "branch_kana", "branch_name")]
        found[key] = {**row, "search_text": "\n".join(_spelled(name) for name in names if name)}
    if not found:
        raise _error("支店が1件もありません", "there is no branch in it")
    return list(found.values())


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    places: dict[str, int] | None = None
    try:
        for number, cells in enumerate(reader, start=1):
            if not any(cell.strip() for cell in cells):
                continue
            if places is None:
                places = _places(cells)
                if places is None:
                    places = {name: place for place, name in enumerate(COLUMNS)}
                else:
                    continue
            if len(cells) <= max(places.values()):
                raise _error(
                    f"{number}行目の列が足りません（{len(cells)}列）",
                    f"line {number} has {len(cells)} columns only",
                )
            row = dict.fromkeys(COLUMNS, "")
            for name, place in places.items():
                row[name] = unicodedata.normalize("NFKC", cells[place]).strip()[:60]
            yield number, row
    except csv.Error as error:
        raise _error(f"CSV として読めません（{error}）", f"not a CSV: {error}") from error


def _places(cells: Sequence[str]) -> dict[str, int] | None:
    """Which column is what, by the headings; None where the first row is no heading."""
    plain = [re.sub(r"[\s_ー-]", "", unicodedata.normalize("NFKC", c)).lower() for c in cells]
    found = {}
    for name, spellings in HEADINGS.items():
        wanted = {re.sub(r"[\s_ー-]", "", word) for word in spellings}
        for place, heading in enumerate(plain):
            if heading in wanted:
                found[name] = place
    if not found:
        return None
    missing = {"bank_code", "branch_code"} - set(found)
    if missing or not {"bank_kana", "bank_name"} & set(found):
        names = "、".join(HEADINGS[name][0] for name in sorted(missing)) or "金融機関名"
        raise _error(f"列「{names}」がありません", f"columns are missing: {sorted(missing)}")
    return found


def latest(session: Session) -> BankListImport | None:
    """The list that counts now."""
    return session.scalar(
        select(BankListImport).order_by(BankListImport.published_on.desc()).limit(1)
    )


def search(session: Session, words: str, *, limit: int = 50) -> Sequence[BankBranchRow]:
    """Branches with every one of these words in names or readings, or with this code."""
    row = BankBranchRow
    query = select(row).where(row.gone_on.is_(None))
    for word in words.split()[:6]:
        plain = unicodedata.normalize("NFKC", word)
        if re.fullmatch(r"[0-9]{3,4}", plain):
            query = query.where(
                row.bank_code == plain if len(plain) == 4 else row.branch_code == plain
            )
        else:
            query = query.where(row.search_text.contains(_spelled(word), autoescape=True))
    return session.scalars(query.order_by(row.bank_code, row.branch_code).limit(limit)).all()


def _spelled(text: str) -> str:
    """Names in one spelling; readings as banks write them: katakana, and large for small kana."""
    kana = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in fold(text))
    return kana.translate(_LARGE)


def short_names(session: Session, bank: str, branch: str) -> tuple[str, str]:
    """Bank and branch as the 15 characters of a bank file; empty where the list has neither."""
    row = session.get(BankBranchRow, (bank, branch))
    return (_short(row.bank_kana), _short(row.branch_kana)) if row else ("", "")


class BranchBook:
    """The list as the match asks for it (`einvoice.deps.BranchList`)."""

    def branch(self, session: Session, bank: str, branch: str, today: date) -> BankBranch | None:
        """What the list says of this branch; None where the city keeps no list."""
        last = latest(session)
        if last is None:
            return None
        row = session.get(BankBranchRow, (bank, branch))
        if row is None:
            return BankBranch(
                is_known=False, is_fresh=(today - last.published_on).days <= FRESH_DAYS
            )
        if row.gone_on is not None:
            return BankBranch(is_known=True, now_named=f"{row.gone_on} の一覧からなくなりました")
        return BankBranch(
            is_known=True, bank_kana=_short(row.bank_kana), branch_kana=_short(row.branch_kana)
        )


def _short(name: str) -> str:
    try:
        return bank_text(name)[:15]
    except AccountNameError:
        return ""


def _error(ja: str, en: str) -> BankListError:
    return BankListError(field="file", reason_ja=ja, reason_en=en)
