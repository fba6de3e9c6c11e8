"""Odd papers and hard names: what a city's documents are made of."""

from datetime import UTC, datetime
from io import BytesIO

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from signing import Act, Slot, errors, prepare
from signing._internal import appearance

NAMES = [
    "髙橋　﨑山　𠮷田",
    "直　骨　令　邉　辻　葛",
    "葛\U000e0100　辻\U000e0100　邉\U000e010f",
    "ﾀｶﾊｼ　ﾊﾅｺ",
    "（株）遠州土木①㈱",
]


@pytest.mark.parametrize("name", NAMES)
def test_t23_every_glyph_of_a_name_exists_and_is_embedded(office, prepared, name):
    pdf = office.sign(prepared, "Vendor", Act(name, "代表取締役", "同意します", "act-1"))
    glyphs = 0
    with pikepdf.open(BytesIO(pdf)) as document:
        look = document.Root.AcroForm.Fields[0].AP.N
        for font in look.Resources.Font.values():
            descendant = font.DescendantFonts[0]
            program = TTFont(BytesIO(descendant.FontDescriptor.FontFile2.read_bytes()))
            order = program.getGlyphOrder()
            widths = [int(w) for w in descendant.W[1]]
            assert int(descendant.W[0]) == 1
            assert len(order) > len(widths)
            for index, width in enumerate(widths, 1):
                advance = program["hmtx"][order[index]][0] * 1000 / program["head"].unitsPerEm
                assert abs(advance - width) <= 1
            glyphs += len(widths)
    wanted = set(appearance.clusters(name))
    assert glyphs >= len(wanted)


def test_variation_selectors_choose_other_glyphs():
    (plain,) = appearance.pieces("葛")
    (variant,) = appearance.pieces("葛\U000e0100")
    assert (plain.font, plain.glyph) != (variant.font, variant.glyph)
    with pytest.raises(errors.GlyphMissing) as caught:
        appearance.pieces("葛\U000e01ef")
    assert "U+845B U+E01EF" in caught.value.message_en


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("甲乙丙髙﨑 abc０", max_size=60), max_size=6), st.integers(20, 400))
def test_lines_are_broken_within_the_box(lines, width):
    size, broken = appearance.layout(lines, width, 100)
    assert appearance.SMALLEST <= size <= appearance.LARGEST
    room = (width - 2 * appearance.MARGIN) / size
    for line in broken:
        assert len(line) == 1 or sum(p.width for p in line) <= room + 1e-6
    assert "".join(p.text for line in broken for p in line) == "".join(lines)


def changed(pdf: bytes, change) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        change(document)
        document.save(out)
    return out.getvalue()


def rotated(document):
    document.pages[-1].Rotate = 90


def landscape(document):
    document.pages[-1].MediaBox = [0, 0, 842, 595]


def odd_boxes(document):
    document.pages[-1].MediaBox = [-100, -50, 600, 900]
    document.pages[-1].CropBox = [0, 0, 500, 700]


def existing_form(document):
    document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array(), NeedAppearances=True)


def many_pages(document):
    for _ in range(299):
        document.pages.append(document.pages[0])


@pytest.mark.parametrize("change", [rotated, landscape, odd_boxes, existing_form, many_pages])
def test_t16_odd_papers_are_signed_and_verified(office, rendered, change):
    slots = [
        Slot("Vendor", "受注者", box=(50, 50, 280, 130)),
        Slot("City", "発注者", page=0, box=(300, 50, 550, 130)),
    ]
    prepared = prepare(changed(rendered, change), slots, metadata={})
    verdict = office.verify(office.extend(office.sign_all(prepared)))
    assert verdict.status == "passed", verdict.reasons


def test_t16_a_field_on_each_of_seventy_pages(office, rendered):
    def seventy(document):
        while len(document.pages) < 70:
            document.pages.append(document.pages[0])

    slots = [Slot(f"Party{n:02}x", f"甲{n}", page=n, box=(50, 50, 150, 90)) for n in range(40)]
    prepared = prepare(changed(rendered, seventy), slots, metadata={})
    pdf = office.sign_all(prepared, *[s.name for s in slots[:2]])
    assert office.verify(pdf, expected_slots=["Party00x", "Party01x"]).status == "passed"


@pytest.fixture(scope="module")
def tagged() -> bytes:
    import weasyprint

    html = "<html lang=ja><title>契約書</title><h1>契約書</h1><p>第1条</p>"
    pdf: bytes = weasyprint.HTML(string=html).write_pdf(pdf_tags=True)
    return pdf


