"""Typesetting: glyphs, PDF/A, attached data, boxes, and nothing fetched."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pikepdf
import pytest

from econtract import glyphs, rendering
from econtract import signature_page as sp
from econtract.errors import FontMissing, GlyphMissing, RenderingFailed

CREATED = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PAGE = '<!DOCTYPE html><html lang="ja"><head><title>試験</title></head><body>{}</body></html>'


def render(body: str, **more: object) -> rendering.RenderedPdf:
    return rendering.render(
        PAGE.format(body), data={"番号": "1"}, data_description="データ", created=CREATED, **more
    )  # type: ignore[arg-type]


def fonts(pdf: bytes) -> set[str]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return {
            str(o["/FontName"]).split("+")[-1]
            for o in opened.objects
            if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"
        }


@pytest.mark.slow
def test_variants_of_names_are_set_from_the_font_that_has_them() -> None:
    made = render(f"<p>{glyphs.markup('髙﨑𠮷葛󠄀', place='氏名')}</p>")
    assert any(name.startswith("IPAmj") for name in fonts(made.pdf))
    assert any(name.startswith("BIZ") for name in fonts(made.pdf))


@pytest.mark.parametrize("text", ["株式会社\ue000", "𪚲\U000e01ef", "\U0001f600"])
def test_a_character_without_glyph_stops_by_name(text: str) -> None:
    with pytest.raises(GlyphMissing) as stopped:
        glyphs.check(text, place="受注者の氏名")
    assert "U+" in stopped.value.message_ja
    assert "受注者の氏名" in stopped.value.message_ja


def test_a_font_that_is_not_installed_names_its_package() -> None:
    with pytest.raises(FontMissing, match="Nowhere") as stopped:
        glyphs.coverage(("Nowhere", "nowhere.ttf", "fonts-nowhere"))
    assert "fonts-nowhere" in stopped.value.remedy_ja


def test_markup_escapes_what_was_typed() -> None:
    assert glyphs.markup("<b>&", place="x") == "&lt;b&gt;&amp;"
    assert glyphs.markup("一\n二", place="x") == "一<br>二"


@pytest.mark.slow
def test_the_same_input_gives_the_same_pdf_a_with_its_data_attached() -> None:
    first, second = render("<p>契約</p>"), render("<p>契約</p>")
    assert first.pdf == second.pdf
    with pikepdf.open(io.BytesIO(first.pdf)) as opened:
        attached = opened.attachments[rendering.DATA_NAME]
        assert json.loads(attached.get_file().read_bytes()) == {"番号": "1"}
        assert {str(file.AFRelationship) for file in opened.Root.AF} == {"/Data"}
        metadata = opened.open_metadata()
        assert metadata["pdfaid:part"] == "3"
        assert metadata["pdfaid:conformance"] == "B"
        assert opened.Root.OutputIntents
        assert opened.Root.Lang == "ja"


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        '<img src="file:///etc/passwd">',
        '<img src="http://169.254.169.254/latest/meta-data">',
        '<img src="data:image/png;base64,AAAA">',
        '<link rel="stylesheet" href="https://example.jp/x.css">',
        '<link rel="attachment" href="file:///etc/hostname">',
        '<style>@import url("file:///etc/passwd");</style>',
        '<object data="file:///etc/passwd"></object>',
    ],
)
def test_t34_nothing_is_fetched_from_anywhere(body: str) -> None:
    with pytest.raises(RenderingFailed, match="外部の参照"):
        render(body)


def test_t34_a_hundred_thousand_nested_tags_are_refused_at_once() -> None:
    with pytest.raises(RenderingFailed, match="入れ子"):
        render("<div>" * 100_000 + "x")


@pytest.mark.slow
def test_a_font_of_the_machine_never_stands_in_for_ours() -> None:
    with pytest.raises(RenderingFailed, match="書体"):
        render("<p>\U0001f600 smile \u0e01</p>")


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 5, 6, 11])
def test_each_party_has_its_box_on_its_page(count: int) -> None:
    parties = [
        sp.PartyLine(sp.vendor_slot(n), f"構成員{n}", "会社", "住所", "社長", "氏名")
        for n in range(count - 1)
    ] + [sp.PartyLine(sp.CITY_SLOT, "発注者", "市", "住所", "市長", "氏名")]
    sections = "".join(
        f'<section class="signatures" id="signatures-{n + 1}"><h2>署名欄</h2></section>'
        for n in range(sp.pages_needed(count))
    )
    made = render(f"<p>本文</p>{sections}", parties=parties)
    assert [s.name for s in made.slots] == [p.slot for p in parties]
    assert {s.page for s in made.slots} == set(range(1, made.pages))
    places = {(s.page, s.box) for s in made.slots}
    assert len(places) == count
    for slot in made.slots:
        assert 0 < slot.box[0] < slot.box[2] < 595.3
        assert 0 < slot.box[1] < slot.box[3] < 841.9
    names = [s.name for s in made.slots]
    assert not any(a != b and b.startswith(a) for a in names for b in names)


@pytest.mark.slow
def test_a_signature_page_out_of_place_is_refused() -> None:
    parties = [sp.PartyLine("City", "発注者", "市", "", "市長", "氏名")]
    with pytest.raises(RenderingFailed, match="署名欄"):
        render("<p>署名欄のない本文</p>", parties=parties)
