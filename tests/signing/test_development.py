"""The development keys cannot be mistaken for real ones, and are made once."""

import stat

import pytest
from cryptography import x509

from signing import Trust, development, errors


def test_every_name_says_development(office):
    pki = office.pki
    for pair in (pki.root, pki.tsa_root, pki.tsa):
        assert "DEVELOPMENT NOT FOR PRODUCTION 開発用" in pair.certificate.subject.rfc4514_string()
    for key in (pki.city, pki.service, pki.key("vendor-7")):
        certificate = x509.load_der_x509_certificate(key.certificate)
        assert "NOT FOR PRODUCTION" in certificate.subject.rfc4514_string()
        assert certificate.signature_algorithm_oid._name == "ecdsa-with-SHA256"
    assert "開発用" in pki.authority().name


def test_keys_are_kept_and_readable_by_their_owner_only(own_office):
    folder = own_office.pki.folder
    before = own_office.pki.city.certificate
    assert development.create_pki(folder).city.certificate == before
    assert stat.S_IMODE((folder / "city.key.pem").stat().st_mode) == 0o600
    assert "本番では使わない" in (folder / development.MARKER).read_text()


def test_a_folder_that_was_not_finished_is_made_afresh(own_office):
    folder = own_office.pki.folder
    (folder / development.MARKER).unlink()
    with pytest.raises(errors.KeyUnreadable):
        development.load(folder)
    assert development.create_pki(folder).city


def test_damaged_keys_are_named(own_office):
    folder = own_office.pki.folder
    (folder / "root.pem").write_text("junk")
    with pytest.raises(errors.KeyUnreadable):
        development.load(folder)


def test_trust_can_be_read_from_the_folder_as_an_operator_would(own_office, prepared):
    """A folder of PEM files and CRLs, and a single PEM file."""
    pki = own_office.pki
    signed = own_office.sign_all(prepared)
    for number, crl in enumerate(pki.crls()):
        (pki.folder / f"{number}.crl").write_bytes(crl)
    trust = Trust.from_path(pki.folder)
    assert set(trust.roots) == {pki.root.der, pki.tsa_root.der}
    assert len(trust.crls) == 2
    from signing import verify

    assert verify(signed, trust, own_office.clock()).status == "passed"
    single = Trust.from_path(pki.folder / "root.pem", require_revocation=False)
    assert single.roots == (pki.root.der,)
    with pytest.raises(errors.TrustUnreadable):
        Trust.from_path(pki.folder / "revoked.json")
    (pki.folder / "empty").mkdir()
    with pytest.raises(errors.TrustUnreadable):
        Trust.from_path(pki.folder / "empty")
