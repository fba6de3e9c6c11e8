"""What UBL's schema refuses in a document, said so that it can be mended.

`einvoice/schema.py` decides whether there is anything to say; this module looks at such a document
once more, node by node, and says every fault it knows the words for. If the schema refuses
something we have no words for, its own sentence is reported: nothing refused goes unsaid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from lxml import etree

from einvoice import ubl
from einvoice.document import Document, Group, Node
from einvoice.findings import Finding, Text
from einvoice.messages import texts
from einvoice.parsing import Parsed
from einvoice.schema import invoice_schema
from einvoice.terms import table, term_at, terms_at

if TYPE_CHECKING:
    from einvoice.rules.clearance import Look

#: Documents of more bytes are looked at by ourselves before the schema is asked.
LARGE: Final = 300_000

_XINCLUDE: Final = "{http://www.w3.org/2001/XInclude}"


def check_structure(
    parsed: Parsed, document: Document, most: int, look: Look | None = None
) -> list[Finding]:
    """Findings of source "structure", `most` of them; empty exactly if UBL 2.1 accepts it. `look`:
    what is known already of where there can be any."""
    suspects = None if look is None else look.suspects
    if parsed.size > LARGE:
        # The schema goes on after a fault, and each costs it more than the one before.
        found = [fault.finding() for fault in islice(_faults(parsed, document, suspects), most)]
        if found:
            return found
    schema = invoice_schema()
    if schema.validate(parsed.root):
        return []
    found = [fault.finding() for fault in islice(_faults(parsed, document, suspects), most)]
    return found or [_in_schema_words(schema)]


@dataclass(frozen=True, slots=True)
class _Fault:
    """One fault at one node; `kind` is the key of its texts."""

    kind: str
    node: Node
    values: dict[str, object] = field(default_factory=dict)
    #: Name of the child that the path should point to, where it does not exist.
    missing: str | None = None

    def finding(self) -> Finding:
        names = self.node.expected.path + ((self.missing,) if self.missing else ())
        message, remedy = texts(
            "structure",
            self.kind,
            name=_named(self.node.expected.path),
            value=self.node.text,
            **self.values,
        )
        return Finding(
            id=f"structure-{self.kind}",
            source="structure",
            severity="error",
            message=message,
            remedy=remedy,
            path=self.node.path,
            line=self.node.line,
            term=term_at(names),
        )


def _in_schema_words(schema: etree.XMLSchema) -> Finding:
    error = schema.error_log[0]
    message, remedy = texts("structure", "other", detail=error.message)
    return Finding(
        "structure-other", "structure", "error", message, remedy, line=error.line or None
    )


def _faults(
    parsed: Parsed, document: Document, suspects: tuple[int, ...] | None
) -> Iterator[_Fault]:
    """Of the groups below the root only the suspect are looked into, if it is known which are."""
    root = document.root
    root_type = ubl.ROOT_TYPES.get(root.name)
    if root_type is None:
        yield _Fault("root", root)
        return
    places: list[_Place] = [(root, root_type, "strict")]
    elements: dict[Node, etree._Element] = {root: parsed.root}
    while places:
        node, type_name, mode = places.pop()
        element = elements[node]
        kids = list(_in_order(node, element))
        elements.update(kids)
        inner = list(_inside(node, [kid for kid, _ in kids], type_name, mode, element))
        yield from (entry for entry in inner if isinstance(entry, _Fault))
        further = [entry for entry in inner if not isinstance(entry, _Fault)]
        if node is root and suspects is not None:
            possible = {kids[index][0] for index in suspects}
            further = [place for place in further if place[0] in possible]
        places += reversed(further)


def _in_order(node: Node, element: etree._Element) -> Iterator[tuple[Node, etree._Element]]:
    """The child nodes of a node, which keeps them by name, in document order."""
    by_name = {name: iter(nodes) for name, nodes in node.children.items()}
    for child in element:
        yield next(by_name[ubl.short_name(str(child.tag))]), child


_Place = tuple[Node, str, str]


def _inside(
    node: Node, kids: list[Node], type_name: str, mode: str, element: etree._Element
) -> Iterator[_Fault | _Place]:
    """Faults of one aggregate and of its leaves, and the aggregates to look into next."""
    if mode == "lax":
        yield from _inside_extension(node, kids)
        return
    aggregate = ubl.aggregates()[type_name]
    yield from _unknown_attributes(node, ubl.ANYWHERE)
    stray = "".join([element.text or "", *(child.tail or "" for child in element)])
    if stray.strip(ubl.BLANKS):
        yield _Fault("text", node, {"text": stray.strip(ubl.BLANKS)})
    last: ubl.Slot | None = None
    seen: set[str] = set()
    for kid in kids:
        slot = aggregate.slots.get(kid.name)
        if slot is None:
            yield _Fault("xinclude" if kid.name.startswith(_XINCLUDE) else "unknown", kid)
            continue
        if last is not None and slot.position < last.position:
            yield _Fault("order", kid, {"before": _named((*node.expected.path, last.name))})
        elif slot.name in seen and not slot.repeatable:
            yield _Fault("too-many", kid)
        if last is None or slot.position > last.position:
            last = slot
        seen.add(slot.name)
        yield from _child(kid, slot.type)
    for name in aggregate.slots:
        if name in aggregate.required and name not in seen:
            child = _named((*node.expected.path, name))
            yield _Fault("missing", node, {"child": child}, missing=name)


def _child(kid: Node, type_name: str | None) -> Iterator[_Fault | _Place]:
    if type_name is None:
        yield from _leaf(kid)
    elif type_name == "ExtensionContent":
        yield (kid, type_name, "lax")
    else:
        yield (kid, type_name, "strict")


def _inside_extension(node: Node, kids: list[Node]) -> Iterator[_Fault | _Place]:
    """An extension holds one foreign element; UBL elements below it are looked at, others not."""
    if node.name == "ext:ExtensionContent" and len(kids) != 1:
        yield _Fault("extension", node)
    for kid in kids:
        if kid.name in ubl.global_types():
            yield from _child(kid, ubl.global_types()[kid.name])
        else:
            yield (kid, "", "lax")


def _leaf(node: Node) -> Iterator[_Fault]:
    leaf = ubl.leaf_type(node.name.partition(":")[2])
    if isinstance(node, Group):
        yield _Fault("nested", node)
        return
    if leaf.required is not None and leaf.required not in node.attributes:
        yield _Fault("attribute-missing", node, {"attribute": leaf.required})
    yield from _unknown_attributes(node, leaf.attributes)
    language = node.get("languageID")
    if language is not None and not ubl.is_language(language):
        yield _Fault("attribute-value", node, {"attribute": "languageID", "stated": language})
    # libxml2 takes no blanks around a date or a time, unlike around a number.
    padded = leaf.name in ("Date", "Time") and node.text != node.text.strip(ubl.BLANKS)
    if leaf.accepts is not None and (padded or not leaf.accepts(node.text)):
        yield _Fault(f"value-{_FORMS.get(leaf.name, 'number')}", node)


_FORMS: Final = {
    "Date": "date",
    "Time": "time",
    "Indicator": "boolean",
    "BinaryObject": "base64",
}


def _unknown_attributes(node: Node, known: frozenset[str]) -> Iterator[_Fault]:
    for name in sorted(node.attributes.keys() - known):
        yield _Fault("attribute", node, {"attribute": _shown(name)})


def _named(path: tuple[str, ...]) -> Text | str:
    """An element as people call it and as the file has it: 支払期日（IBT-009、cbc:DueDate）. Of
    several terms that a choice would tell apart, all."""
    element, ids = _shown(path[-1]), terms_at(path)
    if path == ("ubl:Invoice",):
        return Text(f"請求書（{element}）", f"The invoice ({element})")
    if not ids:
        return element
    names, numbers = [table()[ident].name for ident in ids], "/".join(ids)
    return Text(
        f"{'または'.join(name.ja for name in names)}（{numbers}、{element}）",
        f"{' or '.join(name.en for name in names)} ({numbers}, {element})",
    )


def _shown(name: str) -> str:
    """A foreign name without the braces of its namespace."""
    return name.rpartition("}")[2] if name.startswith("{") else name
