"""The table of terms turned into groups that know their class, their element and their values.

`einvoice/reading.py` and `einvoice/writing.py` walk these groups; neither names a term.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from typing import Any, Final, get_args, get_type_hints

from einvoice import invoice as model
from einvoice.terms import Kind, Term, path_steps, table

#: What UBL's own mandatory leaves say where the model has nothing to say.
FILLER: Final = "NA"

_STEP: Final = re.compile(r"(?P<name>[^\[*]+)(?P<many>\*?)(?:\[(?P<choice>[^\]]*)\])?")


@dataclass(frozen=True, slots=True)
class Choice:
    """[path=value], [path!=value] or [term]: which of several elements of a name is meant."""

    path: str
    value: str
    negated: bool
    #: "IBT-005" or "IBT-006" for the TaxTotal in the currency of that term.
    currency: str | None = None

    def __str__(self) -> str:
        if self.currency:
            return f"[{self.currency}]"
        return f"[{self.path}{'!=' if self.negated else '='}{self.value}]"


@dataclass(frozen=True, slots=True)
class Step:
    """One element name on a path, perhaps with a choice; `many` if this is the one that repeats."""

    name: str
    choice: Choice | None = None
    many: bool = False

    def __str__(self) -> str:
        return self.name + (str(self.choice) if self.choice else "")


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a group: where it stands and which attribute of the class holds it."""

    term: str
    fields: tuple[str, ...]
    steps: tuple[Step, ...]
    attribute: str | None
    kind: Kind
    in_accounting_currency: bool = False


@dataclass(slots=True)
class GroupBinding:
    """One class at one place: its values and the groups inside it, in document order.

    `made` has the class of each nested object that has no group of its own (an `Identifier`), by
    the attribute that holds it.
    """

    cls: type[Any]
    field_name: str | None
    steps: tuple[Step, ...]
    repeats: bool
    values: list[Value] = field(default_factory=list)
    groups: list[GroupBinding] = field(default_factory=list)
    made: dict[str, type[Any]] = field(default_factory=dict)
    #: Leaves that UBL wants and JP PINT has no term for; written as `FILLER` where missing.
    fillers: list[tuple[Step, ...]] = field(default_factory=list)
    in_accounting_currency: bool = False


@cache
def document_binding(profile: str = "pint-jp") -> GroupBinding:
    """The binding of a whole document of one type."""
    root = GroupBinding(model.Invoice, None, (), repeats=False)
    groups: dict[str | None, GroupBinding] = {None: root}
    implied: dict[tuple[int, str], GroupBinding] = {}
    for term in table(profile).values():
        parent = groups[term.group]
        if term.kind == "Filler":
            parent.fillers.append(_parse(term.path)[0])
        if term.field is None:
            continue
        if term.kind == "Group":
            groups[term.id] = _group(parent, term)
        else:
            _add_value(parent, term, implied)
    return root


def _group(parent: GroupBinding, term: Term) -> GroupBinding:
    assert term.field is not None
    name = term.field.removesuffix("*")
    steps, _, accounting = _parse(term.path)
    group = GroupBinding(
        _class_of(parent.cls, name),
        name,
        steps,
        term.field.endswith("*"),
        in_accounting_currency=accounting,
    )
    parent.groups.append(group)
    return group


def _add_value(
    parent: GroupBinding, term: Term, implied: dict[tuple[int, str], GroupBinding]
) -> None:
    assert term.field is not None
    steps, attribute, accounting = _parse(term.path)
    accounting = accounting or parent.in_accounting_currency
    if "*" in term.field:
        # A repeating object without a group of its own: its steps end at the one with the star.
        name, _, inner = term.field.partition("*.")
        cut = 1 + next(i for i, step in enumerate(steps) if step.many)
        group = implied.get((id(parent), name))
        if group is None:
            group = GroupBinding(_class_of(parent.cls, name), name, steps[:cut], repeats=True)
            implied[id(parent), name] = group
            parent.groups.append(group)
        group.values.append(Value(term.id, (inner,), steps[cut:], attribute, term.kind, accounting))
        return
    fields = tuple(term.field.split("."))
    if len(fields) == 2:
        parent.made[fields[0]] = _class_of(parent.cls, fields[0])
    parent.values.append(Value(term.id, fields, steps, attribute, term.kind, accounting))


def _parse(path: str) -> tuple[tuple[Step, ...], str | None, bool]:
    """Steps, attribute, and whether the path leads through the accounting currency."""
    parts = path_steps(path)
    attribute = parts.pop()[1:] if parts[-1].startswith("@") else None
    steps = []
    accounting = False
    for part in parts:
        found = _STEP.fullmatch(part)
        assert found is not None, path
        choice = _choice(found["choice"]) if found["choice"] else None
        accounting = accounting or (choice is not None and choice.currency == "IBT-006")
        steps.append(Step(found["name"], choice, many=bool(found["many"])))
    return tuple(steps), attribute, accounting


def _choice(text: str) -> Choice:
    if text.startswith("IBT-"):
        return Choice("", "", negated=False, currency=text)
    path, sign, value = re.split(r"(!?=)", text)
    return Choice(path, value, sign == "!=")


def _hints(cls: type[Any]) -> Mapping[str, Any]:
    return get_type_hints(cls)


def _class_of(cls: type[Any], name: str) -> type[Any]:
    """The dataclass inside an annotation such as `Address | None` or `tuple[Line, ...]`."""
    hint = _hints(cls)[name]
    for candidate in (hint, *get_args(hint)):
        if is_dataclass(candidate):
            assert isinstance(candidate, type)
            return candidate
    raise TypeError(f"{cls.__name__}.{name} holds no class of the model")
