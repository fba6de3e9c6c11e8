"""The embedded PostgreSQL: ``start(folder)`` gives a URL, ``stop(folder)`` ends it.

It listens on a Unix socket in a folder of its user alone, and knows its clients by their system
account (peer), so there is no password. Layout below the data folder:

    cluster/   the database files; server.log in it says no statements and no values
    run/       the socket (or a short folder elsewhere, where the path would be too long)
    lock       held while starting and stopping

As root the server runs as the system user ``warifu``. Nothing that exists is chmod-ed or
chown-ed: where that user cannot reach the data folder, the data lives below ``/var/lib/warifu``
and the file ``MOVED`` in the data folder says where.
"""

import fcntl
import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import psycopg

from records.embedded_binaries import (
    ServerUser,
    binaries_for,
    make_passable,
    server_user,
    system_folder,
)
from records.errors import (
    EmbeddedServerFailed,
    EmbeddedServerLocked,
    EmbeddedServerRefused,
    SocketPathTooLong,
)

DATABASE = "warifu"
ROLE = "warifu"
PORT = 5432
LONGEST_SOCKET_PATH = 107
"""Bytes of ``sockaddr_un.sun_path`` on Linux without its final NUL (unix(7))."""

_SUPERUSER = "postgres"
_SOCKET_NAME = f".s.PGSQL.{PORT}"
_LOCK_SECONDS = 90.0
_START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class _Place:
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


def start(data_dir: Path | str, *, durable: bool = True) -> str:
    """Start the server of ``data_dir`` unless it runs, and return its URL.

    The first start makes the cluster (about a second). After a kill of the server the next start
    recovers. Starting from two processes at once gives both the same server.
    ``durable=False`` switches fsync off: for tests only, a power cut then loses everything.
    """
    data_dir = Path(data_dir).absolute()
    with _place(data_dir) as place:
        if not (place.cluster / "PG_VERSION").exists():
            _init(place)
        _check_version(place)
        if not _is_running(place):
            _launch(place, durable=durable)
        _prepare(place)
        return place.url()


def stop(data_dir: Path | str) -> bool:
    """Stop the server of ``data_dir``: open transactions are rolled back. Says whether it ran."""
    data_dir = Path(data_dir).absolute()
    if not data_dir.exists():
        return False
    with _place(data_dir) as place:
        if not (place.cluster / "PG_VERSION").exists() or not _is_running(place):
            return False
        done = place.user.run(
            [place.bin / "pg_ctl", "-D", place.cluster, "-m", "fast", "-w", "-t", "60", "stop"]
        )
        if done.returncode != 0 and _is_running(place):
            raise EmbeddedServerFailed(
                step_ja="停止", step_en="stopping", output=done.stdout.strip(), log=place.log
            )
        if place.socket_folder.parent != place.folder:
            with suppress(OSError):  # not empty: a server of an older run still cleans up
                place.socket_folder.rmdir()
        return True


def is_running(data_dir: Path | str) -> bool:
    """Say whether the server of ``data_dir`` runs."""
    data_dir = Path(data_dir).absolute()
    if not data_dir.exists():
        return False
    with _place(data_dir) as place:
        return (place.cluster / "PG_VERSION").exists() and _is_running(place)


@contextmanager
def running(data_dir: Path | str, *, durable: bool = True) -> Iterator[str]:
    """Yield the URL of a running server and stop it afterwards."""
    url = start(data_dir, durable=durable)
    try:
        yield url
    finally:
        stop(data_dir)


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
        if len(os.fsencode(candidate / _SOCKET_NAME)) > LONGEST_SOCKET_PATH:
            continue
        if not candidate.exists() and not os.access(candidate.parent, os.W_OK | os.X_OK):
            continue
        user.make_folder(candidate)
        return candidate
    raise SocketPathTooLong(limit=LONGEST_SOCKET_PATH, tried=", ".join(tried))


@contextmanager
def _place(data_dir: Path) -> Iterator[_Place]:
    """Find or make the folders, and hold the lock that lets one process at a time start or stop."""
    user = server_user()
    folder = _data_folder(data_dir, user)
    with _locked(folder / "lock"):
        yield _Place(folder, socket_folder(folder, user), user, binaries_for(user))


def _data_folder(data_dir: Path, user: ServerUser) -> Path:
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
def _locked(path: Path) -> Iterator[None]:
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


