"""Every sentence about a document, in Japanese and English, by the id of what it speaks of.

    rules.ja.toml, rules.en.toml            the official rules
    structure.ja.toml, structure.en.toml    what UBL's schema refuses
    unreadable.ja.toml, unreadable.en.toml  what cannot be read at all
    own.ja.toml, own.en.toml                checks of our own (einvoice/own_checks.py)

An entry has `message` and `remedy`. {IBT-106} in a text is replaced by name and number of the term
from the table, {value} by the text found there, other names by what the check gives: a `Text` is
already in both languages, anything else is cut to a length.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from einvoice.findings import Text
from einvoice.limits import Refusal
from einvoice.terms import table

MAX_VALUE: Final = 80  # characters of a document's value shown in a message


@cache
def catalogue(name: str, language: str) -> Mapping[str, Mapping[str, str]]:
    """One language of one group of messages, by id."""
    file = resources.files("einvoice.messages").joinpath(f"{name}.{language}.toml")
    return tomllib.loads(file.read_text("utf-8"))


def texts(group: str, key: str, /, **values: object) -> tuple[Text, Text]:
    """Message and remedy of one id. KeyError if there is none: a test sees to it that there is."""
    shown = {
        "ja": {f: v.ja if isinstance(v, Text) else _short(v) for f, v in values.items()},
        "en": {f: v.en if isinstance(v, Text) else _short(v) for f, v in values.items()},
    }
    return (
        Text(*(_filled(group, key, language, "message", shown[language]) for language in shown)),
        Text(*(_filled(group, key, language, "remedy", shown[language]) for language in shown)),
    )


def refusal_texts(refusal: Refusal) -> tuple[Text, Text]:
    return texts("unreadable", refusal.reason, **refusal.values)


def _filled(name: str, key: str, language: str, part: str, values: Mapping[str, str]) -> str:
    template = catalogue(name, language)[key][part]
    return template.format_map(_Values(values, language)) if "{" in template else template


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"


class _Values(dict[str, Any]):
    """Values by name, and behind them the labels of all business terms."""

    def __init__(self, values: Mapping[str, str], language: str) -> None:
        super().__init__(values)
        self._language = language

    def __missing__(self, key: str) -> str:
        label = table()[key].label
        return label.ja if self._language == "ja" else label.en
