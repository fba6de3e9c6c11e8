"""From an award to a draft, and from a draft to a document that is being made.

Nothing of the award is typed again. What a template asks for beyond it has defaults that can be
edited. A document is made only when every mandatory item has text and every character a glyph.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econtract import (
    attaching,
    cells,
    forms,
    glyphs,
    numbering,
    party_rows,
    queries,
    reissuing,
    states,
    template,
    template_book,
    terms,
)
from econtract.contract_data import machine_readable, printed_values
from econtract.errors import DraftRefused, NoSuchContract
from econtract.models import Award, Contract, Document, Party
from econtract.party_rows import CityOffice
from econtract.reasons import checked_reason
from econtract.rules import Rules
from econtract.states import FAILED, ContractState
from econtract.template import Template
from records import Actor, audit, calendar, jobs, new_id

__all__ = ["EDITABLE", "CityOffice", "checked_reason", "draft", "edit", "make_document", "withdraw"]

#: Facts of the award that may be corrected in the draft: name -> (label ja, label en).
EDITABLE: dict[str, tuple[str, str]] = {
    "title": ("件名", "title"),
    "place": ("場所", "place"),
    "contract_date": ("契約日", "contract date"),
    "period_from": ("着手日（履行期間の始まり）", "start of the term"),
    "period_to": ("完成期限（履行期間の終わり）", "end of the term"),
    "vendor_address": ("受注者の住所", "vendor's address"),
    "vendor_title": ("署名する人の役職", "signer's title"),
    "vendor_person": ("署名する人の氏名", "signer's name"),
    "vendor_email": ("署名する人のメールアドレス", "signer's mail address"),
}


def draft(
    session: Session,
    *,
    award_id: str,
    city: CityOffice,
    actor: Actor,
    at: datetime,
    form: str = forms.OWN,
) -> Contract:
    """The contract of an award: made now, or the one made before (twice has the effect of once).

    After a contract of this award ended without being concluded, a new one is made only under a
    release (econtract/reissuing.py). Raises FormRefused, ReleaseNeeded, FourEyesReissue."""
    award = session.scalar(select(Award).where(Award.id == award_id).with_for_update())
    if award is None:
        raise NoSuchContract()
    existing = session.scalar(
        select(Contract).where(
            Contract.award_id == award_id,
            Contract.state.not_in(sorted(FAILED)),
            Contract.form.not_in(sorted(forms.BESIDE)),
        )
    )
    if existing is not None:
        return existing
    forms.require(award.kind, form)
    release = reissuing.require_release(session, award_id, actor)
    facts = award.facts
    period_from, period_to = cells.day(facts["period_from"]), cells.day(facts["period_to"])
    chosen = template_book.current(session, form or award.kind, calendar.jst_date(at))
    # A contract belongs to the fiscal year in which its performance begins (会計年度独立).
    number = numbering.take(session, calendar.fiscal_year(period_from))
    contract = Contract(
        id=new_id(),
        number=str(number),
        fiscal_year=number.fiscal_year,
        sequence=number.sequence,
        award_id=award.id,
        kind=award.kind,
        form=form,
        replaces_id=release.ended_contract_id if release else None,
        city_name=city.name,
        template_version=chosen.version,
        state=ContractState.DRAFTING,
        revision=1,
        title=award.title,
        place=facts["place"],
        department=award.department,
        vendor_id=award.vendor_id,
        vendor_name=award.vendor_name,
        registration_number=facts["registration_number"],
        amount=award.amount,
        tax=Decimal(facts["tax"]),
        tax_rate=int(facts["tax_rate"]),
        award_date=award.award_date,
        contract_date=None,
        period_from=period_from,
        period_to=period_to,
        amount_is_estimate=award.kind == "unit_price",
        drafted_by=actor.id,
        drafted_by_name=actor.name,
        created_at=at,
        state_since=at,
    )
    contract.fields = terms.defaults(contract, chosen)
    session.add(contract)
    session.flush()
    if release is not None:
        release.new_contract_id = contract.id
    parties = party_rows.vendors(contract.id, award)
    if not chosen.vendor_only:
        parties.append(party_rows.city(contract.id, city, len(parties)))
    session.add_all(parties)
    audit.append(
        session,
        actor,
        "contract.drafted",
        f"contract:{contract.id}",
        {"number": contract.number, "award": award.case_number, "template": chosen.name},
        at,
    )
    return contract


def edit(
    session: Session,
    contract_id: str,
    *,
    changes: Mapping[str, str],
    seen_revision: int,
    actor: Actor,
    at: datetime,
) -> Contract:
    """Change the draft's values. A document made before is no longer the current one.

    Raises DraftRefused naming the field, or MoveRefused. `seen_revision` is the revision the form
    was filled from: two people editing at once do not overwrite each other."""
    contract = queries.locked(session, contract_id)
    states.require(contract.current_state, "edit")
    if contract.revision != seen_revision:
        raise DraftRefused(
            field="revision",
            label_ja="下書き",
            label_en="the draft",
            why_ja="ほかの人が先に直しました。",
            why_en="Somebody else changed it first.",
            how_ja="開き直して、もう一度直してください。",
            how_en="Reload and edit again.",
        )
    known = template_book.find(session, contract.template_kind, contract.template_version)
    labels = {f.name: (f.label_ja, f.label_en) for f in known.fields} | EDITABLE
    changed: list[str] = []
    lead = queries.lead(session, contract_id)
    for name, raw in changes.items():
        if name not in labels:
            continue
        try:
            if _set(contract, lead, known, name, raw):
                changed.append(name)
        except cells.BadCell as bad:
            raise DraftRefused(
                field=name,
                label_ja=labels[name][0],
                label_en=labels[name][1],
                why_ja=bad.ja,
                why_en=bad.en,
                how_ja=bad.mend_ja,
                how_en=bad.mend_en,
            ) from bad
    _check_days(contract)
    if changed:
        contract.revision += 1
        contract.document_id = None
        contract.current_sha256 = None
        contract.note = None
        contract.move(ContractState.DRAFTING, at)
        audit.append(
            session,
            actor,
            "contract.edited",
            f"contract:{contract.id}",
            {"fields": ",".join(sorted(changed)), "revision": contract.revision},
            at,
        )
    return contract


def make_document(
    session: Session, contract_id: str, *, rules: Rules, actor: Actor, at: datetime
) -> Document:
    """Merge the draft into its template and have it rendered by the worker.

    Raises MandatoryItemMissing or GlyphMissing here, where the drafter can still mend it."""
    contract = queries.locked(session, contract_id)
    states.require(contract.current_state, "make")
    parties = queries.parties(session, contract_id)
    chosen = template_book.find(session, contract.template_kind, contract.template_version)
    late = rules.late_interest_on(calendar.jst_date(at))
    values = printed_values(contract, parties, late, chosen)
    template.merge(chosen, values)
    terms.check(contract, chosen)
    attached = attaching.lines(session, contract_id)
    labels = {f.name: f.label_ja for f in chosen.fields}
    for name, value in values.items():
        glyphs.check(
            value.replace("\t", ""), place=labels.get(name, EDITABLE.get(name, (name,))[0])
        )
    for party in parties:
        for value in (party.organisation, party.address, party.title, party.person):
            glyphs.check(value, place=f"署名欄 {party.role}")
    version = 1 + (
        session.scalar(
            select(func.max(Document.version)).where(Document.contract_id == contract_id)
        )
        or 0
    )
    document = Document(
        id=new_id(),
        contract_id=contract_id,
        version=version,
        created_at=at,
        slots=[],
        source={
            "number": contract.number,
            "kind": contract.template_kind,
            "template_version": contract.template_version,
            "values": values,
            "parties": [party.line() for party in parties],
            "attachments": attached,
            "data": machine_readable(contract, parties, version, chosen.sha256, attached),
        },
    )
    session.add(document)
    contract.document_id = document.id
    contract.note = None
    contract.move(ContractState.RENDERING, at)
    jobs.enqueue(session, "econtract.render", key=document.id, args={"document_id": document.id})
    audit.append(
        session,
        actor,
        "contract.document_ordered",
        f"contract:{contract.id}",
        {"version": version, "template": chosen.name, "template_sha256": chosen.sha256},
        at,
    )
    return document


def withdraw(
    session: Session, contract_id: str, *, reason: str, actor: Actor, at: datetime
) -> Contract:
    """Take the contract out before it was sent; its number stays in the register."""
    contract = queries.locked(session, contract_id)
    states.require(contract.current_state, "withdraw")
    contract.note = {"reason": checked_reason(reason), "by": actor.name}
    contract.move(ContractState.WITHDRAWN, at)
    audit.append(
        session,
        actor,
        "contract.withdrawn",
        f"contract:{contract.id}",
        {"reason": contract.note["reason"]},
        at,
    )
    return contract


def _set(contract: Contract, lead: Party, known: Template, name: str, raw: str) -> bool:
    """Set one value; says whether it changed. Raises BadCell."""
    party_columns = {
        "vendor_address": "address",
        "vendor_title": "title",
        "vendor_person": "person",
        "vendor_email": "email",
    }
    value: object
    if name in party_columns:
        value = cells.mail(raw) if name == "vendor_email" else cells.text(raw)
        before = getattr(lead, party_columns[name])
        setattr(lead, party_columns[name], value)
    elif name == "contract_date":
        value = cells.day(raw) if raw.strip() else None
        before, contract.contract_date = contract.contract_date, value
    elif name in {"period_from", "period_to"}:
        value = cells.day(raw)
        before = getattr(contract, name)
        setattr(contract, name, value)
    elif name in EDITABLE:
        value = cells.text(raw)
        before = getattr(contract, name)
        setattr(contract, name, value)
    else:
        value = terms.read(next(f for f in known.fields if f.name == name), raw)
        before = contract.fields.get(name)
        contract.fields = contract.fields | {name: value}
    return bool(before != value)


def _check_days(contract: Contract) -> None:
    wrong: tuple[str, str, str] | None = None
    if contract.period_to < contract.period_from:
        wrong = ("period_to", "完成期限が着手日より前です。", "The term ends before it begins.")
    elif contract.contract_date is not None and contract.contract_date < contract.award_date:
        wrong = (
            "contract_date",
            "契約日が落札決定日より前です。",
            "The contract date is before the award.",
        )
    if wrong is not None:
        raise DraftRefused(
            field=wrong[0],
            label_ja=EDITABLE[wrong[0]][0],
            label_en=EDITABLE[wrong[0]][1],
            why_ja=wrong[1],
            why_en=wrong[2],
            how_ja="日付を確かめてください。",
            how_en="Check the days.",
        )
