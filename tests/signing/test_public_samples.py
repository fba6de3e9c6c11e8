"""Public sample sets, when they lie beside the project: `../samples/pdf-attacker` (RUB) and
`../samples/dss` (EU DSS). docs/how-to/samples.md says how to fetch them.

No set comes with its trust anchors. So each file is judged twice: believing nobody, when nothing
may pass; and believing every certificate it carries, when only its structure and cryptography
speak. What is asserted is what the makers of the set say of their files.
"""

import warnings
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from signing import Trust, Verdict, verify
from signing._internal import dss
from signing._internal.signed_data import SignedData

SAMPLES = Path(__file__).parents[3] / "samples"
SHADOWS = SAMPLES / "pdf-attacker" / "shadow-demo-exploits"
DSS = SAMPLES / "dss" / "dss-pades" / "src" / "test" / "resources" / "validation"

# What the makers of the set (its tests and issue numbers) call manipulated, forged or malformed.
ATTACKS = """
dss-2236/annotation-and-visible-change.pdf dss-2236/hide.pdf dss-2236/replace.pdf
hello_signed_INCSAVE_signed_EDITED.pdf modified_after_signature.pdf
retrieved-modified_after_signature.pdf pades-enveloping-cms.pdf
pades-enveloping-empty-bytes-cms.pdf pades-lta-copied-doctst.pdf
pades-multiple-pages-annots-overlap.pdf pades-signed-annot-added.pdf pades-signed-filled-form.pdf
pades-spoofing-replaced-reason.pdf pades-t-duplicated-doctst.pdf pades-two-sig-copied-tst.pdf
pades-unsupported-signature-algorithm.pdf pades-bes-no-certificates.pdf pades_infinite_loop.pdf
pades_opposite_infinite_loop.pdf pdf-byterange-overlap.pdf pdf-double-signer-info.pdf
pdf-removed-pages.pdf pdf-signed-added-page.pdf pdf-signed-corrupted.pdf
pdf-signed-out-of-byteRange.pdf pdf-spoofing-attack.pdf pdf-structtreeroot-changes.pdf
pdf-with-empty-sig.pdf pdf-with-two-empty-sigs.pdf pkcs7-no-message-digest.pdf pkcs7_sha1.pdf
signature-referenced-from-multiple-fields.pdf siwa.pdf wrong-digest-algo.pdf malformed-pades.pdf
timestamped-fields.pdf encrypted.pdf
"""
GOOD = """
DSS-1983.pdf DSS-2025.pdf DSS-3226.pdf DSS-3298.pdf DSS-3567.pdf Signature-P-HU_MIC-1.pdf
Signature-P-HU_MIC-3.pdf Signature-P-HU_POL-3.pdf Signature-P-PK7-2.pdf Signature-P-SK-6.pdf
doc-firmado-LT.pdf doc-firmado-T.pdf doc-firmado.pdf dss-2058/dss-2058-LTA-test.pdf
dss-2058/dss-2058-QC-LTA-test.pdf dss-2554/certified-changes-permitted.pdf
dss-2554/fieldmdp-exclude-signed.pdf dss-2554/fieldmdp-include.pdf
dss-PLAIN-ECDSA/TeleSec_PKS_eIDAS_QES_CA_1-baseline-b.pdf muestra-firmado-firmado.pdf
pades-bes.pdf pades-epes.pdf pades-ocsp-sign-cert.pdf pades-same-border-annotations.pdf
pades-tst-with-null-type.pdf pades3_Baseline_B.pdf pdf-self-issued-ocsp.pdf pdf-signed-original.pdf
pdf-with-eof-cr.pdf pdf-with-vri-timestamp.pdf pkcs7.pdf self-issued-qesig.pdf
"""
# Legal and rare: hybrid references, references to nothing, an index of validation data written
# anew, a linearised file with two tables.
ODD = """
TEST2_signed_with_zero_policy_hash.pdf belgian_pki_multiple_ocsps.pdf
belgian_pki_multiple_ocsps_lt.pdf timestamped_and_signed.pdf PAdES-LT.pdf Signature-P-FR_CS-5.pdf
pades-ltv.pdf pades-ltv-from-epes.pdf pades-ltv-with-reason.pdf pades-lt-extended-dss.pdf
pades-lt-extended-abde.pdf pades-tst-with-sig-type.pdf DSS-2199.pdf Signature-P-HU_POL-7.pdf
dss-1959/pades-tst-with-orphan-refs.pdf adbe_crl_signed.pdf adbe_ocsp_signed.pdf
"""

rub = pytest.mark.skipif(not SHADOWS.is_dir(), reason="RUB's sample set is not beside the project")
eu = pytest.mark.skipif(not DSS.is_dir(), reason="the DSS sample set is not beside the project")


def carried(pdf: bytes) -> Trust:
    """Belief in every certificate that the file carries."""
    found: set[bytes] = set()
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=False)
        found.update(dss.material(reader)["certificates"])
        for signature in reader.embedded_signatures:
            data = SignedData.parse(bytes(signature.pkcs7_content))
            for message in (data, *map(SignedData.parse, data.timestamp_tokens())):
                found.update(c.dump() for c in message.certificates)
    except Exception:  # a file that nobody reads: nothing to believe
        pass
    roots = tuple(found)
    return Trust(roots=roots, tsa_roots=roots, require_revocation=False)


def judged(pdf: bytes) -> Verdict:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography on certificates of the 2000s
        return verify(pdf, carried(pdf))


@rub
def test_no_shadow_attack_passes_after_its_manipulation():
    files = sorted(SHADOWS.rglob("4_*.pdf"))
    assert len(files) == 8
    for file in files:
        verdict = judged(file.read_bytes())
        assert verdict.status != "passed", file
        assert verdict.signatures, file


@rub
def test_what_was_signed_in_a_shadow_attack_is_said_truly():
    """Before the manipulation the signatures hold: what lies in wait is the hygiene check's."""
    files = sorted(SHADOWS.rglob("3_*.pdf"))
    assert len(files) == 7
    assert {judged(file.read_bytes()).status for file in files} == {"passed"}


@eu
@pytest.mark.slow
def test_every_file_gets_a_verdict_and_none_passes_without_trust():
    files = sorted(DSS.rglob("*.pdf"))
    assert len(files) > 100
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for file in files:
            verdict = verify(file.read_bytes(), Trust())
            assert verdict.status != "passed", file
            assert verdict.reasons, file


def statuses(names: str) -> dict[str, str]:
    paths = {name: DSS / name for name in names.split()}
    return {n: judged(p.read_bytes()).status for n, p in paths.items() if p.exists()}


@eu
@pytest.mark.slow
def test_manipulated_samples_do_not_pass():
    found = statuses(ATTACKS)
    assert len(found) >= 30  # a copy may lack some large files
    assert [name for name, status in found.items() if status == "passed"] == []


@eu
@pytest.mark.slow
def test_good_samples_pass_on_their_merits():
    found = statuses(GOOD)
    assert len(found) >= 28
    assert [name for name, status in found.items() if status != "passed"] == []


@eu
@pytest.mark.slow
def test_good_samples_of_odd_structure_pass_too():
    found = statuses(ODD)
    assert len(found) >= 14
    assert [name for name, status in found.items() if status != "passed"] == []
