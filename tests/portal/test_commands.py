"""The commands an operator and an auditor type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pypdfium2
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from portal import migrations
from portal.accounts import queries
from portal.cli import tree as command
from portal.jobs import anchor_audit_trail
from portal.keys import Keys
from portal.security import passwords
from portal.service import Service
from portal.settings import load
from records import Actor, Database, FixedClock, LocalStore, audit
from records.database import libpq_url
from signing import Act, Slot, development, extend, prepare, sign

ACTOR = Actor("staff", "s-1", "鈴木 花子")


@pytest.fixture
def database(empty_database: Database) -> Database:
    """A database as `warifu database migrate` leaves it."""
    migrations.upgrade(empty_database)
    return empty_database


@pytest.fixture
def environment(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of a service with development keys on this test's database."""
    for name, value in {
        "WARIFU_DATABASE__URL": database.url,
        "WARIFU_STORE__FOLDER": str(tmp_path / "documents"),
        "WARIFU_SIGNING__DEVELOPMENT_KEYS": "true",
        "WARIFU_SIGNING__PKI_FOLDER": str(tmp_path / "pki"),
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.fixture
def another_empty_url(database_server: str) -> Iterator[str]:
    with psycopg.connect(libpq_url(database_server), autocommit=True) as connection:
        connection.execute("CREATE DATABASE elsewhere")
        yield make_url(database_server).set(database="elsewhere").render_as_string(False)
        connection.execute("DROP DATABASE elsewhere WITH (FORCE)")


def run(*arguments: str):
    return CliRunner().invoke(command.build(arguments[0]), list(arguments))


def trail(database: Database, clock: FixedClock) -> None:
    with database.transaction() as session:
        for number in range(3):
            audit.append(session, ACTOR, "contract.drafted", f"contract:{number}", {}, clock.now())


def tamper(database: Database) -> None:
    """What a thief with the database's administrator would do."""
    with database.transaction() as session:
        session.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER ALL"))
        session.execute(text("UPDATE audit_entries SET action = 'other' WHERE seq = 2"))


def test_a_whole_trail_verifies_with_its_timestamps(
    environment: Path, database: Database, clock: FixedClock
) -> None:
    trail(database, clock)
    service = Service.from_settings(load())
    anchor_audit_trail(service)
    service.close()
    result = run("audit", "verify")
    assert result.exit_code == 0, result.output
    assert "3 件" in result.output
    assert "1 time-stamps" in result.output


def test_a_changed_row_is_named_in_both_languages(
    environment: Path, database: Database, clock: FixedClock
) -> None:
    trail(database, clock)
    tamper(database)
    result = run("audit", "verify")
    assert result.exit_code == 1
    assert "2 番" in result.output
    assert "entry 2" in result.output


def test_an_exported_trail_verifies_without_the_database_and_shows_a_changed_line(
    environment: Path, database: Database, clock: FixedClock
) -> None:
    trail(database, clock)
    file = environment / "trail.jsonl"
    assert run("audit", "export", str(file)).exit_code == 0
    assert run("audit", "verify", str(file)).exit_code == 0
    file.write_text(file.read_text("utf-8").replace("contract:1", "contract:9"), "utf-8")
    result = run("audit", "verify", str(file))
    assert result.exit_code == 1
    assert "entry 2" in result.output


@pytest.fixture
def signed(environment: Path) -> bytes:
    """A page with one signature by the service's own key."""
    keys = Keys(load())
    blank = pypdfium2.PdfDocument.new()
    blank.new_page(595, 842)
    path = environment / "blank.pdf"
    blank.save(path)
    slot = Slot("City", "発注者", page=0, box=(50, 50, 280, 130))
    act = Act("遠州 太郎", "遠州市長", "契約に合意します", "act-1")
    ready = prepare(path.read_bytes(), [slot], metadata={"title": "試験"})
    return sign(
        ready, "City", act, key=keys.city_key, timestamper=keys.timestamper, trust=keys.trust
    )


def test_exit_codes_of_pdf_verify_tell_passed_failed_and_unreadable(
    environment: Path, signed: bytes
) -> None:
    good, bad, empty = (environment / name for name in ("good.pdf", "bad.pdf", "empty.pdf"))
    good.write_bytes(signed)
    middle = signed.index(b"/MediaBox") + 12
    bad.write_bytes(signed[:middle] + bytes([signed[middle] ^ 1]) + signed[middle + 1 :])
    empty.write_bytes(b"")
    assert run("pdf", "verify", str(good)).exit_code == 0
    assert run("pdf", "verify", str(bad)).exit_code == 1
    assert run("pdf", "verify", str(good), str(empty)).exit_code == 2


def test_pdf_verify_writes_one_json_object_a_file(environment: Path, signed: bytes) -> None:
    path = environment / "good.pdf"
    path.write_bytes(signed)
    result = run("pdf", "verify", "--json", str(path), str(path))
    verdicts = [json.loads(line) for line in result.stdout.splitlines()]
    assert [v["status"] for v in verdicts] == ["passed", "passed"]
    assert verdicts[0]["slots_signed"] == ["City"]


def test_pdf_renew_in_bulk_shows_progress_and_is_run_again_without_harm(
    environment: Path, signed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keys(load())
    kept = extend(signed, timestamper=keys.timestamper, trust=keys.trust)
    shelf = environment / "shelf"
    (shelf / "2026").mkdir(parents=True)
    good = [shelf / "2026" / "a.pdf", shelf / "b.pdf"]
    for path in good:
        path.write_bytes(kept)
    renew = ("pdf", "renew", str(shelf), "--before", "2090-01-01")
    dry = run(*renew, "--dry-run")
    assert dry.exit_code == 0
    assert dry.stdout.count("更新が必要 / due") == 2
    same = run(*renew)  # the authority's certificate is still the one of before
    assert same.stdout.count("更新しても延びない") == 2
    assert [path.read_bytes() for path in good] == [kept, kept]
    monkeypatch.setattr(development, "TSA_YEARS", development.TSA_YEARS + 2)
    development.load(environment / "pki").renew_tsa(datetime.now(UTC))
    first = run(*renew)
    assert first.exit_code == 0, first.stdout
    assert "[1/2]" in first.stdout
    assert "[2/2]" in first.stdout
    assert first.stdout.count("更新した / renewed") == 2
    longer = [path.read_bytes() for path in good]
    (shelf / "c.pdf").write_bytes(b"junk")
    again = run(*renew)
    assert again.exit_code == 1  # the third cannot be renewed, and that stops none
    assert again.stdout.count("更新しても延びない") == 2
    assert "[3/3]" in again.stdout
    assert "更新できない" in again.stdout
    assert [path.read_bytes() for path in good] == longer
    assert run("pdf", "verify", *map(str, good)).exit_code == 0


def test_a_strangers_root_is_not_trusted(environment: Path, signed: bytes, tmp_path: Path) -> None:
    path = environment / "good.pdf"
    path.write_bytes(signed)
    own = environment / "pki"
    assert run("pdf", "verify", str(path), "--trust", str(own)).exit_code == 0
    (tmp_path / "nobody").mkdir()
    assert run("pdf", "verify", str(path), "--trust", str(tmp_path / "nobody")).exit_code != 0


def test_a_wrong_setting_is_said_in_words_and_not_as_a_trace(
    environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WARIFU_WEB__PORT", "eighty")
    with pytest.raises(SystemExit) as ended:
        command.main(["audit", "verify"])
    said = capsys.readouterr().err
    assert ended.value.code == command.EXIT_ERROR
    assert "WARIFU_WEB__PORT" in said
    assert "設定に誤りがあります" in said
    assert "The settings are wrong" in said
    assert "Traceback" not in said


def test_every_command_of_the_tree_has_words_in_both_languages() -> None:
    result = CliRunner().invoke(command.build(), ["--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    for name in {**command.GROUPS, **command.COMMANDS}.keys() - command.HIDDEN:
        line = next(line for line in result.output.splitlines() if f" {name} " in line)
        assert " / " in line, line


def test_pdf_verify_shows_what_the_ministry_accredited(
    environment: Path, signed: bytes, tmp_path: Path
) -> None:
    path = environment / "good.pdf"
    path.write_bytes(signed)
    rows, certificate = tmp_path / "accredited.toml", environment / "pki" / "tsa-root.pem"
    rows.write_text(
        "version = 1\nnext_check = 2020-01-01\n[[service]]\n"
        'name = "試験"\noperator = "試験"\ncertified = 2020-01-01\n'
        f'certificates = ["{certificate}"]\n'
        'source = "https://www.soumu.go.jp/"\nseen = 2026-11-20\n',
        encoding="utf-8",
    )
    result = run(
        "pdf", "verify", str(path), "--trust", str(certificate.parent),
        "--accredited-tsa", str(rows),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "認定タイムスタンプ" in result.output
    assert "更新すべき一覧" in result.output
    refused = run("pdf", "verify", str(path), "--accredited-tsa", str(tmp_path / "none.toml"))
    assert refused.exit_code == 2
    assert "docs/how-to/trust.md" in refused.output


def test_backup_is_made_checked_and_brought_back_by_command(
    environment: Path,
    database: Database,
    clock: FixedClock,
    another_empty_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trail(database, clock)
    LocalStore(environment / "documents").put("契約書".encode())
    target = str(environment / "backups")
    assert "バックアップがありません" in str(run("backup", "check", target).exception)
    made = run("backup", "create", target)
    assert made.exit_code == 0, made.output
    assert run("backup", "check", target).exit_code == 0
    monkeypatch.setenv("WARIFU_DATABASE__URL", another_empty_url)
    monkeypatch.setenv("WARIFU_STORE__FOLDER", str(environment / "restored"))
    restored = run("backup", "restore", target)
    assert restored.exit_code == 0, restored.output
    assert "監査記録 / audit 3" in restored.output
    assert run("audit", "verify").exit_code == 0
    again = run("backup", "restore", target)
    assert "データベースが空ではありません" in str(again.exception)
    [document] = [
        f for f in (environment / "backups" / "documents" / "objects").rglob("*") if f.is_file()
    ]
    document.unlink()
    assert run("backup", "check", target).exit_code == 1


def test_the_first_operator_of_a_new_installation_signs_in(
    environment: Path, database: Database
) -> None:
    wrong = run("operator", "add", "Ｏｐｅｒａｔｏｒ 1", "--name", "運用 一郎")
    assert "英小文字" in str(wrong.exception)
    made = run("operator", "add", "unyo", "--name", "運用 𠮷郎")
    assert made.exit_code == 0, made.output
    password = made.output.rpartition(": ")[2].strip()
    with database.reader() as session:
        user = queries.user_by_login_name(session, "unyo")
        assert user is not None
        assert (user.display_name, user.roles) == ("運用 𠮷郎", ["operator"])
        assert passwords.matches(user.password_hash, password)
        [entry] = list(audit.entries(session))
    assert (entry.action, entry.actor.id) == ("account.staff_added", "command-line")
    assert password not in str(entry.details)
    again = run("operator", "add", "unyo", "--name", "別人")
    assert "もう登録されています" in str(again.exception)
