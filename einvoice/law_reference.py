"""Writes the reference pages that follow from tables: ``python -m einvoice.law_reference``.

`docs/reference/own-checks.md` (our checks beside the official rules), `tax-tables.md` (rates and
transitional shares by date) and `invoice-sheet.md` (columns of the sheet).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from einvoice.account_kind import AccountKind
from einvoice.own_checks import own_checks
from einvoice.sheet_columns import columns
from einvoice.tax_rates import tax_tables

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
_MADE = "この頁は表から作られています。手で直さず `./dev docs` で作り直してください。\n"
_LEVELS = {"error": "要修正", "warning": "注意", "info": "参考"}
_EFFECTS = {"not_met": "満たさない", "cannot_tell": "確認できない", "none": "―"}
_SOURCES = {
    "consistency": ("整合性（source: consistency）", "公式の規則が通してしまうものを確かめます。"),
    "qualified": ("適格請求書の要件（source: qualified）", "消費税法57条の4の要件を確かめます。"),
    "registry": ("公表サイト（source: registry）", "取引日の登録の状況と名称を確かめます。"),
}


def own_checks_page() -> str:
    """The page on our checks."""
    parts = [
        "# 独自の確認の一覧 / Our own checks\n",
        _MADE,
        "JP PINT の公式の規則とは別の確認です。**公式の判定（verdict）は決して変えません**。"
        "適格請求書の要件（qualified）への影響と、支払う会計による重さを示します。\n",
        "Checks beside the official rules. They never move the verdict of the standard; the table "
        "shows their effect on `qualified` and their severity by the paying account.\n",
    ]
    for source, (title, words) in _SOURCES.items():
        parts += [f"## {title}\n", f"{words}\n"]
        for check in own_checks().values():
            if check.source != source:
                continue
            levels = "・".join(
                f"{name} {_LEVELS[check.severity[account]]}"
                for name, account in (
                    ("一般会計", AccountKind.GENERAL),
                    ("特別会計", AccountKind.SPECIAL),
                    ("公営企業会計", AccountKind.ENTERPRISE),
                )
            )
            parts.append(
                f"### `{check.id}`\n\n"
                f"- {check.message.ja}\n"
                f"- 直し方：{check.remedy.ja}\n"
                f"- {check.message.en} — {check.remedy.en}\n"
                f"- 項目 {check.term}、重さ：{levels}、要件への影響：{_EFFECTS[check.effect]}\n"
                f"- 根拠：{check.basis}\n"
            )
    return "\n".join(parts)


def tax_tables_page() -> str:
    """The page on rates, shares and caps."""
    tables = tax_tables()

    def span(first: date, last: date | None) -> str:
        return f"{first}～{last or ''}"

    parts = [
        "# 税率と経過措置の表 / Tax tables\n",
        _MADE,
        "日は取引日です。「予定」は公表されただけで、法律の成立を確認できていない税率です。"
        "改正は `einvoice/data/tax.toml` に行を足すだけで、プログラムは変えません。\n",
        "## 税率\n",
        "| 期間 | 税区分 | 税率 | 国＋地方 | 対象 | 状態 | 出典 |\n|---|---|---|---|---|---|---|",
    ]
    standing = {"in_force": "施行", "planned": "予定"}
    parts += [
        f"| {span(row.first, row.last)} | {row.category} | {row.percent}％ | "
        f"{row.national}＋{row.local} | {row.scope_ja} | {standing[row.standing]} | {row.source} |"
        for row in tables.rates
    ]
    parts += [
        "\n## 登録のない事業者からの仕入れで控除できる割合\n",
        "| 取引日 | 割合 | 出典 |\n|---|---|---|",
        *(f"| {span(r.first, r.last)} | {r.percent}％ | {r.source} |" for r in tables.shares),
        "\n1事業者・1年あたりの上限（課税期間の初日で決まります）\n",
        "| 課税期間の初日 | 上限 | 出典 |\n|---|---|---|",
        *(f"| {span(r.first, r.last)} | {r.yen:,}円 | {r.source} |" for r in tables.caps),
        "\n## 説明が食い違う点と、ここでの扱い\n",
    ]
    for item in tables.disagreements:
        says = "\n".join(f"- {text}" for text in item.says)
        parts.append(f"### {item.topic}\n\n{says}\n\n扱い：{item.chosen}。\n理由：{item.why}。\n")
    return "\n".join(parts)


def sheet_page() -> str:
    """The page on the sheet's columns."""
    parts = [
        "# 請求書の表の列 / Columns of the invoice sheet\n",
        _MADE,
        "`warifu invoice compose FILE.csv|xlsx` が読む表です。1行が明細1行で、同じ請求書番号の行が"
        "1枚の請求書になります。ひな形は `warifu invoice compose --template 請求書.xlsx` "
        "で作れます。\n",
        "請求書ごとの列は最初の行に書き、2行目からは空欄か同じ値にします。\n",
        "| 列 | 必須 | 単位 | 例 | 書き方 |\n|---|---|---|---|---|",
    ]
    parts += [
        f"| {c.heading} | {'必須' if c.required else ''} | "
        f"{'請求書' if c.level == 'document' else '明細'} | {c.example} | {c.help_ja} |"
        for c in columns()
    ]
    return "\n".join(parts) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "own-checks.md": own_checks_page,
    "tax-tables.md": tax_tables_page,
    "invoice-sheet.md": sheet_page,
}


def write_pages() -> None:
    """Write every page anew."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
        sys.stdout.write(f"docs/reference/{name}\n")


if __name__ == "__main__":
    write_pages()
