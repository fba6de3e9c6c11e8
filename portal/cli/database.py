"""`warifu database …`: bring the schema up to date, write a new revision."""

from __future__ import annotations

import typer

from portal import migrations, settings
from portal.service import Service

app = typer.Typer(help="データベースの表 / The database's schema", no_args_is_help=True)


@app.command()
def migrate() -> None:
    """表を最新の形にする / Bring the schema to its newest form."""
    service = Service.from_settings(settings.load(), name="warifu migrate")
    try:
        before = migrations.current(service.database)
        migrations.upgrade(service.database)
        typer.echo(f"{before or '–'} → {migrations.current(service.database)}")
    finally:
        service.close()


@app.command()
def revision(message: str) -> None:
    """表の変更を新しい版として書く（開発者用） / Write a new revision from the models."""
    service = Service.from_settings(settings.load(), name="warifu revision")
    try:
        migrations.upgrade(service.database)
        migrations.revise(service.database, message)
    finally:
        service.close()
