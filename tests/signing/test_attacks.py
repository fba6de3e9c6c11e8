"""No manipulated document is ever called passed, and none makes the verifier raise."""

import random

import attacks
import pytest

from signing import Act, sign


@pytest.mark.parametrize("kind", ["signed", "archived"])
@pytest.mark.parametrize("name", attacks.INCREMENTAL)
def test_s05_a_manipulated_document_is_not_passed(office, request, kind, name):
    pdf = request.getfixturevalue(kind)
    evil = attacks.INCREMENTAL[name](pdf)
    assert evil != pdf
    verdict = office.verify(evil)
    assert verdict.status != "passed"
    assert verdict.reasons


@pytest.mark.parametrize("kind", ["signed", "archived"])
def test_byte_range_tricks_are_not_passed(office, request, kind):
    for name, evil in attacks.byte_range_tricks(request.getfixturevalue(kind)):
        assert office.verify(evil).status != "passed", name


@pytest.mark.parametrize("kind", ["signed", "archived"])
def test_forged_signature_dictionaries_are_not_passed(office, request, kind):
    for name, evil in attacks.usf(request.getfixturevalue(kind)):
        assert office.verify(evil).status != "passed", name


def test_a_document_cut_back_to_an_earlier_revision_is_told_offline(office, archived, revisions):
    stages = revisions(archived)
    assert len(stages) == 4
    verdicts = [office.verify(stage) for stage in stages]
    assert [v.status for v in verdicts] == ["indeterminate"] * 2 + ["passed"] * 2
    assert verdicts[1].slots_missing == ("City",)
    assert verdicts[1].reasons[-1].code == "slots.missing"


def test_a_document_without_signatures_is_not_passed(office, rendered, prepared):
    for pdf in (rendered, prepared):
        verdict = office.verify(pdf)
        assert verdict.status == "indeterminate"
        assert verdict.reasons[0].code == "document.no_signature"


def test_one_flipped_byte_anywhere_is_noticed(office, archived):
    """Also where no signature looks: in the room of the signature values themselves."""
    rng = random.Random(20261123)
    places = rng.sample(range(len(archived)), 60)
    for match in attacks.byte_ranges(archived):
        first, second = int(match[2]), int(match[3])
        places += rng.sample(range(first, second), 25)
    for place in places:
        evil = bytearray(archived)
        evil[place] ^= 1 << rng.randrange(8)
        assert office.verify(bytes(evil)).status != "passed", place


def test_a_strangers_extra_signature_is_not_passed(office, own_office, prepared, signed):
    """With a key of a foreign root, and with one under the very same root."""
    from io import BytesIO

    from asn1crypto import keys, x509
    from cryptography.hazmat.primitives import serialization
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    for stage in (signed, office.sign(prepared, "Vendor")):
        for pki in (own_office.pki, office.pki):
            pki.issue("stranger", "Stranger")
            folder = pki.folder
            key = serialization.load_pem_private_key(
                (folder / "stranger.key.pem").read_bytes(), None
            ).private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            stranger = signers.SimpleSigner(
                signing_cert=x509.Certificate.load(pki.key("stranger").certificate),
                signing_key=keys.PrivateKeyInfo.load(key),
                cert_registry=SimpleCertificateStore(),
            )
            writer = IncrementalPdfFileWriter(BytesIO(stage))
            evil = signers.PdfSigner(
                signers.PdfSignatureMetadata(
                    field_name="Extra", subfilter=fields.SigSeedSubFilter.PADES
                ),
                signer=stranger,
                new_field_spec=fields.SigFieldSpec("Extra"),
            ).sign_pdf(writer)
            verdict = office.verify(evil.getvalue(), expected_slots=None)
            assert verdict.status == "failed"
            assert "Extra" in verdict.slots_unexpected


def test_a_stranger_in_a_prepared_slot_is_not_trusted(office, own_office, prepared):
    half = office.sign(prepared, "Vendor")
    evil = sign(
        half,
        "City",
        Act("偽市長", "契約担当者", "締結", "act-9"),
        key=own_office.pki.city,
        timestamper=office.timestamper,
        trust=own_office.trust(),
    )
    verdict = office.verify(evil)
    assert verdict.status == "indeterminate"
    assert verdict.signatures[1].sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"


def test_a_signature_stripped_of_its_timestamp_is_not_passed(office, signed):
    """The token lies outside what is signed: without it the act has no proven time."""
    lowered = signed.lower()
    marker = b"060b2a864886f70d010910020e"  # id-aa-timeStampToken in the hexadecimal CMS
    at = lowered.rfind(marker) + len(marker) - 1
    assert at > len(marker)
    evil = bytearray(signed)
    evil[at] = ord("F")  # now an attribute that nobody knows
    verdict = office.verify(bytes(evil))
    assert verdict.status != "passed"
    assert "time.missing" in [r.code for r in verdict.signatures[1].reasons]


def test_changed_content_is_named_as_such_by_each_signature(office, signed):
    """The digest alone, where the structure of the file is still in order."""
    at = signed.index(b"2026-0001")  # the contract's number in the certified metadata
    evil = signed[:at] + b"2026-0002" + signed[at + 9 :]
    verdict = office.verify(evil)
    assert verdict.status == "failed"
    assert [s.sub_indication for s in verdict.signatures] == ["HASH_FAILURE"] * 2
    assert "signature.changed" in [r.code for r in verdict.signatures[0].reasons]


@pytest.mark.parametrize("kind", ["signed", "archived"])
def test_the_unsigned_gap_has_one_spelling_only(office, request, kind):
    """White space and mixed case would leave the value as it is: they are refused all the same."""
    pdf = request.getfixturevalue(kind)
    match = attacks.byte_ranges(pdf)[-1]
    first, second = int(match[2]), int(match[3])
    gap = pdf[first:second]
    letter = next(i for i, c in enumerate(gap) if c in b"abcdefABCDEF")
    swapped = gap[:letter] + gap[letter : letter + 1].swapcase() + gap[letter + 1 :]
    spaced = gap[:-3] + b"  >"
    for evil in (swapped, spaced):
        assert evil != gap
        verdict = office.verify(pdf[:first] + evil + pdf[second:])
        assert verdict.status == "failed"
        codes = [s.reasons[0].code for s in verdict.signatures]
        assert "signature.byte_range" in codes
