"""Changes to the validation data of a document (/DSS) that a later revision may make.

As pyHanko's rule, but for the index by signature (/VRI): services rewrite or drop its entries when
they add newer answers, and some give it a /Type. EN 319 142-1 §5.4.2.3 lets it be left out, and
nothing here reads it. So an entry that changed is treated as one that is new: its keys are known
ones, and what it brings is reached from it alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import map_with_return
from pyhanko.pdf_utils.reader import HistoricalResolver, RawPdfPath
from pyhanko.sign.diff_analysis import DSSCompareRule, ReferenceUpdate, SuspiciousModification
from pyhanko.sign.diff_analysis.commons import compare_key_refs
from pyhanko.sign.diff_analysis.rules.form_field_rules import _validate_dss_substructure
from pyhanko.sign.diff_analysis.rules_api import Context

LISTS = {"/Certs", "/CRLs", "/OCSPs"}
KEYS = LISTS | {"/Type", "/VRI"}


class StoreRule(DSSCompareRule):
    """See the module."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterator[ReferenceUpdate]:
        place = Context.from_absolute(old, RawPdfPath("/Root", "/DSS"))
        before, after = yield from map_with_return(
            compare_key_refs("/DSS", old, old.root, new.root),
            ReferenceUpdate.curry_ref(context_checked=place),
        )
        if after is None:
            return
        before, after = _dictionary(before), _dictionary(after)
        if not set(after) <= KEYS:
            raise SuspiciousModification(f"Unexpected keys in DSS: {set(after) - KEYS}.")
        yield from _validate_dss_substructure(
            old, new, before, after, LISTS, is_vri=False, context=place
        )
        index = Context.from_absolute(old, RawPdfPath("/Root", "/DSS", "/VRI"))
        before, after = yield from map_with_return(
            compare_key_refs("/VRI", old, before, after),
            ReferenceUpdate.curry_ref(context_checked=index),
        )
        if after is not None:
            before, after = _dictionary(before), _dictionary(after)
            entries = {key: after.raw_get(key) for key in after if key != "/Type"}
            kept = {k: v for k, v in entries.items() if k in before and before.raw_get(k) == v}
            yield from DSSCompareRule._check_vri(
                old, new, generic.DictionaryObject(kept), generic.DictionaryObject(entries)
            )


def _dictionary(value: object) -> generic.DictionaryObject:
    if value is None:
        return generic.DictionaryObject()
    if not isinstance(value, generic.DictionaryObject):
        raise SuspiciousModification("The validation data is no dictionary.")
    return value
