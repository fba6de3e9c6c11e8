"""Recognising the revisions that signing and keeping make, without comparing whole documents.

pyHanko's comparison follows every path to every object of a tagged document, for each signature;
that is most of the time a verification takes. The revisions that belong to a contract's life have
few shapes, and are recognised here by what they write. What is not recognised is no finding: the
full comparison decides then, as it does without this module. So this list is short and exact.

A step from one revision to the next is recognised when every object it writes is accounted for:

1. Structure: a plain cross-reference table, nothing freed, the same catalog, Info and first ID.
2. An overwritten object is one of these, and differs only as said:
   catalog   /DSS is new or another reference; /AcroForm is as in the next line
   form      /Fields has more entries at its end, all of them archive timestamps; /SigFlags grows
   page      /Annots has more entries at its end, all of them archive timestamps
   field     a signature field that was empty gets /V, a signature, and the look of its /AP
   DSS       its lists keep their entries in place and grow
3. A new object is reached from one of those, and from nothing that was there before, not even by
   a reference that led nowhere: all references of the signed revision are collected (by qpdf,
   which also unpacks object streams) and none may name a new object's number.
4. Dictionaries with a part in this have none but known keys, so that they cannot play a second
   part elsewhere (a font, a form, a page) in which the difference would show.

The level of a step is "long_term" (2 for DSS and archive timestamps only) or "signatures".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Literal

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionType

from .written_values import (
    Key,
    added_entries,
    entries,
    is_name,
    key_of,
    need,
    plain_dictionary,
    raw,
    references,
    same,
    same_but,
)

Step = Literal["long_term", "signatures"]
REFERENCE = re.compile(rb"(?<![0-9])([0-9]{1,10}) [0-9]{1,5} R\b")
MAX_OBJECTS = 20_000  # beyond, collecting references is no gain over the full comparison
MAX_WRITTEN = 2_000
TIMESTAMP_FIELD = {"/Type", "/Subtype", "/FT", "/T", "/TU", "/F", "/P", "/Rect", "/V"}
SIGNATURE = {
    "/Type", "/Filter", "/SubFilter", "/Contents", "/ByteRange", "/M", "/Name", "/Reason",
    "/Location", "/ContactInfo", "/Reference", "/Prop_Build", "/Warifu", "/V", "/R",
}  # fmt: skip
STORE = {"/Type", "/Certs", "/CRLs", "/OCSPs", "/VRI"}
LISTS = ("/Certs", "/CRLs", "/OCSPs")
FORM_XOBJECT = {
    "/Type", "/Subtype", "/FormType", "/BBox", "/Matrix", "/Resources", "/Length", "/Filter",
    "/DecodeParms",
}  # fmt: skip


class Increments:
    """The steps after the first signed revision of one file, each recognised once."""

    def __init__(self, reader: PdfFileReader, pdf: bytes, revision: int) -> None:
        """`revision` is the first signed one."""
        self._reader = reader
        self._pdf = pdf
        self._first = revision
        self._steps: list[Step | None] | None = None

    def after(self, revision: int) -> Step | None:
        """What all steps after `revision` did together; None when one is not recognised."""
        if revision < self._first:
            return None
        if self._steps is None:
            self._steps = list(self._walk())
        steps = self._steps[revision - self._first :]
        if not steps or None in steps:
            return None
        return "signatures" if "signatures" in steps else "long_term"

    def _walk(self) -> Iterator[Step | None]:
        total = self._reader.xrefs.total_revisions
        try:
            named = self._named_at_first()
            for revision in range(self._first + 1, total):
                step = _Step(self._reader, revision, named)
                yield step.recognise()
                named |= step.named
        except MemoryError:
            raise  # the limit speaks, not the file
        except Exception:  # a shape nobody foresaw is none of ours
            yield None

    def _named_at_first(self) -> set[int]:
        """The numbers of all objects that the first signed revision has or refers to.

        qpdf reads the file as a whole: of a shorter one it would take references to numbers that
        do not exist yet for null. Objects that later revisions write are left out there; what they
        were in the signed revision is read by pyHanko.
        """
        xrefs = self._reader.xrefs
        seen = {r for n in range(self._first + 1) for r in xrefs.explicit_refs_in_revision(n)}
        later = {
            ref
            for revision in range(self._first + 1, xrefs.total_revisions)
            for ref in xrefs.explicit_refs_in_revision(revision)
        }
        written = {ref.idnum for ref in later}
        named = {ref.idnum for ref in seen}
        texts: list[bytes] = []
        present: set[int] = set()
        with pikepdf.open(BytesIO(self._pdf), attempt_recovery=False) as document:
            items = document.objects
            need(len(items) <= MAX_OBJECTS)
            for item in items:
                number = item.objgen[0]
                present.add(number)
                if number not in written:
                    plain = item.stream_dict if isinstance(item, pikepdf.Stream) else item
                    texts.append(plain.unparse(resolved=True))
            need(not document.get_warnings())
        for ref in seen | later:
            # Both readers must see the same objects, or the references of some would be missed.
            need(ref.idnum in present or not xrefs.get_historical_ref(ref, xrefs.total_revisions))
            if ref in later and xrefs.get_historical_ref(ref, self._first):
                old = self._reader.get_object(ref, self._first)
                named.update(found.idnum for found in references(old))
        named.update(int(n) for n in REFERENCE.findall(b"\n".join(texts)))
        return named


class _Step:
    """One step: from `revision` − 1 to `revision`."""

    def __init__(self, reader: PdfFileReader, revision: int, named: set[int]) -> None:
        self._reader = reader
        self._revision = revision
        self._before = named
        self.named: set[int] = set()  # numbers this step has or refers to
        self._written: dict[Key, generic.PdfObject] = {}
        self._open: set[Key] = set()  # overwritten objects and new ones, not accounted for yet
        self._level: Step = "long_term"

    def recognise(self) -> Step:
        """The step's level, or Unrecognised."""
        self._check_structure()
        for key in list(self._written):
            self.named.add(key[0])
            for found in references(self._written[key]):
                self.named.add(found.idnum)
        root = self._trailer("/Root", self._revision)
        need(isinstance(root, generic.IndirectObject))
        self._catalog(key_of(root))
        for key in sorted(self._open & self._overwritten):
            self._field(key)
        need(not self._open)
        return self._level

    # --- 1 ---------------------------------------------------------------------------------

    def _check_structure(self) -> None:
        xrefs, revision = self._reader.xrefs, self._revision
        need(xrefs.get_xref_container_info(revision).xref_section_type == XRefSectionType.STANDARD)
        need(not xrefs.refs_freed_in_revision(revision))
        need(not xrefs.object_streams_used_in(revision))
        for name in ("/Root", "/Info", "/Encrypt"):
            before, after = (self._trailer(name, r) for r in (revision - 1, revision))
            need(same(before, after))
        first, second = (self._trailer("/ID", r) for r in (revision - 1, revision))
        if isinstance(first, generic.ArrayObject) and isinstance(second, generic.ArrayObject):
            need(len(first) == len(second) == 2 and same(first.raw_get(0), second.raw_get(0)))
        else:
            need(first is None and second is None)
        refs = xrefs.explicit_refs_in_revision(revision)
        need(len(refs) <= MAX_WRITTEN)
        for ref in refs:
            self._written[ref.idnum, ref.generation] = self._reader.get_object(ref, revision)
        self._open = set(self._written)
        self._overwritten = {key for key in self._written if self._marker(key) is not None}
        for key in self._written.keys() - self._overwritten:
            need(key[0] not in self._before)  # 3

    def _marker(self, key: Key) -> object:
        ref = generic.Reference(*key, pdf=self._reader)
        return self._reader.xrefs.get_historical_ref(ref, self._revision - 1)

    def _trailer(self, name: str, revision: int) -> generic.PdfObject | None:
        flat = self._reader.trailer.flatten(revision)
        return flat.raw_get(name) if name in flat else None

    def _old(self, key: Key) -> generic.PdfObject:
        ref = generic.Reference(*key, pdf=self._reader)
        found: generic.PdfObject = self._reader.get_object(ref, self._revision - 1)
        return found

    # --- 2 ---------------------------------------------------------------------------------

    def _catalog(self, root: Key) -> None:
        old = plain_dictionary(self._old(root))
        new = old
        if root in self._written:
            new = plain_dictionary(self._written[root])
            self._open.discard(root)
            same_but(old, new, {"/DSS", "/AcroForm"})
        form_before, form_after = raw(old, "/AcroForm"), raw(new, "/AcroForm")
        if isinstance(form_after, generic.IndirectObject):
            need(same(form_before, form_after))
            key = key_of(form_after)
            self._old_form = plain_dictionary(self._old(key))
            if key in self._open:
                self._open.discard(key)
                self._form(self._old_form, plain_dictionary(self._written[key]))
        else:
            self._old_form = plain_dictionary(form_before)
            self._form(self._old_form, plain_dictionary(form_after))
        self._store(raw(old, "/DSS"), raw(new, "/DSS"))

    def _form(self, old: generic.DictionaryObject, new: generic.DictionaryObject) -> None:
        same_but(old, new, {"/Fields", "/SigFlags"})
        before, after = (_flags(form) for form in (old, new))
        need(before | after == after)
        names = {str(raw(plain_dictionary(self._old(key)), "/T")) for key in self._fields(old)}
        pages: set[Key] = set()
        for key in added_entries(raw(old, "/Fields"), raw(new, "/Fields")):
            pages.add(self._timestamp(key, names))
        for page in pages & self._open:
            self._page(page)

    def _fields(self, form: generic.DictionaryObject) -> list[Key]:
        fields = raw(form, "/Fields")
        need(isinstance(fields, generic.ArrayObject))
        return [key_of(entry) for entry in entries(fields)]

    def _timestamp(self, key: Key, names: set[str]) -> Key:
        """A new field that shows nothing and holds an archive timestamp; its page."""
        field = self._new(key)
        need(set(field) <= TIMESTAMP_FIELD)
        name, page = str(raw(field, "/T")), raw(field, "/P")
        need(is_name(raw(field, "/FT"), "/Sig") and name not in names and "." not in name)
        names.add(name)
        box = raw(field, "/Rect")
        need(isinstance(box, generic.ArrayObject) and [int(v) for v in box] == [0, 0, 0, 0])
        need(is_name(self._value(field), "/ETSI.RFC3161"))
        return key_of(page)

    def _value(self, field: generic.DictionaryObject) -> object:
        """The SubFilter of a field's new value."""
        value = self._new(key_of(raw(field, "/V")))
        need(set(value) <= SIGNATURE)
        need(is_name(raw(value, "/Type"), "/Sig", "/DocTimeStamp"))
        self._account(value)
        return raw(value, "/SubFilter")

    def _page(self, key: Key) -> None:
        old, new = plain_dictionary(self._old(key)), plain_dictionary(self._written[key])
        self._open.discard(key)
        need(is_name(raw(old, "/Type"), "/Page"))
        same_but(old, new, {"/Annots"})
        for new_key in added_entries(raw(old, "/Annots"), raw(new, "/Annots")):
            field = plain_dictionary(self._written[new_key])
            need(new_key not in self._overwritten and set(field) <= TIMESTAMP_FIELD)
            need(new_key not in self._open)  # it is one of the fields that `_form` went through

    def _field(self, key: Key) -> None:
        """A prepared signature field that is signed in this step."""
        need(key in self._fields(self._old_form))
        old, new = plain_dictionary(self._old(key)), plain_dictionary(self._written[key])
        self._open.discard(key)
        need(is_name(raw(old, "/FT"), "/Sig") and "/V" not in old)
        need("/Kids" not in old and "/Parent" not in old and "/T" in old)
        same_but(old, new, {"/V", "/AP"})
        self._value(new)
        if not same(raw(old, "/AP"), raw(new, "/AP")):
            look = raw(new, "/AP")
            if isinstance(look, generic.IndirectObject):
                look = self._new(key_of(look))
            need(isinstance(look, generic.DictionaryObject) and set(look) == {"/N"})
            assert isinstance(look, generic.DictionaryObject)
            form = self._new(key_of(raw(look, "/N")), stream=True)
            need(set(form) <= FORM_XOBJECT and is_name(raw(form, "/Subtype"), "/Form"))
            self._account(form)
        self._level = "signatures"

    def _store(self, old: object, new: object) -> None:
        """The document security store before (may be None) and after."""
        if new is None:
            need(old is None)
            return
        need(isinstance(new, generic.IndirectObject))
        key = key_of(new)
        if key not in self._open:
            need(same(old, new))
            return
        store = plain_dictionary(self._written[key])
        self._open.discard(key)
        if old is None:
            need(key not in self._overwritten)
            before = generic.DictionaryObject()
        else:
            need(key not in self._overwritten or key == key_of(old))
            before = plain_dictionary(self._old(key_of(old)))
            need(set(before) <= STORE)
        need(set(store) <= STORE)
        need(same(raw(before, "/VRI"), raw(store, "/VRI")) or "/VRI" not in before)
        for name in LISTS:
            for new_key in added_entries(raw(before, name), raw(store, name)):
                self._account(self._new(new_key, stream=True))
        self._account(store)

    # --- 3, 4 ------------------------------------------------------------------------------

    def _new(self, key: Key, *, stream: bool = False) -> generic.DictionaryObject:
        """A dictionary (or stream) that this step brings; accounted for."""
        need(key in self._written and key not in self._overwritten)
        found = self._written[key]
        self._open.discard(key)
        need(isinstance(found, generic.StreamObject) is stream)
        need(isinstance(found, generic.DictionaryObject))
        assert isinstance(found, generic.DictionaryObject)
        return found

    def _account(self, start: generic.PdfObject) -> None:
        """Everything new that is reached from `start` belongs to it."""
        waiting = [start]
        while waiting:
            for ref in references(waiting.pop()):
                key = (ref.idnum, ref.generation)
                if key in self._open and key not in self._overwritten:
                    self._open.discard(key)
                    waiting.append(self._written[key])


def _flags(form: generic.DictionaryObject) -> int:
    value = raw(form, "/SigFlags")
    need(value is None or (isinstance(value, int) and 0 <= value <= 3))
    return value if isinstance(value, int) else 0
