"""`warifu peppol codelists …`: which code lists are in use, and taking in newer ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from peppol import code_lists
from peppol.errors import PeppolError
from peppol.published_lists import read_published

app = typer.Typer(help="コードリスト / Code lists", no_args_is_help=True)


@contextmanager
def told() -> Iterator[None]:
    """An error of ours becomes two sentences and exit code 1."""
    try:
        yield
    except PeppolError as error:
        place = f" [{error.field}]" if error.field else ""
        typer.echo(f"{error.code}{place}: {error.message_ja}\n  {error.remedy_ja}", err=True)
        typer.echo(f"{error.code}{place}: {error.message_en}\n  {error.remedy_en}", err=True)
        raise typer.Exit(1) from None


@app.command()
def show(file: Annotated[Path | None, typer.Argument()] = None) -> None:
    """使っているコードリスト / The code lists in use."""
    with told():
        found = code_lists.load(file)
        values = {
            "version": found.version,
            "date": found.date,
            "complete": found.complete,
            "document_types": len(found.document_types),
            "participant_schemes": len(found.participant_schemes),
            "processes": len(found.processes),
            "transport_profiles": len(found.transport_profiles),
            "note": found.note,
        }
        typer.echo(json.dumps(values, ensure_ascii=False, indent=1))


@app.command()
def update(
    published: Annotated[
        Path,
        typer.Argument(
            help="公開されたファイル（JSON・XML・GenericCode）のフォルダーか、そのひとつ /"
            " folder of the published files (JSON, XML or GenericCode), or one of them"
        ),
    ],
    to: Annotated[Path, typer.Option(help="書き先 / where to keep them")],
) -> None:
    """取得したコードリストを取り込む / Take in downloaded code lists; say what changed."""
    with told():
        new = read_published(published)
        for line in code_lists.differences(code_lists.load(to if to.exists() else None), new):
            typer.echo(line)
        new.save(to)
