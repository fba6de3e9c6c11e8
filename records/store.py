"""Where document bytes are kept: write-once, addressed by their SHA-256.

Two implementations obey one contract (``tests/records/test_store_contract.py``): ``LocalStore``
on a disk and ``S3Store`` on an S3 service. Rows in the database name the SHA-256; the order is
always object first, row second, so that a row never points at nothing.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO, Protocol

from records.errors import StoredNameUnfit, StoredObjectDamaged, StoredObjectTooLarge

LARGEST_OBJECT = 256 * 1024 * 1024
"""Bytes; above any contract with drawings we accept, below what one process holds in memory."""

PIECE = 256 * 1024
"""Bytes of a file held in memory at a time."""

LONGEST_NAME = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept: the SHA-256 (hex) and the size in bytes."""

    sha256: str
    size: int


class Store(Protocol):
    """Write-once storage. Nothing is replaced; `destroy` is for disposal by decision alone."""

    def put(self, data: bytes, *, name: str | None = None) -> Stored:
        """Keep ``data`` durably and return where; the same bytes twice are kept once.

        ``name`` is a write-once alias ("signing/<act id>"). If it was given before, the earlier
        ``Stored`` is returned and ``data`` is not kept: so the result of an effect that ran, but
        whose process died before it could say so, is adopted instead of made anew.
        """
        ...

    def put_file(self, file: BinaryIO) -> Stored:
        """Keep what ``file`` holds from where it stands to its end, as ``put`` keeps bytes.

        Read piece by piece (twice: to hash, then to keep), so that 100 MB take no 100 MB.
        """
        ...

    def read(self, sha256: str) -> bytes:
        """Return the bytes after hashing them again.

        Raises ``StoredObjectMissing`` or ``StoredObjectDamaged``.
        """
        ...

    def open(self, sha256: str) -> BinaryIO:
        """Return the bytes as a file to be read piece by piece and closed, hashed before.

        Raises ``StoredObjectMissing`` or ``StoredObjectDamaged``.
        """
        ...

    def named(self, name: str) -> Stored | None:
        """Return what was kept under ``name``, or ``None``."""
        ...

    def exists(self, sha256: str) -> bool:
        """Say whether something is kept under this hash (without reading it)."""
        ...

    def destroy(self, sha256: str) -> bool:
        """Remove the object for good, every version of it; say whether it was there.

        Names that led to it stay taken, so that nothing is made anew under them. Raises
        ``StoreUnavailable`` when the storage refuses (an object lock that still runs).
        """
        ...


def stored_of(data: bytes, *, limit: int = LARGEST_OBJECT) -> Stored:
    """Return hash and size of ``data``, or raise ``StoredObjectTooLarge``."""
    if len(data) > limit:
        raise StoredObjectTooLarge(size=len(data), limit=limit)
    return Stored(sha256(data).hexdigest(), len(data))


def stored_of_file(file: BinaryIO, *, limit: int = LARGEST_OBJECT) -> Stored:
    """Return hash and size of the rest of ``file``, which is then where it was before."""
    start = file.tell()
    digest, size = sha256(), 0
    while piece := file.read(PIECE):
        digest.update(piece)
        size += len(piece)
        if size > limit:
            raise StoredObjectTooLarge(size=size, limit=limit)
    file.seek(start)
    return Stored(digest.hexdigest(), size)


def checked_file(file: BinaryIO, sha256: str) -> BinaryIO:
    """Return ``file`` at its start if it holds what ``sha256`` says; else close it and raise."""
    try:
        found = stored_of_file(file).sha256
    except BaseException:
        file.close()
        raise
    if found != sha256:
        file.close()
        raise StoredObjectDamaged(sha256=sha256, found=found)
    return file


def checked_name(name: str) -> str:
    """Return ``name`` if it is safe as a path below a folder and as an S3 key."""
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise StoredNameUnfit(name=name[:LONGEST_NAME], limit=LONGEST_NAME)
    return name


def checked_sha256(value: str) -> str:
    """Return ``value`` if it is a SHA-256 in lower-case hex; nothing else becomes a path."""
    if not _SHA256.fullmatch(value):
        raise StoredNameUnfit(name=value[:LONGEST_NAME], limit=64)
    return value
