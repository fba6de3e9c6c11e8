"""Validating many files, on every core, in their order, in bounded memory.

At most a few files per process are under way at any time, so neither the number of files nor a
slow reader of the results makes memory grow.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final

from einvoice.findings import Report
from einvoice.limits import Limits, Refusal
from einvoice.rules import CURRENT
from einvoice.validation import unreadable, validate

#: Files handed to a process at once, and such portions under way for each process.
_PORTION: Final = 8
_AHEAD: Final = 3


def xml_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as they are, folders by the .xml files in and below them, sorted by name."""
    for path in paths:
        if path.is_dir():
            for folder, folders, names in os.walk(path):
                folders.sort()
                for name in sorted(names):
                    if name.lower().endswith(".xml"):
                        yield Path(folder) / name
        else:
            yield path


def validate_file(path: Path, limits: Limits | None = None, version: str = CURRENT) -> Report:
    """One file, by the rules of a version. Nothing is raised: a file that cannot be opened, or is
    too large, is unreadable."""
    used = limits or Limits()
    name = str(path)
    try:
        size = path.stat().st_size
        if size > used.bytes:
            return unreadable(Refusal("too-large", size=size, limit=used.bytes), name)
        data = path.read_bytes()
    except OSError as error:
        return unreadable(Refusal("no-file", cause=error.strerror or str(error)), name)
    return validate(data, limits=used, file=name, version=version)


def validate_files(
    paths: Iterable[Path],
    *,
    jobs: int = 1,
    limits: Limits | None = None,
    version: str = CURRENT,
) -> Iterator[Report]:
    """Reports in the order of the files; `jobs` processes share the work."""
    if jobs <= 1:
        yield from (validate_file(path, limits, version) for path in paths)
        return
    files = iter(paths)
    # A fresh interpreter in each process: no locks or connections of ours are carried over.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_start) as pool:
        under_way: deque[Future[list[Report]]] = deque()
        try:
            while True:
                while len(under_way) < jobs * _AHEAD and (portion := list(islice(files, _PORTION))):
                    under_way.append(pool.submit(_validate_portion, portion, limits, version))
                if not under_way:
                    return
                yield from under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()


def _start() -> None:
    """What a process has loaded stays; the collector need not look at it again."""
    gc.collect()
    gc.freeze()


def _validate_portion(paths: list[Path], limits: Limits | None, version: str) -> list[Report]:
    return [validate_file(path, limits, version) for path in paths]
