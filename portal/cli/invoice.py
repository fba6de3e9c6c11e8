"""`warifu invoice …`: judge invoices, and our judging beside the official rules."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from einvoice.batch import validate_files, xml_files
from einvoice.conformance import OfficialRules
from einvoice.findings import Finding, Report
from einvoice.rules import CURRENT, VERSIONS

app = typer.Typer(help="請求書 / Invoices", no_args_is_help=True)


def _known_version(version: str) -> str:
    if version not in VERSIONS:
        raise typer.BadParameter(f"{'・'.join(VERSIONS)} のどれか / one of {', '.join(VERSIONS)}")
    return version


Rules = Annotated[
    str,
    typer.Option(
        "--rules",
        callback=_known_version,
        help=f"規則の版（{'・'.join(VERSIONS)}） / version of the rules",
    ),
]

EXIT_CODES = {"valid": 0, "invalid": 1, "unreadable": 2}
VERDICTS = {
    "valid": "有効 / valid",
    "invalid": "無効 / invalid",
    "unreadable": "読めない / unreadable",
}
QUALIFIED = {
    "met": "適格請求書の要件を満たす / meets the law on qualified invoices",
    "not_met": "適格請求書の要件を満たさない / does not meet the law on qualified invoices",
    "cannot_tell": "適格請求書か確認できない / cannot tell whether it is a qualified invoice",
}
SEVERITIES = {"error": "エラー / error", "warning": "注意 / warning", "info": "情報 / note"}
#: From this many files on, all cores are used unless --jobs says otherwise.
MANY = 32


@app.callback()
def invoice() -> None:
    """請求書 / Invoices"""


@app.command()
def validate(
    files: Annotated[
        list[Path], typer.Argument(help="XMLファイル・フォルダー / XML files or folders")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="1ファイル1行のJSON / one JSON object a line")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="プロセス数（既定は全コア） / processes (default: all cores)"),
    ] = None,
    rules: Rules = CURRENT,
) -> None:
    """請求書（JP PINT）を検証する / Validate JP PINT invoices.

    終了コード 0 すべて有効、1 無効がある、2 読めないものがある /
    Exit code 0: all valid; 1: any invalid; 2: any unreadable.
    """
    worst = 0
    listed = list(xml_files(files))
    used = jobs or (os.cpu_count() or 1 if len(listed) >= MANY else 1)
    with _progress(len(listed)) as advance:
        jobs = min(used, len(listed) or 1)
        for report in validate_files(listed, jobs=jobs, version=rules):
            worst = max(worst, EXIT_CODES[report.verdict])
            advance()
            if as_json:
                typer.echo(json.dumps(report.to_json(), ensure_ascii=False))
            else:
                typer.echo(_in_words(report))
    raise typer.Exit(worst)


@app.command()
def conformance(
    files: Annotated[
        list[Path], typer.Argument(help="XMLファイル・フォルダー / XML files or folders")
    ],
    schematron: Annotated[
        Path,
        typer.Option(
            exists=True,
            help="公式のresourcesアーカイブ（ZIP）かフォルダー / official resources: ZIP or folder",
        ),
    ],
    rules: Rules = CURRENT,
) -> None:
    """公式規則（Saxon）と結果を比べる / Compare with the official rules, run by Saxon.

    当方の版より新しい公式規則も実行でき、その文言を示す /
    Official rules newer than ours can be run, too; what they say is shown.

    終了コード 0 すべて一致、1 違いがある / Exit code 0: all agree; 1: any differs.
    """
    seen = differing = stopped = 0
    with OfficialRules(schematron) as official:
        for path in xml_files(files):
            result = official.compare(path, rules)
            seen += 1
            stopped += result.stopped is not None
            if result.agrees:
                continue
            differing += 1
            typer.echo(f"{result.file} ({result.profile})")
            for ident in sorted(result.official - result.ours):
                typer.echo(f"  公式のみ / official only: {ident}  {result.texts[ident]}".rstrip())
            for ident in sorted(result.ours - result.official):
                typer.echo(f"  当方のみ / ours only: {ident}")
            if result.stopped:
                typer.echo(f"  公式は中断 / official run stopped: {result.stopped}")
    typer.echo(
        f"{seen} 件、一致 {seen - differing}、相違 {differing}（公式の中断 {stopped}） / "
        f"{seen} files: {seen - differing} agree, {differing} differ ({stopped} runs stopped)"
    )
    raise typer.Exit(1 if differing else 0)


def _in_words(report: Report) -> str:
    lines = [f"{report.file}: {VERDICTS[report.verdict]}"]
    if report.verdict != "unreadable":
        lines[0] += f" ({report.ruleset})"
        lines.append(f"  {QUALIFIED[report.qualified]}")
    for finding in report.findings:
        lines += _finding_in_words(finding)
    return "\n".join(lines)


def _finding_in_words(finding: Finding) -> Iterator[str]:
    place = "  ".join(
        part
        for part in (
            f"{finding.line} 行目 / line {finding.line}" if finding.line else "",
            finding.path or "",
        )
        if part
    )
    yield f"  [{finding.id}] {SEVERITIES[finding.severity]}  {place}".rstrip()
    yield f"      {finding.message.ja}"
    yield f"      {finding.message.en}"
    yield f"    → {finding.remedy.ja}"
    yield f"    → {finding.remedy.en}"


class _Rate(ProgressColumn):
    """Files a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f}/s")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar on the error stream, if a person is watching and there is something to wait for."""
    if total < MANY or not sys.stderr.isatty():
        yield lambda: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("検証 / validating"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)
