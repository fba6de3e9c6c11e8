"""Limits on what is read, so that no document can take a service down.

The defaults leave room for an invoice of ten thousand lines with attachments; every one can be
set by the caller (`validate(xml, limits=Limits(bytes=…))`, settings of the service).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond any of these a document is refused as unreadable."""

    #: Size of the file in bytes.
    bytes: int = 50_000_000
    #: Elements in the document (a line of an invoice has about forty).
    elements: int = 1_000_000
    #: Nesting of elements; UBL invoices stay below 20, and the parser itself ends at 256.
    depth: int = 100
    #: Characters in one attribute.
    attribute_length: int = 10_000
    #: Wall-clock seconds for growing the tree, judging it and asking the law.
    seconds: float = 60.0
    #: Findings in one report; the rest is counted and left out.
    findings: int = 1_000


class Refusal(Exception):
    """The document cannot be read. `reason` is the key of its message; never leaves the package."""

    def __init__(self, reason: str, line: int | None = None, **values: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.values = values
