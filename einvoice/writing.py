"""From the typed `Invoice` to UBL XML, by the table of terms, in schema order.

What is written reads back equal: `read(write(x)) == x` for every invoice of stated values (empty
text counts as not stated). Writing checks nothing: `validate` does.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Any, Final

from lxml import etree

from einvoice import ubl
from einvoice.binding import FILLER, GroupBinding, Step, Value, document_binding
from einvoice.errors import UnwritableInvoice
from einvoice.invoice import Invoice

_NOT_XML: Final = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMESPACES: Final = {None: ubl.INVOICE, "cac": ubl.CAC, "cbc": ubl.CBC}


def write(invoice: Invoice) -> bytes:
    """UTF-8 XML with declaration, indented by two blanks.

    Raises `UnwritableInvoice` for text that XML cannot hold (control characters).
    """
    root = etree.Element(f"{{{ubl.INVOICE}}}Invoice", nsmap=_NAMESPACES)
    writer = _Writer(invoice)
    writer.group(document_binding(), invoice, root)
    _sort(root, "Invoice")
    etree.indent(root, "  ")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


class _Writer:
    def __init__(self, invoice: Invoice) -> None:
        self._currency = invoice.currency
        self._accounting_currency = invoice.accounting_currency or ""
        #: Elements made for a step below an element, so that values that share a path share them.
        self._made: dict[tuple[etree._Element, str], etree._Element] = {}

    def group(self, binding: GroupBinding, item: Any, element: etree._Element) -> None:
        # Attributes come after the values of their elements: one without a value is not written.
        for value in sorted(binding.values, key=lambda value: value.attribute is not None):
            got = item
            for name in value.fields:
                got = getattr(got, name) if got is not None else None
            if got is None or got == "" or got == b"":
                continue
            self._value(value, got, element)
        for group in binding.groups:
            assert group.field_name is not None
            held = getattr(item, group.field_name)
            items = held if group.repeats else (() if held is None else (held,))
            for one in items:
                self._inner_group(group, one, element)

        for steps in binding.fillers:
            parent = self._existing(element, steps[:-1])
            if parent is not None and len(parent) and self._existing(element, steps) is None:
                self._at(element, steps).text = FILLER

    def _inner_group(self, group: GroupBinding, item: Any, element: etree._Element) -> None:
        # Everything from the repeating step on is new for each item.
        new = next((i for i, step in enumerate(group.steps) if step.many), len(group.steps))
        inner = self._at(element, group.steps[:new])
        for step in group.steps[new:]:
            inner = self._make(inner, step)
        self.group(group, item, inner)
        if len(inner) == 0 and not group.repeats:
            self._forget(inner)

    def _forget(self, element: etree._Element) -> None:
        """Take an element out again that turned out to hold nothing."""
        parent = element.getparent()
        while parent is not None and len(element) == 0:
            self._made = {key: made for key, made in self._made.items() if made is not element}
            parent.remove(element)
            element, parent = parent, parent.getparent()

    def _value(self, value: Value, got: Any, element: etree._Element) -> None:
        if value.attribute is not None:
            leaf = self._existing(element, value.steps)
            if leaf is not None:
                leaf.set(value.attribute, _checked(_FORMS[value.kind](got), value))
            return
        leaf = self._at(element, value.steps)
        leaf.text = _checked(_FORMS[value.kind](got), value)
        if value.kind == "Amount":
            accounting = value.in_accounting_currency
            leaf.set("currencyID", self._accounting_currency if accounting else self._currency)

    def _at(self, element: etree._Element, steps: tuple[Step, ...]) -> etree._Element:
        """The element at a path, made where it is not there yet."""
        for step in steps:
            made = self._made.get((element, str(step)))
            if made is None:
                made = self._made[element, str(step)] = self._make(element, step)
            element = made
        return element

    def _existing(self, element: etree._Element, steps: tuple[Step, ...]) -> etree._Element | None:
        for step in steps:
            made = self._made.get((element, str(step)))
            if made is None:
                return None
            element = made
        return element

    def _make(self, parent: etree._Element, step: Step) -> etree._Element:
        element = etree.SubElement(parent, ubl.full_tag(step.name))
        choice = step.choice
        if choice is not None and choice.currency is None and not choice.negated:
            leaf = element
            for name in choice.path.split("/"):
                made = self._made.get((leaf, name))
                if made is None:
                    made = self._made[leaf, name] = etree.SubElement(leaf, ubl.full_tag(name))
                leaf = made
            leaf.text = choice.value
        return element


def _sort(element: etree._Element, type_name: str | None) -> None:
    """Bring the children of every element into the order of UBL."""
    if type_name is None or len(element) == 0:
        return
    slots = ubl.aggregates()[type_name].slots
    names = {child: ubl.short_name(str(child.tag)) for child in element}
    element[:] = sorted(element, key=lambda child: slots[names[child]].position)
    for child, name in names.items():
        _sort(child, slots[name].type)


def _checked(text: str, value: Value) -> str:
    """Text that XML can hold."""
    found = _NOT_XML.search(text)
    if found is not None:
        code = f"U+{ord(found[0]):04X}"
        raise UnwritableInvoice(field=value.term, term=value.term, code=code, at=found.start() + 1)
    return text


def _form_decimal(number: Decimal) -> str:
    """Plain digits as stated, never an exponent."""
    return format(number, "f")


def _form_time(value: time) -> str:
    return value.isoformat().replace("+00:00", "Z")


_FORMS: Final[dict[str, Callable[[Any], str]]] = {
    "Text": str,
    "Identifier": str,
    "Code": str,
    "Date": date.isoformat,
    "Time": _form_time,
    "Amount": _form_decimal,
    "Quantity": _form_decimal,
    "Percentage": _form_decimal,
    "Binary": lambda content: base64.b64encode(content).decode("ascii"),
}
