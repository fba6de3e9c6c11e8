"""`warifu contract …`: renewing the archive timestamps of the contracts kept by the service."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from econtract import import_zip, importing, renewing
from portal import migrations, settings
from portal.contracts.people import vendor_of
from portal.contracts.work import contract_parts
from portal.service import Service
from records import Actor

app = typer.Typer(help="保管している契約書 / The contracts kept", no_args_is_help=True)


@app.callback()
def contract() -> None:
    """保管している契約書 / The contracts kept."""


@app.command()
def renew(
    before: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d"], help="この日より前に期限が来るもの / due before this day"
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="一覧だけ / only list them")] = False,
    review: Annotated[
        bool,
        typer.Option(help="すべての期限をファイルから計算し直す / work every date out anew first"),
    ] = False,
) -> None:
    """期限の来る契約書に、次の長期保存タイムスタンプを足す / Add the next archive timestamp.

    中断しても、もう一度実行すれば残りから続きます / Run it again after an interruption.
    終了コード 0 すべて済み、1 残りがある / Exit code 0: all done; 1: some are left.
    """
    service = Service.from_settings(settings.load(), name="warifu contract")
    try:
        migrations.require_head(service.database)
        deps = contract_parts(service)
        limit = before.replace(tzinfo=UTC)
        if review:
            with service.database.reader() as session:
                kept = renewing.kept_ids(session)
            with typer.progressbar(kept, label="確認 / reviewing") as shown:
                for contract_id in shown:
                    renewing.review(deps, contract_id)
        with service.database.reader() as session:
            found = [
                (c.id, c.number, c.renewal_due)
                for c in renewing.due(session, limit)
                if c.renewal_due is not None
            ]
        left = 0
        for number, (contract_id, name, due) in enumerate(found, 1):
            outcome = "期限が来る / due"
            if not dry_run:
                renewing.renew(deps, contract_id=contract_id, before=limit.isoformat())
                with service.database.reader() as session:
                    done = renewing.is_renewed(session, contract_id, due)
                outcome = "更新した / renewed" if done else "更新できない / not renewed"
                left += not done
            typer.echo(f"[{number}/{len(found)}] {name}: {due:%Y-%m-%d} {outcome}")
        typer.echo(f"{len(found)} 件 / contracts")
    finally:
        service.close()
    raise typer.Exit(1 if left else 0)


@app.command("import")
def import_contracts(
    table: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="契約の一覧（CSV） / the CSV")
    ],
    archives: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="PDFのZIP / ZIPs of PDFs")
    ],
    source: Annotated[
        str, typer.Option(help="どのサービスで結んだか / where they were signed")
    ] = "",
) -> None:
    """ほかのサービスで結んだ契約を取り込む / Take in contracts signed elsewhere, of any size.

    署名の確認とタイムスタンプはワーカーが行い、結果は画面「取込」に出ます。もう一度実行しても増えません。
    The worker judges and seals; the page "取込" lists the outcome. Run again, nothing doubles.
    """
    service = Service.from_settings(settings.load(), name="warifu contract import")
    operator = Actor("operator", "cli", "warifu contract import")
    try:
        migrations.require_head(service.database)
        at = service.clock.now()
        with service.database.transaction() as session:
            made = importing.begin(
                session,
                table.read_bytes(),
                source=source,
                vendor_of=vendor_of(session, operator, at),
                actor=operator,
                at=at,
            ).id
        for path in archives:
            with path.open("rb") as file:
                added = importing.add_all(
                    service.database, service.store, made, import_zip.pdfs(file),
                    actor=operator, at=service.clock.now(),
                )  # fmt: skip
            typer.echo(
                f"{path.name}: {len(added.taken)} 件、受取済み / known {len(added.known)}、"
                f"CSVにない / not in the CSV {len(added.unnamed)}"
            )
    finally:
        service.close()
