"""Changing as what a draft is written: the kind's own text, a 請書, a 仮契約書."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econtract import forms, party_rows, queries, states, template_book, terms
from econtract.making_errors import FormRefused
from econtract.models import Contract
from econtract.party_rows import CityOffice
from econtract.states import ContractState
from econtract.template import KINDS, TEMPLATES
from records import Actor, audit, calendar


def change_form(
    session: Session,
    contract_id: str,
    *,
    form: str,
    city: CityOffice,
    actor: Actor,
    at: datetime,
) -> Contract:
    """Write the draft in another form; values whose names both forms know are kept.

    A 請書 has no party for the city: its page of signatures has the vendor's box alone. Raises
    FormRefused, MoveRefused."""
    contract = queries.locked(session, contract_id)
    if contract.form == form:
        return contract
    states.require(contract.current_state, "edit")
    if form in forms.BESIDE or contract.form in forms.BESIDE:
        raise FormRefused(
            field="form",
            kind_ja=KINDS[contract.kind][0],
            form=TEMPLATES[form or contract.kind][0],
            why_ja="変更契約と覚書は、もとの契約の画面から作ります。",
            why_en="Amendments and memoranda begin on the page of the contract they are about.",
        )
    forms.require(contract.kind, form)
    day = calendar.jst_date(at)
    chosen = template_book.current(session, form or contract.kind, day)
    contract.form, contract.template_version = form, chosen.version
    fresh = terms.defaults(contract, chosen)
    contract.fields = {name: contract.fields.get(name, value) for name, value in fresh.items()}
    contract.revision += 1
    contract.document_id = None
    contract.current_sha256 = None
    contract.note = None
    contract.move(ContractState.DRAFTING, at)
    parties = queries.parties(session, contract_id)
    present = next((p for p in parties if p.side == "city"), None)
    if chosen.vendor_only and present is not None:
        session.delete(present)
    elif not chosen.vendor_only and present is None:
        session.add(party_rows.city(contract_id, city, len(parties)))
    session.flush()
    audit.append(
        session,
        actor,
        "contract.form_changed",
        f"contract:{contract_id}",
        {"form": form or contract.kind, "template": chosen.name, "revision": contract.revision},
        at,
    )
    return contract
