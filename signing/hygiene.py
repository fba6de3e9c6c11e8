"""What is in a PDF that could make it show something else after it was signed?

Shadow attacks (Mainka et al., NDSS 2021) prepare a document before it is signed: hidden layers,
content under an overlay, form fields or fonts that are swapped later, objects nobody refers to. The
signed bytes are then genuine, and only a look before signing helps. `inspect` is that look, for
files that come from outside; what it finds is for a person to decide, or for the file to be printed
to a fresh PDF.

Looked for, by code:

    hygiene.javascript    scripts
    hygiene.actions       things done on opening
    hygiene.layers        optional content
    hygiene.external      content outside the file
    hygiene.fields        form fields
    hygiene.annotations   notes laid over pages
    hygiene.unreferenced  objects nothing refers to
    hygiene.revisions     several revisions
    hygiene.duplicates    an object defined twice
    hygiene.overlay       images or forms painted over text
    hygiene.fonts         fonts that are not embedded
    hygiene.whole_fonts   fonts embedded with all their characters
    hygiene.structure     a structure out of order

What is NOT looked for: what attached files do when they are opened.
"""

from __future__ import annotations

from .verdict import Reason


def inspect(pdf: bytes) -> tuple[Reason, ...]:
    """The findings about `pdf`, none for a clean file.

    Raises EmptyPdf, NotAPdf, PdfTooLarge, EncryptedPdf, XfaForm, DamagedPdf.
    """
    from ._internal import inspecting

    return inspecting.inspect(pdf)
