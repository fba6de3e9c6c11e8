"""Consent to the electronic contract, before signing, with kind and content of the measure shown.

建設業法19条3項 and 施行令5条の5 want the other party's consent after the kind and content of the
measure were shown. The text is versioned data; the consent keeps its version and hash, and holds
for one document: a new document asks again.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources

from sqlalchemy.orm import Session

from econtract import queries, states
from econtract.binding import decided_document
from econtract.errors import ConsentTextOutdated, NotYourTurn, SeenBytesDiffer, TemplateBroken
from econtract.models import Consent, Party
from econtract.turns import vendor_turn
from records import Actor, audit, calendar, new_id


@dataclass(frozen=True, slots=True)
class ConsentText:
    version: str
    valid_from: date
    title: str
    paragraphs: tuple[str, ...]
    points: tuple[tuple[str, str], ...]

    @property
    def sha256(self) -> str:
        """Over every word shown, so that the evidence names exactly one text."""
        words = [self.version, self.title, *self.paragraphs]
        words += [part for point in self.points for part in point]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()


@cache
def _texts(kind: str) -> tuple[ConsentText, ...]:
    """Works have a text of their own (建設業法19条3項); all else is told the same."""
    name = "works" if kind == "works" else "goods"
    file = resources.files("econtract").joinpath("consents", f"{name}.toml")
    data = tomllib.loads(file.read_text("utf-8"))
    return tuple(
        ConsentText(
            row["version"],
            row["valid_from"],
            row["title"],
            tuple(row["paragraphs"]),
            tuple((p["label"], p["value"]) for p in row["point"]),
        )
        for row in sorted(data["text"], key=lambda row: row["valid_from"])
    )


def current_text(kind: str, day: date, *, city: str) -> ConsentText:
    """The text in force on `day` for a kind of contract, with the city's name in it."""
    usable = [t for t in _texts(kind) if t.valid_from <= day]
    if not usable:
        raise TemplateBroken(
            template=f"consents/{kind}",
            why_ja=f"{day}に使える文面がありません。",
            why_en=f"No text is in force on {day}.",
        )
    newest = usable[-1]
    return ConsentText(
        newest.version,
        newest.valid_from,
        newest.title,
        tuple(p.format(city=city) for p in newest.paragraphs),
        newest.points,
    )


def give(
    session: Session,
    *,
    contract_id: str,
    party_id: str,
    text_version: str,
    seen_sha256: str,
    evidence: Mapping[str, str],
    actor: Actor,
    at: datetime,
) -> Consent:
    """Record the party's consent for the document it saw; given twice it is one consent.

    `evidence` holds what proves the circumstances (session, network address …), strings only.
    Raises NotYourTurn, SeenBytesDiffer, ConsentTextOutdated, SigningOverdue, MoveRefused."""
    contract = queries.locked(session, contract_id)
    states.require(contract.current_state, "consent")
    party = vendor_turn(session, contract, party_id, at)
    document = decided_document(session, contract)
    assert document.sha256 is not None
    if document.sha256 != seen_sha256:
        raise SeenBytesDiffer()
    city = queries.city_name(session, contract)
    text = current_text(contract.kind, calendar.jst_date(at), city=city)
    if text.version != text_version:
        raise ConsentTextOutdated()
    standing = queries.consent(session, party.id, document.sha256)
    if standing is not None and standing.text_sha256 == text.sha256:
        return standing
    consent = Consent(
        id=new_id(),
        contract_id=contract.id,
        party_id=party.id,
        document_sha256=document.sha256,
        text_version=text.version,
        text_sha256=text.sha256,
        person=party.person,
        evidence=dict(evidence),
        given_at=at,
    )
    session.add(consent)
    audit.append(
        session,
        actor,
        "contract.consented",
        f"contract:{contract.id}",
        {
            "party": party.slot,
            "person": party.person,
            "text": f"{contract.kind}/{text.version}",
            "text_sha256": text.sha256,
            "sha256": document.sha256,
        },
        at,
    )
    return consent


def take_back(
    session: Session, *, contract_id: str, party_id: str, actor: Actor, at: datetime
) -> None:
    """End the party's consent before it has signed; done twice it is done once."""
    contract = queries.locked(session, contract_id)
    states.require(contract.current_state, "consent")
    party = session.get(Party, party_id)
    if party is None or party.contract_id != contract.id:
        raise NotYourTurn(whose_ja="契約の当事者", whose_en="a party of the contract")
    ended = 0
    for consent in queries.consents(session, contract.id):
        if consent.party_id == party_id and consent.withdrawn_at is None:
            consent.withdrawn_at = at
            ended += 1
    if ended:
        audit.append(
            session,
            actor,
            "contract.consent_taken_back",
            f"contract:{contract.id}",
            {"party": party.slot, "person": party.person},
            at,
        )
