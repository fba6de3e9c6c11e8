"""`warifu banks …`: the bank code list, kept locally."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from einvoice import bank_list
from portal import settings
from portal.service import Service
from records import Actor, SystemClock, calendar

app = typer.Typer(help="金融機関・支店コードの一覧 / The bank code list", no_args_is_help=True)
OPERATOR = Actor("operator", "command", "運用者（コマンド）")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="一覧の CSV / the list as CSV", exists=True)],
    published: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="一覧の日付 / day of the list")
    ],
) -> None:
    """一覧を取り込む。同じファイルは一度だけ / Take a list in; the same file only once."""
    service = Service.from_settings(settings.load(), name="warifu banks")
    try:
        with file.open("rb") as stream:
            data = stream.read(bank_list.MAX_BYTES + 1)
        with service.database.transaction() as session:
            done = bank_list.take_in(
                session, data, published_on=published.date(), actor=OPERATOR, at=SystemClock().now()
            )
    finally:
        service.close()
    words = "取込済み / done before" if done.already else "取り込みました / imported"
    typer.echo(f"{words}: {done.rows:,}支店、新しい {done.added:,}、なくなった {done.gone:,}")


@app.command("status")
def status() -> None:
    """いまの一覧の日付と件数 / The list that counts now."""
    service = Service.from_settings(settings.load(), name="warifu banks")
    try:
        with service.database.reader() as session:
            last = bank_list.latest(session)
            if last is None:
                typer.echo("一覧はありません / there is no list")
                raise typer.Exit(1)
            age = (calendar.jst_date(SystemClock().now()) - last.published_on).days
            typer.echo(f"{last.published_on}（{age}日前 / days ago）　{last.rows:,}支店 / branches")
    finally:
        service.close()
