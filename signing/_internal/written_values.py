"""Comparing values of two revisions of a PDF exactly as they are written.

Nothing here follows a reference: which revision it would lead to is the caller's knowledge.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from pyhanko.pdf_utils import generic

Key = tuple[int, int]  # object number and generation


class Unrecognised(Exception):
    """The values are not of a known shape."""


def need(claim: bool) -> None:
    if not claim:
        raise Unrecognised


def plain_dictionary(value: object) -> generic.DictionaryObject:
    """A dictionary that is no stream."""
    need(isinstance(value, generic.DictionaryObject))
    need(not isinstance(value, generic.StreamObject))
    assert isinstance(value, generic.DictionaryObject)
    return value


def raw(dictionary: generic.DictionaryObject, key: str) -> generic.PdfObject | None:
    return dictionary.raw_get(key) if key in dictionary else None


def key_of(value: object) -> Key:
    need(isinstance(value, generic.IndirectObject))
    assert isinstance(value, generic.IndirectObject)
    return value.idnum, value.generation


def entries(array: object) -> list[generic.PdfObject]:
    assert isinstance(array, generic.ArrayObject)
    return [array.raw_get(index) for index in range(len(array))]


def added_entries(old: object, new: object) -> list[Key]:
    """What stands at the end of the new list behind all of the old one's entries."""
    if new is None:
        need(old is None)
        return []
    need(old is None or isinstance(old, generic.ArrayObject))
    need(isinstance(new, generic.ArrayObject))
    before = [] if old is None else entries(old)
    after = entries(new)
    need(len(before) <= len(after))
    need(all(same(a, b) for a, b in zip(before, after, strict=False)))
    return [key_of(entry) for entry in after[len(before) :]]


def same(first: object, second: object) -> bool:
    """Whether two values are written alike: the same kind, bytes and references."""
    if first is None or second is None:
        return first is second
    return type(first) is type(second) and as_written(first) == as_written(second)


def as_written(value: object) -> bytes:
    assert isinstance(value, generic.PdfObject)
    out = BytesIO()
    value.write_to_stream(out, None)
    return out.getvalue()


def same_but(
    old: generic.DictionaryObject, new: generic.DictionaryObject, allowed: set[str]
) -> None:
    """Both have the same keys with the same values, but for the allowed keys."""
    need(set(old) - allowed == set(new) - allowed)
    for key in set(old) - allowed:
        need(same(old.raw_get(key), new.raw_get(key)))


def is_name(value: object, *names: str) -> bool:
    """Whether a value is one of these names (a string with the same letters is none)."""
    return isinstance(value, generic.NameObject) and value in names


def references(start: object) -> Iterator[generic.Reference]:
    """All references inside one object, not followed."""
    waiting = [start]
    while waiting:
        item = waiting.pop()
        if isinstance(item, generic.IndirectObject):
            yield item.reference
        elif isinstance(item, generic.DictionaryObject):
            waiting.extend(item.raw_get(key) for key in item)
        elif isinstance(item, generic.ArrayObject):
            waiting.extend(entries(item))
