"""`warifu audit …`: check the audit trail, take it out, anchor it in time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from portal import migrations, settings
from portal.service import Service
from portal.timekeeping import token_checker
from records import audit

app = typer.Typer(help="監査証跡 / The audit trail", no_args_is_help=True)


@app.command()
def verify(
    export: Annotated[
        Path | None,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="書き出したファイル（なければデータベース） / an exported file",
        ),
    ] = None,
) -> None:
    """証跡が書き換えられていないか確かめる / Say whether the trail is whole.

    終了コード 0 正常、1 異常、2 確かめられない / Exit code 0: whole; 1: broken; 2: cannot tell.
    """
    service = Service.from_settings(settings.load(), name="warifu audit")
    try:
        check = token_checker(service.trust)
        if export is not None:
            with export.open(encoding="utf-8") as lines:
                report = audit.verify_export(lines, check_token=check)
        else:
            migrations.require_head(service.database)
            with service.database.reader() as session:
                report = audit.verify(session, check_token=check)
    finally:
        service.close()
    if report.broken is not None:
        typer.echo(f"異常 / broken: {report.broken.message_ja} / {report.broken.message_en}")
    else:
        typer.echo(
            f"正常 / whole: {report.entries} 件、タイムスタンプ {report.tokens_checked} 個を確認 /"
            f" {report.entries} entries, {report.tokens_checked} time-stamps checked"
        )
    raise typer.Exit(0 if report.is_whole else 1)


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="書き先（なければ標準出力） / where")] = None,
) -> None:
    """証跡をJSON Linesで書き出す / Write the trail as JSON Lines that verify by themselves."""
    service = Service.from_settings(settings.load(), name="warifu audit")
    try:
        migrations.require_head(service.database)
        with service.database.reader() as session:
            if file is None:
                sys.stdout.writelines(line + "\n" for line in audit.export(session))
            else:
                with file.open("w", encoding="utf-8") as out:
                    out.writelines(line + "\n" for line in audit.export(session))
    finally:
        service.close()
