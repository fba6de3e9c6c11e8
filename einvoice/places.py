"""Where in the document something stands: a path for people, and the line if the file is at hand.

A place is a tuple of steps below the root: element names, or (name, index) with index from 0 for
one of several, for example `(("cac:InvoiceLine", 2), "cbc:LineExtensionAmount")`. If the element is
not there, the path still names it and the line is that of the nearest one that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from einvoice.document import Node


Step = str | tuple[str, int]
Place = tuple[Step, ...]

ROOT = "/ubl:Invoice"


def locate(place: Place, root: Node | None) -> tuple[str, int | None]:
    """Path and 1-based line of a place; without the file's tree the line is None."""
    path = ROOT if root is None else root.path
    node, missing = root, False
    for step in place:
        name, index = step if isinstance(step, tuple) else (step, None)
        found = [] if node is None or missing else node.children.get(name, [])
        at = index or 0
        if at < len(found):
            node = found[at]
        else:
            missing = True
        several = index is not None if root is None else len(found) > 1 or (missing and index)
        path += f"/{name}[{at + 1}]" if several else f"/{name}"
    return path, None if node is None else node.line


def adjustments(parent: Node | None, count: int, *, is_charge: bool) -> list[tuple[str, int]]:
    """Steps to the first `count` allowances, or charges: both are cac:AllowanceCharge."""
    name = "cac:AllowanceCharge"
    if parent is None:
        return [(name, index) for index in range(count)]
    wanted = ("true", "1") if is_charge else ("false", "0")
    found = []
    for index, node in enumerate(parent.children.get(name, [])):
        indicator = node.first("cbc:ChargeIndicator")
        if indicator is not None and indicator.text.strip() in wanted:
            found.append((name, index))
    return found[:count] + [(name, 0)] * (count - len(found))


def child(root: Node | None, name: str, index: int) -> Node | None:
    """The child of this name and index, if the tree is at hand and has it."""
    found = [] if root is None else root.children.get(name, [])
    return found[index] if index < len(found) else None
