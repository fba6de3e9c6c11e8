"""`warifu invoice compose` and `warifu invoice view`: an invoice made, and an invoice shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from einvoice.compose import compose as compose_invoice
from einvoice.compose_sheet import terms_from_sheet
from einvoice.errors import SheetProblemsError
from einvoice.findings import Report
from einvoice.invoice import Invoice
from einvoice.reading import read
from einvoice.sheet_files import MAX_BYTES, template_csv, template_xlsx
from einvoice.validation import validate
from einvoice.view import view_page, view_pdf
from einvoice.writing import write

DONE, NOT_VALID, UNREADABLE = 0, 1, 2
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")


def register(app: typer.Typer) -> None:
    """Put the commands into the `invoice` group."""
    app.command("compose")(compose)
    app.command("view")(view)


def compose(
    file: Annotated[
        Path | None, typer.Argument(help="CSV・XLSX（1行が明細1行） / CSV or XLSX, one row a line")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="XMLを置くフォルダー / folder for the XML files")
    ] = Path(),
    template: Annotated[
        Path | None,
        typer.Option(help="ひな形（.csv・.xlsx）を書き出す / write the template there and stop"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option(help="同じ名前のファイルを置き換える / replace existing files")
    ] = False,
) -> None:
    """表から JP PINT の請求書を作る / Make JP PINT invoices from a sheet.

    終了コード 0 すべて作成、1 作ったものが規則に適合しない、2 読めない・作れない /
    Exit code 0: all made; 1: one is not valid; 2: the sheet cannot be read or an invoice not made.
    """
    if template is not None:
        _write(
            template,
            template_xlsx() if template.suffix.lower() == ".xlsx" else template_csv(),
            overwrite=overwrite,
        )
        typer.echo(f"{template}: ひな形を書き出しました / template written")
        return
    if file is None:
        raise typer.BadParameter("FILE か --template が必要です / FILE or --template is needed")
    try:
        # One pass over everything before the first file is written: all or nothing.
        made = [compose_invoice(terms) for terms in terms_from_sheet(_bytes(file, MAX_BYTES + 1))]
    except SheetProblemsError as error:
        for problem in error.problems:
            typer.echo(
                f"{problem.message_ja} {problem.remedy_ja}\n  {problem.message_en}", err=True
            )
        typer.echo(f"{error.message_ja}\n{error.remedy_ja}\n{error.message_en}", err=True)
        raise typer.Exit(UNREADABLE) from None
    paths = _paths(made, out, overwrite=overwrite)
    worst = DONE
    for path, invoice in zip(paths, made, strict=True):
        xml = write(invoice)
        report = validate(xml)
        _write(path, xml, overwrite=overwrite)
        typer.echo(_line(path, invoice, report))
        worst = max(worst, DONE if report.verdict == "valid" else NOT_VALID)
    raise typer.Exit(worst)


def _paths(made: list[Invoice], out: Path, *, overwrite: bool) -> list[Path]:
    """A file for each invoice, none of them taken; so that nothing is half done."""
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / f"{_NOT_IN_NAMES.sub('_', invoice.number)[:100]}.xml" for invoice in made]
    for path in paths:
        if (path.exists() and not overwrite) or paths.count(path) > 1:
            _exists(path)
    return paths


def _exists(path: Path) -> NoReturn:
    typer.echo(
        f"{path}: 同じ名前のファイルがあります（--overwrite で置き換え） / exists (--overwrite)",
        err=True,
    )
    raise typer.Exit(UNREADABLE)


def _line(path: Path, invoice: Invoice, report: Report) -> str:
    payable = invoice.totals.payable
    amount = "" if payable is None else f"{payable:,} {invoice.currency}"
    return f"{path}: {len(invoice.lines)}行 {amount} {report.verdict} {report.qualified}"


def view(
    file: Annotated[Path, typer.Argument(help="JP PINT の XML / a JP PINT document")],
    pdf: Annotated[bool, typer.Option("--pdf", help="PDFにする / make a PDF")] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="書き出す先（既定はXMLの隣） / where to (default: beside it)"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option(help="同じ名前のファイルを置き換える / replace existing files")
    ] = False,
) -> None:
    """請求書を人が読む形で見る / Show an invoice as people read it, findings at their places."""
    xml = _bytes(file, 100_000_000)
    invoice, report = read(xml), validate(xml)
    target = out or file.with_suffix(".pdf" if pdf else ".html")
    data = view_pdf(invoice, report) if pdf else view_page(invoice, report).encode()
    _write(target, data, overwrite=overwrite)
    typer.echo(f"{target}: {report.verdict} {report.qualified}、指摘 {len(report.findings)}件")


def _bytes(path: Path, limit: int) -> bytes:
    """The file's bytes, at most `limit` of them, so that what is too large is seen and not kept."""
    try:
        with path.open("rb") as stream:
            return stream.read(limit)
    except OSError as error:
        typer.echo(f"{path}: 読めません / cannot be read: {error.strerror}", err=True)
        raise typer.Exit(UNREADABLE) from None


def _write(path: Path, data: bytes, *, overwrite: bool) -> None:
    try:
        with path.open("wb" if overwrite else "xb") as stream:
            stream.write(data)
    except FileExistsError:
        _exists(path)
    except OSError as error:
        typer.echo(f"{path}: 書けません / cannot be written: {error.strerror}", err=True)
        raise typer.Exit(UNREADABLE) from None
