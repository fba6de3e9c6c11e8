"""The command tree, and how an error becomes words and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

EXIT_ERROR = 2

# A group is a module with `app`; a command is a function of a module. Only what the line names is
# imported: checking an invoice needs no signer, no database and no web.
GROUPS = {
    "pdf": "portal.cli.pdf",
    "contract": "portal.cli.contract",
    "invoice": "portal.cli.invoice",
    "peppol": "portal.cli.peppol",
    "registry": "portal.cli.registry",
    "banks": "portal.cli.banks",
    "audit": "portal.cli.audit",
    "database": "portal.cli.database",
    "backup": "portal.cli.backup",
    "operator": "portal.cli.operator",
}
# A group's commands that are a module of their own: an invoice's making and showing; what works on
# the network's messages in the database.
MORE = {
    "invoice": "portal.cli.invoice_compose",
    "peppol": "portal.cli.peppol_service",
}
COMMANDS = {
    "demo": "portal.cli.demo:demo",
    "up": "portal.cli.running:up",
    "web": "portal.cli.running:web",
    "worker": "portal.cli.running:worker",
    "access-point": "portal.cli.access_point:access_point",
    "development-tsa": "portal.cli.running:development_tsa",
    "sign": "portal.cli.sign:sign",
    "simulate": "portal.cli.simulate:simulate",
}
HIDDEN = {"development-tsa"}


def build(named: str | None = None) -> typer.Typer:
    """The tree, or only its branch `named`."""
    app = typer.Typer(
        name="warifu",
        help="割符: 電子契約と電子請求 / contracts and invoices without paper",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)  # so that a single command keeps its name
    known = named in GROUPS or named in COMMANDS
    for name, place in COMMANDS.items():
        if not known or name == named:
            module, _, function = place.partition(":")
            command = getattr(import_module(module), function)
            app.command(name, hidden=name in HIDDEN)(command)
    for name, module in GROUPS.items():
        if not known or name == named:
            group = import_module(module)
            if name in MORE:
                import_module(MORE[name]).register(group.app)
            app.add_typer(group.app, name=name)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command. What a user can mend is said in Japanese and English, without a trace."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        build(given[0] if given else None)(given)
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
