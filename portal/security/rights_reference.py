"""Writes ``docs/reference/rights.md`` from the role table."""

from __future__ import annotations

import sys
from pathlib import Path

from portal.security.rights import ACTIONS, Condition, not_the_drafter, not_the_inspector, own
from portal.security.roles import Role

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "rights.md"

_HEAD = """\
# 権限表 / Who may do what

この頁は権限の表から作られています。手で直さず、次で作り直してください。
This page is written from the role table (`portal/security/rights.py`):
`python -m portal.security.rights_reference`

- ● できる / allowed
- 条件 / conditions:
  - 「自」= 自社・自分の課のものだけ（事業者と担当課） / own company's or department's only
  - 「起」= 起案した本人は不可 / not by who drafted it
  - 「検」= 検査した本人は不可 / not by who inspected it
- 断るときは、かならず理由を日本語と英語で示します。 / Every refusal says why.
"""

_CONDITIONS: dict[Condition, str] = {own: "自", not_the_drafter: "起", not_the_inspector: "検"}


def reference() -> str:
    """The page as Markdown."""
    roles = list(Role)
    head = "| 操作 / Action | " + " | ".join(role.ja for role in roles) + " | 条件 |\n"
    lines = [head, "|---|" + ":-:|" * (len(roles) + 1) + "\n"]
    for name, rule in ACTIONS.items():
        cells = " | ".join("●" if role in rule.roles else "" for role in roles)
        conditions = "".join(_CONDITIONS[condition] for condition in rule.conditions)
        lines.append(f"| {rule.ja}<br>{rule.en} `{name}` | {cells} | {conditions} |\n")
    return _HEAD + "\n" + "".join(lines)


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(reference(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
