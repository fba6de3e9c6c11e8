"""Where each party's signature stands: boxes fixed before the first signature.

The last page (or pages) of a contract holds one row a party. The style sheet and the signature
fields take their places from the numbers here, so what is printed and what is signed agree.
Fields made later than the first signature would break it (PDF Association pdf-issues 735), so the
whole list is known when the document is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

POINTS_PER_MM = 72 / 25.4
PAGE_HEIGHT_MM = 297.0
MARGIN_LEFT_MM, MARGIN_TOP_MM = 20.0, 25.0
FIRST_ROW_MM, ROW_MM = 22.0, 42.0
BOX_LEFT_MM, BOX_WIDTH_MM, BOX_HEIGHT_MM = 75.0, 95.0, 34.0
ROWS_A_PAGE = 5

CITY_SLOT = "City"


@dataclass(frozen=True, slots=True)
class PartyLine:
    """A party as the signature page prints it, in signing order."""

    slot: str
    role: str
    organisation: str
    address: str
    title: str
    person: str


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """A signature field to be made: page counts from 0, box in points from the lower left."""

    name: str
    label: str
    page: int
    box: tuple[float, float, float, float]

    def to_json(self) -> dict[str, object]:
        return {"name": self.name, "label": self.label, "page": self.page, "box": list(self.box)}


def vendor_slot(index: int) -> str:
    """Field name of the vendor party number `index` (0 first); no name is another's prefix,
    because old verifiers confuse such fields."""
    return f"Vendor_{ascii_uppercase[index]}"


def pages_needed(parties: int) -> int:
    return -(-parties // ROWS_A_PAGE)


def row_top_mm(index: int) -> float:
    """Distance of row `index` from the top of its page's content."""
    return FIRST_ROW_MM + ROW_MM * (index % ROWS_A_PAGE)


def plan(parties: Sequence[PartyLine], first_page: int) -> tuple[SlotPlan, ...]:
    """The fields for `parties`, whose rows begin on page `first_page` (0-based)."""
    plans = []
    for index, party in enumerate(parties):
        left = MARGIN_LEFT_MM + BOX_LEFT_MM
        top = PAGE_HEIGHT_MM - MARGIN_TOP_MM - row_top_mm(index)
        box = (left, top - BOX_HEIGHT_MM, left + BOX_WIDTH_MM, top)
        plans.append(
            SlotPlan(
                name=party.slot,
                label=f"{party.role}　{party.organisation}",
                page=first_page + index // ROWS_A_PAGE,
                box=tuple(round(mm * POINTS_PER_MM, 2) for mm in box),  # type: ignore[arg-type]
            )
        )
    return tuple(plans)
