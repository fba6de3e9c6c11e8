"""The parent of the service's processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from portal.supervisor import Child, ChildKeepsDyingError, Supervisor

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def wait_until(claim, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_child_is_started_again_and_stop_ends_all() -> None:
    told: list[str] = []
    parent = Supervisor([Child("worker", SLEEPER)], told.append)
    parent.start()
    first = parent.process("worker").pid
    watcher = threading.Thread(target=parent.watch)
    watcher.start()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: parent.process("worker").pid != first)
    second = parent.process("worker").pid
    parent.stop()
    watcher.join(10)
    assert not alive(second)
    assert "worker" in told[0]


def test_tending_that_fails_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.supervisor.TEND_SECONDS", 0.0)
    told: list[str] = []
    tries: list[int] = []

    def tend() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("killed while it started")

    parent = Supervisor([], told.append, tend=tend)
    watcher = threading.Thread(target=parent.watch)
    watcher.start()
    wait_until(lambda: len(tries) > 1)
    parent.stop()
    watcher.join(10)
    assert told == ["killed while it started"]


def test_a_child_that_cannot_live_is_named_instead_of_being_restarted_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("portal.supervisor.MOST_QUICK_DEATHS", 2)
    parent = Supervisor([Child("web", [sys.executable, "-c", "raise SystemExit(7)"])], print)
    parent.start()
    with pytest.raises(ChildKeepsDyingError, match=r"web.*7"):
        parent.watch()


def test_children_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    child = (
        "import os, time, pathlib\nfrom portal.supervisor import follow_parent\nfollow_parent()\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))\ntime.sleep(60)"
    )
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nfrom portal.supervisor import Child, Supervisor\n"
            f"s = Supervisor([Child('web', [sys.executable, '-c', {child!r}])], print)\n"
            "s.start(); s.watch()",
        ]
    )
    wait_until(lambda: pid_file.exists() and pid_file.read_text() != "")
    pid = int(pid_file.read_text())
    parent.kill()
    parent.wait()
    wait_until(lambda: not alive(pid))
