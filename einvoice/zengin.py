"""総合振込: the 120-byte records of the Zengin transfer file (種別 21), written.

Layout: 全国銀行協会「適用業務およびレコード・フォーマット」総合振込, compared with the published
guides of several banks. Header 1, data 2 (one a transfer), trailer 8, end 9; each record
120 bytes of JIS X 0201, with CR+LF after every record, the last one too, or with nothing between.

What banks agree on is fixed here; what they do not (unused fields, separators, cut-off) is a
`BankProfile`. Every rule is checked before a byte is encoded and all faults are told at once.
`zengin_reading` reads such a file back without using anything from here.

Limits from the layout: 999,999 transfers, 12-digit total, 10-digit amount.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from einvoice.account_names import NAME_BYTES, CharacterSet, check_characters
from einvoice.refusals import TransferFileError
from records import calendar

RECORD_BYTES = 120
MAX_AMOUNT = Decimal(9_999_999_999)
MAX_TOTAL = Decimal(999_999_999_999)
MAX_TRANSFERS = 999_999


class AccountType(StrEnum):
    """預金種目."""

    ORDINARY = "1"  # 普通
    CURRENT = "2"  # 当座
    SAVINGS = "4"  # 貯蓄
    OTHER = "9"  # その他


@dataclass(frozen=True, slots=True)
class BankProfile:
    """How one bank wants what the standard leaves open (agreed in its 総合振込 contract)."""

    separator: Literal["CRLF", "NONE"] = "CRLF"
    bank_names: Literal["fill", "blank"] = "fill"
    clearing_house: Literal["0000", "    "] = "0000"
    transfer_category: Literal["7", "8", "0", " "] = "7"
    new_code: Literal["0", "1"] = "0"
    reference: Literal["EDI", "CODES", "NONE"] = "EDI"
    dot_for_nakaguro: bool = True
    max_records: int = MAX_TRANSFERS
    cutoff_days: int = 1
    """Banking days before the pay date by which the file must be with the bank."""
    cutoff_time: time = time(15, 0)
    horizon_days: int = 31
    """Calendar days ahead that the bank takes a file for."""


@dataclass(frozen=True, slots=True)
class Payer:
    """委託者: the account the city pays from. Names already in the bank's characters."""

    code: str
    name: str
    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    account_type: AccountType
    account_number: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """One 振込. `payee` is in the bank's characters; `reference` becomes EDI information."""

    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    account_type: AccountType
    account_number: str
    payee: str
    amount: Decimal
    reference: str = ""
    customer_code_1: str = ""
    customer_code_2: str = ""


@dataclass(frozen=True, slots=True)
class TransferFile:
    """One batch: what is paid from one account on one day."""

    payer: Payer
    pay_date: date
    transfers: tuple[Transfer, ...]

    @property
    def total(self) -> Decimal:
        """Sum of the amounts in yen."""
        return sum((transfer.amount for transfer in self.transfers), Decimal(0))


@dataclass(frozen=True, slots=True)
class TransferFault:
    """A rule broken by the batch: where (0 the payer, n the n-th transfer) and why."""

    place: int
    field: str
    ja: str
    en: str

    def text(self, language: Literal["ja", "en"]) -> str:
        """The fault with its place, for a list."""
        if language == "ja":
            where = f"{self.place}件目" if self.place else "依頼人"
            return f"{where}：{self.ja}"
        return f"{f'transfer {self.place}' if self.place else 'payer'}: {self.en}"


