"""口座名義カナ: readings into the characters of a bank file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einvoice.account_names import (
    LEGAL_FORMS,
    CharacterSet,
    account_name,
    bank_text,
    check_characters,
    same_account_name,
)
from einvoice.refusals import AccountNameError


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        ("カ）エンシュウボウサイショウジ", "ｶ)ｴﾝｼﾕｳﾎﾞｳｻｲｼﾖｳｼﾞ"),
        ("かぶしきがいしゃ　えんしゅうぼうさいしょうじ", "ｶ)ｴﾝｼﾕｳﾎﾞｳｻｲｼﾖｳｼﾞ"),
        ("カブシキガイシヤエンシユウ", "ｶ)ｴﾝｼﾕｳ"),
        ("㈱エンシュウ", "ｶ)ｴﾝｼﾕｳ"),
        ("（株）エンシュウ", "ｶ)ｴﾝｼﾕｳ"),
        ("ヴィラ・ヨーコ", "ｳﾞｲﾗ.ﾖ-ｺ"),
        ("テンリュウガワケンセツ株式会社", "ﾃﾝﾘﾕｳｶﾞﾜｹﾝｾﾂ(ｶ"),
        ("ハママツ株式会社ハマキタ営業所", "ﾊﾏﾏﾂ(ｶ)ﾊﾏｷﾀｴｲｷﾞﾖｳｼﾖ"),
        ("医療法人社団ハマナカイ", "ｲ)ﾊﾏﾅｶｲ"),
        ("一般社団法人ハママツシカンコウキョウカイ", "ｼﾔ)ﾊﾏﾏﾂｼｶﾝｺｳｷﾖｳｶｲ"),
        ("スズキ　ハナコ", "ｽｽﾞｷ ﾊﾅｺ"),
        ("ＡＢＣ-１２３", "ABC-123"),
        ("ミッカビ", "ﾐﾂｶﾋﾞ"),
        ("パ", "ﾊﾟ"),
    ],
)
def test_readings_become_bank_kana(reading: str, expected: str) -> None:
    assert account_name(reading) == expected


@pytest.mark.parametrize("reading", ["三方原乳業", "ヲカダ", "ア゛", "株式会社遠州", "é", "A,B"])
def test_what_banks_do_not_carry_is_refused_by_name(reading: str) -> None:
    with pytest.raises(AccountNameError) as caught:
        account_name(reading)
    assert reading in caught.value.message_ja


def test_a_long_name_is_never_cut() -> None:
    name = account_name(
        "トクテイヒエイリカツドウホウジンハママツシコドモノガクシュウシエンネットワークグ"
    )
    assert name == "ﾄｸﾋ)ﾊﾏﾏﾂｼｺﾄﾞﾓﾉｶﾞｸｼﾕｳｼｴﾝﾈﾂﾄﾜ-ｸｸﾞ"
    assert len(name) == 31


def test_names_are_compared_with_both_sides_contracted() -> None:
    assert same_account_name("カブシキガイシャ エンシュウ", "ｶ)ｴﾝｼﾕｳ")
    assert not same_account_name("エンシュウ（カ", "ｶ)ｴﾝｼﾕｳ")


@pytest.mark.parametrize("form", LEGAL_FORMS, ids=lambda form: form.name)
def test_every_legal_form_stands_at_head_and_tail(form) -> None:
    assert account_name(f"{form.name}テスト") == f"{form.short})ﾃｽﾄ"
    assert account_name(f"テスト{form.name}") == f"ﾃｽﾄ({form.short}"


def test_edi_text_has_its_own_characters() -> None:
    assert bank_text("「ア」/1", characters=CharacterSet.EDI) == "｢ｱ｣/1"
    with pytest.raises(AccountNameError):
        bank_text("ア(イ)", characters=CharacterSet.BANK)


@given(
    st.text(alphabet="アイウエオカガキギサザシジタダハバパヒビピャュョッー・ABC 012", max_size=40)
)
def test_result_is_always_inside_the_set_and_stable(reading: str) -> None:
    name = account_name(reading)
    assert check_characters(name, CharacterSet.PARTY) is None
    assert account_name(name) == name
    assert len(name.encode("cp932")) == len(name)
