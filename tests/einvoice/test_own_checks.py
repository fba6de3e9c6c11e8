"""Our own checks are complete: table and texts in both languages."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from string import Formatter
from typing import get_args

import pytest

from einvoice.account_kind import AccountKind
from einvoice.findings import Severity, Source
from einvoice.own_checks import Desk, own_checks, status_by


def load(name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(resources.files("einvoice").joinpath(name).read_text("utf-8"))


TABLE = load("data/own_checks.toml")
JA, EN = load("messages/own.ja.toml"), load("messages/own.en.toml")


def test_table_and_both_languages_have_the_same_checks() -> None:
    assert TABLE.keys() == JA.keys() == EN.keys() == own_checks().keys()


@pytest.mark.parametrize("key", TABLE)
def test_an_entry_is_whole(key: str) -> None:
    check = own_checks()[key]
    assert check.source in get_args(Source)
    assert set(check.severity) == set(AccountKind)
    assert set(check.severity.values()) <= set(get_args(Severity))
    assert check.effect in ("not_met", "cannot_tell", "none")
    assert re.fullmatch(r"IB[TG]-\d+", check.term)
    assert check.basis
    assert re.search("[ぁ-ん]", check.message.ja)
    assert re.search("[ぁ-ん]", check.remedy.ja)
    assert not re.search("[ぁ-ん]", check.message.en + check.remedy.en.replace("経過措置", ""))


@pytest.mark.parametrize("key", TABLE)
def test_both_languages_speak_of_the_same_values(key: str) -> None:
    def values(text: str) -> set[str]:
        names = {name for _, name, _, _ in Formatter().parse(text) if name}
        return {re.sub("_(ja|en)$", "", name) for name in names}

    check = own_checks()[key]
    assert values(check.message.ja) == values(check.message.en)
    assert values(check.remedy.ja) == values(check.remedy.en)


def test_a_missing_number_weighs_by_who_pays() -> None:
    levels = {}
    for account in AccountKind:
        desk = Desk(account, None)
        desk.report("registration-missing")
        levels[account] = desk.findings[0].severity
    assert levels == {
        AccountKind.GENERAL: "info",
        AccountKind.SPECIAL: "warning",
        AccountKind.ENTERPRISE: "error",
    }


def test_values_of_a_document_are_shortened_and_never_formatted() -> None:
    desk = Desk(AccountKind.GENERAL, None)
    desk.report("registration-malformed", value="{0.__class__}" + "9" * 500)
    (finding,) = desk.findings
    assert "{0.__class__}" in finding.message.ja
    assert len(finding.message.ja) < 200


def test_what_is_not_kept_counts_all_the_same() -> None:
    desk = Desk(AccountKind.GENERAL, None, most=1)
    desk.report("credit-note")
    desk.report("registration-missing")
    assert [finding.id for finding in desk.findings] == ["credit-note"]
    assert status_by(desk.effects) == "not_met"
    assert status_by(set()) == "met"
