"""The form of a new authority, for the city's officers and for vendors' delegates alike."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import Form, UploadFile

from econtract.authorities import Grant
from econtract.authority_errors import AuthorityRefused

Words = Annotated[str, Form(max_length=1000)]


@dataclass(frozen=True, slots=True)
class AuthorityTyped:
    """As it was sent; `grant` says what is wrong by raising AuthorityRefused with the field."""

    holder: Words = ""
    delegator: Words = ""
    capacity: Words = ""
    kinds: Annotated[list[str] | None, Form(max_length=50)] = None
    up_to: Words = ""
    cases: Annotated[str, Form(max_length=10000)] = ""
    valid_from: Words = ""
    valid_until: Words = ""
    evidence_note: Words = ""
    evidence: UploadFile | None = None

    def grant(
        self,
        *,
        organisation_id: str,
        organisation: str,
        holder_name: str,
        evidence_sha256: str | None,
    ) -> Grant:
        cases = [c.strip() for c in re.split(r"[,、\n]", self.cases) if c.strip()]
        return Grant(
            organisation_id=organisation_id,
            organisation=organisation,
            delegator=self.delegator.strip(),
            holder_id=self.holder,
            holder_name=holder_name,
            capacity=" ".join(self.capacity.split()),
            valid_from=_day("valid_from", self.valid_from),
            valid_until=_day("valid_until", self.valid_until),
            evidence_note=self.evidence_note.strip(),
            kinds=tuple(sorted(set(self.kinds or ()))),
            cases=tuple(dict.fromkeys(cases)),
            up_to=_yen("up_to", self.up_to),
            evidence_name=(self.evidence.filename or "")[:255] if self.evidence else "",
            evidence_sha256=evidence_sha256,
        )


def _day(field: str, words: str) -> date:
    try:
        return date.fromisoformat(unicodedata.normalize("NFKC", words).strip().replace("/", "-"))
    except ValueError as error:
        raise AuthorityRefused(
            field=field, why_ja="日付を入力してください。", why_en="A day is needed."
        ) from error


def _yen(field: str, words: str) -> Decimal | None:
    plain = unicodedata.normalize("NFKC", words).replace(",", "").removesuffix("円").strip()
    if not plain:
        return None
    if not re.fullmatch(r"[0-9]{1,15}", plain):
        raise AuthorityRefused(
            field=field,
            why_ja="上限額は円の整数で入力してください。",
            why_en="The bound is a whole number of yen.",
        )
    return Decimal(plain)
