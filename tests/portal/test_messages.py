"""The door's words are complete in both languages and none is idle."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import portal
from portal.messages import LANGUAGES, catalogue, text

ROOT = Path(portal.__file__).parent
USED = re.compile(r"""\b(?:t|text)\(\s*(?:\w+(?:\([^()]*\))?,\s*)?["']([a-z_]+\.[a-z0-9_]+)["']""")
LITERAL = re.compile(r"""["']((?:[a-z_]+)\.(?:[a-z0-9_]+))["']""")


def used_keys() -> set[str]:
    keys = {f"front.how_{n}" for n in range(1, 5)}
    keys |= {key for key in catalogue("ja") if re.fullmatch(r"error\.t\d{3}", key)}
    for file in [*ROOT.rglob("*.py"), *ROOT.rglob("*.html")]:
        keys |= set(USED.findall(file.read_text(encoding="utf-8")))
        keys |= {
            key
            for key in LITERAL.findall(file.read_text(encoding="utf-8"))
            if key in catalogue("ja")
        }
    return keys


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def test_both_languages_have_the_same_keys_in_the_same_order():
    assert list(catalogue("ja")) == list(catalogue("en"))


def test_both_languages_say_the_same_things():
    allowed = {"link_mail.subject", "link_mail.body"}  # the mail is one text in two languages
    for key, words in catalogue("ja").items():
        if key not in allowed:
            assert placeholders(words) == placeholders(catalogue("en")[key]), key


def test_no_words_are_empty():
    for language in LANGUAGES:
        assert all(words.strip() for words in catalogue(language).values())


def test_every_key_that_pages_use_is_there():
    assert used_keys() <= set(catalogue("ja"))


def test_no_key_is_idle():
    assert set(catalogue("ja")) - used_keys() == set()


def test_a_missing_key_is_an_error_of_the_program():
    with pytest.raises(KeyError):
        text("ja", "no.such_key")


def test_the_language_is_chosen_and_kept(browser):
    assert 'lang="ja"' in browser.get("/").text
    done = browser.submit("/language", {"language": "en", "next": "/login"})
    assert done.headers["location"] == "/login"
    page = browser.get("/")
    assert '<html lang="en">' in page.text
    assert page.headers["content-language"] == "en"
    browser.submit("/language", {"language": "xx", "next": "https://evil.example"})
    assert '<html lang="en">' in browser.get("/").text
