"""総合振込, read back: an independent check of a transfer file before anyone trusts it.

Shares no code with the writer in `zengin`: positions are stated again, as the banks' guides print
them, so that a slip in one is seen by the other. `verify(bytes)` returns faults; what it does *not*
check is whether an account exists and whether the bank's cut-off has passed.

Steps: 1 separators and record length · 2 characters · 3 order of records · 4 fields of header and
data · 5 count and sum of the trailer · 6 repeated transfers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

LIMIT = 128 * 1024 * 1024
"""A file of 999,999 transfers has 122 MB; anything larger is not a transfer file."""

_PERMITTED = frozenset(
    b" ()-./\\0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    # 0xA2 ｢, 0xA3 ｣, 0xA6 ｦ (EDI only), 0xB1 ｱ … 0xDF ﾟ
    + bytes([0xA2, 0xA3, 0xA6, *range(0xB1, 0xE0)])
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule the file breaks, and the number of the record (from 1) that breaks it."""

    record: int
    code: str
    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class ReadTransfer:
    """One data record as it stands in the file."""

    bank_code: str
    branch_code: str
    account_type: str
    account_number: str
    payee: str
    amount: Decimal
    reference: str


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What the file says, and what is wrong with it."""

    consignor_code: str
    consignor_name: str
    month_day: str
    transfers: tuple[ReadTransfer, ...]
    count: int
    total: Decimal
    faults: tuple[Fault, ...]


def verify(data: bytes) -> tuple[Fault, ...]:
    """Everything wrong with the file; empty when it may be sent."""
    return read(data).faults


def read(data: bytes) -> ReadFile:
    """Parse the file as far as it can be parsed, with its faults."""
    if len(data) > LIMIT:
        fault = Fault(0, "size", "ファイルが大きすぎます", "the file is too large")
        return ReadFile("", "", "", (), 0, Decimal(0), (fault,))
    records, faults = _split(data)
    faults += list(_characters(records))
    faults += list(_order(records))
    transfers: list[ReadTransfer] = []
    header = trailer = ""
    for number, raw in enumerate(records, start=1):
        text = raw.decode("cp932", errors="replace")
        if raw[:1] == b"1":
            header = header or text
            faults += list(_header_faults(number, text))
        elif raw[:1] == b"2":
            transfer, wrong = _data(number, text)
            transfers.append(transfer)
            faults += wrong
        elif raw[:1] == b"8":
            trailer = text
    count = int(trailer[1:7]) if trailer[1:7].isdigit() else 0
    total = Decimal(trailer[7:19]) if trailer[7:19].isdigit() else Decimal(0)
    faults += list(_totals(len(records) - 1, count, total, transfers))
    return ReadFile(
        header[4:14],
        header[14:54].rstrip(),
        header[54:58],
        tuple(transfers),
        count,
        total,
        tuple(faults),
    )


def _split(data: bytes) -> tuple[list[bytes], list[Fault]]:
    if b"\n" in data or b"\r" in data:
        parts = data.split(b"\r\n")
        faults = []
        if parts[-1] != b"":
            faults.append(
                Fault(
                    len(parts), "separator", "最後の改行がありません", "the last CR+LF is missing"
                )
            )
        else:
            parts = parts[:-1]
    else:
        parts = [data[at : at + 120] for at in range(0, len(data), 120)]
        faults = []
    for number, part in enumerate(parts, start=1):
        if len(part) != 120:
            faults.append(
                Fault(
                    number,
                    "length",
                    f"レコード長が120バイトではありません（{len(part)}）",
                    f"the record has {len(part)} bytes, not 120",
                )
            )
    return parts, faults


def _characters(records: list[bytes]) -> Iterator[Fault]:
    for number, raw in enumerate(records, start=1):
        wrong = sorted({byte for byte in raw if byte not in _PERMITTED})
        if wrong:
            listed = " ".join(f"{byte:02X}" for byte in wrong)
            yield Fault(
                number, "character", f"使用できない文字（{listed}）", f"forbidden bytes ({listed})"
            )


def _order(records: list[bytes]) -> Iterator[Fault]:
    kinds = b"".join(raw[:1] for raw in records)
    expected = b"1" + b"2" * (len(kinds) - 3) + b"89"
    if len(kinds) < 4 or kinds != expected:
        yield Fault(
            0,
            "order",
            "レコードの順序がヘッダ・データ・トレーラ・エンドではありません",
            "records are not in the order header, data, trailer, end",
        )


def _header_faults(number: int, text: str) -> Iterator[Fault]:
    numeric = {
        "種別": text[1:3] == "21",
        "コード区分": text[3:4] == "0",
        "委託者コード": text[4:14].isdigit(),
        "取組日": text[54:58].isdigit()
        and 1 <= int(text[54:56]) <= 12
        and 1 <= int(text[56:58]) <= 31,
        "仕向銀行番号": text[58:62].isdigit(),
        "仕向支店番号": text[77:80].isdigit(),
        "預金種目": text[95:96] in {"1", "2", "9"},
        "口座番号": text[96:103].isdigit(),
        "ダミー": text[103:120] == " " * 17,
    }
    for name, fits in numeric.items():
        if not fits:
            yield Fault(
                number,
                "header",
                f"ヘッダの{name}が正しくありません",
                f"header field {name} is wrong",
            )


def _data(number: int, text: str) -> tuple[ReadTransfer, list[Fault]]:
    checks = {
        "被仕向銀行番号": text[1:5].isdigit(),
        "被仕向支店番号": text[20:23].isdigit(),
        "手形交換所番号": text[38:42] in {"0000", "    "},
        "預金種目": text[42:43] in {"1", "2", "4", "9"},
        "口座番号": text[43:50].isdigit(),
        "受取人名": bool(text[50:80].strip()) and not text[50:51].isspace(),
        "振込金額": text[80:90].isdigit() and int(text[80:90]) > 0,
        "新規コード": text[90:91] in {"0", "1", "2"},
        "顧客コード": text[112:113] == "Y" or text[91:111].isdigit(),
        "振込指定区分": text[111:112] in {"7", "8", "0", " "},
        "識別表示": text[112:113] in {"Y", " "},
        "ダミー": text[113:120] == " " * 7,
    }
    faults = [
        Fault(number, "data", f"{name}が正しくありません", f"data field {name} is wrong")
        for name, fits in checks.items()
        if not fits
    ]
    amount = Decimal(text[80:90]) if checks["振込金額"] else Decimal(0)
    transfer = ReadTransfer(
        text[1:5],
        text[20:23],
        text[42:43],
        text[43:50],
        text[50:80].rstrip(),
        amount,
        text[91:111].rstrip(),
    )
    return transfer, faults


def _totals(
    record: int, count: int, total: Decimal, transfers: list[ReadTransfer]
) -> Iterator[Fault]:
    if count != len(transfers):
        yield Fault(
            record,
            "count",
            f"合計件数 {count} がデータ {len(transfers)} 件と一致しません",
            f"the trailer counts {count}, the file has {len(transfers)}",
        )
    actual = sum((transfer.amount for transfer in transfers), Decimal(0))
    if total != actual:
        yield Fault(
            record,
            "total",
            f"合計金額 {total} がデータの合計 {actual} と一致しません",
            f"the trailer says {total} yen, the file sums to {actual}",
        )
