"""The main walk: prepare, sign slot by slot, extend, verify."""

import json
import re
import subprocess
import zlib
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields

from signing import Act, Slot, errors, extend, prepare, sign


def test_both_parties_sign_and_the_document_passes(office, signed):
    verdict = office.verify(signed)
    assert verdict.status == "passed"
    assert verdict.slots_expected == verdict.slots_signed == ("Vendor", "City")
    assert verdict.level == "B-T"
    assert verdict.is_frozen
    vendor, city = verdict.signatures
    assert (vendor.name, vendor.act_id) == ("髙橋　直", "act-0001")
    assert vendor.capacity == "株式会社遠州土木\n代表取締役"
    assert vendor.statement == "この契約に同意します"
    assert vendor.proven_time == vendor.claimed_time == office.clock.at
    assert vendor.certifies
    assert city.locks
    assert "DEVELOPMENT" in str(vendor.subject)
    assert "DEVELOPMENT" in str(vendor.time_authority)
    assert not vendor.accredited_time


def test_extended_document_is_long_term_and_says_until_when(office, archived):
    verdict = office.verify(archived)
    assert verdict.status == "passed"
    assert verdict.level == "B-LTA"
    assert verdict.proof_until is not None
    assert verdict.renewal_due is not None
    assert office.clock.at < verdict.renewal_due < verdict.proof_until
    assert [s.kind for s in verdict.signatures][-1] == "archive_timestamp"


def test_extending_twice_has_the_effect_of_once(office, archived):
    assert office.extend(archived) == archived


def test_metadata_and_slots_are_certified_with_the_first_signature(office, signed):
    assert dict(office.verify(signed).metadata) == {"contract": "2026-0001", "版": "令和8年"}


def test_an_intermediate_state_passes_only_for_a_caller_who_expects_it(office, prepared):
    half = office.sign(prepared, "Vendor")
    assert office.verify(half).status == "indeterminate"
    assert office.verify(half).slots_missing == ("City",)
    assert office.verify(half, expected_slots=["Vendor"]).status == "passed"


def test_slots_are_signed_in_order_and_once(office, prepared):
    with pytest.raises(errors.SlotOutOfOrder):
        office.sign(prepared, "City")
    half = office.sign(prepared, "Vendor")
    with pytest.raises(errors.SlotAlreadySigned):
        office.sign(half, "Vendor")
    with pytest.raises(errors.UnknownSlot):
        office.sign(half, "Mayor")


def test_an_unfinished_document_is_not_extended(office, prepared):
    with pytest.raises(errors.SlotsMissing) as caught:
        office.extend(office.sign(prepared, "Vendor"))
    assert "City" in caught.value.message_ja


def test_prepare_is_deterministic_and_keeps_pdf_a_and_attachments(rendered, prepared):
    slots = [Slot("A", "甲", box=(50, 50, 280, 130))]
    assert prepare(rendered, slots, metadata={}) == prepare(rendered, slots, metadata={})
    assert b"/ObjStm" not in prepared
    with pikepdf.open(BytesIO(prepared)) as document:
        meta = document.open_metadata()
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"].upper()) == ("3", "B")
        assert list(document.attachments) == ["contract.json"]
        assert document.attachments["contract.json"].get_file().read_bytes().startswith(b"{")


def test_signing_keeps_pdf_a_markers_and_only_appends(prepared, signed, archived):
    assert signed.startswith(prepared)
    assert archived.startswith(signed)
    with pikepdf.open(BytesIO(archived)) as document:
        assert document.open_metadata()["pdfaid:part"] == "3"
        for page in document.pages:
            for annotation in page.get("/Annots", []):
                rect = [float(v) for v in annotation.Rect]
                assert rect[0] == rect[2] or "/N" in annotation.AP


def test_appearance_embeds_its_fonts_and_text_can_be_copied(signed, tmp_path: Path):
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
    ).stdout.decode()
    for expected in (
        "髙橋 直",
        "𠮷﨑",
        "契約担当者",
        "2026-11-23 12:00:00 +09:00 (JST)",
        "act-0002",
    ):
        assert expected in text
    fonts = subprocess.run(["pdffonts", path], capture_output=True, check=True).stdout.decode()
    rows = fonts.splitlines()[2:]
    assert any("IPAmjMincho" in row for row in rows)
    assert all(re.search(r"\byes\s+yes\s+yes\b", row) for row in rows if "CID TrueType" in row)


def test_a_character_no_font_has_stops_the_signature(office, prepared):
    with pytest.raises(errors.GlyphMissing) as caught:
        office.sign(prepared, "Vendor", Act("名前\U0001f600", "代表", "同意", "a"))
    assert "U+1F600" in caught.value.message_en


