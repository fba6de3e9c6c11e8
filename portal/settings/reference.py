"""Writes ``docs/reference/settings.md`` from the tree: ``python -m portal.settings.reference``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from portal.settings.loading import PREFIX, names
from portal.settings.tree import Settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"

_HEAD = """\
# 設定一覧 / Settings

この頁は設定の定義から作られています。手で直さず、次で作り直してください。
`python -m portal.settings.reference`
This page is written from the definition of the settings; do not edit it by hand.

- 環境変数 `WARIFU_組__名前`、または `WARIFU_CONFIG` が指すTOMLファイルの `[組]` の
  `名前` で決めます。環境変数が優先です。
  Set `WARIFU_GROUP__NAME` in the environment, or `name` under `[group]` in the TOML file that
  `WARIFU_CONFIG` names. The environment wins.
- 「秘密」の値は `…_FILE` にファイルの場所を書いて渡せます。
  A secret can also be given as a file: set the same name with `_FILE` at its end.
- 誤った設定や知らない名前があると、その名前を示して起動を止めます。
  A wrong or unknown setting stops the start with its name.
"""

_GROUPS = {
    "": "全体 / General",
    "database": "データベース / Database",
    "store": "文書の保管 / Document store",
    "web": "画面とAPI / Web",
    "mail": "メール / Mail",
    "signing": "電子署名 / Signing",
    "contract": "契約 / Contracts",
    "city": "市 / City",
    "matching": "請求書の照合 / Match of invoices",
    "payment": "支払 / Payment",
    "intake": "請求書の受付 / Intake of invoices",
    "registry": "登録番号の確認 / Registry of issuers",
    "peppol": "Peppol",
    "security": "安全 / Security",
    "oidc": "職員のサインイン（OpenID Connect） / Staff sign-in by OpenID Connect",
    "limits": "上限 / Limits",
    "worker": "ワーカー / Worker",
}


def reference() -> str:
    """The page as Markdown."""
    secrets = names()
    parts = [_HEAD]
    for group, title in _GROUPS.items():
        parts.append(
            f"\n## {title}\n\n| 名前 / Name | 初期値 / Default | 説明 / Meaning |\n|---|---|---|\n"
        )
        for name, field in _fields(group):
            variable = PREFIX + (f"{group.upper()}__" if group else "") + name.upper()
            words = f"{field.description}<br>{_english(field)}"
            if secrets[variable]:
                words += f"<br>秘密 / secret: `{variable}_FILE`"
            limits = _limits(field)
            parts.append(f"| `{variable}` | {_default(field)} | {words}{limits} |\n")
    return "".join(parts)


def _fields(group: str) -> Iterator[tuple[str, FieldInfo]]:
    if group:
        kind = Settings.model_fields[group].annotation
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            raise TypeError(f"{group} is no group of settings")
        yield from kind.model_fields.items()
        return
    for name, field in Settings.model_fields.items():
        if name not in _GROUPS:
            yield name, field


def _english(field: FieldInfo) -> str:
    extra: Any = field.json_schema_extra
    return str(extra["en"])


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value == () or isinstance(value, SecretStr):
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`"
    return f"`{value}`"


def _limits(field: FieldInfo) -> str:
    low = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    return f" ({low}–{high})" if low is not None else ""


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(reference(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
