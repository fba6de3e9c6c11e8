"""What only a disk does: modes, drafts, full disks, kills in the middle."""

import os
import signal
import stat
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from records import LocalStore
from records.errors import StoreUnavailable


def files_below(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file())


def test_files_are_read_only_and_drafts_are_gone(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put(b"x", name="a/1")
    files = files_below(tmp_path)
    assert [stat.S_IMODE(each.stat().st_mode) for each in files] == [0o440, 0o440]
    assert [each.parent.name == "incoming" for each in files] == [False, False]


def test_every_write_is_synced_before_it_is_visible_and_its_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(tmp_path)
    digest = sha256(b"durable").hexdigest()
    events: list[str] = []
    real_sync, real_link = os.fsync, os.link

    def sync(handle: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        place = os.readlink(f"/proc/self/fd/{handle}")
        if not is_folder:
            events.append("file")
        elif place == str(store._object_path(digest).parent):
            events.append("folder")
        real_sync(handle)

    def link(source: Path, target: Path) -> None:
        events.append("link")
        real_link(source, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "link", link)
    store.put(b"durable")
    assert events == ["file", "link", "folder"]


def test_old_drafts_are_swept_and_young_ones_left(tmp_path: Path) -> None:
    LocalStore(tmp_path)
    old, young = tmp_path / "incoming" / "old", tmp_path / "incoming" / "young"
    for each in (old, young):
        each.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000, time.time() - 90_000))
    LocalStore(tmp_path)
    assert not old.exists()
    assert young.exists()


def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(tmp_path)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device", "draft")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        store.put(b"x")
    assert files_below(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable, match="file"):
        LocalStore(tmp_path / "file" / "store")


WRITER = """
import sys
from records import LocalStore
store = LocalStore(sys.argv[1])
number = 0
while True:
    number += 1
    data = b"%d " % number * 20_000
    print(store.put(data, name=f"n/{number}").sha256, flush=True)
"""


@pytest.mark.slow
def test_a_killed_writer_leaves_whole_objects_only(tmp_path: Path) -> None:
    for round_ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().strip()]
        time.sleep(0.05 + 0.03 * round_)
        writer.send_signal(signal.SIGKILL)
        acknowledged += writer.stdout.read().split()
        writer.wait()
        writer.stdout.close()
        store = LocalStore(tmp_path)
        for digest in acknowledged:
            if len(digest) == 64:
                store.read(digest)
        for each in files_below(tmp_path / "objects"):
            assert sha256(each.read_bytes()).hexdigest() == each.name
