"""`warifu registry …`: the registry of qualified-invoice issuers, kept locally."""

from __future__ import annotations

import json
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from einvoice.registration import RegistrationNumber
from einvoice.registry import RegistryAnswer, RegistryStatus
from einvoice.registry_bulk import ImportProgress, import_file, take_changes
from einvoice.registry_client import PRODUCTION, RegistryClient
from einvoice.registry_database import BulkRegistry
from portal import settings
from portal.service import Service
from records import SystemClock, calendar

app = typer.Typer(
    help="適格請求書発行事業者の公表データ / The registry of qualified-invoice issuers",
    no_args_is_help=True,
)
FOUND, NOT_REGISTERED, CANNOT_TELL = 0, 1, 2
_WORDS = {
    RegistryStatus.REGISTERED: "登録あり / registered",
    RegistryStatus.NOT_YET: "登録前 / not registered yet",
    RegistryStatus.LAPSED: "失効 / lapsed",
    RegistryStatus.CANCELLED: "取消 / cancelled",
    RegistryStatus.NOT_FOUND: "公表されていない / not published",
    RegistryStatus.CANNOT_TELL: "確認できない / cannot tell",
}


class FileKind(StrEnum):
    """全件データ or 差分データ."""

    FULL = "full"
    CHANGES = "changes"


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="全件・差分の ZIP か CSV / bulk files")],
    published: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="データの日付 / day of the data")
    ],
    kind: Annotated[
        FileKind, typer.Option(help="全件(full)・差分(changes) / whole data or changes")
    ] = FileKind.FULL,
) -> None:
    """公表データを取り込む。止まっても続きから再開する / Import; resumes where it stopped."""
    service = Service.from_settings(settings.load(), name="warifu registry")
    now = SystemClock().now
    try:
        with _bar() as bar:
            for path in files:
                task = bar.add_task(path.name, total=None, rows="")

                def show(step: ImportProgress, task: object = task) -> None:
                    bar.update(
                        task,  # type: ignore[arg-type]
                        total=step.bytes_total,
                        completed=step.bytes_done,
                        rows=f"{step.rows:,}行",
                    )

                result = import_file(
                    service.database,
                    path,
                    kind=kind.value,
                    published=published.date(),
                    at=now(),
                    progress=show,
                )
                done = "取込済み / done before" if result.was_done else "取込 / imported"
                bar.console.print(
                    f"{path.name}: {done} {result.rows:,}行、読めない行 {result.refused:,}、"
                    f"検査数字の合わない番号 {result.odd_check_digits:,}"
                )
                for refusal in result.first_refusals:
                    bar.console.print(f"  {refusal}", markup=False)
    finally:
        service.close()


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


@app.command("changes")
def changes(
    since: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="この日から / first day published")
    ],
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="この日まで（既定は今日） / last day published"),
    ] = None,
    server: Annotated[
        str, typer.Option(help="Web-API の場所（検証環境など） / address of the Web-API")
    ] = PRODUCTION,
) -> None:
    """公表サイトの Web-API から期間の差分を取り込む / Take a period's changes from the Web-API.

    同じ期間を何度取り込んでも結果は同じ / Taking the same period twice changes nothing.
    """
    configured = settings.load()
    if configured.registry.application_id is None:
        typer.echo(
            "Web-API のアプリケーションIDがありません。WARIFU_REGISTRY__APPLICATION_ID に"
            "国税庁から受け取ったIDを設定してください。 / No application id for the Web-API: "
            "set WARIFU_REGISTRY__APPLICATION_ID to the one the National Tax Agency gave you.",
            err=True,
        )
        raise typer.Exit(CANNOT_TELL)
    now = SystemClock().now
    last = until.date() if until is not None else _today(now())
    if last < since.date():
        raise typer.BadParameter("--until は --since より前です / is before --since")
    service = Service.from_settings(configured, name="warifu registry")
    key = configured.registry.application_id.get_secret_value()
    try:
        with RegistryClient(key, now=now, base_url=server) as client:
            count = take_changes(service.database, client.changes(since.date(), last))
    finally:
        service.close()
    typer.echo(
        f"{since.date()}〜{last}: 差分 {count:,} 行を取り込みました / rows taken in: {count:,}"
    )


@app.command()
def lookup(
    number: Annotated[str, typer.Argument(help="登録番号 T＋13桁 / registration number")],
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="取引年月日（既定は今日） / day of supply"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSONで / as JSON")] = False,
) -> None:
    """取引日に登録があったかを調べる / Was the number registered on the day?

    終了コード 0 登録あり、1 登録なし、2 確認できない / 0 registered, 1 not, 2 cannot tell.
    """
    registration = RegistrationNumber.parse(number)
    service = Service.from_settings(settings.load(), name="warifu registry")
    now = SystemClock().now
    try:
        asked = day.date() if day is not None else _today(now())
        answer = BulkRegistry(service.database, now=now).status(registration, asked)
    finally:
        service.close()
    typer.echo(_as_json(answer) if as_json else _as_text(answer))
    if answer.is_registered:
        raise typer.Exit(FOUND)
    is_open = answer.status is RegistryStatus.CANNOT_TELL
    raise typer.Exit(CANNOT_TELL if is_open else NOT_REGISTERED)


def _today(now: datetime) -> date:
    return calendar.jst_date(now)


def _as_text(answer: RegistryAnswer) -> str:
    parts = [f"{answer.number} {answer.day}: {_WORDS[answer.status]}"]
    if answer.names:
        parts.append("、".join(answer.names))
    if answer.registered:
        parts.append(
            f"登録 {answer.registered}" + (f"、終了 {answer.ended}" if answer.ended else "")
        )
    if answer.published:
        parts.append(f"公表データ {answer.published} 時点")
    if answer.reason:
        parts.append(answer.reason)
    return "\n  ".join(parts)


def _as_json(answer: RegistryAnswer) -> str:
    def text(value: date | None) -> str | None:
        return None if value is None else value.isoformat()

    return json.dumps(
        {
            "number": answer.number.value,
            "day": text(answer.day),
            "status": answer.status.value,
            "names": list(answer.names),
            "registered": text(answer.registered),
            "ended": text(answer.ended),
            "published": text(answer.published),
            "origin": answer.origin,
            "reason": answer.reason,
        },
        ensure_ascii=False,
    )