def _init(place: _Place) -> None:
    """Make the cluster beside its place and move it there, so that a killed initdb leaves none."""
    draft = place.folder / "cluster.new"
    if draft.exists():
        place.user.run(["/bin/rm", "-rf", "--", draft])
    place.user.make_folder(draft)
    done = place.user.run(
        [
            place.bin / "initdb",
            *("-D", draft),
            *("-U", _SUPERUSER),
            *("--auth", "peer"),
            *("--encoding", "UTF8"),
            # Code point order by PostgreSQL itself, the same on every system; LC_CTYPE C.UTF-8
            # because pg_trgm finds no trigrams in Japanese under plain C.
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            *("--locale", "C.UTF-8"),
            *("--set", "lc_messages=C"),
        ]
    )
    if done.returncode != 0:
        raise EmbeddedServerFailed(
            step_ja="初期化（initdb）", step_en="initdb", output=_tail(done.stdout), log=place.log
        )
    accounts = {place.user.name, pwd.getpwuid(os.geteuid()).pw_name}
    _write_as(place.user, draft / "pg_hba.conf", "local all all peer map=warifu\n")
    _write_as(
        place.user,
        draft / "pg_ident.conf",
        "".join(
            f'warifu "{account}" {role}\n'
            for account in sorted(accounts)
            for role in (ROLE, _SUPERUSER)
        ),
    )
    draft.rename(place.cluster)


def _write_as(user: ServerUser, path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    if user.drops:
        os.chown(path, user.uid, user.gid)


def _check_version(place: _Place) -> None:
    cluster = (place.cluster / "PG_VERSION").read_text().strip()
    found = place.user.run([place.bin / "postgres", "--version"]).stdout
    server = found.rpartition(" ")[2].strip().partition(".")[0]
    if cluster != server:
        raise EmbeddedServerRefused(
            reason_ja=(
                f"{place.cluster} は PostgreSQL {cluster} のデータで、内蔵は {server} です。"
                "pg_dump で書き出して移してください"
            ),
            reason_en=(
                f"{place.cluster} belongs to PostgreSQL {cluster} and the embedded one is "
                f"{server}; move the data with pg_dump"
            ),
        )


def _launch(place: _Place, *, durable: bool) -> None:
    _clear_stale_pid_file(place)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(place.socket_folder),
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "max_connections": "100",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # A log without personal data: no statements, no DETAIL lines with key values.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
    if not durable:
        options |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_wal_size": "256MB",
        }
    words = " ".join(f"-c {name}={_quoted(value)}" for name, value in options.items())
    log = place.log
    done = place.user.run(
        [
            place.bin / "pg_ctl",
            *("-D", place.cluster, "-l", log, "-o", words),
            *("-w", "-t", str(_START_SECONDS), "start"),
        ],
        timeout=_START_SECONDS + 30,
    )
    if done.returncode != 0:
        said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else done.stdout
        raise EmbeddedServerFailed(step_ja="起動", step_en="starting", output=_tail(said), log=log)


def _clear_stale_pid_file(place: _Place) -> None:
    """Wait for the rest of a killed server, and remove pid files that name someone else.

    PostgreSQL refuses to start when the number in ``postmaster.pid`` or in the socket's lock file
    belongs to any process of the same user: in a restarted container another one soon has it, and
    where nobody reaps orphans a killed server stays as a zombie. We hold the lock and ask /proc
    who really works in the cluster's folder; only when that is nobody the files go.
    """
    pid_file = place.cluster / "postmaster.pid"
    socket = place.socket_folder / _SOCKET_NAME
    if not Path("/proc/self/cwd").exists():
        return
    deadline = time.monotonic() + 20
    while _processes_in(place.cluster) and time.monotonic() < deadline:
        time.sleep(0.1)  # backends of a killed postmaster notice within moments
    if not _processes_in(place.cluster):
        for each in (pid_file, socket, socket.with_name(f"{socket.name}.lock")):
            each.unlink(missing_ok=True)


def _processes_in(folder: Path) -> list[int]:
    """Return the processes whose working folder is ``folder``, as each PostgreSQL process's is."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.path.samefile(entry / "cwd", folder):
                    found.append(int(entry.name))
            except OSError:  # ended meanwhile, or another user's
                continue
    return found


def _is_running(place: _Place) -> bool:
    done = place.user.run([place.bin / "pg_ctl", "-D", place.cluster, "status"])
    if done.returncode != 0:
        return False
    # A reused process number looks alive to pg_ctl; a live server also answers.
    try:
        with psycopg.connect(place.url(_SUPERUSER, _SUPERUSER), connect_timeout=10):
            return True
    except psycopg.OperationalError:
        return False


def _prepare(place: _Place) -> None:
    """Make the service's role and database; the role is no superuser, so triggers bind it."""
    with psycopg.connect(place.url(_SUPERUSER, _SUPERUSER), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if not found.fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


def _tail(text: str, lines: int = 8) -> str:
    return " | ".join(line.strip() for line in text.strip().splitlines()[-lines:])
