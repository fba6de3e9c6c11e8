"""Keeps the service's processes running: starts them, restarts what dies, stops all together.

`warifu up` and the demo are such parents. A child that dies is started again after a pause that
doubles; one that dies five times within its first seconds stops the whole, with its name, since
something is wrong that another start won't mend. A parent that is killed takes its children with
it: each child holds the reading end of a pipe whose writing end only the parent has.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

FOLLOW = "WARIFU_FOLLOW_PARENT"
QUICK_DEATH_SECONDS = 5.0
MOST_QUICK_DEATHS = 5
STOP_SECONDS = 15.0
TEND_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep running: its name for people, its command, its environment (else ours)."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] | None = None


@dataclass(slots=True)
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    started: float
    quick_deaths: int = 0


class ChildKeepsDyingError(RuntimeError):
    """A process died again and again right after its start."""


class Supervisor:
    """Parent of `children`; `report` is told in words what happens to them."""

    def __init__(
        self,
        children: Sequence[Child],
        report: Callable[[str], None],
        *,
        tend: Callable[[], None] = lambda: None,
    ) -> None:
        """`tend` is called every two seconds or so: it looks after what is no child (the database
        server, which outlives us).
        """
        self._children = children
        self._report = report
        self._tend = tend
        self._running: dict[str, _Running] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        for child in self._children:
            self._running[child.name] = _Running(child, _spawn(child), time.monotonic())

    def process(self, name: str) -> subprocess.Popen[bytes]:
        """The process that now runs under `name` (tests kill it)."""
        return self._running[name].process

    def watch(self) -> None:
        """Restart what dies until `stop` is called; call after `start`.

        Raises ChildKeepsDyingError, with all processes stopped, when a restart is no remedy.
        """
        try:
            tended = time.monotonic()
            while not self._stopping.wait(0.2):
                if time.monotonic() - tended > TEND_SECONDS:
                    self._look_after()
                    tended = time.monotonic()
                for running in self._running.values():
                    if running.process.poll() is not None:
                        self._revive(running)
        finally:
            self.stop()

    def stop(self) -> None:
        """Ask all processes to end, and end those that don't."""
        self._stopping.set()
        for running in self._running.values():
            if running.process.poll() is None:
                running.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for running in self._running.values():
            try:
                running.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                running.process.kill()
                running.process.wait()
            if running.process.stdin:
                running.process.stdin.close()

    def stop_on_signals(self, also: Callable[[], None] = lambda: None) -> None:
        """SIGTERM and SIGINT stop the whole, and call `also`."""

        def stop(*_: object) -> None:
            self._stopping.set()
            also()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)

    def _look_after(self) -> None:
        """Tend; what fails now (a server killed while it starts) is told, and tried again soon."""
        try:
            self._tend()
        except Exception as error:
            self._report(str(error))

    def _revive(self, running: _Running) -> None:
        name, code = running.child.name, running.process.returncode
        lived = time.monotonic() - running.started
        running.quick_deaths = running.quick_deaths + 1 if lived < QUICK_DEATH_SECONDS else 0
        if running.quick_deaths >= MOST_QUICK_DEATHS:
            raise ChildKeepsDyingError(
                f"{name} が起動のたびに終了します（終了コード {code}）。"
                f" / {name} ends right after every start (exit code {code})."
            )
        self._report(
            f"{name} が終了しました（{code}）。再起動します / {name} ended; starting again"
        )
        if self._stopping.wait(0.2 * 2**running.quick_deaths):
            return
        if running.process.stdin:
            running.process.stdin.close()
        running.process = _spawn(running.child)
        running.started = time.monotonic()


def _spawn(child: Child) -> subprocess.Popen[bytes]:
    given = os.environ if child.environment is None else child.environment
    environment = {**given, FOLLOW: "1"}
    return subprocess.Popen(  # noqa: S603 - our own command
        list(child.argv), stdin=subprocess.PIPE, env=environment, start_new_session=True
    )


def follow_parent() -> None:
    """End this process when its supervisor has gone, however that went."""
    if os.environ.pop(FOLLOW, None) is None:
        return

    def wait_for_end() -> None:
        # Not sys.stdin: its lock would be held when the interpreter shuts down.
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_for_end, name="follow-parent", daemon=True).start()
