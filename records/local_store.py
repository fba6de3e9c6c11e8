"""The store on a local disk.

    <folder>/objects/ab/cd/abcd…      the bytes, mode 0440
    <folder>/names/<sha256 of name>   {"name": …, "sha256": …, "size": …}, mode 0440
    <folder>/incoming/                half-written files; swept a day later

A file appears whole or not at all, and survives a power cut once ``put`` has returned: temporary
file, fsync, link (which fails when the name exists), fsync of the folder.
"""

import io
import json
import os
import shutil
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from records.errors import StoredObjectDamaged, StoredObjectMissing, StoreUnavailable
from records.store import (
    LARGEST_OBJECT,
    PIECE,
    Stored,
    checked_file,
    checked_name,
    checked_sha256,
    stored_of,
    stored_of_file,
)

_ABANDONED_AFTER_SECONDS = 24 * 3600


class LocalStore:
    """``Store`` in a folder of a local file system (not NFS: it must link and fsync)."""

    def __init__(self, folder: Path | str, *, limit: int = LARGEST_OBJECT) -> None:
        self.folder = Path(folder)
        self._limit = limit
        self._objects = self.folder / "objects"
        self._names = self.folder / "names"
        self._incoming = self.folder / "incoming"
        try:
            for each in (self._objects, self._names, self._incoming):
                self._make_folder(each)
            self._sweep()
        except OSError as error:
            raise StoreUnavailable(reason=f"{error.strerror}: {error.filename}") from error

    def put(self, data: bytes, *, name: str | None = None) -> Stored:
        stored = stored_of(data, limit=self._limit)
        if name is not None and (earlier := self.named(name)) is not None:
            return earlier
        try:
            if not self._write_once(self._object_path(stored.sha256), io.BytesIO(data)):
                self.read(stored.sha256)  # the same bytes, or StoredObjectDamaged
            if name is None:
                return stored
            record = {"name": name, "sha256": stored.sha256, "size": stored.size}
            if self._write_once(self._name_path(name), io.BytesIO(json.dumps(record).encode())):
                return stored
        except OSError as error:
            raise StoreUnavailable(reason=f"{error.strerror}: {error.filename}") from error
        # Another process gave the name between our look and our link: theirs stands.
        earlier = self.named(name)
        if earlier is None:
            raise StoreUnavailable(reason=f"name vanished: {name}")
        return earlier

    def put_file(self, file: BinaryIO) -> Stored:
        stored = stored_of_file(file, limit=self._limit)
        path = self._object_path(stored.sha256)
        try:
            if not self._write_once(path, file):
                with path.open("rb") as kept:
                    found = stored_of_file(kept)
                if found != stored:
                    raise StoredObjectDamaged(sha256=stored.sha256, found=found.sha256)
        except OSError as error:
            raise StoreUnavailable(reason=f"{error.strerror}: {error.filename}") from error
        return stored

    def read(self, sha256: str) -> bytes:
        path = self._object_path(checked_sha256(sha256))
        try:
            if path.stat().st_size > self._limit:
                raise StoredObjectDamaged(sha256=sha256, found=f"{path.stat().st_size} bytes")
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise StoredObjectMissing(sha256=sha256) from error
        except OSError as error:
            raise StoreUnavailable(reason=f"{error.strerror}: {error.filename}") from error
        found = stored_of(data).sha256
        if found != sha256:
            raise StoredObjectDamaged(sha256=sha256, found=found)
        return data

    def open(self, sha256: str) -> BinaryIO:
        path = self._object_path(checked_sha256(sha256))
        try:
            file = path.open("rb")
        except FileNotFoundError as error:
            raise StoredObjectMissing(sha256=sha256) from error
        except OSError as error:
            raise StoreUnavailable(reason=f"{error.strerror}: {error.filename}") from error
        return checked_file(file, sha256)

    def named(self, name: str) -> Stored | None:
        try:
            text = self._name_path(checked_name(name)).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailable(reason=f"{error.strerror}: {error.filename}") from error
        try:
            record = json.loads(text)
            if record["name"] != name:
                raise ValueError(record["name"])
            return Stored(checked_sha256(record["sha256"]), int(record["size"]))
        except (ValueError, KeyError, TypeError) as error:
            raise StoredObjectDamaged(sha256=f"name {name}", found="?") from error

    def exists(self, sha256: str) -> bool:
        return self._object_path(checked_sha256(sha256)).exists()

    def destroy(self, sha256: str) -> bool:
        path = self._object_path(checked_sha256(sha256))
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        _sync_folder(path.parent)
        return True

    def _object_path(self, digest: str) -> Path:
        return self._objects / digest[:2] / digest[2:4] / digest

    def _name_path(self, name: str) -> Path:
        return self._names / sha256(checked_name(name).encode()).hexdigest()

    def _write_once(self, path: Path, data: BinaryIO) -> bool:
        """Write ``data`` to ``path`` unless it exists; say whether we wrote. Durable either way."""
        self._make_folder(path.parent)
        if path.exists():
            # Its writer may have died between link and fsync: the folder is ours to sync.
            _sync_folder(path.parent)
            return False
        draft = self._incoming / uuid4().hex
        try:
            with draft.open("xb") as file:
                shutil.copyfileobj(data, file, PIECE)
                file.flush()
                os.fchmod(file.fileno(), 0o440)
                os.fsync(file.fileno())
            try:
                os.link(draft, path)
            except FileExistsError:
                return False
            finally:
                _sync_folder(path.parent)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
        return True

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        missing = [folder]
        while not missing[-1].parent.is_dir():
            missing.append(missing[-1].parent)
        for each in reversed(missing):
            each.mkdir(mode=0o750, exist_ok=True)
            _sync_folder(each.parent)

    def _sweep(self) -> None:
        """Remove drafts of writers that died long ago."""
        for draft in self._incoming.iterdir():
            with suppress(FileNotFoundError):
                if time.time() - draft.stat().st_mtime > _ABANDONED_AFTER_SECONDS:
                    draft.unlink()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
