"""The command tree, and how an error becomes words and an exit code."""

from __future__ import annotations

import sys

import typer

from portal.cli import (
    audit,
    database,
    demo,
    invoice,
    invoice_compose,
    pdf,
    peppol,
    registry,
    running,
    sign,
)

EXIT_ERROR = 2


def build() -> typer.Typer:
    app = typer.Typer(
        name="warifu",
        help="割符: 電子契約と電子請求 / contracts and invoices without paper",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.command("demo")(demo.demo)
    app.command("up")(running.up)
    app.command("web")(running.web)
    app.command("worker")(running.worker)
    app.command("development-tsa", hidden=True)(running.development_tsa)
    app.command("sign")(sign.sign)
    app.add_typer(pdf.app, name="pdf")
    invoice_compose.register(invoice.app)
    app.add_typer(invoice.app, name="invoice")
    app.add_typer(peppol.app, name="peppol")
    app.add_typer(registry.app, name="registry")
    app.add_typer(audit.app, name="audit")
    app.add_typer(database.app, name="database")
    return app


def main() -> None:
    """Run a command. What a user can mend is said in Japanese and English, without a trace."""
    try:
        build()()
    except Exception as error:
        words = _words(error)
        if words is None:
            raise
        sys.stderr.write(words + "\n")
        sys.exit(EXIT_ERROR)


def _words(error: Exception) -> str | None:
    """The text of one of our own errors (each package's tree has these attributes), else None."""
    names = ("message_ja", "remedy_ja", "message_en", "remedy_en")
    parts = [getattr(error, name, None) for name in names]
    if parts[0] is None or parts[2] is None:
        return None
    return "\n".join(str(part) for part in parts if part)
