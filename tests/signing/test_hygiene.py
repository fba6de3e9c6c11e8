"""The look before signing."""

from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from signing import errors
from signing.hygiene import inspect

# The public set of the shadow attacks, when it was fetched beside the project:
# github.com/RUB-NDS/pdf-attacker, shadow-demo-exploits. No licence file: not redistributed here.
SHADOWS = Path(__file__).parents[3] / "samples" / "pdf-attacker" / "shadow-demo-exploits"


def codes(pdf: bytes) -> set[str]:
    return {reason.code.removeprefix("hygiene.") for reason in inspect(pdf)}


def changed(pdf: bytes, change) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        change(document)
        document.save(out)
    return out.getvalue()


def test_what_we_render_and_prepare_is_clean(rendered, prepared):
    assert inspect(rendered) == ()
    assert inspect(prepared) == ()


def script(document):
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def layer(document):
    document.Root.OCProperties = pikepdf.Dictionary(OCGs=pikepdf.Array())


def launch(document):
    document.pages[0].Annots = pikepdf.Array(
        [
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9],
                A=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe"),
            )
        ]
    )  # fmt: skip


def free_text(document):
    document.pages[0].Annots = pikepdf.Array(
        [
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FreeText, Rect=[0, 0, 9, 9]
            )
        ]
    )


def text_field(document):
    document.pages[0].Annots = pikepdf.Array(
        [
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx,
                T="amount", V="10", Rect=[0, 0, 9, 9],
            )
        ]
    )  # fmt: skip


def external_stream(document):
    stream = document.make_stream(b"")
    stream.F = "https://example.org/page"
    document.Root.Extra = stream


def overlay(document):
    page = document.pages[0]
    form = document.make_stream(
        b"1 g 0 0 500 500 re f", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form,
        BBox=[0, 0, 500, 500],
    )  # fmt: skip
    page.Resources.XObject = pikepdf.Dictionary(Cover=form)
    page.contents_add(b"/Cover Do", prepend=False)


def bare_font(document):
    document.Root.Extra = document.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
    )


@pytest.mark.filterwarnings("ignore:.*not reachable from")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (script, "javascript"),
        (script, "actions"),
        (layer, "layers"),
        (launch, "actions"),
        (free_text, "annotations"),
        (text_field, "fields"),
        (external_stream, "external"),
        (overlay, "overlay"),
        (bare_font, "fonts"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_each_finding(rendered, change, code):
    assert code in codes(changed(rendered, change))


def test_hidden_objects_and_earlier_revisions(rendered, prepared, signed):
    hidden = prepared.replace(b"xref\n", b"9998 0 obj\n<< /Secret (page) >>\nendobj\nxref\n", 1)
    assert codes(hidden) & {"unreferenced", "structure"}
    assert "revisions" in codes(signed)


def test_what_cannot_be_read_is_an_error():
    with pytest.raises(errors.EmptyPdf):
        inspect(b"")
    with pytest.raises(errors.DamagedPdf):
        inspect(b"%PDF-1.7\nnothing")


@pytest.mark.skipif(not SHADOWS.is_dir(), reason="public sample set not fetched")
def test_every_public_shadowed_document_is_noticed():
    files = sorted(SHADOWS.rglob("2_*-shadowed.pdf"))
    assert len(files) == 7
    for file in files:
        assert codes(file.read_bytes()), file
