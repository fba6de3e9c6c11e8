"""`warifu demo`: the fictional city in a browser, or both stories walked without one."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from portal import logging
from portal.demo import city
from portal.demo.opening import free_ports, opened
from portal.demo.stage import Stage
from records import SystemClock, calendar

FOLDER = Path("var/demo")
OUT = Path("out")
PORT = 8000


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="ブラウザーなしで最後まで歩く / walk both stories")
    ] = False,
    port: Annotated[int, typer.Option(help="画面のポート / port of the pages")] = PORT,
    folder: Annotated[Path, typer.Option(help="データの置き場所 / where data is kept")] = FOLDER,
    out: Annotated[Path, typer.Option(help="作った物の書き先 / where results are written")] = OUT,
) -> None:
    """架空の市を開く（開発用の鍵と時刻を使う） / Open a fictional city (development keys)."""
    console = Console(highlight=False, soft_wrap=True)
    logging.configure("warning")
    console.print("[bold yellow]デモ環境・開発用の鍵と時刻 / demonstration, development keys[/]")
    if headless:
        raise typer.Exit(_walk(console, folder, out))
    _open(console, Stage(folder, free_ports(port)))


def _walk(console: Console, folder: Path, out: Path) -> int:
    from portal.demo.walking import walk

    started = datetime.now().astimezone()
    # A fresh city each time: a story that is over cannot be walked again.
    stage = Stage(folder / f"headless-{started:%Y%m%d-%H%M%S}", free_ports())
    results = walk(stage, out / f"{started:%Y%m%d-%H%M%S}", console)
    table = Table(
        title=f"できたもの / what was made: {results[0].path.parent}", title_justify="left"
    )
    for heading in ("", "ファイル / file", "バイト / bytes", "確かめたこと / verified"):
        table.add_column(heading, overflow="fold")
    for result in results:
        mark = "[green]✓[/]" if result.is_verified else "[red]✗[/]"
        table.add_row(mark, result.path.name, f"{result.size:,}", result.words)
    console.print(table)
    return 0 if results and all(result.is_verified for result in results) else 1


def _open(console: Console, stage: Stage) -> None:
    from portal.demo.furnishing import furnish

    def tell(words: str) -> None:
        console.print(f"[dim]{words}[/]")

    with opened(stage, tell) as supervisor:
        furnish(stage, calendar.jst_date(SystemClock().now()), tell)
        console.print(_sign_ins(stage))
        console.print(f"\n[bold]{stage.address}[/]   （Ctrl-C で終了 / to stop）\n")
        stopped = threading.Event()
        supervisor.stop_on_signals(stopped.set)
        stopped.wait()


def _sign_ins(stage: Stage) -> Table:
    table = Table(title=f"職員のサインイン / staff   {stage.address}/login", title_justify="left")
    for heading in ("名前 / name", "パスワード / password", "役 / role", "すること / does"):
        table.add_column(heading, overflow="fold")
    for person in city.STAFF:
        role = "・".join(role.ja for role in person.roles)
        table.add_row(person.login_name, stage.password, f"{role}（{person.name}）", person.does)
    for company in city.COMPANIES:
        table.add_row(
            company.mail,
            f"{stage.address}/demo/mailbox",
            f"事業者（{company.name} {company.representative}）",
            "メールのリンクから入る / enters by the mailed link",
        )
    return table
