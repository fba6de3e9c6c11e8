"""Whatever is handed in: a typed error when making, a reason when judging, never an exception."""

from io import BytesIO

import pikepdf
import pytest

from signing import Slot, errors, prepare
from signing._internal import intake

SLOTS = [Slot("A", "甲")]


@pytest.fixture
def encrypted(rendered: bytes) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(rendered)) as document:
        document.save(out, encryption=pikepdf.Encryption(user="u", owner="o"))
    return out.getvalue()


@pytest.fixture
def xfa(rendered: bytes) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(rendered)) as document:
        document.Root.AcroForm = pikepdf.Dictionary(
            Fields=pikepdf.Array(), XFA=document.make_stream(b"<xdp:xdp/>")
        )
        document.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("pdf", "error", "code"),
    [
        (b"", errors.EmptyPdf, "file.empty"),
        (b"<Invoice/>", errors.NotAPdf, "file.not_a_pdf"),
        (b"\x89PNG\r\n\x1a\n" * 40, errors.NotAPdf, "file.not_a_pdf"),
        (b"%PDF-1.7\n" + b"\0" * 400, errors.DamagedPdf, "file.damaged"),
    ],
)
def test_what_is_no_pdf_is_named(office, pdf, error, code):
    with pytest.raises(error) as caught:
        prepare(pdf, SLOTS, metadata={})
    assert caught.value.message_ja
    assert caught.value.remedy_en
    verdict = office.verify(pdf)
    assert (verdict.status, verdict.reasons[0].code) == ("indeterminate", code)


def test_encrypted_documents_are_named(office, encrypted):
    with pytest.raises(errors.EncryptedPdf):
        prepare(encrypted, SLOTS, metadata={})
    verdict = office.verify(encrypted)
    assert (verdict.status, verdict.reasons[0].code) == ("indeterminate", "file.encrypted")


def test_xfa_forms_are_named(office, xfa):
    with pytest.raises(errors.XfaForm):
        prepare(xfa, SLOTS, metadata={})
    verdict = office.verify(xfa)
    assert (verdict.status, verdict.reasons[0].code) == ("indeterminate", "file.xfa")


def test_huge_files_are_refused_before_they_are_read(office, monkeypatch):
    monkeypatch.setattr(intake.check_bytes, "__defaults__", (1000,))
    pdf = b"%PDF-1.7" + b"\0" * 2000
    with pytest.raises(errors.PdfTooLarge) as caught:
        prepare(pdf, SLOTS, metadata={})
    assert "2008" in caught.value.message_ja
    assert office.verify(pdf).reasons[0].code == "file.too_large"


def test_truncated_files_never_raise(office, archived):
    for length in range(20, len(archived), len(archived) // 23):
        verdict = office.verify(archived[:length])
        assert verdict.status != "passed"
        assert verdict.reasons


def test_errors_survive_the_way_to_another_process():
    import pickle

    error = pickle.loads(pickle.dumps(errors.UnknownSlot(slot="A", known="B", field="slot")))
    assert isinstance(error, errors.UnknownSlot)
    assert error.field == "slot"
    assert "「A」" in error.message_ja


def test_every_error_has_both_languages_and_a_code_of_its_own():
    kinds = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, Exception)]
    leaves = [k for k in kinds if not any(k in other.__bases__ for other in kinds)]
    assert len({k.code for k in leaves}) == len(leaves) > 25
    for kind in leaves:
        assert kind.ja != errors.SigningError.ja
        assert kind.en
        assert kind.__doc__
        assert f"{kind.__name__}" in str(errors.__doc__)
