"""From environment, secret files and a TOML file to a checked ``Settings``, or to words that name
what is wrong.
"""

from __future__ import annotations

import difflib
import os
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource
from pydantic_settings import SettingsError as SourceError

from portal.errors import SettingsError
from portal.settings.tree import Settings

PREFIX = "WARIFU_"
CONFIG = "WARIFU_CONFIG"
# Names with our prefix that are not settings: the file's name, and what tests and scripts use.
NOT_SETTINGS = (
    CONFIG,
    "WARIFU_TEST_",
    "WARIFU_DEV_",
    "WARIFU_FOLLOW_",
    "WARIFU_PEPPOL_KEY_PASSWORD",
    "WARIFU_PEPPOL_VECTORS",
    "WARIFU_PEPPOL_G3",
)

Problem = tuple[str, str]


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read, check and return the settings.

    :param environ: the environment to read (default: the process's own).
    :raises SettingsError: names every wrong or unknown setting, in Japanese and English.
    """
    env = {k.upper(): v for k, v in (os.environ if environ is None else environ).items()}
    problems: list[Problem] = []
    given = _merge(_from_file(env.get(CONFIG), problems), _from_environment(env, problems))
    try:
        settings = Settings(**given)
    except ValidationError as wrong:
        problems.extend(_problem(detail) for detail in wrong.errors())
    if problems:
        raise SettingsError(
            problems_ja="\n".join(f"・{ja}" for ja, _ in problems),
            problems_en="\n".join(f"- {en}" for _, en in problems),
        )
    return settings


def names() -> dict[str, bool]:
    """Every setting's environment name → whether it is a secret (which may come from a file)."""
    return dict(_names(Settings, PREFIX))


def _names(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, bool]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _names(kind, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}", _is_secret(kind)


def _is_secret(kind: Any) -> bool:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return SecretStr in typing.get_args(kind)
    return kind is SecretStr


def _from_environment(env: Mapping[str, str], problems: list[Problem]) -> dict[str, Any]:
    known = names()
    values: dict[str, str | None] = {}
    for name, value in env.items():
        if not name.startswith(PREFIX) or name.startswith(NOT_SETTINGS):
            continue
        plain = name.removesuffix("_FILE")
        if name in known:
            values[name.lower()] = value
        elif name.endswith("_FILE") and known.get(plain):
            secret = _secret_from(name, value, problems)
            if plain in env:
                problems.append(
                    (
                        f"{plain} と {name} の両方が指定されています。片方だけにしてください。",
                        f"{plain} and {name} are both given. Give one of them.",
                    )
                )
            values[plain.lower()] = secret
        else:
            problems.append(_unknown(name, known))
    source = EnvSettingsSource(Settings)
    source.env_vars = values
    try:
        return source()
    except SourceError as wrong:
        problems.append(
            (f"環境変数を読めません: {wrong}", f"The environment can't be read: {wrong}")
        )
        return {}


def _secret_from(name: str, path: str, problems: list[Problem]) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as wrong:
        reason = type(wrong).__name__
        problems.append(
            (
                f"{name} が指すファイル {path} を読めません（{reason}）。",
                f"{name}: the file {path} can't be read ({reason}).",
            )
        )
        return None


def _from_file(path: str | None, problems: list[Problem]) -> dict[str, Any]:
    if not path:
        return {}
    try:
        with Path(path).open("rb") as file:
            return tomllib.load(file)
    except OSError as wrong:
        reason = type(wrong).__name__
        problems.append(
            (
                f"{CONFIG} が指す設定ファイル {path} を読めません（{reason}）。",
                f"{CONFIG}: the settings file {path} can't be read ({reason}).",
            )
        )
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        problems.append(
            (
                f"設定ファイル {path} の書き方が正しくありません: {wrong}",
                f"The settings file {path} is not valid TOML: {wrong}",
            )
        )
    return {}


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = (
            _merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
        )
    return merged


def _unknown(name: str, known: Mapping[str, bool]) -> Problem:
    near = difflib.get_close_matches(name, known, n=1)
    hint_ja = f" {near[0]} ではありませんか。" if near else ""
    hint_en = f" Did you mean {near[0]}?" if near else ""
    return (f"{name} という設定はありません。{hint_ja}", f"There is no setting {name}.{hint_en}")


# pydantic's error types → Japanese; {name} placeholders come from the error's context.
_WORDS = {
    "missing": "値が必要です。",
    "extra_forbidden": "この名前の設定はありません。",
    "int_parsing": "整数で書いてください。",
    "int_type": "整数で書いてください。",
    "bool_parsing": "true か false で書いてください。",
    "greater_than_equal": "{ge} 以上にしてください。",
    "less_than_equal": "{le} 以下にしてください。",
    "literal_error": "次のどれかにしてください: {expected}",
    "string_type": "文字で書いてください。",
    "string_too_short": "{min_length} 文字以上にしてください。",
    "string_pattern_mismatch": "書き方が違います（{pattern}）。",
    "path_type": "ファイルの場所を書いてください。",
    "tuple_type": "コンマで区切って書いてください。",
}


def _problem(detail: ErrorDetails) -> Problem:
    """One line a language. The wrong value itself is left out: it may be a secret."""
    name = PREFIX + "__".join(str(part).upper() for part in detail["loc"])
    if not detail["loc"]:
        name = PREFIX + "…"
    if detail["type"] == "value_error":
        words = str(detail["msg"]).removeprefix("Value error, ")
        ja, _, en = words.partition(" / ")
        return f"{name}: {ja}", f"{name}: {en or ja}"
    template = _WORDS.get(detail["type"], "値の形が正しくありません。")
    return f"{name}: {template.format(**detail.get('ctx', {}))}", f"{name}: {detail['msg']}"
