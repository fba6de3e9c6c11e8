"""Simulated years: what holds in 2031, 2036 and 2050, and what has to be done for it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from signing import errors, renew, renewal_due


def at(year: int, month: int = 11, day: int = 23) -> datetime:
    return datetime(year, month, day, 3, tzinfo=UTC)


@pytest.fixture
def kept(own_office, prepared):
    """Signed, and extended a day later."""
    signed = own_office.sign_all(prepared)
    own_office.clock.advance(timedelta(days=1))
    return own_office.extend(signed)


def renewed(office, pdf, **options):
    return renew(pdf, timestamper=office.timestamper, trust=office.trust(), **options)


def test_the_signers_certificates_may_expire(own_office, kept):
    """2031: five years on, both signers' certificates have ended; the archive timestamp holds."""
    own_office.clock.at = at(2032)
    verdict = own_office.verify(kept)
    assert verdict.status == "passed", verdict.signatures
    assert verdict.level == "B-LTA"
    assert {s.certificate_not_after.year for s in verdict.signatures[:2]} == {2031}


def test_without_long_term_form_nothing_holds_after_expiry(own_office, prepared):
    """The timestamp authority's certificate outlives the signers', but not for ever."""
    signed = own_office.sign_all(prepared)
    own_office.clock.at = at(2038)
    verdict = own_office.verify(signed)
    assert verdict.status == "indeterminate"
    assert verdict.signatures[0].sub_indication == "OUT_OF_BOUNDS_NO_POE"


def test_t22_renewal_every_decade_carries_the_proof_to_2050(own_office, kept):
    office, pdf, sizes = own_office, kept, [len(kept)]
    for moment, curve in ((at(2036), None), (at(2046, 6), ec.SECP384R1())):
        office.clock.at = moment
        assert renewal_due(pdf, office.trust(), office.clock()) < office.clock()
        office.pki.renew_tsa(office.clock(), curve=curve)
        pdf = renewed(office, pdf)
        assert renewed(office, pdf) == pdf  # not due again
        sizes.append(len(pdf))
        verdict = office.verify(pdf)
        assert verdict.status == "passed", verdict.signatures
        assert verdict.proof_until.year == moment.year + 11
    office.clock.at = at(2050)
    verdict = office.verify(pdf)
    assert verdict.status == "passed", [s.reasons for s in verdict.signatures]
    assert verdict.level == "B-LTA"
    assert verdict.signatures[0].proven_time.year == 2026
    assert max(b - a for a, b in pairwise(sizes)) < 25_000
    assert pdf.startswith(kept)


def test_a_proof_that_ran_out_is_neither_passed_nor_renewed(own_office, kept):
    own_office.clock.at = at(2039)
    assert own_office.verify(kept).status == "indeterminate"
    own_office.pki.renew_tsa(own_office.clock())
    with pytest.raises(errors.NotRenewable) as caught:
        renewed(own_office, kept)
    assert caught.value.message_ja


def test_a_document_that_is_not_due_stays_as_it_is(own_office, kept):
    assert renewed(own_office, kept) == kept
    early = renewed(own_office, kept, before=at(2040))
    assert len(early) > len(kept)
    assert own_office.verify(early).status == "passed"


def test_what_was_never_extended_or_was_damaged_is_not_renewed(own_office, prepared, kept):
    with pytest.raises(errors.NotRenewable):
        renewed(own_office, own_office.sign_all(prepared))
    with pytest.raises(errors.NotRenewable):
        renewed(own_office, kept + b"junk")
    flipped = bytearray(kept)
    flipped[3000] ^= 4
    with pytest.raises((errors.NotRenewable, errors.DamagedPdf)):
        renewed(own_office, bytes(flipped), before=at(2040))


def test_revocation_after_the_signature_leaves_it_valid_and_before_makes_it_void(
    own_office, prepared
):
    office = own_office
    signed = office.sign_all(prepared)
    office.clock.advance(timedelta(days=10))
    office.pki.revoke(office.pki.city.certificate, office.clock())
    office.clock.advance(timedelta(days=1))
    assert office.verify(signed).status == "passed"
    office.pki.revoke(office.pki.city.certificate, at(2026, 11, 20))
    verdict = office.verify(signed)
    assert verdict.status == "failed"
    assert verdict.signatures[1].sub_indication == "REVOKED"


def test_a_revoked_authority_proves_nothing(own_office, prepared):
    office = own_office
    signed = office.sign_all(prepared)
    office.clock.advance(timedelta(days=10))
    office.pki.revoke(office.pki.tsa.der, office.clock() - timedelta(days=1))
    verdict = office.verify(signed)
    assert verdict.status == "indeterminate"
    assert verdict.signatures[0].sub_indication == "REVOKED_NO_POE"


def test_stale_revocation_answers_are_not_enough_for_a_signature(own_office, prepared):
    """Answers that ended before the signature was made say nothing about it."""
    office = own_office
    old = office.pki.trust(office.clock() - timedelta(days=90))
    from signing import verify

    signed = office.sign_all(prepared)
    verdict = verify(signed, old, office.clock())
    assert verdict.status == "indeterminate"
    assert verdict.signatures[0].sub_indication == "TRY_LATER"


def test_long_term_form_needs_revocation_answers(own_office, prepared):
    from dataclasses import replace

    from signing import extend

    signed = own_office.sign_all(prepared)
    bare = replace(own_office.trust(), crls=())
    with pytest.raises(errors.RevocationUnavailable):
        extend(signed, timestamper=own_office.timestamper, trust=bare)
