"""Where signatures go (`Slot`) and what one of them declares (`Act`)."""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Slot:
    """A signature field made before the first signature.

    `name` is the field's name (ASCII letters, digits, `_`; never a prefix of another slot's name,
    because old verifiers confuse such fields under FieldMDP). `label` is what people read, such as
    「受注者」. `page` counts from 0, −1 is the last. `box` is (x1, y1, x2, y2) in points from the
    page's lower left corner; None makes an invisible signature.
    """

    name: str
    label: str
    page: int = -1
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One party's act, as the signature shows it.

    `name` is the person or body, `capacity` 肩書・役割 (may span lines), `statement` what the act
    declares, for example 「上記の契約に同意します」, `act_id` the caller's id of the act. The time
    is never given by the caller: the timestamp token is the proof of it.
    """

    name: str
    capacity: str
    statement: str
    act_id: str
