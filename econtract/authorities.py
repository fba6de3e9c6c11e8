"""Authority to sign for the city or for a vendor: recorded, confirmed by a second person, ended.

Source: 地方自治法153条 (delegation), 電子委任状法 (what a delegation names). Numbered checks of
`require`, each with words of its own when it fails:
1. a record of this holder for this organisation exists;
2. it was not ended;
3. a second person confirmed it;
4. the day lies within from–to (Japan's date, both ends included);
5. the kind of contract, the amount and the case lie within its scope.
Not checked: whether the evidence file is genuine; that is what the confirming person looks at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from econtract.authority_errors import (
    AuthorityFallsShort,
    AuthorityNotFound,
    AuthorityRefused,
    SecondPersonNeeded,
)
from econtract.authority_models import Authority
from econtract.drafting import checked_reason
from econtract.models import Award, Contract
from econtract.template import KINDS
from records import Actor, audit, new_id

CITY = ""
LONGEST_YEARS = 10
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class Grant:
    """What a new record says. Texts as typed; `up_to` in yen, tax included."""

    organisation_id: str
    organisation: str
    delegator: str
    holder_id: str
    holder_name: str
    capacity: str
    valid_from: date
    valid_until: date
    evidence_note: str
    kinds: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    up_to: Decimal | None = None
    evidence_name: str = ""
    evidence_sha256: str | None = None


def record(session: Session, grant: Grant, *, actor: Actor, at: datetime) -> Authority:
    """Write the authority down; it counts only after `confirm`. Recorded twice it is one row.

    Raises AuthorityRefused naming the field."""
    _checked(grant)
    same = session.scalar(
        select(Authority).where(
            Authority.organisation_id == grant.organisation_id,
            Authority.holder_id == grant.holder_id,
            Authority.capacity == grant.capacity,
            Authority.kinds == list(grant.kinds),
            Authority.cases == list(grant.cases),
            Authority.up_to == grant.up_to
            if grant.up_to is not None
            else Authority.up_to.is_(None),
            Authority.valid_from == grant.valid_from,
            Authority.valid_until == grant.valid_until,
            Authority.ended_at.is_(None),
        )
    )
    if same is not None:
        return same
    row = Authority(
        id=new_id(),
        organisation_id=grant.organisation_id,
        organisation=grant.organisation,
        delegator=grant.delegator,
        holder_id=grant.holder_id,
        holder_name=grant.holder_name,
        capacity=grant.capacity,
        kinds=list(grant.kinds),
        cases=list(grant.cases),
        up_to=grant.up_to,
        valid_from=grant.valid_from,
        valid_until=grant.valid_until,
        evidence_note=grant.evidence_note,
        evidence_name=grant.evidence_name,
        evidence_sha256=grant.evidence_sha256,
        recorded_by=actor.id,
        recorded_by_name=actor.name,
        recorded_at=at,
    )
    session.add(row)
    session.flush()
    details = {
        "holder": row.holder_name,
        "capacity": row.capacity,
        "from": row.valid_from.isoformat(),
        "until": row.valid_until.isoformat(),
        "evidence_sha256": row.evidence_sha256 or "",
    }
    audit.append(session, actor, "authority.recorded", f"authority:{row.id}", details, at)
    return row


def confirm(session: Session, authority_id: str, *, actor: Actor, at: datetime) -> Authority:
    """A second person has looked at the evidence. Confirmed twice it is confirmed once.

    Raises AuthorityNotFound, SecondPersonNeeded, AuthorityRefused (already ended)."""
    row = _held(session, authority_id)
    if row.ended_at is not None:
        raise AuthorityRefused(why_ja="取り消されています。", why_en="It was ended.")
    if row.verified_at is not None:
        return row
    if actor.id in {row.recorded_by, row.holder_id}:
        raise SecondPersonNeeded()
    row.verified_by, row.verified_by_name, row.verified_at = actor.id, actor.name, at
    audit.append(
        session,
        actor,
        "authority.confirmed",
        f"authority:{row.id}",
        {"holder": row.holder_name, "recorded_by": row.recorded_by_name},
        at,
    )
    return row


def end(
    session: Session, authority_id: str, *, reason: str, actor: Actor, at: datetime
) -> Authority:
    """End it from now on; acts done under it stand. Ended twice it is ended once."""
    row = _held(session, authority_id)
    if row.ended_at is not None:
        return row
    text = checked_reason(reason)
    row.ended_at, row.ended_by_name, row.end_reason = at, actor.name, text
    audit.append(
        session,
        actor,
        "authority.ended",
        f"authority:{row.id}",
        {"holder": row.holder_name, "reason": text},
        at,
    )
    return row


def of_organisation(session: Session, organisation_id: str) -> Sequence[Authority]:
    """The city's (`CITY`) or a vendor's records: those in force first, then by the newest."""
    return session.scalars(
        select(Authority)
        .where(Authority.organisation_id == organisation_id)
        .order_by(Authority.ended_at.is_not(None), Authority.recorded_at.desc())
        .limit(MOST_LISTED)
    ).all()


def unconfirmed_of_vendors(session: Session) -> Sequence[Authority]:
    """Vendors' delegations that wait for the city's look at the evidence, oldest first."""
    return session.scalars(
        select(Authority)
        .where(
            Authority.organisation_id != CITY,
            Authority.verified_at.is_(None),
            Authority.ended_at.is_(None),
        )
        .order_by(Authority.recorded_at)
        .limit(MOST_LISTED)
    ).all()


def of_holder(session: Session, organisation_id: str, holder_id: str) -> Sequence[Authority]:
    return session.scalars(
        select(Authority)
        .where(Authority.organisation_id == organisation_id, Authority.holder_id == holder_id)
        .order_by(Authority.recorded_at.desc())
    ).all()


def require(
    session: Session,
    contract: Contract,
    *,
    organisation_id: str,
    holder_id: str,
    holder_name: str,
    day: date,
) -> Authority:
    """The record that covers signing this contract on `day`. Raises AuthorityFallsShort.

    Of several records that fall short the words of the nearest one are given."""
    award = session.get(Award, contract.award_id) if contract.award_id else None
    case = award.case_number if award is not None else ""
    nearest = (0, "権限の記録がありません。", "There is no record.")
    for row in of_holder(session, organisation_id, holder_id):
        short = shortfall(row, kind=contract.kind, amount=contract.amount, case=case, day=day)
        if short is None:
            return row
        nearest = max(nearest, short, key=lambda each: each[0])
    raise AuthorityFallsShort(
        day=day.isoformat(), who=holder_name, why_ja=nearest[1], why_en=nearest[2]
    )


def shortfall(
    row: Authority, *, kind: str, amount: Decimal, case: str, day: date
) -> tuple[int, str, str] | None:
    """None when the record covers it; else the number of the failing check, words ja, words en."""
    if row.ended_at is not None:
        return 2, "権限の記録は取り消されています。", "The authority was ended."
    if row.verified_at is None:
        return (
            3,
            "権限の記録は、二人目の確認がまだ済んでいません。",
            "The authority is not confirmed by a second person yet.",
        )
    if day < row.valid_from:
        return (
            4,
            f"権限は{row.valid_from.isoformat()}に始まります。",
            f"The authority begins on {row.valid_from.isoformat()}.",
        )
    if day > row.valid_until:
        return (
            4,
            f"権限は{row.valid_until.isoformat()}で終わりました。",
            f"The authority ended on {row.valid_until.isoformat()}.",
        )
    if row.kinds and kind not in row.kinds:
        names = "・".join(KINDS[k][0] for k in row.kinds if k in KINDS)
        return (
            5,
            f"権限の範囲は{names}だけです。",
            f"The authority covers only: {', '.join(row.kinds)}.",
        )
    if row.up_to is not None and amount > row.up_to:
        return (
            5,
            f"権限の上限は{row.up_to:,.0f}円です（この契約は{amount:,.0f}円）。",
            f"The authority goes up to {row.up_to:,.0f} yen (this contract: {amount:,.0f}).",
        )
    if row.cases and case not in row.cases:
        return (
            5,
            f"権限の範囲は案件 {'、'.join(row.cases)} だけです。",
            f"The authority covers only the cases {', '.join(row.cases)}.",
        )
    return None


def _checked(grant: Grant) -> None:
    def refuse(field: str, ja: str, en: str) -> AuthorityRefused:
        return AuthorityRefused(field=field, why_ja=ja, why_en=en)

    if not grant.holder_id:
        raise refuse("holder", "権限を受ける人を選んでください。", "Choose the holder.")
    for field, value, longest in (
        ("delegator", grant.delegator, 400),
        ("capacity", grant.capacity, 200),
        ("evidence_note", grant.evidence_note, 400),
    ):
        if not 1 <= len(value.strip()) <= longest:
            raise refuse(
                field, f"1〜{longest}文字で書いてください。", f"Write 1 to {longest} characters."
            )
    if grant.valid_until < grant.valid_from:
        raise refuse("valid_until", "終わりが始まりより前です。", "It ends before it begins.")
    if grant.valid_until.year - grant.valid_from.year > LONGEST_YEARS:
        raise refuse("valid_until", "期間は10年以内にしてください。", "At most ten years.")
    if not set(grant.kinds) <= set(KINDS):
        raise refuse("kinds", "契約の種類を選び直してください。", "Choose known kinds.")
    if grant.up_to is not None and (grant.up_to <= 0 or grant.up_to >= Decimal(10) ** 15):
        raise refuse("up_to", "上限額は1円以上にしてください。", "The bound must be positive.")
    if len(grant.cases) > 100 or any(len(case) > 400 for case in grant.cases):
        raise refuse("cases", "案件番号は100件までです。", "At most 100 cases.")


def _held(session: Session, authority_id: str) -> Authority:
    row = session.get(Authority, authority_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise AuthorityNotFound()
    return row
