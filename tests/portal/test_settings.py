"""Settings: defaults run, what is wrong is named in both languages, and the page is current."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pydantic import ValidationError

from portal.errors import SettingsError
from portal.security.server_secret import server_secret
from portal.settings import Settings, load
from portal.settings.loading import names
from portal.settings.reference import PAGE, reference


def test_defaults_run():
    settings = load({})
    assert settings.web.host == "127.0.0.1"
    assert settings.web.port == 8000
    assert settings.database.url is None
    assert not settings.demo


def test_environment_sets_nested_values_and_lists():
    settings = load(
        {
            "WARIFU_WEB__PORT": "8080",
            "WARIFU_SIGNING__TSA_URLS": "http://a.example/tsa, http://b.example/tsa",
            "WARIFU_DEMO": "true",
            "PATH": "/usr/bin",
        }
    )
    assert settings.web.port == 8080
    assert settings.signing.tsa_urls == ("http://a.example/tsa", "http://b.example/tsa")
    assert settings.demo


def test_file_is_read_and_the_environment_wins(tmp_path: Path):
    file = tmp_path / "warifu.toml"
    file.write_text('[web]\nport = 9000\n[city]\nname = "試験市"\n', encoding="utf-8")
    settings = load({"WARIFU_CONFIG": str(file), "WARIFU_WEB__PORT": "9001"})
    assert (settings.web.port, settings.city.name) == (9001, "試験市")


def test_a_secret_may_come_from_a_file(tmp_path: Path):
    file = tmp_path / "password"
    file.write_text("geheim\n")
    settings = load({"WARIFU_MAIL__PASSWORD_FILE": str(file)})
    assert settings.mail.password is not None
    assert settings.mail.password.get_secret_value() == "geheim"
    assert "geheim" not in repr(settings)


def test_what_is_no_secret_does_not_come_from_a_file(tmp_path: Path):
    with pytest.raises(SettingsError, match="WARIFU_WEB__PORT_FILE"):
        load({"WARIFU_WEB__PORT_FILE": str(tmp_path / "port")})


@pytest.mark.parametrize(
    ("name", "value", "ja", "en"),
    [
        ("WARIFU_WEB__PORT", "eighty", "整数で書いてください", "integer"),
        ("WARIFU_WEB__PORT", "70000", "65535 以下", "65535"),
        ("WARIFU_STORE__KIND", "tape", "'local' or 's3'", "'local' or 's3'"),
        ("WARIFU_STORE__KIND", "s3", "bucket が必要です", "needs bucket"),
        ("WARIFU_DEMO", "perhaps", "true か false", "boolean"),
        ("WARIFU_CITY__CODE", "12", "書き方が違います", "pattern"),
        ("WARIFU_WEB__PUBLIC_URL", "keiyaku.example.jp", "https://", "must start with"),
        ("WARIFU_WEB__PROT", "80", "WARIFU_WEB__PORT ではありませんか", "Did you mean"),
        ("WARIFU_MAIL__PASSWORD_FILE", "/nowhere/x", "読めません", "can't be read"),
        ("WARIFU_CONFIG", "/nowhere/x.toml", "読めません", "can't be read"),
    ],
)
def test_a_wrong_setting_is_named_in_both_languages(name, value, ja, en):
    with pytest.raises(SettingsError) as wrong:
        load({name: value})
    assert name.removesuffix("__KIND") in wrong.value.message_ja
    assert ja in wrong.value.message_ja
    assert en in wrong.value.message_en


def test_all_wrong_settings_are_named_at_once():
    with pytest.raises(SettingsError) as wrong:
        load({"WARIFU_WEB__PORT": "x", "WARIFU_MAIL__PORT": "y", "WARIFU_NOTHING": "z"})
    for name in ("WARIFU_WEB__PORT", "WARIFU_MAIL__PORT", "WARIFU_NOTHING"):
        assert name in wrong.value.message_ja
        assert name in wrong.value.message_en


def test_a_wrong_secret_is_not_repeated():
    with pytest.raises(SettingsError) as wrong:
        load({"WARIFU_CITY__CORPORATE_NUMBER": "s3cr3t-typed-in-the-wrong-place"})
    assert "s3cr3t" not in str(wrong.value)


def test_a_file_with_an_unknown_name_or_bad_writing_is_refused(tmp_path: Path):
    file = tmp_path / "warifu.toml"
    file.write_text("[web]\nprot = 9000\n")
    with pytest.raises(SettingsError, match="WARIFU_WEB__PROT"):
        load({"WARIFU_CONFIG": str(file)})
    file.write_text("[web\n")
    with pytest.raises(SettingsError, match="書き方"):
        load({"WARIFU_CONFIG": str(file)})


def test_a_secret_given_twice_is_refused(tmp_path: Path):
    file = tmp_path / "p"
    file.write_text("x")
    with pytest.raises(SettingsError, match="両方"):
        load({"WARIFU_MAIL__PASSWORD": "a", "WARIFU_MAIL__PASSWORD_FILE": str(file)})


def test_a_demonstration_is_not_open_to_the_network():
    with pytest.raises(SettingsError, match=r"127\.0\.0\.1"):
        load({"WARIFU_DEMO": "true", "WARIFU_WEB__HOST": "0.0.0.0"})


def test_settings_cannot_be_changed_after_the_start():
    with pytest.raises(ValidationError):
        Settings().web.port = 1  # type: ignore[misc]


def test_the_environment_of_the_tests_does_not_leak_in(monkeypatch):
    monkeypatch.setenv("WARIFU_WEB__PORT", "1234")
    assert Settings().web.port == 8000
    assert load().web.port == 1234


def test_the_page_of_settings_is_current_and_complete():
    page = PAGE.read_text(encoding="utf-8")
    assert page == reference(), "python -m portal.settings.reference writes it anew"
    for name in names():
        assert f"`{name}`" in page


def test_the_servers_secret_is_made_once_and_is_the_owners_only(tmp_path: Path):
    path = tmp_path / "new" / "secret"
    settings = Settings(security={"secret_path": path})
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(server_secret(settings))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


def test_a_secret_that_others_can_read_stops_the_start(tmp_path: Path):
    path = tmp_path / "secret"
    server_secret(Settings(security={"secret_path": path}))
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        server_secret(Settings(security={"secret_path": path}))


def test_a_short_secret_stops_the_start():
    with pytest.raises(SettingsError, match="32"):
        server_secret(Settings(security={"secret": "short"}))


def test_settings_can_be_the_first_thing_imported() -> None:
    """Each command begins so; a circle of imports would show only in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", "from portal import settings; settings.Settings()"],
        capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
