"""Renewing many files: in bulk, with progress, and again after it was cut short.

A file on disk is always the old one or the complete new one: the new bytes are written beside it,
forced to the disk, and put in its place in one step.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from .errors import FileNotWritten, SigningError
from .sealing import renew, renewal_due
from .timestamping import Timestamper
from .trust import Trust

Outcome = Literal["renewed", "due", "not_due", "no_gain", "failed"]


@dataclass(frozen=True, slots=True)
class Renewal:
    """What became of one file. `due` is when its next renewal is (was) due, if known."""

    path: Path
    outcome: Outcome
    due: datetime | None = None
    error: SigningError | OSError | None = None


def renew_files(
    paths: Iterable[Path],
    *,
    timestamper: Timestamper,
    trust: Trust,
    before: datetime,
    dry_run: bool = False,
) -> Iterator[Renewal]:
    """Renew every file whose renewal is due before `before`; one Renewal each, as it happens.

    One file is held in memory at a time. A file that fails does not stop the others. Files
    that are not due are left alone, and so are those that another timestamp of today would carry
    no further ("no_gain"), those of an earlier run among them: a run cut short is run again.
    """
    reach: datetime | None = None  # until when a document renewed in this run is carried
    for path in paths:
        try:
            pdf = path.read_bytes()
            due = renewal_due(pdf, trust, timestamper.clock())
            if due > before:
                yield Renewal(path, "not_due", due)
            elif dry_run:
                yield Renewal(path, "due", due)
            elif reach is not None and due >= reach:
                yield Renewal(path, "no_gain", due)
            else:
                longer = renew(pdf, timestamper=timestamper, trust=trust, before=before)
                reach = renewal_due(longer, trust, timestamper.clock())
                if reach <= due:
                    yield Renewal(path, "no_gain", due)
                else:
                    replace_file(path, longer)
                    yield Renewal(path, "renewed", due)
        except (SigningError, OSError) as error:
            yield Renewal(path, "failed", error=error)


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` in the file's place in one step.

    Raises FileNotWritten; the old file, or none if there was none, is what remains then.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            os.chmod(partial, path.stat().st_mode & 0o7777)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise FileNotWritten(place=str(path), reason=error.strerror or str(error)) from error
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
