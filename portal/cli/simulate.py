"""`warifu simulate`: the pilot simulator on the command line, without a database."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from portal.simulation.assumptions import BOUNDS, Plan
from portal.simulation.ledger import read_ledger
from portal.simulation.outcome import simulate as run

DEFAULTS = Plan()


def simulate(
    ledger: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="台帳CSV（日付,種類,金額） / ledger CSV"),
    ] = None,
    invoices: Annotated[int, typer.Option(help="年間の請求書 / invoices a year")] = (
        DEFAULTS.invoices
    ),
    contracts: Annotated[int, typer.Option(help="年間の契約 / contracts a year")] = (
        DEFAULTS.contracts
    ),
    ceiling: Annotated[float, typer.Option(help="目標の割合％ / share aimed at, %")] = (
        DEFAULTS.ceiling
    ),
    turning_month: Annotated[float, typer.Option(help="半ばに達する月 / month of half")] = (
        DEFAULTS.turning_month
    ),
    drafters: Annotated[float, typer.Option(help="起票する職員 / drafters")] = DEFAULTS.drafters,
    reviewers: Annotated[float, typer.Option(help="審査する職員 / reviewers")] = (
        DEFAULTS.reviewers
    ),
    run_days: Annotated[int, typer.Option(help="支払の間隔 / days between payment runs")] = (
        DEFAULTS.run_days
    ),
    service_cost: Annotated[int, typer.Option(help="年間費用（円） / yearly cost, yen")] = (
        DEFAULTS.service_cost
    ),
    fiscal_year: Annotated[int, typer.Option(help="年度 / fiscal year")] = DEFAULTS.fiscal_year,
    replications: Annotated[int, typer.Option(help="くり返し / replications")] = (
        DEFAULTS.replications
    ),
    sample: Annotated[int, typer.Option(help="1回の請求書 / invoices walked a run")] = (
        DEFAULTS.sample
    ),
    seed: Annotated[int, typer.Option(help="乱数の種 / seed")] = DEFAULTS.seed,
    as_json: Annotated[bool, typer.Option("--json", help="JSONで出す / JSON")] = False,
    csv: Annotated[
        Path | None, typer.Option(dir_okay=False, help="CSVの書き出し先 / write CSV to")
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option(dir_okay=False, help="PDFの書き出し先 / write PDF to")
    ] = None,
) -> None:
    """電子化の前と後を試算する / Simulate before and after.

    幅（5％点～95％点）で答えます。同じ種なら同じ答えです /
    Answers in ranges (5th to 95th percentile); the same seed gives the same answer.
    """
    values = {key: value for key, value in locals().items() if key in BOUNDS}
    plan = Plan(**values)
    read = read_ledger(ledger.read_bytes()) if ledger else None
    result = run(plan, ledger=read, tell=_tell)
    from portal.simulation import reporting

    if csv is not None:
        csv.write_bytes(reporting.as_csv(result))
    if pdf is not None:
        title, now = "電子契約・電子請求の試算", datetime.now(UTC)
        pdf.write_bytes(
            reporting.as_pdf(result, title=title, city="", made_at=now, number="warifu simulate")
        )
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, indent=1))
        return
    typer.echo("指標 / indicator\t今（紙） / before\t電子化のあと / after")
    for row in reporting.kpi_rows(result):
        typer.echo("\t".join(row))
    for name, saved in reporting.saving_rows(result):
        typer.echo(f"{name}\t{saved}")
    for one in result["variants"]:
        p90, queue = one["p90"], one["queue"]
        typer.echo(f"{one['name']}\t{reporting.ranged(p90, '日')}\t{reporting.ranged(queue, '件')}")


def _tell(done: int, total: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{done}/{total}", err=True, nl=done == total)
