"""Seller, buyer and bank account of a composed invoice."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from einvoice.composed_text import required_text, text
from einvoice.errors import CompositionError
from einvoice.invoice import Address, BankAccount, Contact, Identifier, Party
from einvoice.invoice_terms import BankTerms, DocumentKind, InvoiceTerms, PartyTerms

CORPORATE_SCHEME = "0188"  # 法人番号
REGISTRATION_SCHEME = "0221"  # 登録番号
_BANK_PARTS = (("bank", 4), ("branch", 3), ("kind", 1), ("number", 7))


def party(terms: InvoiceTerms, role: Literal["seller", "buyer"]) -> Party:
    """The party in this role. Raises CompositionError if it could not be told who it is."""
    own, other = (terms.seller, terms.buyer) if role == "seller" else (terms.buyer, terms.seller)
    if role == "seller":
        _check_seller(terms)
    endpoint = _endpoint(own) or (_endpoint(other) if role == "seller" else None)
    if endpoint is None:
        raise _missing(
            f"{role}.corporate_number",
            "宛先の法人番号（または登録番号）がありません。",
            "The corporate number (or registration number) of the addressee is missing.",
        )
    may_have_number = terms.kind is not DocumentKind.NOT_REGISTERED or role == "buyer"
    return Party(
        name=required_text(own.name, f"{role}.name"),
        endpoint=endpoint,
        identifiers=() if own.identifier is None else (own.identifier,),
        trading_name=text(own.trading_name, f"{role}.trading_name"),
        address=_address(own.address, role),
        registration_number=own.registration_number.value
        if own.registration_number is not None and may_have_number
        else None,
        legal_id=None
        if own.corporate_number is None
        else Identifier(own.corporate_number.value, CORPORATE_SCHEME),
        contact=_contact(own.contact, role),
    )


def _missing(field: str, ja: str, en: str) -> CompositionError:
    return CompositionError(
        field=field,
        reason_ja=ja,
        reason_en=en,
        fix_ja="番号を入力してください。",
        fix_en="Enter the number.",
    )


def _check_seller(terms: InvoiceTerms) -> None:
    seller = terms.seller
    if terms.kind is DocumentKind.NOT_REGISTERED:
        if seller.registration_number is not None:
            raise CompositionError(
                field="seller.registration_number",
                reason_ja="登録番号のある事業者は、区分記載請求書（480）を作れません。",
                reason_en="A registered vendor cannot issue the document of an unregistered one.",
                fix_ja="適格請求書（380）を作ってください。",
                fix_en="Make a qualified invoice (380).",
            )
        if seller.corporate_number is None and seller.identifier is None:
            raise _missing(
                "seller.identifier",
                "請求者を特定する番号（法人番号か、発注者が付けた債権者番号）がありません。",
                "A number that identifies the vendor (corporate number, or the buyer's number for "
                "it) is missing.",
            )
    elif seller.registration_number is None:
        raise _missing(
            "seller.registration_number",
            "適格請求書には登録番号が必要です。",
            "A qualified invoice needs the registration number.",
        )


def _endpoint(own: PartyTerms) -> Identifier | None:
    if own.endpoint is not None:
        return own.endpoint
    if own.registration_number is not None:
        return Identifier(own.registration_number.value, REGISTRATION_SCHEME)
    if own.corporate_number is not None:
        return Identifier(own.corporate_number.value, CORPORATE_SCHEME)
    return None


def _address(address: Address, role: str) -> Address:
    def clean(value: str | None) -> str | None:
        return text(value, f"{role}.address")

    return replace(
        address,
        line1=clean(address.line1),
        line2=clean(address.line2),
        line3=clean(address.line3),
        city=clean(address.city),
        post_code=clean(address.post_code),
        subdivision=clean(address.subdivision),
        country=required_text(address.country, f"{role}.address"),
    )


def _contact(contact: Contact | None, role: str) -> Contact | None:
    if contact is None:
        return None
    made = Contact(
        name=text(contact.name, f"{role}.contact"),
        phone=text(contact.phone, f"{role}.contact"),
        email=text(contact.email, f"{role}.contact"),
    )
    return None if made == Contact() else made


def bank_account(bank: BankTerms) -> BankAccount:
    """銀行:支店:種別:番号 as the official examples write it, and the holder's kana name."""
    values = []
    for name, digits in _BANK_PARTS:
        value = required_text(str(getattr(bank, name)), f"bank.{name}")
        if not (value.isascii() and value.isdigit()) or len(value) > digits:
            raise CompositionError(
                field=f"bank.{name}",
                reason_ja=f"口座の「{name}」は{digits}桁までの数字です（{value}）。",
                reason_en=f"The account's {name} has at most {digits} digits ({value}).",
                fix_ja="通帳のとおりに入力してください。",
                fix_en="Enter it as the bank book shows it.",
            )
        values.append(value.zfill(digits))
    return BankAccount(
        id=Identifier(":".join(values)), name=required_text(bank.holder, "bank.holder")
    )
