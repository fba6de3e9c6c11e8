"""The strict reader that judges, with three things that pyHanko refuses and good files have.

1. A reference to an object that no revision of the file has means null (§7.3.10). One that a later
   revision defines stays an error: what it means would depend on when one looks.
2. Hybrid cross-references (§7.5.8.4): a table for readers of before 2003, and a stream beside it
   with the objects that those readers shall not see. Office programs write them to hide the tags of
   a tagged file. The same mechanism shows two readers two documents. So both readings are made of
   what every signer saw and of the file as it is, and are compared: every object that is reached
   from the catalog must be the same, but for the tags. Otherwise `hides_something` says so.
3. LibreOffice names the source text of a document in the trailer (/AdditionalStreams), by a number
   that nothing has until a later revision takes it for something else. The entry is no part of the
   PDF, and is left out; objects are not, so that a change to one must still be accounted for.

What is NOT checked: what readers do that repair files in ways of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Object, Stream
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

MAX_PAIRS = 200_000
SECTION_KEY, OTHER_KEY = b"/XRefStm", b"/XRefSt_"  # the same length: nothing moves in the file
# What only the tags (§14.7) and nothing on a page depends on.
TAGS = {"/StructTreeRoot"}
PRIVATE_ENTRIES = {"/AdditionalStreams"}


class Reader(PdfFileReader):
    """A strict reader for files to be judged."""

    def __init__(self, stream: BytesIO, *, strict: bool = True) -> None:
        super().__init__(stream, strict=strict)
        for trailer in self.trailer._trailer_revisions:
            for key in PRIVATE_ENTRIES & set(trailer):  # 3
                del trailer[key]
        self._introducing = self.xrefs.get_introducing_revision
        self.xrefs.get_introducing_revision = self._origin  # type: ignore[method-assign]

    def _origin(self, ref: generic.Reference) -> int:
        """The revision that brought `ref`; the first one for what none ever brought (1)."""
        return int(self._introducing(ref)) if ref.idnum in self._numbers else 0

    def _read_object(
        self, ref: generic.Reference, marker: Any, *rest: Any, **options: Any
    ) -> generic.PdfObject:
        if marker is None and ref.idnum not in self._numbers:  # 1
            nothing = generic.NullObject()
            nothing.container_ref = ref
            return nothing
        found: generic.PdfObject = super()._read_object(ref, marker, *rest, **options)
        return found

    @cached_property
    def _numbers(self) -> set[int]:
        """The numbers of all objects that any revision has or had."""
        xrefs = self.xrefs
        return {
            ref.idnum
            for revision in range(xrefs.total_revisions)
            for ref in xrefs.explicit_refs_in_revision(revision)
            | xrefs.refs_freed_in_revision(revision)
        }


def hides_something(reader: PdfFileReader, pdf: bytes, ends: list[int]) -> bool:
    """Whether the two readings of a hybrid file differ, now or when it was `ends` bytes long."""
    if not reader.xrefs.hybrid_xrefs_present:
        return False
    return any(_differs(pdf[:end]) for end in {*ends, len(pdf)})


def _differs(pdf: bytes) -> bool:
    other = pdf.replace(SECTION_KEY, OTHER_KEY)
    if PdfFileReader(BytesIO(other), strict=False).xrefs.hybrid_xrefs_present:
        return True  # the key is spelt in a way of its own
    try:
        with (
            pikepdf.open(BytesIO(pdf), attempt_recovery=False) as full,
            pikepdf.open(BytesIO(other), attempt_recovery=False) as old,
        ):
            return not all(_pairs(full.trailer, old.trailer))
    except pikepdf.PdfError:
        return True


def _pairs(full: Object, old: Object) -> Iterator[bool]:
    """Object by object, from the trailers on: whether the two readings have the same."""
    waiting: list[tuple[Any, Any]] = [(full.get("/Info"), old.get("/Info"))]
    keys = (set(full.Root.keys()) | set(old.Root.keys())) - TAGS
    waiting += [(full.Root.get(key), old.Root.get(key)) for key in keys]
    yield full.Root.objgen == old.Root.objgen
    seen = {full.Root.objgen}
    while waiting:
        one, two = waiting.pop()
        if type(one) is not type(two):
            yield False
        if not isinstance(one, Object):
            yield one == two
            continue
        yield one.objgen == two.objgen and one._type_code == two._type_code
        if one.is_indirect:
            if one.objgen in seen:
                continue
            seen.add(one.objgen)
        yield len(seen) + len(waiting) <= MAX_PAIRS
        if isinstance(one, Stream):
            yield one.read_raw_bytes() == two.read_raw_bytes()
        if isinstance(one, Dictionary | Stream):
            keys = set(one.keys())
            yield keys == set(two.keys())
            waiting += [(one.get(key), two.get(key)) for key in keys]
        elif isinstance(one, Array):
            yield len(one) == len(two)
            waiting += list(zip(one, two, strict=False))
        else:
            yield one.unparse(resolved=True) == two.unparse(resolved=True)
