"""What is typed about a vendor: read into the register's columns, or told by field what is off."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from einvoice.errors import EInvoiceError
from einvoice.registration import RegistrationNumber
from portal.accounts.models import Vendor

MAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,180}\.[A-Za-z]{2,24}")


def _plain(typed: str) -> str:
    return " ".join(unicodedata.normalize("NFC", typed).split())


def _narrow(typed: str) -> str:
    """Full-width letters and digits become narrow; blanks go."""
    return unicodedata.normalize("NFKC", typed).replace(" ", "").replace("‐", "-")


def _registration(typed: str) -> str:
    try:
        return RegistrationNumber.parse(typed).value
    except EInvoiceError as wrong:
        raise ValueError(wrong.message_ja) from None


def _matching(pattern: str, words: str) -> Callable[[str], str]:
    def read(typed: str) -> str:
        narrow = _narrow(typed)
        if not re.fullmatch(pattern, narrow):
            raise ValueError(words)
        return narrow

    return read


def _mail(typed: str) -> str:
    mail = _narrow(typed).lower()
    if len(mail) > 254 or not MAIL.fullmatch(mail):
        raise ValueError("メールアドレスの形ではありません。")
    return mail


@dataclass(frozen=True, slots=True)
class Column:
    """One field of the form. ``read`` gives the value as kept, or raises ValueError with words."""

    name: str
    label: str
    longest: int
    read: Callable[[str], str] = _plain
    required: bool = False
    help: str = ""
    inputmode: str | None = None
    width: str | None = None


IDENTITY = (
    Column(
        "code",
        "業者番号",
        32,
        _matching(r"[A-Za-z0-9-]{1,32}", "英数字で入力してください。"),
        required=True,
        width="medium",
    ),
    Column("name", "名称", 200, required=True, help="登記のとおり。例：株式会社髙﨑建設"),
    Column("kana", "名称（カナ）", 200, help="全角カナ。一覧の並び順に使います"),
    Column(
        "registration_number",
        "登録番号（適格請求書）",
        30,
        _registration,
        help="T と数字13桁。登録していない事業者は空のまま",
        width="medium",
    ),
    Column(
        "corporate_number",
        "法人番号",
        20,
        _matching(r"[0-9]{13}", "数字13桁で入力してください。"),
        inputmode="numeric",
        width="medium",
    ),
    Column("representative_title", "代表者の役職", 100, help="例：代表取締役", width="medium"),
    Column("representative_name", "代表者の氏名", 100, width="medium"),
    Column(
        "postal_code",
        "郵便番号",
        10,
        _matching(r"[0-9]{3}-?[0-9]{4}", "数字7桁で入力してください。"),
        inputmode="numeric",
        width="short",
    ),
    Column("address", "所在地", 200),
    Column(
        "phone",
        "電話番号",
        20,
        _matching(r"[0-9+()-]{8,20}", "電話番号の形ではありません。"),
        inputmode="tel",
        width="medium",
    ),
    Column("mail", "代表メールアドレス", 254, _mail, inputmode="email"),
)
BANK = (
    Column(
        "bank_code",
        "金融機関コード",
        6,
        _matching(r"[0-9]{4}", "数字4桁で入力してください。"),
        inputmode="numeric",
        width="short",
    ),
    Column("bank_name", "金融機関名", 60, width="medium"),
    Column(
        "branch_code",
        "支店コード",
        6,
        _matching(r"[0-9]{3}", "数字3桁で入力してください。"),
        inputmode="numeric",
        width="short",
    ),
    Column("branch_name", "支店名", 60, width="medium"),
    Column("account_type", "口座の種類", 1, _matching(r"[124]", "種類を選んでください。")),
    Column(
        "account_number",
        "口座番号",
        10,
        _matching(r"[0-9]{1,7}", "数字7桁までで入力してください。"),
        inputmode="numeric",
        width="short",
    ),
    Column("account_holder_kana", "口座名義（カナ）", 60, help="通帳のとおり"),
)
COLUMNS = IDENTITY + BANK
ACCOUNT_TYPES = (("", "選んでください"), ("1", "普通"), ("2", "当座"), ("4", "貯蓄"))
# Text columns that are never NULL in the register.
_EMPTY_AS_TEXT = frozenset(
    {
        "kana",
        "representative_title",
        "representative_name",
        "postal_code",
        "address",
        "phone",
        "mail",
    }
)


class Typed(BaseModel):
    """The form as it was sent. What is wrong with a field is said by ``read``, beside the field."""

    code: str = ""
    name: str = ""
    kana: str = ""
    registration_number: str = ""
    corporate_number: str = ""
    representative_title: str = ""
    representative_name: str = ""
    postal_code: str = ""
    address: str = ""
    phone: str = ""
    mail: str = ""
    bank_code: str = ""
    bank_name: str = ""
    branch_code: str = ""
    branch_name: str = ""
    account_type: str = ""
    account_number: str = ""
    account_holder_kana: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """``values`` fit the register's columns; ``wrong`` says by field what does not."""

    values: dict[str, str | None]
    wrong: dict[str, str]


def read(typed: Mapping[str, str]) -> Read:
    """Read every column of the form; an unknown field of the request is left alone."""
    values: dict[str, str | None] = {}
    wrong: dict[str, str] = {}
    for column in COLUMNS:
        given = str(typed.get(column.name, "")).strip()
        if not given:
            values[column.name] = "" if column.name in _EMPTY_AS_TEXT else None
            if column.required:
                wrong[column.name] = f"{column.label}を入力してください。"
        elif len(given) > column.longest:
            wrong[column.name] = f"{column.label}は{column.longest}文字以内にしてください。"
        else:
            try:
                values[column.name] = column.read(given)
            except ValueError as unfit:
                wrong[column.name] = str(unfit)
    if values.get("postal_code"):
        digits = str(values["postal_code"]).replace("-", "")
        values["postal_code"] = f"{digits[:3]}-{digits[3:]}"
    if values.get("account_number"):
        values["account_number"] = str(values["account_number"]).zfill(7)
    _whole_account(values, wrong)
    return Read(values, wrong)


def _whole_account(values: Mapping[str, str | None], wrong: dict[str, str]) -> None:
    """An account is given whole or not at all: half of one would be found out at the bank."""
    needed = ("bank_code", "branch_code", "account_type", "account_number", "account_holder_kana")
    if any(values.get(name) for name in needed):
        for column in BANK:
            if column.name in needed and not values.get(column.name) and column.name not in wrong:
                wrong[column.name] = f"口座を登録するときは、{column.label}も必要です。"


def of(vendor: Vendor) -> dict[str, str]:
    """The register's row as the form shows it."""
    return {column.name: getattr(vendor, column.name) or "" for column in COLUMNS}
