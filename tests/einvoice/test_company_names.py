"""Names: what a person would call the same is the same, what the law separates is not."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from einvoice.company_names import NameMatch, compare, compare_any
from records.name_folding import fold

names = st.text(
    alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x9FFF, exclude_categories=["Cs"]),
    min_size=1,
    max_size=20,
)


@pytest.mark.parametrize(
    ("stated", "published"),
    [
        ("㈱三方原文具", "株式会社三方原文具"),
        ("（株）三方原文具", "株式会社三方原文具"),
        ("株式会社 三方原文具", "株式会社三方原文具"),
        ("三方原文具㈱", "三方原文具株式会社"),
        ("㈲高木商店", "有限会社髙木商店"),
        ("渡辺 邦夫", "渡邉　邦夫"),
        ("渡辺邦夫", "渡邊邦夫"),
        ("山崎 吉郎", "山﨑 𠮷郎"),
        ("斎藤工務店", "齋藤工務店"),
        ("ＡＢＣシステム株式会社", "ABCｼｽﾃﾑ株式会社"),
        ("abc-design合同会社", "ＡＢＣ－ＤＥＳＩＧＮ合同会社"),
        ("株式会社サンデー・タイムス", "株式会社サンデータイムス"),
        ("葛\U000e0100飾印刷", "葛飾印刷"),
        ("国学院", "國學院"),
        ("NPO法人みどり", "特定非営利活動法人みどり"),
        ("(一社)遠州観光", "一般社団法人遠州観光"),
        ("沢田学園", "澤田學園"),
    ],
)
def test_the_same_name_in_other_letters(stated: str, published: str) -> None:
    assert compare(stated, published) is NameMatch.SAME


@pytest.mark.parametrize(
    ("stated", "published"),
    [
        ("高木商店", "株式会社高木商店"),
        ("高木商店株式会社", "株式会社高木商店"),
        ("株式会社キヤノン商会", "キャノン商会"),
        ("有限会社高木商店", "株式会社高木商店"),
    ],
)
def test_another_legal_form_is_near_and_not_the_same(stated: str, published: str) -> None:
    assert compare(stated, published) is NameMatch.NEAR


@pytest.mark.parametrize(
    ("stated", "published"),
    [
        ("株式会社高木商店", "株式会社高本商店"),
        ("株式会社", "有限会社"),
        ("", "株式会社高木商店"),
        ("・", "ー"),
        ("土屋", "士屋"),
        ("株式会社JAPAN", "農業協同組合PAN"),
        ("あ" * 1_001, "あ" * 1_001),
    ],
)
def test_other_names_are_different(stated: str, published: str) -> None:
    assert compare(stated, published) is NameMatch.DIFFERENT


def test_trade_name_and_former_name_count_too() -> None:
    assert compare_any("やまざき造園", ["山﨑 𠮷郎", "やまざき造園"]) is NameMatch.SAME
    assert compare_any("やまざき造園", []) is NameMatch.DIFFERENT


@given(names, names)
def test_comparison_is_symmetric(one: str, other: str) -> None:
    assert compare(one, other) is compare(other, one)


@given(names)
@example("O¯")
def test_folding_twice_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)


def test_no_everyday_form_is_itself_a_variant() -> None:
    text = resources.files("records").joinpath("data/kanji_variants.txt").read_text("utf-8")
    rows = [row.split() for row in text.splitlines() if not row.startswith("#")]
    everyday = {row[0] for row in rows}
    variants = [variant for row in rows for variant in row[1:]]
    assert everyday.isdisjoint(variants)
    assert len(variants) == len(set(variants))
    assert all(len(character) == 1 for row in rows for character in row)