def build(batch: TransferFile, profile: BankProfile | None = None) -> bytes:
    """The bytes of the file. Raises `TransferFileError` with every fault that was found."""
    chosen = profile or BankProfile()
    faults = list(find_faults(batch, chosen))
    if faults:
        raise TransferFileError(
            field="transfers",
            faults_ja="、".join(fault.text("ja") for fault in faults[:20]),
            faults_en="; ".join(fault.text("en") for fault in faults[:20]),
        )
    records = [_header(batch), *(_data(item, chosen) for item in batch.transfers)]
    records += [_trailer(batch), "9".ljust(RECORD_BYTES)]
    separator = "\r\n" if chosen.separator == "CRLF" else ""
    # The character check above is the first lock, the codec the second: cp932 has one byte for
    # every permitted character and none for the look-alikes (¥, full-width dashes) it refuses.
    encoded = "".join(record + separator for record in records).encode("cp932")
    expected = (RECORD_BYTES + len(separator)) * len(records)
    if len(encoded) != expected:  # a record of a wrong length must never leave the house
        raise AssertionError(f"transfer file has {len(encoded)} bytes, not {expected}")
    return encoded


def find_faults(batch: TransferFile, profile: BankProfile) -> Iterator[TransferFault]:
    """Every rule the batch breaks, in the order of the file."""
    yield from _payer_faults(batch.payer)
    if not calendar.is_bank_day(batch.pay_date):
        yield TransferFault(
            0,
            "pay_date",
            f"{batch.pay_date}は銀行休業日です",
            f"{batch.pay_date} is a bank holiday",
        )
    if not batch.transfers:
        yield TransferFault(0, "transfers", "振込が1件もありません", "there is no transfer")
    if len(batch.transfers) > min(profile.max_records, MAX_TRANSFERS):
        yield TransferFault(
            0,
            "transfers",
            f"件数が上限（{profile.max_records}件）を超えています",
            f"more than {profile.max_records} transfers",
        )
    if batch.total > MAX_TOTAL:
        yield TransferFault(
            0, "transfers", "合計金額が12桁を超えています", "the total has more than 12 digits"
        )
    for place, transfer in enumerate(batch.transfers, start=1):
        yield from _transfer_faults(place, transfer, profile)


def _payer_faults(payer: Payer) -> Iterator[TransferFault]:
    yield from _digits(0, "payer.code", payer.code, 10, "委託者コード", "consignor code")
    yield from _account_faults(0, "payer", payer)
    if payer.account_type is AccountType.SAVINGS:
        yield TransferFault(
            0,
            "payer.account_type",
            "依頼人の口座に貯蓄は使えません",
            "a savings account cannot pay",
        )
    yield from _text(0, "payer.name", payer.name, 40, CharacterSet.PARTY, "委託者名", "payer name")


def _transfer_faults(
    place: int, transfer: Transfer, profile: BankProfile
) -> Iterator[TransferFault]:
    yield from _account_faults(place, "transfer", transfer)
    yield from _text(
        place, "payee", transfer.payee, NAME_BYTES, CharacterSet.PARTY, "受取人名", "payee name"
    )
    amount = transfer.amount
    if amount != amount.to_integral_value() or not 0 < amount <= MAX_AMOUNT:
        yield TransferFault(
            place,
            "amount",
            f"金額 {amount} は1円以上9,999,999,999円以下の整数でなければなりません",
            f"amount {amount} must be a whole number from 1 to 9,999,999,999",
        )
    if profile.reference == "EDI":
        if transfer.reference:
            yield from _text(
                place, "reference", transfer.reference, 20, CharacterSet.EDI, "EDI情報", "EDI text"
            )
    elif profile.reference == "CODES":
        for name, code in (
            ("customer_code_1", transfer.customer_code_1),
            ("customer_code_2", transfer.customer_code_2),
        ):
            if code:
                yield from _digits(
                    place, name, code, 10, "顧客コード", "customer code", exact=False
                )


def _account_faults(place: int, prefix: str, account: Payer | Transfer) -> Iterator[TransferFault]:
    yield from _digits(place, f"{prefix}.bank_code", account.bank_code, 4, "銀行番号", "bank code")
    yield from _digits(
        place, f"{prefix}.branch_code", account.branch_code, 3, "支店番号", "branch code"
    )
    yield from _digits(
        place, f"{prefix}.account_number", account.account_number, 7, "口座番号", "account number"
    )
    for name, value, ja, en in (
        ("bank_name", account.bank_name, "銀行名", "bank name"),
        ("branch_name", account.branch_name, "支店名", "branch name"),
    ):
        if value:
            yield from _text(place, f"{prefix}.{name}", value, 15, CharacterSet.BANK, ja, en)


