"""総合振込: the bytes of the worked cases, every field rule, and an independent reading back."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from einvoice import zengin_reading
from einvoice.refusals import TransferFileError
from einvoice.zengin import (
    AccountType,
    BankProfile,
    Transfer,
    TransferFile,
    build,
    repeated_transfers,
)
from tests.einvoice.worked_cases import (
    CASE_1,
    CASE_2,
    CASE_3,
    CASE_4,
    CASE_5,
    PAYER,
    transfer_of,
    with_codes,
)

RUN_1120 = TransferFile(
    PAYER, date(2026, 11, 20), tuple(transfer_of(case) for case in (CASE_1, CASE_2, CASE_4))
)
RUN_1218 = TransferFile(PAYER, date(2026, 12, 18), (transfer_of(CASE_3),))
RUN_0430 = TransferFile(PAYER, date(2026, 4, 30), (transfer_of(CASE_5),))

FILES = [
    (
        RUN_1120,
        "858ccb326034494b5264db0b7d0c540e556461ef53d5c533494f77e6b9ead827",
        "d0e2284ce30c83df9d5239668009bf0d6f4dbf5842f9455a281be93c3c0a6f9e",
    ),
    (
        RUN_1218,
        "25916c0ba9f3e33b00229cc7bf4444a0afc5e8bfe34d85c708b4b1a7101c4870",
        "80ce1699cbd33c6d361442a4908f52b0e5249ff2b0a5448aaf702c5d83066b2c",
    ),
    (
        RUN_0430,
        "d390c72a43977101de914a366bb7c2ac7489cf75298cf461bb1bf63fe6f564ce",
        "5cc5288f758bcfa574096fa36b0803dead2133d22d13da5f196953efc432a7a2",
    ),
]
RECORDS = [
    (CASE_1, "5294fef057a4efc9b4c6f08fd8c013de73bbeb0a60046dcad0f3ab45fc4c4f91"),
    (CASE_2, "9f89f594ee6146d5fa8553288bcd8284dfaaba684f7f3ba71fcb745f3499e637"),
    (CASE_3, "e28fee6359a76f536ff844f31f321753e1209a700a703c101dbbb39a167fc487"),
    (CASE_4, "919e6cd3f69481d95b594118856695f800bf19dae72a438d49a494bae5100710"),
    (CASE_5, "9c4b71882dfc38b60deeeb23482c30efd3d162edecd922f68d9f71b9ff920344"),
]
PLAIN = BankProfile(separator="NONE")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(("batch", "with_crlf", "without"), FILES)
def test_bank_files_of_the_worked_cases_are_byte_for_byte_the_published_ones(
    batch: TransferFile, with_crlf: str, without: str
) -> None:
    assert sha256(build(batch)) == with_crlf
    assert sha256(build(batch, PLAIN)) == without


@pytest.mark.parametrize(("case", "expected"), RECORDS)
def test_data_records_of_the_worked_cases(case, expected: str) -> None:
    record = build(TransferFile(PAYER, date(2026, 11, 20), (transfer_of(case),)), PLAIN)[120:240]
    assert sha256(record) == expected


def test_header_trailer_and_end_of_the_first_run() -> None:
    data = build(RUN_1120, PLAIN)
    assert sha256(data[:120]) == "15276808d053a9e4885b0f3c796c2615c046f07cf9f9c9d01527faf593550c24"
    assert (
        sha256(data[-240:-120])
        == "28dc17dc70b051cd4617a4e737863cb80ef5d777737c8efd20eed1603443b88a"
    )
    assert sha256(data[-120:]) == "b76735d13c457c01cf867e794d4d154169fe7860eea15bb8d2d006327b613a00"


def test_customer_codes_take_the_place_of_edi_text_when_the_bank_wants_codes() -> None:
    transfer = with_codes(transfer_of(CASE_1), "101", "104512")
    profile = BankProfile(separator="NONE", reference="CODES")
    record = build(TransferFile(PAYER, date(2026, 11, 20), (transfer,)), profile)[120:240]
    assert sha256(record) == "bc6623b77fcdbbf8a312aca7397cc3b05a1c94f1d05cc0c82916fc25467495e2"


def test_file_without_references_and_bank_names_is_still_120_bytes_a_record() -> None:
    profile = BankProfile(reference="NONE", bank_names="blank", clearing_house="    ")
    data = build(RUN_1120, profile)
    assert len(data) == 732
    assert zengin_reading.verify(data) == ()


GOOD = transfer_of(CASE_1)
BROKEN = [
    (replace(GOOD, amount=Decimal(0)), "amount"),
    (replace(GOOD, amount=Decimal("10000000000")), "amount"),
    (replace(GOOD, amount=Decimal("1.5")), "amount"),
    (replace(GOOD, bank_code="998"), "transfer.bank_code"),
    (replace(GOOD, branch_code="９０１"), "transfer.branch_code"),
    (replace(GOOD, account_number="987650"), "transfer.account_number"),
    (replace(GOOD, payee="ｶ)ｴﾝｼｭｳ"), "payee"),  # small kana
    (replace(GOOD, payee="ｻｰﾋﾞｽ"), "payee"),  # long-vowel mark
    (replace(GOOD, payee="ｱﾞ"), "payee"),  # orphaned voiced mark
    (replace(GOOD, payee="ｦ"), "payee"),
    (replace(GOOD, payee=""), "payee"),
    (replace(GOOD, payee="ｱ" * 31), "payee"),
    (replace(GOOD, payee="遠州"), "payee"),
    (replace(GOOD, reference="A,B"), "reference"),
    (replace(GOOD, reference="1" * 21), "reference"),
    (replace(GOOD, bank_name="ｹﾝｼﾖｳ(ｷﾞﾝｺｳ"), "transfer.bank_name"),
]


@pytest.mark.parametrize(("transfer", "field"), BROKEN)
def test_a_field_that_breaks_its_rule_is_named_and_nothing_is_written(
    transfer: Transfer, field: str
) -> None:
    from einvoice.zengin import find_faults

    batch = TransferFile(PAYER, date(2026, 11, 20), (GOOD, transfer))
    with pytest.raises(TransferFileError, match="2件目"):
        build(batch)
    assert [(fault.place, fault.field) for fault in find_faults(batch, BankProfile())] == [
        (2, field)
    ]


@pytest.mark.parametrize("day", [date(2026, 11, 21), date(2026, 11, 23), date(2026, 12, 31)])
def test_pay_date_on_a_bank_holiday_is_refused(day: date) -> None:
    with pytest.raises(TransferFileError, match="銀行休業日"):
        build(TransferFile(PAYER, day, (GOOD,)))


def test_empty_batch_and_too_many_transfers_are_refused() -> None:
    with pytest.raises(TransferFileError, match="1件もありません"):
        build(TransferFile(PAYER, date(2026, 11, 20), ()))
    with pytest.raises(TransferFileError, match="上限（1件）"):
        build(RUN_1120, BankProfile(max_records=1))


def test_total_of_more_than_twelve_digits_is_refused() -> None:
    large = replace(GOOD, amount=Decimal(9_999_999_999))
    with pytest.raises(TransferFileError, match="12桁"):
        build(TransferFile(PAYER, date(2026, 11, 20), (large,) * 101))


def test_a_savings_account_cannot_pay() -> None:
    payer = replace(PAYER, account_type=AccountType.SAVINGS)
    with pytest.raises(TransferFileError, match="貯蓄"):
        build(TransferFile(payer, date(2026, 11, 20), (GOOD,)))


def test_repeated_account_and_amount_is_pointed_out_not_refused() -> None:
    other = replace(GOOD, amount=Decimal(5))
    assert repeated_transfers([GOOD, other, GOOD]) == (3,)
    assert build(TransferFile(PAYER, date(2026, 11, 20), (GOOD, GOOD)))


def test_reading_back_finds_what_was_written() -> None:
    read = zengin_reading.read(build(RUN_1120))
    assert read.faults == ()
    assert (read.count, read.total, read.month_day) == (3, Decimal(3_146_135), "1120")
    assert [item.amount for item in read.transfers] == [
        Decimal(1_178_006),
        Decimal(746_279),
        Decimal(1_221_850),
    ]
    assert read.transfers[0].reference == "R8-104512 1015"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: data.replace(b"\r\n", b"\n"), "length"),
        (lambda data: data[:-2], "separator"),
        (lambda data: data.replace(b"0001178006", b"0001178007"), "total"),
        (lambda data: data.replace(b"8000003", b"8000004"), "count"),
        (lambda data: data.replace(b"29998", b"2999A"), "data"),
        (lambda data: data.replace(b"121099", b"111099"), "header"),
        (lambda data: data.replace(b"R8-", b"R8,"), "character"),
        (lambda data: data[122:], "order"),
        (lambda data: data + data, "order"),
        (lambda data: b"", "order"),
        (lambda data: data.replace(b"D-77", b"D-7"), "length"),
    ],
)
def test_every_kind_of_damage_is_found_by_the_verifier(change, code: str) -> None:
    faults = zengin_reading.verify(change(build(RUN_1120)))
    assert code in {fault.code for fault in faults}


NAMES = st.text(alphabet="ｱｲｳｶｷｸｻｼｽﾀﾁﾂﾝABCXYZ0189().-", min_size=1, max_size=30).filter(
    lambda name: name.strip() == name
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(min_value=1, max_value=9_999_999_999),
            NAMES,
            st.sampled_from(AccountType),
            st.integers(min_value=0, max_value=9_999_999),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_what_is_written_reconciles_to_the_yen(rows: list) -> None:
    transfers = tuple(
        replace(
            GOOD, amount=Decimal(amount), payee=name, account_type=kind, account_number=f"{no:07d}"
        )
        for amount, name, kind, no in rows
    )
    batch = TransferFile(PAYER, date(2026, 11, 20), transfers)
    read = zengin_reading.read(build(batch))
    assert read.faults == ()
    assert read.total == batch.total
    assert [item.payee for item in read.transfers] == [item.payee for item in transfers]
