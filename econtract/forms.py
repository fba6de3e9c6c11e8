"""As what a contract is written: the kind's own text, a 請書, or a 仮契約書 before a vote.

Which forms fit is a table: a 請書 binds one side and is for small supplies (建設業法19条 wants both
parties' signatures under a contract for works), a provisional contract is for what the council
votes on (自治法96条1項5号 works and manufacture, 8号 movables).
"""

from __future__ import annotations

from econtract.making_errors import FormRefused
from econtract.template import FORMS, KINDS, TEMPLATES

OWN = ""
PROVISIONAL = "provisional_"

#: form -> kinds of contract that may be written so.
FITS: dict[str, tuple[str, ...]] = {
    "acceptance": ("goods", "manufacture", "services"),
    "provisional_works": ("works",),
    "provisional_manufacture": ("manufacture",),
    "provisional_goods": ("goods",),
    "amendment": tuple(KINDS),
    "memorandum": tuple(KINDS),
}
#: Written beside a contract that is there already, never from an award.
BESIDE = frozenset({"amendment", "memorandum"})


def is_provisional(form: str) -> bool:
    """Whether the contract waits for the council's vote before the city signs."""
    return form.startswith(PROVISIONAL)


def name(kind: str, form: str) -> tuple[str, str]:
    """What people call a contract of this kind in this form: (ja, en)."""
    return TEMPLATES[form or kind]


def of_award(kind: str) -> list[str]:
    """The forms in which an award of `kind` may be written, the own one first."""
    return [OWN, *(f for f, kinds in FITS.items() if kind in kinds and f not in BESIDE)]


def require(kind: str, form: str) -> None:
    """Raise FormRefused unless a contract of `kind` may be written as `form`."""
    if form == OWN or (form in FORMS and kind in FITS[form]):
        return
    works = form == "acceptance" and kind == "works"
    raise FormRefused(
        field="form",
        kind_ja=KINDS[kind][0] if kind in KINDS else kind,
        form=FORMS[form][0] if form in FORMS else form,
        why_ja="工事の契約には双方の署名が要ります（建設業法19条）。" if works else "",
        why_en="Works need both parties' signatures (建設業法19条)." if works else "",
    )
