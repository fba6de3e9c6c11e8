"""The reference page of the business terms, made from the table.

`python -m einvoice.terms_page` writes docs/reference/jp-pint-terms.md; a test fails if the page is
not the one the table gives.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from einvoice.rules import CURRENT, all_rules
from einvoice.terms import Term, path_of, table

PAGE: Final = Path(__file__).parents[1] / "docs" / "reference" / "jp-pint-terms.md"

_HEAD: Final = f"""# JP PINT {CURRENT} の項目 / Business terms

この表は `einvoice/data/terms.txt` から作られます（`python -m einvoice.terms_page`）。
読み取り、書き出し、指摘文の項目名は、すべて同じ表によります。パスは `/ubl:Invoice` からのものです。
「回数」は仕様の回数で、区分記載請求書（ntr）・仕入明細書（sb）で違うものだけ書き添えます。

This page is made from `einvoice/data/terms.txt`. Reading, writing and the names in messages use the
same table. Paths start below `/ubl:Invoice`; `[x=y]` tells elements of one name apart. The column
“rules” names the official asserts that speak of the term.

| 項目 / Term | 名称 | Name | Path | 型 / Type | 回数 / Card. | 規則 / Rules |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """The whole page as Markdown."""
    rules: dict[str, list[str]] = {}
    for rule in all_rules():
        if rule.term and rule.id not in rules.setdefault(rule.term, []):
            rules[rule.term].append(rule.id)
    return _HEAD + "".join(_row(term, rules.get(term.id, [])) for term in table().values())


def _row(term: Term, rules: list[str]) -> str:
    path = path_of(term.id).removeprefix("/ubl:Invoice/")
    choice = term.path[term.path.find("[") : term.path.find("]") + 1] if "[" in term.path else ""
    shown = f"`{path}`" + (f" `{choice}`" if choice else "")
    cardinality = term.cardinality
    for short, profile in (("ntr", "pint-jp-ntr"), ("sb", "pint-jp-sb")):
        other = table(profile)[term.id].cardinality
        if other != cardinality:
            cardinality += f" ({short} {other})"
    ident = f"**{term.id}**" if term.kind == "Group" else term.id
    cells = (ident, term.name.ja, term.name.en, shown, term.kind, cardinality, ", ".join(rules))
    return "| " + " | ".join(cells) + " |\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), "utf-8")
