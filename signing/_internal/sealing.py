"""One signature: field, appearance, signature dictionary, CMS, timestamp.

pyHanko places the bytes (`PdfCMSEmbedder`); the CMS is ours (`cms`), so that nothing is computed
twice to guess its size and the private key is loaded once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import (
    PdfCMSEmbedder,
    SigIOSetup,
    SigMDPSetup,
    SigObjSetup,
)
from pyhanko.sign.signers.pdf_byterange import (
    BuildProps,
    DocumentTimestamp,
    PreparedByteRangeDigest,
    SignatureObject,
)

from ..errors import ChangesForbidden, SlotAlreadySigned, SlotOutOfOrder, UnknownSlot
from ..slots import Act
from . import appearance
from .revision import generic_get, generic_items, reading, signature_fields, slot_list

JST = timezone(timedelta(hours=9), "JST")
TOKEN_ROOM = 8 * 1024  # for the first token of an authority, before its size is known
SPARE = 512  # later tokens differ by a few bytes (serial, fractions of a second)
HEX = 2  # the CMS is written in hexadecimal
PREFIX = "ArchiveTimestamp"


@dataclass(slots=True)
class Pending:
    """A document that is complete but for the bytes of one CMS."""

    out: BytesIO
    place: PreparedByteRangeDigest

    @property
    def digest(self) -> bytes:
        return bytes(self.place.document_digest)

    @property
    def room(self) -> int:
        """How many bytes of CMS fit."""
        return (self.place.reserved_region_end - self.place.reserved_region_start - 2) // HEX

    def filled(self, cms: bytes) -> bytes:
        self.place.fill_with_cms(self.out, cms)
        return self.out.getvalue()


def begin(
    writer: IncrementalPdfFileWriter, slot: str, act: Act, at: datetime, *, digest: str, room: int
) -> Pending:
    """Everything of a signature but its CMS, with `room` bytes left for that.

    Raises UnknownSlot, SlotAlreadySigned, SlotOutOfOrder, ChangesForbidden, GlyphMissing.
    """
    with reading():
        first = _check_turn(writer, slot)
        protocol = PdfCMSEmbedder().write_cms(slot, writer, existing_fields_only=True)
        field = next(protocol).get_object()
        _draw(writer, field, act, at)
        signature = SignatureObject(
            bytes_reserved=room * HEX,
            subfilter=SigSeedSubFilter.PADES,
            timestamp=at.astimezone(UTC),
            name=act.name,
            reason=act.statement,
            app_build_props=BuildProps(name="warifu"),
        )
        signature[pdf_name("/Warifu")] = generic.DictionaryObject(
            {
                pdf_name("/Capacity"): pdf_string(act.capacity),
                pdf_name("/ActId"): pdf_string(act.act_id),
            }
        )
        protocol.send(
            SigObjSetup(sig_placeholder=signature, mdp_setup=_locks(field, first, digest))
        )
        place, out = protocol.send(SigIOSetup(md_algorithm=digest))
        return Pending(out, place)


def begin_timestamp(writer: IncrementalPdfFileWriter, *, digest: str, room: int) -> Pending:
    """A document timestamp over everything so far (ETSI EN 319 142-1 §5.5), but for its token."""
    with reading():
        taken = signature_fields(writer)
        number = 1
        while f"{PREFIX}{number:03}" in taken:
            number += 1
        name = f"{PREFIX}{number:03}"
        spec = SigFieldSpec(sig_field_name=name, readable_field_name="長期保存タイムスタンプ")
        protocol = PdfCMSEmbedder(new_field_spec=spec).write_cms(name, writer)
        next(protocol)
        placeholder = DocumentTimestamp(bytes_reserved=room * HEX)
        protocol.send(SigObjSetup(sig_placeholder=placeholder))
        place, out = protocol.send(SigIOSetup(md_algorithm=digest))
        return Pending(out, place)


def token_room(largest_seen: int) -> int:
    return largest_seen + SPARE if largest_seen else TOKEN_ROOM


def digest_of(data: bytes, name: str) -> bytes:
    return hashlib.new(name, data).digest()


def _check_turn(writer: IncrementalPdfFileWriter, slot: str) -> bool:
    """Whether this is the first signature; raises when the slot cannot be signed now."""
    fields = signature_fields(writer)
    if slot not in fields:
        raise UnknownSlot(slot=slot, known=", ".join(fields) or "—")
    if fields[slot]:
        raise SlotAlreadySigned(slot=slot)
    declared = slot_list(writer)
    if declared is not None:
        for earlier in declared.names:
            if earlier == slot:
                break
            if not fields.get(earlier, False):
                raise SlotOutOfOrder(slot=slot, first=earlier)
    _check_permitted(writer)
    return declared is not None and not any(fields.values())


def _check_permitted(writer: IncrementalPdfFileWriter) -> None:
    """Refuse documents certified with P1, and those that a signature has locked."""
    certified = generic_get(writer.root, "/Perms", "/DocMDP")
    signatures = [s.sig_object for s in writer.prev.embedded_regular_signatures]
    for signature in [certified, *signatures]:
        references = generic_get(signature, "/Reference")
        for reference in generic_items(references):
            if generic_get(reference, "/TransformParams", "/P") == 1:
                raise ChangesForbidden(signature=str(generic_get(signature, "/Name") or "DocMDP"))


def _locks(field: generic.DictionaryObject, first: bool, digest: str) -> SigMDPSetup:
    lock = None
    permission = MDPPerm.FILL_FORMS if first else None
    if "/Lock" in field:
        lock = FieldMDPSpec.from_pdf_object(field["/Lock"])
        if "/P" in field["/Lock"]:
            permission = MDPPerm(field["/Lock"]["/P"])
    return SigMDPSetup(md_algorithm=digest, certify=first, field_lock=lock, docmdp_perms=permission)


def _draw(
    writer: IncrementalPdfFileWriter, field: generic.DictionaryObject, act: Act, at: datetime
) -> None:
    x1, y1, x2, y2 = (float(v) for v in field["/Rect"])
    if x2 <= x1 or y2 <= y1:
        return  # an invisible signature
    shown = at.astimezone(JST).strftime("%Y-%m-%d %H:%M:%S +09:00 (JST)")
    lines = [
        *act.capacity.splitlines(),
        act.name,
        *act.statement.splitlines(),
        shown,
        f"{act.act_id}　電子署名：署名パネルで検証できます",
    ]
    page = generic_get(field, "/P")
    turn = int(page.get("/Rotate", 0)) if isinstance(page, generic.DictionaryObject) else 0
    form = appearance.draw(writer, lines, x2 - x1, y2 - y1, turn)
    field[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): form})