def test_nothing_is_drawn_outside_the_fields(prepared, signed):
    """Page contents are the same objects before and after signing."""
    contents = []
    for pdf in (prepared, signed):
        with pikepdf.open(BytesIO(pdf)) as document:
            contents.append([zlib.crc32(p.Contents.read_bytes()) for p in document.pages])
    assert contents[0] == contents[1]


def test_poppler_finds_every_signature_valid(signed, tmp_path: Path):
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)
    report = subprocess.run(
        ["pdfsig", "-nocert", path], capture_output=True, check=False
    ).stdout.decode()
    assert report.count("Signature is Valid.") == 2


def test_each_level_is_what_it_says(office, rendered):
    """B-B, B-T, B-LT, B-LTA of a document without slot list, one after the other."""
    writer = IncrementalPdfFileWriter(BytesIO(rendered))
    fields.append_signature_field(writer, fields.SigFieldSpec("Only"))
    out = BytesIO()
    writer.write(out)
    by = {"timestamper": office.timestamper, "trust": office.trust()}
    act = Act("髙橋", "代表", "同意", "act-1")
    basic = sign(out.getvalue(), "Only", act, key=office.pki.service, level="B-B", **by)
    assert office.verify(basic).level == "B-B"
    assert office.verify(basic).signatures[0].proven_time is None
    stamped = sign(out.getvalue(), "Only", act, key=office.pki.service, **by)
    assert office.verify(stamped).level == "B-T"
    kept = extend(stamped, level="B-LT", **by)
    assert extend(kept, level="B-LT", **by) == kept
    assert (office.verify(kept).status, office.verify(kept).level) == ("passed", "B-LT")
    archived = extend(kept, **by)
    assert archived.startswith(kept)
    assert (office.verify(archived).status, office.verify(archived).level) == ("passed", "B-LTA")


def test_no_token_no_act_in_a_document_with_slots(office, prepared):
    pdf = sign(
        prepared, "Vendor", Act("髙橋", "代表", "同意", "a"), key=office.pki.service, level="B-B",
        timestamper=office.timestamper, trust=office.trust(),
    )  # fmt: skip
    verdict = office.verify(pdf, expected_slots=["Vendor"])
    assert verdict.status == "indeterminate"
    assert verdict.signatures[0].reasons[0].code == "time.missing"


def test_reasons_call_the_parties_as_people_do(office, prepared, signed):
    half = office.verify(office.sign(prepared, "Vendor"))
    assert half.slots_missing == ("City",)
    assert half.called(half.slots_missing) == ["発注者"]
    assert "発注者" in half.reasons[0].ja
    assert "City" not in half.reasons[0].ja
    assert half.signatures[0].label == "受注者"
    at = signed.index(b"2026-0001")
    broken = office.verify(signed[:at] + b"2026-0002" + signed[at + 9 :])
    assert "受注者, 発注者" in broken.reasons[0].ja
    assert half.to_json()["slot_labels"] == {"Vendor": "受注者", "City": "発注者"}


def test_verdict_is_json(office, archived):
    text = json.dumps(office.verify(archived).to_json(), ensure_ascii=False)
    assert '"indication": "TOTAL-PASSED"' in text


@pytest.mark.parametrize(
    ("slots", "place"),
    [
        ([], "0"),
        ([Slot("A", "a"), Slot("A", "b")], "A"),
        ([Slot("Sign1", "a"), Slot("Sign10", "b")], "Sign1"),
        ([Slot("名前", "a")], "名前"),
        ([Slot("A", "a", page=99)], "A"),
        ([Slot("A", "a", box=(10, 10, 10, 20))], "A"),
    ],
)
def test_unusable_slots_are_refused_by_name(rendered, slots, place):
    with pytest.raises(errors.BadSlots) as caught:
        prepare(rendered, slots, metadata={})
    assert place in caught.value.message_en


def test_a_document_that_is_signed_already_is_not_rewritten(signed):
    with pytest.raises(errors.ChangesForbidden):
        prepare(signed, [Slot("X", "x")], metadata={})


def test_invisible_slots_and_many_parties(office, rendered):
    names = ["Alpha", "Bravo", "Charlie", "Delta", "Echo"]
    pdf = prepare(rendered, [Slot(n, n) for n in names], metadata={})
    pdf = office.extend(office.sign_all(pdf, *names))
    verdict = office.verify(pdf)
    assert verdict.status == "passed"
    assert verdict.slots_signed == tuple(names)