def _digits(
    place: int, name: str, value: str, length: int, ja: str, en: str, *, exact: bool = True
) -> Iterator[TransferFault]:
    fits = len(value) == length if exact else 0 < len(value) <= length
    if not (value.isascii() and value.isdigit() and fits):
        up_to = "" if exact else "以内"
        yield TransferFault(
            place,
            name,
            f"{ja}「{value}」は数字{length}桁{up_to}でなければなりません",
            f"{en} “{value}” must be {length} digits{'' if exact else ' at most'}",
        )


def _text(
    place: int, name: str, value: str, length: int, characters: CharacterSet, ja: str, en: str
) -> Iterator[TransferFault]:
    wrong = check_characters(value, characters)
    if wrong is not None:
        yield TransferFault(
            place,
            name,
            f"{ja}「{value}」に使用できない文字（{wrong}）があります",
            f"{en} “{value}” has a character that is not allowed ({wrong})",
        )
    if not value.strip():
        yield TransferFault(place, name, f"{ja}がありません", f"{en} is missing")
    elif len(value) > length:
        yield TransferFault(
            place,
            name,
            f"{ja}「{value}」が{length}バイトを超えます（{len(value)}バイト）",
            f"{en} “{value}” has {len(value)} bytes, more than {length}",
        )


def _header(batch: TransferFile) -> str:
    payer = batch.payer
    return (
        "1"
        "21"  # 種別コード: 総合振込
        "0"  # コード区分: JIS
        + payer.code
        + payer.name.ljust(40)
        + batch.pay_date.strftime("%m%d")
        + payer.bank_code
        + payer.bank_name.ljust(15)
        + payer.branch_code
        + payer.branch_name.ljust(15)
        + payer.account_type.value
        + payer.account_number
        + " " * 17
    )


def _data(transfer: Transfer, profile: BankProfile) -> str:
    named = profile.bank_names == "fill"
    if profile.reference == "EDI" and transfer.reference:
        reference, mark = transfer.reference.ljust(20), "Y"
    elif profile.reference == "CODES":
        codes = (transfer.customer_code_1, transfer.customer_code_2)
        reference, mark = "".join(code.rjust(10, "0") for code in codes), " "
    else:
        reference, mark = "0" * 20, " "
    return (
        "2"
        + transfer.bank_code
        + (transfer.bank_name if named else "").ljust(15)
        + transfer.branch_code
        + (transfer.branch_name if named else "").ljust(15)
        + profile.clearing_house
        + transfer.account_type.value
        + transfer.account_number
        + transfer.payee.ljust(NAME_BYTES)
        + f"{int(transfer.amount):010d}"
        + profile.new_code
        + reference
        + profile.transfer_category
        + mark
        + " " * 7
    )


def _trailer(batch: TransferFile) -> str:
    return f"8{len(batch.transfers):06d}{int(batch.total):012d}".ljust(RECORD_BYTES)


@dataclass(frozen=True, slots=True)
class ControlSheet:
    """What 会計課 compares with the bank's screen before releasing the file."""

    count: int
    total: Decimal
    sha256: str
    pay_date: date
    repeated: tuple[int, ...] = field(default=())
    """Places of transfers with the same account and amount as an earlier one (PAY-009)."""


def repeated_transfers(transfers: Sequence[Transfer]) -> tuple[int, ...]:
    """Places (from 1) of transfers that repeat an earlier account and amount in the run."""
    seen: set[tuple[str, str, str, str, Decimal]] = set()
    repeated = []
    for place, item in enumerate(transfers, start=1):
        key = (
            item.bank_code,
            item.branch_code,
            item.account_type.value,
            item.account_number,
            item.amount,
        )
        if key in seen:
            repeated.append(place)
        seen.add(key)
    return tuple(repeated)
