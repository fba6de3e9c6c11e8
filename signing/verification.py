"""Is this PDF what it claims to be? In this process, to the end, however long it takes.

Use `Judge` for files from outside: it does the same in a process that can be stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .timestamping import utc_now
from .trust import Trust
from .verdict import Verdict


def verify(
    pdf: bytes,
    trust: Trust,
    at: datetime | None = None,
    expected_slots: Sequence[str] | None = None,
) -> Verdict:
    """The verdict on `pdf`, as of `at` (default: now).

    `expected_slots` are the names of the slots that must be signed by now, in the caller's
    knowledge; they take the place of the list certified in the document, so that a contract can be
    checked between two signatures. Without them a document that declares slots passes only when
    all are signed.

    Never raises for anything in the file: what cannot be judged is "indeterminate", with reasons.
    """
    from ._internal import examination

    return examination.examine(pdf, trust, at or utc_now(), expected_slots)
