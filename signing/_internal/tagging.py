"""Putting signature fields into the structure of a tagged document.

PDF/UA-1 (ISO 14289-1 §7.18.4) wants every visible widget nested in a Form element, so that a
screen reader meets the field, with its label, in the order of the text. Untagged documents and
fields without an area stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, String

from ..errors import DamagedPdf

MAX_DEPTH = 32


def add_form_elements(document: pikepdf.Pdf, widgets: Sequence[tuple[Object, Object, str]]) -> None:
    """`widgets` are (widget, its page, what it is called), in reading order."""
    tree = document.Root.get("/StructTreeRoot")
    if not isinstance(tree, Dictionary) or not tree.is_indirect or not widgets:
        return
    parent = _document_element(tree)
    key = _next_key(tree)
    numbers: list[Object | int] = []
    children = _as_array(parent.get("/K"))
    for widget, page, label in widgets:
        reference = Dictionary(Type=Name.OBJR, Obj=widget, Pg=page)
        element = document.make_indirect(
            Dictionary(
                Type=Name.StructElem, S=Name.Form, P=parent, Pg=page, K=reference,
                Alt=String(label),
            )
        )  # fmt: skip
        children.append(element)
        widget.StructParent = key
        numbers += [key, element]
        page.Tabs = Name.S
        key += 1
    parent.K = children
    _add_numbers(document, tree, numbers)
    tree.ParentTreeNextKey = key


def _document_element(tree: Dictionary) -> Dictionary:
    """The Document element, or the root itself where there is none."""
    for child in _as_array(tree.get("/K")):
        if not isinstance(child, Dictionary) or not child.is_indirect:
            continue
        if child.get("/S") == Name.Document:
            return child
    return tree


def _as_array(kids: Object | None) -> Array:
    """/K as a list: it may be missing, one child, or several (ISO 32000-1 table 323)."""
    if kids is None:
        return Array()
    return Array(list(kids)) if isinstance(kids, Array) else Array([kids])


def _next_key(tree: Dictionary) -> int:
    known = tree.get("/ParentTreeNextKey")
    highest = _highest(tree.get("/ParentTree"), 0)
    return max(int(known) if isinstance(known, int) else 0, highest + 1)


def _highest(node: Object | None, depth: int) -> int:
    """The highest key of a number tree (§7.9.7), −1 of an empty one."""
    if depth > MAX_DEPTH:
        raise DamagedPdf(reason="/ParentTree")
    if not isinstance(node, Dictionary):
        return -1
    keys = [int(k) for k in list(_as_array(node.get("/Nums")))[::2]]
    keys += [_highest(kid, depth + 1) for kid in _as_array(node.get("/Kids"))]
    return max(keys, default=-1)


def _add_numbers(document: pikepdf.Pdf, tree: Dictionary, numbers: list[Object | int]) -> None:
    """Append to the number tree; the keys are higher than all that are there."""
    node = tree.get("/ParentTree")
    if not isinstance(node, Dictionary):
        node = tree.ParentTree = document.make_indirect(Dictionary(Nums=Array()))
    if "/Kids" in node:
        leaf = Dictionary(Nums=Array(numbers), Limits=Array([numbers[0], numbers[-2]]))
        node.Kids = Array([*node.Kids.as_list(), document.make_indirect(leaf)])
    else:
        node.Nums = Array([*_as_array(node.get("/Nums")), *numbers])
