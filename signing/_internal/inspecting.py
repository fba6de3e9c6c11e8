"""The look before signing (see `signing.hygiene`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Object, Stream

from ..errors import DamagedPdf, EncryptedPdf, XfaForm
from ..verdict import Reason
from .intake import check_bytes
from .wording import say

MAX_OBJECTS = 200_000
SCRIPTS = {"/JavaScript", "/Rendition"}
ACTIONS = {"/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/ResetForm", "/Hide",
           "/SetOCGState", "/Named", "/Movie", "/Sound", "/Trans", "/GoTo3DView"}  # fmt: skip
MEDIA = {"/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"}
HARMLESS = {"/Link", "/Widget", "/Popup"}
SUBSET = re.compile(r"/[A-Z]{6}\+")
TEXT_SHOWN = {"Tj", "TJ", "'", '"'}


def inspect(pdf: bytes) -> tuple[Reason, ...]:
    """See `signing.hygiene.inspect`."""
    check_bytes(pdf)
    try:
        with pikepdf.open(BytesIO(pdf)) as document:
            if document.is_encrypted:
                raise EncryptedPdf
            form = document.Root.get("/AcroForm")
            if isinstance(form, Dictionary) and "/XFA" in form:
                raise XfaForm
            codes = dict.fromkeys(_codes(pdf, document))
            if document.get_warnings():
                codes["hygiene.structure"] = None
    except pikepdf.PasswordError as error:
        raise EncryptedPdf from error
    except pikepdf.PdfError as error:
        raise DamagedPdf(reason=str(error)[:200]) from error
    return tuple(say(code) for code in codes)


def _codes(pdf: bytes, document: pikepdf.Pdf) -> Iterator[str]:
    if len(document.objects) > MAX_OBJECTS:
        raise DamagedPdf(reason=f"over {MAX_OBJECTS} objects")
    if len(re.findall(rb"startxref\s+[1-9]", pdf)) > 1 and b"/Linearized" not in pdf[:2048]:
        yield "hygiene.revisions"
    numbers = Counter(re.findall(rb"(?:^|[\r\n])(\d+ \d+) obj\b", pdf))
    if any(count > 1 for count in numbers.values()):
        yield "hygiene.duplicates"
    if "/OCProperties" in document.Root:
        yield "hygiene.layers"
    names = document.Root.get("/Names")
    if isinstance(names, Dictionary) and "/JavaScript" in names:
        yield "hygiene.javascript"
    if isinstance(document.Root.get("/OpenAction"), Dictionary):
        yield "hygiene.actions"
    if _has_fields(document):
        yield "hygiene.fields"
    found, reached = _walk(document)
    for item in found:
        yield from _of_object(item)
    for page in document.pages:
        yield from _of_page(page)
    if any(_is_hidden(item, reached) for item in document.objects):
        yield "hygiene.unreferenced"


def _of_object(item: Dictionary | Stream) -> Iterator[str]:
    action, kind = str(item.get("/S", "")), str(item.get("/Subtype", ""))
    if action in SCRIPTS or "/JS" in item:
        yield "hygiene.javascript"
    if action in ACTIONS or "/AA" in item:
        yield "hygiene.actions"
    if kind in MEDIA or "/Ref" in item or (isinstance(item, Stream) and "/F" in item):
        yield "hygiene.external"
    if item.get("/Type") == "/Font" and kind in ("/Type1", "/TrueType", "/MMType1"):
        descriptor = item.get("/FontDescriptor")
        if not isinstance(descriptor, Dictionary) or not any(
            key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")
        ):
            yield "hygiene.fonts"
    if item.get("/Type") == "/FontDescriptor" and SUBSET.match(str(item.get("/FontName"))) is None:
        yield "hygiene.whole_fonts"
    if kind in ("/CIDFontType0", "/CIDFontType2"):
        descriptor = item.get("/FontDescriptor")
        if isinstance(descriptor, Dictionary) and not any(
            key in descriptor for key in ("/FontFile2", "/FontFile3")
        ):
            yield "hygiene.fonts"


def _of_page(page: pikepdf.Page) -> Iterator[str]:
    for annotation in page.get("/Annots", Array()):
        if not isinstance(annotation, Dictionary):
            continue
        kind = str(annotation.get("/Subtype", ""))
        if kind not in HARMLESS:
            yield "hygiene.annotations"
        if kind == "/Widget" and _field_type(annotation) != "/Sig":
            yield "hygiene.fields"
        action = annotation.get("/A")
        if isinstance(action, Dictionary) and str(action.get("/S")) in ACTIONS:
            yield "hygiene.actions"
    if _draws_over_text(page):
        yield "hygiene.overlay"


def _draws_over_text(page: pikepdf.Page) -> bool:
    """Whether an image or form is painted after text: what lies under it may be uncovered later.

    Coarse on purpose: a letterhead drawn first is fine, one drawn last is reported.
    """
    resources = page.get("/Resources")
    objects = resources.get("/XObject") if isinstance(resources, Dictionary) else None
    if not isinstance(objects, Dictionary):
        return False
    seen_text = False
    try:
        for instruction in pikepdf.parse_content_stream(page):
            operator = str(instruction.operator)
            if operator in TEXT_SHOWN:
                seen_text = True
            elif operator == "Do" and seen_text:
                return True
    except pikepdf.PdfError:
        return True
    return False


def _field_type(widget: Dictionary) -> str:
    """The field's type, which a widget may inherit (ISO 32000-1 §12.7.3.1)."""
    current: object = widget
    for _ in range(16):
        if not isinstance(current, Dictionary):
            break
        if "/FT" in current:
            return str(current.FT)
        current = current.get("/Parent")
    return ""


def _has_fields(document: pikepdf.Pdf) -> bool:
    form = document.Root.get("/AcroForm")
    fields = form.get("/Fields") if isinstance(form, Dictionary) else None
    if not isinstance(fields, Array):
        return False
    return any(isinstance(f, Dictionary) and f.get("/FT") != "/Sig" for f in fields)


def _walk(document: pikepdf.Pdf) -> tuple[list[Dictionary | Stream], set[tuple[int, int]]]:
    """Every dictionary and stream that a path from the trailer reaches, and what was passed."""
    reached: set[tuple[int, int]] = set()
    found: list[Dictionary | Stream] = []
    waiting: list[Object] = [document.trailer]
    while waiting:
        item = waiting.pop()
        if item.is_indirect:
            if item.objgen in reached:
                continue
            reached.add(item.objgen)
        if isinstance(item, Stream):
            found.append(item)
            waiting.extend(v for v in item.stream_dict.values() if isinstance(v, Object))
        elif isinstance(item, Dictionary):
            found.append(item)
            waiting.extend(v for v in item.values() if isinstance(v, Object))
        elif isinstance(item, Array):
            waiting.extend(v for v in item if isinstance(v, Object))
    return found, reached


def _is_hidden(item: Object, reached: set[tuple[int, int]]) -> bool:
    """Whether nothing refers to an object that could hold content."""
    if item.objgen in reached or not isinstance(item, Dictionary | Stream | Array):
        return False
    kind = item.get("/Type") if isinstance(item, Dictionary | Stream) else None
    return kind not in ("/ObjStm", "/XRef")
