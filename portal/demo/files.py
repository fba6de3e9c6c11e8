"""Files of the fictional city, as its other systems would export them."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path

from portal.demo import city
from portal.demo.city import AwardLine

HEADINGS = (
    "案件番号", "調達案件名称", "調達区分", "所管課", "落札決定日", "業者番号", "商号又は名称",
    "所在地", "代表者役職", "代表者氏名", "メールアドレス", "登録番号", "落札金額（税抜）",
    "消費税率", "履行期間（自）", "履行期間（至）", "履行場所",
)  # fmt: skip


def award_export(awards: tuple[AwardLine, ...], today: date, *, encoding: str) -> bytes:
    """An e-bidding system's CSV of these awards. `encoding`: "cp932" or "utf-8-sig"."""
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(HEADINGS)
    for award in awards:
        company = award.company
        start = today + timedelta(days=award.starts_in)
        table.writerow(
            [
                award.case_number, award.title, award.kind, city.DEPARTMENT, f"{today:%Y/%m/%d}",
                company.code, company.name, company.address, company.representative_title,
                company.representative, company.mail, company.registration_number, award.net,
                f"{city.TAX_PERCENT}%", f"{start:%Y/%m/%d}",
                f"{start + timedelta(days=award.lasts):%Y/%m/%d}", award.place,
            ]
        )  # fmt: skip
    return out.getvalue().encode(encoding)


def write_award_exports(folder: Path, today: date) -> list[Path]:
    """Two exports to import by hand: one in Shift_JIS, one in UTF-8 (𠮷 is not in Shift_JIS)."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = tuple(award for award in city.AWARDS if _fits(award, "cp932"))
    rare = tuple(award for award in city.AWARDS if award not in plain)
    written = []
    for name, awards, encoding in (
        ("落札結果_ShiftJIS.csv", plain, "cp932"),
        ("落札結果_UTF8.csv", rare, "utf-8-sig"),
    ):
        path = folder / name
        path.write_bytes(award_export(awards, today, encoding=encoding))
        written.append(path)
    return written


def _fits(award: AwardLine, encoding: str) -> bool:
    try:
        award_export((award,), date(2026, 4, 1), encoding=encoding)
    except UnicodeEncodeError:
        return False
    return True
