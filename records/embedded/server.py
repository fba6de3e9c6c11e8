"""Starting and stopping the embedded server."""

import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from records.embedded.place import DATABASE, PORT, ROLE, SOCKET_NAME, Place, place_of
from records.embedded.programs import ServerUser
from records.errors import EmbeddedServerFailed, EmbeddedServerRefused

_SUPERUSER = "postgres"
_START_SECONDS = 120


def start(data_dir: Path | str, *, durable: bool = True) -> str:
    """Start the server of ``data_dir`` unless it runs, and return its URL.

    The first start makes the cluster (about a second). After a kill of the server the next start
    recovers. Starting from two processes at once gives both the same server.
    ``durable=False`` switches fsync off: for tests only, a power cut then loses everything.
    """
    data_dir = Path(data_dir).absolute()
    with place_of(data_dir) as place:
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
    with place_of(data_dir) as place:
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
    with place_of(data_dir) as place:
        return (place.cluster / "PG_VERSION").exists() and _is_running(place)


@contextmanager
def running(data_dir: Path | str, *, durable: bool = True) -> Iterator[str]:
    """Yield the URL of a running server and stop it afterwards."""
    url = start(data_dir, durable=durable)
    try:
        yield url
    finally:
        stop(data_dir)


def _init(place: Place) -> None:
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


def _check_version(place: Place) -> None:
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


def _launch(place: Place, *, durable: bool) -> None:
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


def _clear_stale_pid_file(place: Place) -> None:
    """Wait for the rest of a killed server, and remove pid files that name someone else.

    PostgreSQL refuses to start when the number in ``postmaster.pid`` or in the socket's lock file
    belongs to any process of the same user: in a restarted container another one soon has it, and
    where nobody reaps orphans a killed server stays as a zombie. We hold the lock and ask /proc
    who really works in the cluster's folder; only when that is nobody the files go.
    """
    pid_file = place.cluster / "postmaster.pid"
    socket = place.socket_folder / SOCKET_NAME
    if not Path("/proc/self/cwd").exists():
        return
    deadline = time.monotonic() + 20
    while processes_in(place.cluster) and time.monotonic() < deadline:
        time.sleep(0.1)  # backends of a killed postmaster notice within moments
    if not processes_in(place.cluster):
        for each in (pid_file, socket, socket.with_name(f"{socket.name}.lock")):
            each.unlink(missing_ok=True)


def processes_in(folder: Path) -> list[int]:
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


def _is_running(place: Place) -> bool:
    done = place.user.run([place.bin / "pg_ctl", "-D", place.cluster, "status"])
    if done.returncode != 0:
        return False
    # A reused process number looks alive to pg_ctl; a live server also answers.
    try:
        with psycopg.connect(place.url(_SUPERUSER, _SUPERUSER), connect_timeout=10):
            return True
    except psycopg.OperationalError:
        return False


def _prepare(place: Place) -> None:
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
