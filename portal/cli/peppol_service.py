"""`warifu peppol messages | resend | metrics`, and sending through the service's own outbox."""

from __future__ import annotations

import getpass
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer

from einvoice.reading import read
from einvoice.validation import validate
from peppol import Header
from peppol.evidence import export
from peppol.identifiers import JP_INVOICE, JP_NON_TAX_INVOICE, JP_SELF_BILLING
from portal import migrations, settings
from portal.errors import SettingsError
from portal.network import metrics as network_metrics
from portal.network import outbox, provider_outbox, queries, resending
from portal.network.models import MessageState, NetworkMessage
from portal.network.queries import Shelf
from portal.service import Service
from records import Actor, audit

POLL_SECONDS = 0.2


def register(app: typer.Typer) -> None:
    """Add the commands that work on the service's database."""
    app.command("messages")(messages)
    app.command("resend")(resend)
    app.command("metrics")(metrics)


def messages(
    shelf: Annotated[Shelf, typer.Option(help="all | incoming | outgoing | trouble")] = Shelf.ALL,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="証跡を JSON Lines で / evidence as JSON Lines")
    ] = False,
) -> None:
    """送受信の一覧と、それぞれへの回答 / Messages with the answers to each, as JSON Lines."""
    with _service() as service, service.database.reader() as session:
        if evidence:
            sys.stdout.writelines(export(queries.evidence(session)))
            return
        for row in queries.messages(session, shelf, limit=limit):
            told = _told(row)
            told["answers"] = [
                {"status": a.status, "state": a.state, "to": a.receiver, "due": _at(a.due)}
                for a in queries.answers_about(session, row)
            ]
            told["replies"] = [
                {"kind": r.kind, "status": r.status, "words": r.words, "at": _at(r.at)}
                for r in queries.replies_about(session, row)
            ]
            typer.echo(json.dumps(told, ensure_ascii=False))


def resend(
    message: Annotated[str, typer.Argument(help="一覧の id / the id of the list")],
) -> None:
    """届かなかったメッセージを再送する / Send a failed message again."""
    with _service() as service, service.database.transaction() as session:
        sent = resending.resend(
            session, message_id=message, actor=operator(), at=service.clock.now()
        )
        typer.echo(json.dumps(_told(sent), ensure_ascii=False))


def metrics() -> None:
    """送受信の数（Prometheusの書式） / Figures in the text format of Prometheus."""
    with _service() as service, service.database.reader() as session:
        at = service.clock.now()
        sys.stdout.write(network_metrics.as_text(queries.figures(session, at), at))


def send(header: Header, document: bytes, *, wait: float) -> None:
    """Queue a document in the service's outbox and wait for what becomes of it.

    An invoice that breaks the rules of JP PINT is not sent: its receiver would refuse it.
    Exit code 0 delivered, 1 failed or invalid, 3 still under way when the time was up.
    """
    number = None
    if header.document_type in (JP_INVOICE, JP_NON_TAX_INVOICE, JP_SELF_BILLING):
        report = validate(document)
        if report.verdict != "valid":
            for finding in report.findings:
                if finding.severity == "error":
                    typer.echo(f"{finding.id}: {finding.message}", err=True)
            raise typer.Exit(1)
        number = read(document).number
    with _service() as service:
        if service.settings.peppol.mode != "access_point" and not provider_outbox.is_open(service):
            raise SettingsError(
                problems_ja="・WARIFU_PEPPOL__MODE: access_point にするか、事業者のAPI"
                "（WARIFU_PEPPOL__PROVIDER_URL）を設定するか、"
                "--key か --private を付けてください。",
                problems_en="- WARIFU_PEPPOL__MODE: set it to access_point, or name the provider's"
                " API (WARIFU_PEPPOL__PROVIDER_URL), or give --key or --private.",
            )
        kept = service.store.put(document)
        at = service.clock.now()
        with service.database.transaction() as session:
            row = outbox.queue(
                session,
                header,
                document_sha256=kept.sha256,
                network=service.settings.peppol.network,
                at=at,
                number=number,
            )
            details = {"to": row.receiver, "sha256": kept.sha256}
            audit.append(session, operator(), "network.queued", f"network:{row.id}", details, at)
        until = time.monotonic() + wait
        while row.status is MessageState.WAITING and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
            with service.database.reader() as session:
                row = queries.message(session, row.id)
        typer.echo(json.dumps(_told(row), ensure_ascii=False))
    codes = {MessageState.DELIVERED: 0, MessageState.FAILED: 1}
    raise typer.Exit(codes.get(row.status, 3))


def operator() -> Actor:
    """Whoever types the command, as the trail names them."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "?"
    return Actor("operator", f"cli:{name}"[:60], name)


@contextmanager
def _service() -> Iterator[Service]:
    service = Service.from_settings(settings.load(), name="warifu peppol")
    try:
        migrations.require_head(service.database)
        yield service
    finally:
        service.close()


def _told(row: NetworkMessage) -> dict[str, Any]:
    return {
        "id": row.id,
        "direction": row.direction,
        "state": row.state,
        "at": _at(row.recorded),
        "sender": row.sender,
        "receiver": row.receiver,
        "document": row.document_type,
        "number": row.document_number,
        "instance_identifier": row.instance_identifier,
        "message_id": row.message_id,
        "receipted": _at(row.receipted),
        "attempts": row.attempts,
        "error": {"code": row.last_error, "ja": row.error_ja, "en": row.error_en}
        if row.last_error
        else None,
        "flags": row.flags,
        "invoice": row.invoice_id,
    }


def _at(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
