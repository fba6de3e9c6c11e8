"""Message stores in a folder: durable (fsync before and after the rename), one machine.

For private networks, tests and trials. A service keeps messages in its own database through the
same ports; this one shows what they promise.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from peppol.as4.building import Outgoing
from peppol.evidence import Evidence
from peppol.ports import Received, Stored

_COPY = 256 * 1024


class FolderReceived:
    """ReceivedMessages in `folder`. Two files a message, each written whole, synced, then named:
    `….message` (a line of JSON, then the signed gzip stream) and `….receipt` (a line of evidence,
    then the receipt)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, message_id: str) -> Stored | None:
        place = self._place(message_id)
        try:
            with place.with_suffix(".message").open("rb") as file:
                record = json.loads(file.readline())
        except FileNotFoundError:
            return None
        try:
            receipt: bytes | None = _after_line(place.with_suffix(".receipt"))
        except FileNotFoundError:
            receipt = None
        return Stored(tuple(record["digests"]), b64decode(record["signer"]), receipt)

    def keep(self, message: Received, payload: BinaryIO) -> Stored:
        record = {
            "digests": message.digests,
            "signer": b64encode(message.signer).decode(),
            "soap": b64encode(message.soap).decode(),
            "evidence": message.evidence.to_json(),
            "expanded_size": message.expanded_size,
        }
        line = json.dumps(record).encode() + b"\n"
        path = self._place(message.message_id).with_suffix(".message")
        if _put_once(path, line, payload):
            return Stored(message.digests, message.signer, None)
        stored = self.find(message.message_id)
        assert stored is not None
        return stored

    def keep_receipt(self, message_id: str, receipt: bytes, evidence: Evidence) -> bytes:
        path = self._place(message_id).with_suffix(".receipt")
        line = evidence.to_json().encode() + b"\n"
        return receipt if _put_once(path, line, io.BytesIO(receipt)) else _after_line(path)

    def messages(self) -> list[dict[str, Any]]:
        """The records of all kept messages."""
        found = []
        for path in sorted(self.folder.glob("*.message")):
            with path.open("rb") as file:
                found.append(json.loads(file.readline()))
        return found

    def payload(self, message_id: str) -> bytes:
        """The signed gzip stream of a kept message."""
        return _after_line(self._place(message_id).with_suffix(".message"))

    def all(self) -> Iterator[Evidence]:
        """Evidence of every receipted message."""
        for path in sorted(self.folder.glob("*.receipt")):
            with path.open("rb") as file:
                yield Evidence.from_json(file.readline().decode())

    def _place(self, message_id: str) -> Path:
        return self.folder / hashlib.sha256(message_id.encode()).hexdigest()


class FolderSent:
    """SentMessages in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, message: Outgoing) -> None:
        place = self._place(message.message_id)
        place.mkdir()
        _put_once(place / "wire", b"", io.BytesIO(message.body))
        record = {"content_type": message.content_type, "address": message.address}
        _put_once(place / "record.json", json.dumps(record).encode())

    def delivered(self, message_id: str, receipt: bytes, evidence: Evidence) -> None:
        place = self._place(message_id)
        _put_once(place / "receipt.xml", receipt)
        _put_once(place / "evidence.json", evidence.to_json().encode())

    def failed(self, message_id: str, error: Exception, *, final: bool) -> None:
        with (self._place(message_id) / "failures.jsonl").open("ab") as file:
            line = {"code": getattr(error, "code", ""), "text": str(error), "final": final}
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            _flush(file)

    def failures(self, message_id: str) -> list[dict[str, Any]]:
        path = self._place(message_id) / "failures.jsonl"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def receipt(self, message_id: str) -> bytes | None:
        path = self._place(message_id) / "receipt.xml"
        return path.read_bytes() if path.exists() else None

    def all(self) -> Iterator[Evidence]:
        """Evidence of every receipted message."""
        for path in sorted(self.folder.glob("*/evidence.json")):
            yield Evidence.from_json(path.read_text("utf-8"))

    def _place(self, message_id: str) -> Path:
        return self.folder / hashlib.sha256(message_id.encode()).hexdigest()


def _put_once(path: Path, head: bytes, rest: BinaryIO | None = None) -> bool:
    """Write `path` whole and durably unless it exists; whether this call wrote it."""
    draft = path.with_name(f".{uuid4().hex}")
    with draft.open("xb") as file:
        file.write(head)
        if rest is not None:
            shutil.copyfileobj(rest, file, _COPY)
        _flush(file)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    _flush_folder(path.parent)
    return True


def _after_line(path: Path) -> bytes:
    with path.open("rb") as file:
        file.readline()
        return file.read()


def _flush(file: BinaryIO | Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
