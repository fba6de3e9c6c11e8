"""Where an embedded server lives: data folder, socket folder, and the lock of starters."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from records.embedded.programs import (
    ServerUser,
    binaries_for,
    make_passable,
    server_user,
    system_folder,
)
from records.errors import EmbeddedServerLocked, EmbeddedServerRefused, SocketPathTooLong

DATABASE = "warifu"
ROLE = "warifu"
PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
LONGEST_SOCKET_PATH = 107
"""Bytes of ``sockaddr_un.sun_path`` on Linux without its final NUL (unix(7))."""

_LOCK_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where one server lives and as whom."""

    folder: Path
    socket_folder: Path
    user: ServerUser
    bin: Path

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def log(self) -> Path:
        return self.cluster / "server.log"

    def url(self, database: str = DATABASE, role: str = ROLE) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket_folder), safe='')}"


def socket_folder(folder: Path, user: ServerUser) -> Path:
    """Return a folder for the socket whose path is short enough, made for ``user`` alone.

    The same data folder always gives the same answer, so that all processes meet.
    """
    name = f"warifu-{user.uid}-{sha256(str(folder).encode()).hexdigest()[:12]}"
    candidates = [folder / "run"]
    if not user.drops and (runtime := os.environ.get("XDG_RUNTIME_DIR")):
        candidates.append(Path(runtime) / name)
    candidates += [Path("/run") / name, Path("/tmp") / name]  # noqa: S108 - made 0700, owner checked
    tried: list[str] = []
    for candidate in candidates:
        tried.append(str(candidate))
        if len(os.fsencode(candidate / SOCKET_NAME)) > LONGEST_SOCKET_PATH:
            continue
        if not candidate.exists() and not os.access(candidate.parent, os.W_OK | os.X_OK):
            continue
        user.make_folder(candidate)
        return candidate
    raise SocketPathTooLong(limit=LONGEST_SOCKET_PATH, tried=", ".join(tried))


@contextmanager
def place_of(data_dir: Path) -> Iterator[Place]:
    """Find or make the folders, and hold the lock that lets one process at a time start or stop."""
    user = server_user()
    folder = data_folder(data_dir, user)
    with locked(folder / "lock"):
        yield Place(folder, socket_folder(folder, user), user, binaries_for(user))


def data_folder(data_dir: Path, user: ServerUser) -> Path:
    try:
        if not data_dir.exists():
            # The server's user passes through; what is his in it is 0700.
            make_passable(data_dir, 0o711 if user.drops else 0o700)
        note = data_dir / "MOVED"
        _check_owner(data_dir, note, user)
        if note.exists():
            return Path(note.read_text(encoding="utf-8").strip())
        if not user.drops or user.can_enter(data_dir):
            return data_dir
        name = f"data-{sha256(str(data_dir).encode()).hexdigest()[:12]}"
        folder = system_folder(user) / name
        if not folder.exists():
            make_passable(folder)
        note.write_text(f"{folder}\n", encoding="utf-8")
        return folder
    except OSError as error:
        raise EmbeddedServerRefused(
            reason_ja=f"{error.filename} を使えません（{error.strerror}）",
            reason_en=f"{error.filename} cannot be used ({error.strerror})",
        ) from error


def _check_owner(data_dir: Path, note: Path, user: ServerUser) -> None:
    """Refuse another account's data. A fresh, empty database beside it would look like a loss."""
    cluster = data_dir / "cluster"
    if note.exists() and not user.drops:
        place = note.read_text(encoding="utf-8").strip()
        raise EmbeddedServerRefused(
            reason_ja=f"{data_dir} のデータは管理者（root）が {place} に作ったものです",
            reason_en=f"the data of {data_dir} was made by root in {place}",
        )
    if cluster.exists() and (owner := cluster.stat().st_uid) != user.uid:
        raise EmbeddedServerRefused(
            reason_ja=f"{cluster} は利用者番号 {owner} のデータです（今の実行者は {user.name}）",
            reason_en=f"{cluster} belongs to user id {owner}, and the server would be {user.name}",
        )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EmbeddedServerLocked(seconds=int(_LOCK_SECONDS), lock=path) from None
                time.sleep(0.05)
        yield
    finally:
        os.close(handle)
