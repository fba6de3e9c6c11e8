"""Acts become signatures once: double clicks, order, consent, factors, outages, exchanged bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from walk import OFFICER, SIGNER, Walk

import signing
from econtract import consenting, execution, keeping, queries, rules, sending, signing_job
from econtract.errors import (
    AuthorityMissing,
    ConsentMissing,
    ConsentTextOutdated,
    MoveRefused,
    NotReadyYet,
    NotYourTurn,
    SecondFactorMissing,
    SeenBytesDiffer,
    SigningOverdue,
)
from econtract.states import ContractState
from signing.errors import CertificateExpired, CertificateExpiresTooSoon, CertificateNotYetValid

pytestmark = pytest.mark.slow
S = ContractState


def test_a_double_click_on_sign_is_one_act_and_one_signature(walk: Walk) -> None:
    walk.to(S.AWAITING_VENDOR).consent()
    first, second = walk.press_sign(), walk.press_sign()
    assert first == second
    walk.run_jobs()
    third = walk.press_sign()
    assert third == first
    walk.run_jobs()
    assert walk.state() == S.AWAITING_CITY
    assert walk.actions().count("contract.act_requested") == 1
    assert walk.actions().count("contract.signed") == 1


def test_the_signature_names_person_capacity_act_and_proven_time(walk: Walk) -> None:
    walk.to(S.AWAITING_CITY)
    contract = walk.contract()
    assert contract.current_sha256 is not None
    pdf = walk.deps.store.read(contract.current_sha256)
    verdict = signing.verify(pdf, walk.deps.trust, at=walk.now, expected_slots=["Vendor_A"])
    [signature] = verdict.signatures
    [act] = walk.acts()
    assert verdict.is_passed
    assert signature.act_id == act.id
    assert signature.name == "髙橋 一郎"
    assert signature.capacity == "受注者　株式会社髙﨑建設　代表取締役"
    assert signature.proven_time == act.signed_at
    assert "合意し" in (signature.statement or "")
    assert act.factors == ["case_code", "link", "mailed_code"]
    # Without the last slot the document is not complete, whoever looks.
    assert not signing.verify(pdf, walk.deps.trust, at=walk.now).is_passed


def test_s04_not_concluded_before_the_last_slot(walk: Walk) -> None:
    walk.to(S.AWAITING_CITY)
    contract = walk.contract()
    assert contract.concluded_at is None
    with walk.deps.database.reader() as session:
        assert not queries.terms(session, walk.contract_id).is_concluded
        with pytest.raises(NotReadyYet):
            keeping.package(session, walk.deps.store, contract, own_side="city")
        with pytest.raises(NotReadyYet):
            keeping.certificate_pdf(walk.deps.store, contract)


def test_nobody_signs_without_consent_factor_or_what_was_seen(walk: Walk) -> None:
    walk.to(S.AWAITING_VENDOR)
    with pytest.raises(ConsentMissing):
        walk.press_sign()
    walk.consent()
    with pytest.raises(SecondFactorMissing):
        walk.press_sign(factors=("link", "case_code"))
    with pytest.raises(ConsentMissing):
        walk.press_sign(seen_sha256="0" * 64)
    assert walk.acts() == []


def test_consent_is_to_the_text_and_the_bytes_shown(walk: Walk) -> None:
    walk.to(S.AWAITING_VENDOR)
    party = walk.parties()[0]
    good = {
        "contract_id": walk.contract_id,
        "party_id": party.id,
        "text_version": "2026.1",
        "seen_sha256": walk.sha256(),
        "evidence": {},
        "actor": SIGNER,
        "at": walk.now,
    }
    for change, refusal in (
        ({"text_version": "2025.1"}, ConsentTextOutdated),
        ({"seen_sha256": "0" * 64}, SeenBytesDiffer),
        ({"party_id": walk.parties()[1].id}, NotYourTurn),
    ):
        with pytest.raises(refusal), walk.deps.database.transaction() as session:
            consenting.give(session, **(good | change))
    with walk.deps.database.transaction() as session:
        first = consenting.give(session, **good)
        assert consenting.give(session, **good).id == first.id
    with walk.deps.database.transaction() as session:
        consenting.take_back(
            session,
            contract_id=walk.contract_id,
            party_id=party.id,
            actor=SIGNER,
            at=walk.now,
        )
    with pytest.raises(ConsentMissing):
        walk.press_sign()


def test_s06_the_consent_text_shows_kind_and_content_of_the_measure() -> None:
    text = consenting.current_text("works", date(2026, 11, 24), city="遠州市")
    assert any("建設業法第19条第3項" in p for p in text.paragraphs)
    assert {label for label, _ in text.points} >= {"用いる方法の種類", "ファイルの形式"}
    assert len(text.sha256) == 64


def test_after_the_day_nobody_signs_until_a_new_invitation(walk: Walk) -> None:
    walk.to(S.AWAITING_VENDOR).consent()
    walk.deps.clock.advance(timedelta(days=11))
    with pytest.raises(SigningOverdue):
        walk.press_sign()
    with walk.deps.database.transaction() as session:
        sending.send_again(
            session,
            walk.contract_id,
            rules=walk.deps.rules,
            notices=walk.notices,
            certificates=walk.certificates(),
            actor=OFFICER,
            at=walk.now,
        )
    walk.press_sign()
    assert walk.notices.heard == ["vendor_turn Vendor_A", "vendor_turn Vendor_A"]


def test_the_city_cannot_close_first_and_not_without_authority(walk: Walk) -> None:
    walk.to(S.AWAITING_VENDOR)
    with pytest.raises(MoveRefused):
        walk.press_close()
    walk.consent().press_sign()
    walk.run_jobs()
    ended = rules.parse(
        {
            "route": [
                {
                    "from": 0, "below": 10**12, "valid_from": date(2020, 4, 1),
                    "steps": [{"role": "x", "title": "y", "act": "decide"}],
                }
            ],
            "authority": [
                {
                    "holders": [OFFICER.name], "up_to": 10**12,
                    "valid_from": date(2020, 4, 1), "valid_until": date(2026, 11, 23),
                }
            ],
        }
    )  # fmt: skip
    with pytest.raises(AuthorityMissing, match="2026-11-24"):
        walk.press_close(rules=ended)
    with pytest.raises(SecondFactorMissing):
        walk.press_close(factors=("password",))
    assert walk.press_close() == walk.press_close()
    walk.run_jobs()
    assert walk.state() == S.CONCLUDED


def test_a_vendor_may_decline_with_a_reason_and_the_contract_ends(walk: Walk) -> None:
    walk.to(S.AWAITING_VENDOR)
    party = walk.parties()[0]
    for _ in range(2):
        with walk.deps.database.transaction() as session:
            sending.decline(
                session,
                contract_id=walk.contract_id,
                party_id=party.id,
                reason="技術者を配置できません。",
                notices=walk.notices,
                actor=SIGNER,
                at=walk.now,
            )
    assert walk.state() == S.DECLINED
    assert walk.notices.heard.count("declined Vendor_A") == 1
    with pytest.raises(MoveRefused):
        walk.press_sign()


def test_s11_members_sign_in_order_the_lead_last_then_the_city(walk: Walk) -> None:
    members = "V0002/遠州土木㈱/社長/浜 太郎/hama@example.jp;V0003/乙建設/社長/乙 二郎/o@example.jp"
    walk.to(S.AWAITING_VENDOR, JV構成員=members)
    parties = walk.parties()
    assert [p.organisation for p in parties] == [
        "遠州土木㈱",
        "乙建設",
        "株式会社髙﨑建設",
        "遠州市",
    ]
    with pytest.raises(NotYourTurn):
        walk.consent(2)
    for position in range(3):
        walk.consent(position)
        with pytest.raises((NotYourTurn, ConsentMissing)):
            walk.press_sign(position + 1)
        walk.press_sign(position)
        walk.run_jobs()
    assert walk.state() == S.AWAITING_CITY
    walk.press_close()
    walk.run_jobs()
    contract = walk.contract()
    pdf = keeping.contract_pdf(walk.deps.store, contract)
    verdict = signing.verify(pdf, walk.deps.trust, at=walk.now)
    assert verdict.is_passed, verdict.reasons
    assert verdict.slots_signed == ("Vendor_A", "Vendor_B", "Vendor_C", "City")
    assert walk.notices.heard == [
        "vendor_turn Vendor_A",
        "vendor_turn Vendor_B",
        "vendor_turn Vendor_C",
        "city_turn",
        "concluded",
    ]


def test_jobs_run_again_after_they_are_done_change_nothing(walk: Walk) -> None:
    walk.to(S.CONCLUDED)
    walk.deps.clock.advance(timedelta(hours=25))
    walk.run_jobs()
    before, trail = walk.contract(), walk.actions()
    [vendor, city] = walk.acts()
    document_id = before.document_id
    for name, args in (
        ("econtract.render", {"document_id": document_id}),
        ("econtract.sign", {"act_id": vendor.id}),
        ("econtract.sign", {"act_id": city.id}),
        ("econtract.certify", {"contract_id": before.id}),
        ("econtract.plan_keeping", {"contract_id": before.id}),
        ("econtract.keep", {"contract_id": before.id}),
    ):
        walk.tasks[name](**args)
    after = walk.contract()
    assert walk.actions() == trail
    assert (after.concluded_sha256, after.kept_sha256, after.certificate_sha256) == (
        before.concluded_sha256,
        before.kept_sha256,
        before.certificate_sha256,
    )
    assert walk.deps.store.named(f"econtract/act/{city.id}") is not None


def test_t01_two_workers_with_one_act_make_one_signature(walk: Walk) -> None:
    walk.to(S.AWAITING_VENDOR).consent()
    act_id = walk.press_sign()
    signing_job.sign(walk.deps, act_id=act_id)
    signed = walk.contract().current_sha256
    with walk.deps.database.transaction() as session:
        again = execution.apply(
            session,
            act_id,
            result_sha256="f" * 64,
            signed_at=walk.now,
            rules=walk.deps.rules,
            notices=walk.notices,
            at=walk.now,
        )
    assert again is False
    assert walk.contract().current_sha256 == signed


def test_a_certificate_that_ends_before_the_last_turn_stops_the_sending(walk: Walk) -> None:
    """One vendor and the city, ten days each: a certificate that ends on the 19th is too short."""
    walk.to(S.APPROVED)
    days = walk.deps.rules.sending_days * len(walk.parties())
    good, _ = walk.certificates()
    for ends, refused in (
        (timedelta(days=days - 1), CertificateExpiresTooSoon),
        (-timedelta(days=1), CertificateExpired),
    ):
        short = replace(good, not_after=walk.now + ends)
        for certificates in ([short, good], [good, short]):
            with pytest.raises(refused) as caught:
                walk.send(certificates)
            assert caught.value.remedy_ja
            assert caught.value.remedy_en
    assert walk.state() == S.APPROVED
    assert walk.notices.heard == []
    walk.send([replace(good, not_after=walk.now + timedelta(days=days + 1)), good])
    assert walk.state() == S.AWAITING_VENDOR


def test_a_new_invitation_looks_at_the_certificates_again(walk: Walk) -> None:
    walk.to(S.AWAITING_VENDOR)
    good, _ = walk.certificates()
    short = replace(good, not_after=walk.now + timedelta(days=walk.deps.rules.sending_days - 1))
    before = walk.contract().sign_by
    with pytest.raises(CertificateExpiresTooSoon), walk.deps.database.transaction() as session:
        sending.send_again(
            session,
            walk.contract_id,
            rules=walk.deps.rules,
            notices=walk.notices,
            certificates=[short],
            actor=OFFICER,
            at=walk.now,
        )
    assert walk.contract().sign_by == before


def test_the_city_does_not_close_with_a_certificate_that_has_ended(walk: Walk) -> None:
    walk.to(S.AWAITING_CITY)
    good, _ = walk.certificates()
    for certificate, refused in (
        (replace(good, not_after=walk.now - timedelta(seconds=1)), CertificateExpired),
        (replace(good, not_before=walk.now + timedelta(seconds=1)), CertificateNotYetValid),
    ):
        with pytest.raises(refused) as caught:
            walk.press_close(certificate=certificate)
        assert caught.value.remedy_ja
        assert caught.value.remedy_en
        assert walk.state() == S.AWAITING_CITY
    assert walk.press_close()
