"""Normalising a rendered PDF and giving it every signature field and the slot list.

Once, before the first signature, never after: the file is rewritten with plain objects, since
readers need many times longer for object streams when revisions are compared. Attachments,
tagging and the PDF/A markers stay as they are. The same input gives the same bytes.

The slot list lives in the catalog's page-piece dictionary (/PieceInfo, ISO 32000-1 §14.5), so that
the first signature certifies it and a file cut back to an earlier revision is told from a finished
one without any database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from ..errors import BadSlots, ChangesForbidden, DamagedPdf, EncryptedPdf, XfaForm
from ..slots import Slot
from . import tagging
from .intake import check_bytes

PIECE = "/Warifu"
VERSION = 1
PRINT, LOCKED = 4, 128  # annotation flags: printed; position fixed
MAX_SLOTS = 40
SLOT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


def prepare(pdf: bytes, slots: Sequence[Slot], metadata: Mapping[str, str]) -> bytes:
    """See `signing.prepare`."""
    check_bytes(pdf)
    check_slots(slots)
    try:
        with pikepdf.open(BytesIO(pdf)) as document:
            _refuse_unfit(document)
            _add_fields(document, slots)
            _add_piece(document, slots, metadata)
            document.Root.Extensions = Dictionary(
                ESIC=Dictionary(BaseVersion=Name("/1.7"), ExtensionLevel=1)
            )
            out = BytesIO()
            document.save(
                out,
                object_stream_mode=pikepdf.ObjectStreamMode.disable,
                deterministic_id=True,
                preserve_pdfa=True,
            )
            return out.getvalue()
    except pikepdf.PasswordError as error:
        raise EncryptedPdf from error
    except pikepdf.PdfError as error:
        raise DamagedPdf(reason=str(error)[:200]) from error


def check_slots(slots: Sequence[Slot]) -> None:
    """Raise BadSlots for names that are malformed, repeated, or prefixes of one another."""
    if not 1 <= len(slots) <= MAX_SLOTS:
        raise BadSlots(name=len(slots), reason_ja="数", reason_en="number of slots")
    names = [slot.name for slot in slots]
    for slot in slots:
        if not SLOT_NAME.fullmatch(slot.name):
            raise BadSlots(
                name=slot.name,
                reason_ja="名前は英字で始まる英数字40字まで",
                reason_en="a name is a letter, then up to 39 letters, digits or _",
            )
        if any(other != slot.name and other.startswith(slot.name) for other in names):
            raise BadSlots(
                name=slot.name,
                reason_ja="ほかの欄の名前の先頭と同じ",
                reason_en="the name is the beginning of another slot's",
            )
        if slot.box and not (slot.box[0] < slot.box[2] and slot.box[1] < slot.box[3]):
            raise BadSlots(name=slot.name, reason_ja="位置", reason_en="an empty box")
    if len(set(names)) != len(names):
        raise BadSlots(name=names[0], reason_ja="同じ名前", reason_en="a name occurs twice")


def _refuse_unfit(document: pikepdf.Pdf) -> None:
    if document.is_encrypted:
        raise EncryptedPdf
    form = document.Root.get("/AcroForm")
    if isinstance(form, Dictionary):
        if "/XFA" in form:
            raise XfaForm
        if int(form.get("/SigFlags", 0)) & 1 or "/Perms" in document.Root:
            # Rewriting would break the signatures that are there.
            raise ChangesForbidden(signature="/SigFlags")


def _add_fields(document: pikepdf.Pdf, slots: Sequence[Slot]) -> None:
    form = document.Root.get("/AcroForm")
    if not isinstance(form, Dictionary):
        form = document.Root.AcroForm = document.make_indirect(Dictionary(Fields=Array()))
    if "/Fields" not in form:
        form.Fields = Array()
    if "/NeedAppearances" in form:
        del form["/NeedAppearances"]
    form.SigFlags = 3  # signatures exist; append only (ISO 32000-1 table 219)
    taken = {str(field.get("/T", "")) for field in form.Fields.as_list()}
    visible: list[tuple[pikepdf.Object, pikepdf.Object, str]] = []
    for position, slot in enumerate(slots):
        if slot.name in taken:
            raise BadSlots(name=slot.name, reason_ja="既存の欄と重複", reason_en="already a field")
        try:
            page = document.pages[slot.page]
        except IndexError as error:
            raise BadSlots(
                name=slot.name, reason_ja="ページがない", reason_en="no such page"
            ) from error
        field = _field(document, page, slot, last=position == len(slots) - 1)
        form.Fields.append(field)
        if "/Annots" not in page:
            page.Annots = Array()
        page.Annots.append(field)
        if slot.box:
            visible.append((field, page.obj, slot.label))
    tagging.add_form_elements(document, visible)


def _field(document: pikepdf.Pdf, page: pikepdf.Page, slot: Slot, *, last: bool) -> pikepdf.Object:
    field = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        FT=Name.Sig,
        T=String(slot.name),
        TU=String(slot.label),
        F=PRINT | LOCKED,
        P=page.obj,
        Rect=Array([float(v) for v in slot.box]) if slot.box else Array([0, 0, 0, 0]),
    )
    if slot.box:
        width, height = slot.box[2] - slot.box[0], slot.box[3] - slot.box[1]
        # PDF/A: an annotation with an area has an appearance, also before it is signed.
        field.AP = Dictionary(
            N=document.make_stream(
                b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, width, height]
            )
        )
    if last:
        # Both entries are needed: without /Action and /Fields readers ignore /P.
        field.Lock = document.make_indirect(
            Dictionary(Type=Name.SigFieldLock, Action=Name.All, P=1)
        )
    return document.make_indirect(field)


def _add_piece(document: pikepdf.Pdf, slots: Sequence[Slot], metadata: Mapping[str, str]) -> None:
    modified = str(document.docinfo.get("/ModDate", document.docinfo.get("/CreationDate", "")))
    if "/PieceInfo" not in document.Root:
        document.Root.PieceInfo = Dictionary()
    document.Root.PieceInfo[PIECE] = Dictionary(
        LastModified=String(modified or "D:20260101000000Z"),
        Private=Dictionary(
            Version=VERSION,
            Slots=Array([Dictionary(Name=String(s.name), Label=String(s.label)) for s in slots]),
            Metadata=Dictionary(
                Entries=Array([String(part) for item in metadata.items() for part in item])
            ),
        ),
    )