def test_fields_of_a_tagged_document_are_in_its_structure(office, tagged):
    """PDF/UA-1 §7.18: a widget has a label and stands in a Form element; tabs follow the tags."""
    with pikepdf.open(BytesIO(tagged)) as document:
        before = int(document.Root.StructTreeRoot.get("/ParentTreeNextKey", 0))
    slots = [
        Slot("Vendor", "受注者　遠州土木", box=(50, 50, 280, 130)),
        Slot("City", "発注者　遠州市", box=(300, 50, 550, 130)),
        Slot("Hidden", "見えない欄"),
    ]
    prepared = prepare(tagged, slots, metadata={})
    pdf = office.extend(office.sign_all(prepared, "Vendor", "City", "Hidden"))
    assert office.verify(pdf).status == "passed"
    with pikepdf.open(BytesIO(pdf)) as document:
        tree = document.Root.StructTreeRoot
        numbers = pikepdf.NumberTree(tree.ParentTree)
        for field, slot in zip(document.Root.AcroForm.Fields, slots, strict=False):
            assert str(field.TU) == slot.label
            if slot.box is None:
                assert "/StructParent" not in field
                continue
            element = numbers[int(field.StructParent)]
            assert int(field.StructParent) >= before
            assert (element.S, str(element.Alt)) == (pikepdf.Name.Form, slot.label)
            assert element.K.Obj.objgen == field.objgen
            assert element.objgen in [kid.objgen for kid in element.P.K]
            assert field.P.Tabs == pikepdf.Name.S
        assert int(tree.ParentTreeNextKey) > max(numbers)


def parents_in_leaves(document):
    tree = document.Root.StructTreeRoot
    leaf = document.make_indirect(pikepdf.Dictionary(Nums=tree.ParentTree.Nums, Limits=[0, 900]))
    tree.ParentTree = document.make_indirect(pikepdf.Dictionary(Kids=pikepdf.Array([leaf])))
    if "/ParentTreeNextKey" in tree:
        del tree["/ParentTreeNextKey"]


def one_child_only(document):
    document.Root.StructTreeRoot.K = document.Root.StructTreeRoot.K[0]


def no_parent_tree(document):
    del document.Root.StructTreeRoot["/ParentTree"]


def untagged(document):
    del document.Root["/StructTreeRoot"]


@pytest.mark.parametrize("change", [parents_in_leaves, one_child_only, no_parent_tree, untagged])
def test_whatever_the_structure_tree_looks_like(office, tagged, change):
    slots = [Slot("Vendor", "受注者", box=(50, 50, 280, 130))]
    prepared = prepare(changed(tagged, change), slots, metadata={})
    pdf = office.extend(office.sign_all(prepared, "Vendor"))
    assert office.verify(pdf).status == "passed"
    with pikepdf.open(BytesIO(pdf)) as document:
        field = document.Root.AcroForm.Fields[0]
        if change is untagged:
            assert "/StructParent" not in field
        else:
            numbers = pikepdf.NumberTree(document.Root.StructTreeRoot.ParentTree)
            assert numbers[int(field.StructParent)].K.Obj.objgen == field.objgen


def test_t14_t15_sizes_and_page_count(office, prepared, archived):
    assert len(prepared) < len(archived) <= len(prepared) + 300_000
    with pikepdf.open(BytesIO(archived)) as after, pikepdf.open(BytesIO(prepared)) as before:
        assert len(after.pages) == len(before.pages)
        assert len(after.Root.AcroForm.Fields) == 3


def test_t20_printed_time_carries_its_zone_and_the_right_day(office, prepared, tmp_path):
    """23:59:59 and 00:00:01 in Japan, while it is afternoon of one day in UTC."""
    import subprocess

    for moment, shown in (
        (datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC), "2026-03-31 23:59:59 +09:00 (JST)"),
        (datetime(2026, 3, 31, 15, 0, 1, tzinfo=UTC), "2026-04-01 00:00:01 +09:00 (JST)"),
    ):
        office.clock.at = moment
        with pytest.raises(errors.CertificateNotYetValid):
            office.sign(prepared, "Vendor")
        office.clock.at = moment.replace(year=2027)
        path = tmp_path / "signed.pdf"
        path.write_bytes(office.sign(prepared, "Vendor"))
        text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout
        assert shown.replace("2026", "2027") in text.decode()
