"""The server's own secret: links and short codes are derived from it, so the database alone opens
nothing.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from portal.errors import SettingsError
from portal.settings import Settings

SHORTEST = 32


def server_secret(settings: Settings) -> bytes:
    """The secret from the settings, or from ``security.secret_path``, which is made (0600) when
    absent.

    Two processes may start at once: the file is created exclusively, and the loser reads the
    winner's.
    :raises SettingsError: when it is too short, or others can read the file.
    """
    given = settings.security.secret
    if given is not None:
        return _long_enough(given.get_secret_value().encode(), "WARIFU_SECURITY__SECRET")
    path = settings.security.secret_path
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _create(path)
    if path.stat().st_mode & 0o077:
        raise SettingsError(
            field="WARIFU_SECURITY__SECRET_PATH",
            problems_ja=f"・{path} をほかの利用者が読めます。chmod 600 {path} を実行してください。",
            problems_en=f"- {path} can be read by others. Run chmod 600 {path}.",
        )
    return _long_enough(path.read_bytes().strip(), "WARIFU_SECURITY__SECRET_PATH")


def _create(path: Path) -> None:
    # Written aside and linked into place: a reader sees no file or the whole secret, never half.
    aside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_urlsafe(48).encode())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            return
    finally:
        aside.unlink()


def _long_enough(secret: bytes, name: str) -> bytes:
    if len(secret) < SHORTEST:
        raise SettingsError(
            field=name,
            problems_ja=f"・{name} は {SHORTEST} 文字以上にしてください。",
            problems_en=f"- {name} needs {SHORTEST} characters or more.",
        )
    return secret
