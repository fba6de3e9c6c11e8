"""Published material beside the clone: ../shared/jp-pint, if there is one."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

MATERIAL = Path(__file__).parents[3] / "shared" / "jp-pint"


@dataclass(frozen=True)
class Judged:
    """A document with the verdict of the official rules."""

    file: str
    spec: str
    ended: bool
    ids: frozenset[str]
    xsd_valid: bool
    xml: bytes


class Corpus:
    """The archive, read as a stream: nothing is unpacked to disk."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        with tarfile.open(archive) as tar:
            listed = tar.extractfile("verdicts.jsonl")
            assert listed is not None
            rows = [json.loads(line) for line in listed]
        self._verdicts: dict[str, dict[str, Any]] = {row["file"]: row for row in rows}

    def __len__(self) -> int:
        return len(self._verdicts)

    def __iter__(self) -> Iterator[Judged]:
        with tarfile.open(self._archive) as tar:
            for member in tar:
                row = self._verdicts.get(member.name.removeprefix("./"))
                content = tar.extractfile(member) if row else None
                if row is None or content is None:
                    continue
                yield Judged(
                    row["file"],
                    row["spec"],
                    row["status"] == "ok",
                    frozenset(row["ids"]),
                    row["xsd_valid"],
                    content.read(),
                )


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    archive = MATERIAL / "corpus.tar.xz"
    if not archive.exists():
        pytest.skip(f"no corpus of official verdicts at {archive}: only our own corpus was judged")
    return Corpus(archive)


@pytest.fixture(scope="session")
def samples() -> list[Path]:
    files = sorted((MATERIAL / "samples").glob("*/*.xml"))
    if not files:
        pytest.skip(f"no official samples at {MATERIAL / 'samples'}")
    return files
