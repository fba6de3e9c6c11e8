"""PAY: can the money go to the registered account (債権者登録の口座)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

from einvoice.account_names import NAME_BYTES, CharacterSet, account_name, check_characters
from einvoice.matching.catalogue import Hit, Level
from einvoice.matching.situation import CreditorRecord, Situation
from einvoice.refusals import AccountNameError


def account_is_complete(s: Situation) -> Iterator[Hit]:
    """PAY-001. Shape of the codes; and the branch stands on the bank code list, if that is new."""
    if s.vendor is None:
        return
    shapes = (
        (s.vendor.bank_code, r"\d{4}", "銀行番号", "bank code"),
        (s.vendor.branch_code, r"\d{3}", "支店番号", "branch code"),
        (s.vendor.account_type, r"[1249]", "預金種目", "account type"),
        (s.vendor.account_number, r"\d{7}", "口座番号", "account number"),
        (s.vendor.payee_kana.strip(), r".+", "口座名義カナ", "kana name"),
    )
    wrong = [(ja, en) for value, shape, ja, en in shapes if not re.fullmatch(shape, value, re.A)]
    if not wrong and s.branch is not None and s.branch.is_fresh and not s.branch.is_known:
        place = f"{s.vendor.bank_code}-{s.vendor.branch_code}"
        wrong = [(f"金融機関・支店の番号 {place} が一覧にありません", f"no such branch {place}")]
    if wrong:
        yield Hit(
            {
                "reason": "、".join(ja for ja, _ in wrong),
                "reason_en": ", ".join(en for _, en in wrong),
            }
        )


def invoice_names_the_registered_account(s: Situation) -> Iterator[Hit]:
    """PAY-002. Payment goes to the registered account whatever the invoice says; a difference is
    the sign of a change not notified, or of fraud."""
    if s.vendor is None:
        return
    known = _digits_of(s.vendor)
    for instruction in s.invoice.payment_instructions:
        account = instruction.account
        if account is None or account.id is None:
            continue
        stated = tuple(re.findall(r"\d+", account.id.value))
        if stated and not _same_account(stated, known):
            yield Hit({"found": account.id.value, "known": "-".join(known)}, term="IBT-084")


def account_was_not_changed_lately(s: Situation) -> Iterator[Hit]:
    """PAY-003."""
    if s.vendor is None or s.vendor.account_changed_on is None or s.vendor.paid_since_change:
        return
    watch = timedelta(days=s.policy.account_watch_days)
    if s.today - s.vendor.account_changed_on < watch:
        yield Hit({"day": s.vendor.account_changed_on})


def account_name_has_permitted_characters(s: Situation) -> Iterator[Hit]:
    """PAY-004. In the register the name stands as banks print it, or as a reading."""
    if s.vendor is None or not s.vendor.payee_kana:
        return
    if check_characters(s.vendor.payee_kana, CharacterSet.PARTY) is None:
        return
    try:
        account_name(s.vendor.payee_kana)
    except AccountNameError as error:
        yield Hit({"character": error.values["character"]})


def account_name_fits(s: Situation) -> Iterator[Hit]:
    """PAY-005. Never cut automatically: a cut can turn グ into ク."""
    if s.vendor is None or not s.vendor.payee_kana:
        return
    try:
        length = len(account_name(s.vendor.payee_kana))
    except AccountNameError:
        return
    if length > NAME_BYTES:
        yield Hit({"n": length})


def branch_is_as_it_was(s: Situation) -> Iterator[Hit]:
    """PAY-006. Nothing to say where the city has no bank code list, or where PAY-001 says it."""
    if s.vendor is None or s.branch is None or (s.branch.is_fresh and not s.branch.is_known):
        return
    place = f"{s.vendor.bank_code}-{s.vendor.branch_code}"
    if not s.branch.is_known:
        yield Hit({"place": place, "now": "一覧にありません", "now_en": "not on the list"})
    elif s.branch.now_named is not None:
        yield Hit({"place": place, "now": s.branch.now_named, "now_en": s.branch.now_named})


def transfer_did_not_come_back(s: Situation) -> Iterator[Hit]:
    """PAY-010. Held until the account is another one; then it is only told."""
    if s.bounce is not None:
        level = None if s.bounce.is_mended else Level.HOLD
        yield Hit({"reason": s.bounce.reason}, level=level)


def _digits_of(vendor: CreditorRecord) -> tuple[str, ...]:
    return (vendor.bank_code, vendor.branch_code, vendor.account_type, vendor.account_number)


def _same_account(stated: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Bank, branch, kind and number as written, with the kind left out, or the number alone."""
    short = (known[0], known[1], known[3])
    number_only = (known[3],)
    padded = (*stated[:-1], stated[-1].zfill(7))
    return padded in {known, short, number_only} or "".join(stated) in {
        "".join(known),
        "".join(short),
    }


CHECKS: dict[str, Callable[[Situation], Iterator[Hit]]] = {
    "PAY-001": account_is_complete,
    "PAY-002": invoice_names_the_registered_account,
    "PAY-003": account_was_not_changed_lately,
    "PAY-004": account_name_has_permitted_characters,
    "PAY-005": account_name_fits,
    "PAY-006": branch_is_as_it_was,
    "PAY-010": transfer_did_not_come_back,
}
