"""`warifu backup …`: copy all that is kept, check a copy, bring it back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from portal import migrations, settings
from portal.service import Service
from portal.settings import Settings
from records import SystemClock, backup, embedded
from records.backup import Backup
from records.errors import BackupRefused

app = typer.Typer(help="バックアップ / Backups", no_args_is_help=True)

Target = Annotated[
    Path, typer.Argument(help="バックアップを置くフォルダー / folder of the backups")
]
Which = Annotated[
    str, typer.Option("--backup", help="日時の名前（なければ最新） / its name; default the newest")
]


@app.command()
def create(target: Target) -> None:
    """データベースと文書を写す（サービスは動いたまま） / Back up while the service runs."""
    wanted = settings.load()
    service = Service.from_settings(wanted, name="warifu backup")
    try:
        migrations.require_head(service.database)
        with _progress("文書 / documents") as progress:
            made = backup.create(
                service.database.url,
                _folder(wanted),
                target,
                at=SystemClock().now(),
                progress=progress,
            )
    finally:
        service.close()
    typer.echo(
        f"{made.folder}: 監査記録 / audit {made.audit_seq}、文書 / documents {made.documents}"
    )
    if wanted.store.kind != "local":
        typer.echo("文書はS3にあり、写していません / the documents are in the bucket, not copied")


@app.command()
def check(target: Target, which: Which = "") -> None:
    """バックアップが壊れていないか確かめる / Say whether a backup is whole.

    終了コード 0 正常、1 異常 / Exit code 0: whole; 1: broken."""
    chosen = _chosen(target, which)
    with _progress("文書 / documents") as progress:
        problems = list(backup.check(chosen, progress=progress))
    for place, reason in problems:
        typer.echo(f"異常 / broken: {place}: {reason}")
    if not problems:
        typer.echo(f"正常 / whole: {chosen.folder}")
    raise typer.Exit(1 if problems else 0)


@app.command()
def restore(target: Target, which: Which = "") -> None:
    """空のデータベースと保管庫へ戻す / Bring a backup back into an empty place.

    終了コード 0 正常、1 監査記録に異常 / Exit code 0: whole; 1: the audit trail is broken."""
    chosen = _chosen(target, which)
    wanted = settings.load()
    url = wanted.database.url
    address = url.get_secret_value() if url else embedded.start(wanted.database.data_dir)
    with _progress("文書 / documents") as progress:
        report = backup.restore(chosen, address, _folder(wanted), progress=progress)
    if report.broken is not None:
        typer.echo(f"異常 / broken: {report.broken.message_ja} / {report.broken.message_en}")
        raise typer.Exit(1)
    typer.echo(f"戻しました / restored: 監査記録 / audit {report.entries}")
    typer.echo("`warifu database migrate` のあと起動してください / then migrate and start")


def _chosen(target: Path, which: str) -> Backup:
    found = backup.backups(target)
    named = [one for one in found if not which or one.folder.name == which]
    if not named:
        raise BackupRefused(
            reason_ja=f"{target} に{which or '完了した'}バックアップがありません",
            reason_en=f"no {which or 'finished'} backup in {target}",
        )
    return named[-1]


def _folder(wanted: Settings) -> Path | None:
    return wanted.store.folder if wanted.store.kind == "local" else None


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the error stream, if a person is watching."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task(label)
        yield lambda done, total: bar.update(task, completed=done, total=total)
