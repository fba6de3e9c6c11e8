"""The door's own words, one file a language: ``ja.toml``, ``en.toml``, the same keys in both.

``text("ja", "login.title", name="…")`` fills ``{name}``. A missing key is a programming error
(KeyError); a test compares the two files and the keys that templates use.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("ja", "en")


def text(language: str, key: str, **values: object) -> str:
    words = catalogue(language)[key]
    return words.format(**values) if values else words


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every key of a language → its words, flattened with dots."""
    raw = files("portal.messages").joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(raw), ""))


def _flat(tree: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    words: list[tuple[str, str]] = []
    for key, value in tree.items():
        if isinstance(value, dict):
            words.extend(_flat(value, f"{prefix}{key}."))
        else:
            words.append((f"{prefix}{key}", value))
    return words
