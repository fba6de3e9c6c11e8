"""Opening a PDF for one more revision, and reading what earlier ones declared.

Everything that is written after `prepare` is an incremental update (ISO 32000-1 §7.5.6): bytes
that were signed are never touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import islice

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError as HankoPdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler
from pyhanko.sign.fields import enumerate_sig_fields

from ..errors import DamagedPdf, EncryptedPdf, SigningError, XfaForm
from . import hexstrings
from .intake import check_bytes
from .preparing import PIECE

MAX_LISTED = 200
hexstrings.install()


class Revision(IncrementalPdfFileWriter):
    """A writer for one more revision that leaves the document's metadata alone.

    pyHanko would rewrite the XMP packet with this machine's clock at every signature; the metadata
    was certified with the first signature, and the time comes from the authority.
    """

    def _update_meta(self) -> None:
        return


@dataclass(frozen=True, slots=True)
class SlotList:
    """The slots a document declares, in their order, with its certified metadata."""

    names: tuple[str, ...]
    labels: tuple[str, ...]
    metadata: dict[str, str]


@contextmanager
def reading() -> Iterator[None]:
    """Turns whatever pyHanko raises on a broken file into DamagedPdf."""
    try:
        yield
    except SigningError:
        raise
    except (HankoPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError,
            RecursionError, AssertionError, NotImplementedError) as error:  # fmt: skip
        raise DamagedPdf(reason=str(error)[:200] or type(error).__name__) from error


def open_reader(pdf: bytes) -> PdfFileReader:
    """A strict reader. Raises the PdfErrors."""
    check_bytes(pdf)
    with reading():
        reader = PdfFileReader(BytesIO(pdf), strict=True)
        _refuse_unfit(reader)
        return reader


def open_writer(pdf: bytes) -> Revision:
    """A writer that appends a revision. Raises the PdfErrors."""
    check_bytes(pdf)
    with reading():
        writer = Revision(BytesIO(pdf), strict=True)
        _refuse_unfit(writer.prev)
        return writer


def slot_list(handler: PdfHandler) -> SlotList | None:
    """The slot list of the given revision, or None when the document declares none."""
    piece = generic_get(handler.root, "/PieceInfo", PIECE, "/Private")
    if not isinstance(piece, generic.DictionaryObject) or "/Slots" not in piece:
        return None
    slots = list(islice(generic_items(piece["/Slots"]), MAX_LISTED))
    listed = generic_items(generic_get(piece, "/Metadata", "/Entries"))
    entries = [str(e) for e in islice(listed, MAX_LISTED)]
    return SlotList(
        names=tuple(str(generic_get(s, "/Name")) for s in slots),
        labels=tuple(str(generic_get(s, "/Label")) for s in slots),
        metadata=dict(zip(entries[::2], entries[1::2], strict=False)),
    )


def signature_fields(handler: PdfHandler) -> dict[str, bool]:
    """Names of all signature fields of the revision → whether they are signed."""
    return {name: value is not None for name, value, _ref in enumerate_sig_fields(handler)}


def generic_get(start: object, *path: str) -> object:
    """The object at the end of a path of dictionary keys, or None."""
    current = start
    for key in path:
        if not isinstance(current, generic.DictionaryObject) or key not in current:
            return None
        current = current[key]
    return current


def generic_items(array: object) -> Iterator[generic.PdfObject]:
    """The members of an array with references followed; nothing for what is no array."""
    if isinstance(array, generic.ArrayObject):
        for index in range(len(array)):
            yield array[index]


def _refuse_unfit(reader: PdfFileReader) -> None:
    if reader.encrypted:
        raise EncryptedPdf
    if generic_get(reader.root, "/AcroForm", "/XFA") is not None:
        raise XfaForm
