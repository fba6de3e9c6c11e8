"""`warifu peppol …`: look participants up, open and make envelopes, send, reports, code lists,
and a private network of one's own."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from einvoice.errors import EInvoiceError
from einvoice.reading import read
from peppol import ocsp
from peppol.anchors import load_anchors
from peppol.as4 import Sender
from peppol.evidence import Evidence, export
from peppol.identifiers import (
    BILLING,
    JP_NON_TAX_INVOICE,
    JP_SELF_BILLING,
    SELF_BILLING,
    DocumentTypeId,
    ParticipantId,
    ProcessId,
    seat_id,
)
from peppol.identifiers import (
    JP_INVOICE as INVOICE,
)
from peppol.keys import FileKey
from peppol.lookup import Directory
from peppol.naptr import PRODUCTION_ZONE, TEST_ZONE, NaptrAddressBook
from peppol.outbound import Outbound
from peppol.private.folder import FolderSent
from peppol.private.network import PrivateNetwork
from peppol.private.pki import MARK
from peppol.sbdh import Header, MlsType
from peppol.sbdh_reading import open_envelope
from peppol.sbdh_writing import make_envelope
from peppol.smp import GROUP_LIMITS, read_service_group
from peppol.statistics import Month, end_user_report, transaction_report
from peppol.trust import Network, TrustPolicy
from portal.cli import peppol_lists
from portal.cli.peppol_lists import told as _told

app = typer.Typer(help="Peppol ネットワーク / The Peppol network", no_args_is_help=True)
private = typer.Typer(help=f"手元の試験網 / A network of your own ({MARK})", no_args_is_help=True)
app.add_typer(peppol_lists.app, name="codelists")
app.add_typer(private, name="private")


class Report(StrEnum):
    JSON = "json"
    TSR = "tsr"
    EUSR = "eusr"


NetworkOption = Annotated[Network, typer.Option("--network", help="production | test")]
TrustOption = Annotated[
    Path | None,
    typer.Option(
        "--trust", help="認証局証明書のフォルダー / folder of OpenPeppol's CA certificates"
    ),
]
PrivateOption = Annotated[
    Path | None, typer.Option("--private", help=f"試験網のフォルダー / folder of a {MARK}")
]
DocumentOption = Annotated[
    str | None,
    typer.Option(help="scheme::value（なければ文書から / else what the document says it is）"),
]
ProcessOption = Annotated[str | None, typer.Option(help="同じく / likewise")]
_JAPANESE = {
    "urn:peppol:pint:billing-1@jp-1": (INVOICE, BILLING),
    "urn:peppol:pint:nontaxinvoice-1@jp-1": (JP_NON_TAX_INVOICE, BILLING),
    "urn:peppol:pint:selfbilling-1@jp-1": (JP_SELF_BILLING, SELF_BILLING),
}


@app.command()
def lookup(
    participant: Annotated[str, typer.Argument(help="0221:T… | 0188:…")],
    document: Annotated[str, typer.Option(help="scheme::value")] = INVOICE.uri,
    process: Annotated[str, typer.Option()] = BILLING.value,
    network: NetworkOption = Network.PRODUCTION,
    trust: TrustOption = None,
    private_network: PrivateOption = None,
) -> None:
    """参加者の受け取れる文書と送り先を調べる / What a participant receives, and where."""
    with _told():
        who = ParticipantId.parse(participant)
        fault = who.fault()
        if fault:
            typer.echo(f"注意 / note: {fault.ja} / {fault.en}", err=True)
        if private_network is None and trust is None:
            _echo(
                {"participant": who.value, "verified": False, "registered": _listed(who, network)}
            )
            typer.echo(
                "署名は未確認です(--trust が必要) / unsigned: give --trust for the endpoint",
                err=True,
            )
            return
        directory = (
            PrivateNetwork(private_network).directory()
            if private_network
            else _directory(network, _trust(network, trust))
        )
        endpoint = directory.endpoint(who, DocumentTypeId.parse(document), ProcessId(process))
        _echo(
            {
                "participant": who.value,
                "network": (Network.PRIVATE if private_network else network).value,
                "verified": True,
                "registered": [d.uri for d in directory.document_types(who)],
                "document": endpoint.document_type.uri,
                "registered_as": endpoint.registered_as.uri,
                "address": endpoint.address,
                "seat": endpoint.seat,
                "smp": endpoint.smp_address,
                "certificate_until": endpoint.certificate.not_valid_after_utc.isoformat(),
                "contact": endpoint.contact,
            }
        )


@app.command("open")
def open_file(
    file: Path,
    to: Annotated[
        Path | None, typer.Option(help="中の文書の書き先 / where to put the document")
    ] = None,
) -> None:
    """封筒(SBDH)を開く / Open an envelope: its header as JSON, the document into a file."""
    with _told():
        envelope = open_envelope(_read(file))
        header = envelope.header
        _echo(
            {
                "sender": header.sender.value,
                "receiver": header.receiver.value,
                "document": header.document_type.uri,
                "process": header.process.uri,
                "country_c1": header.country_c1,
                "instance_identifier": header.instance_identifier,
                "created": header.created.isoformat(),
                "mls_to": header.mls_to.value if header.mls_to else None,
                "mls_type": header.mls_type,
                "root": envelope.payload_name,
                "bytes": len(envelope.payload),
            }
        )
        if to is not None:
            to.write_bytes(envelope.payload)


@app.command()
def wrap(
    file: Path,
    sender: Annotated[str, typer.Option("--from")],
    receiver: Annotated[str, typer.Option("--to")],
    document: DocumentOption = None,
    process: ProcessOption = None,
) -> None:
    """文書を封筒に入れて標準出力へ / Put a document into an envelope, to standard output."""
    with _told():
        data = _read(file)
        header = _header(sender, receiver, data, document, process)
        sys.stdout.buffer.write(make_envelope(header, data))


@app.command()
def send(
    file: Path,
    sender: Annotated[str, typer.Option("--from")],
    receiver: Annotated[str, typer.Option("--to")],
    document: DocumentOption = None,
    process: ProcessOption = None,
    network: NetworkOption = Network.TEST,
    trust: TrustOption = None,
    key: Annotated[Path | None, typer.Option(help="PEM | PKCS#12")] = None,
    password: Annotated[str | None, typer.Option(envvar="WARIFU_PEPPOL_KEY_PASSWORD")] = None,
    outbox: Annotated[Path, typer.Option(help="送信控え / what was sent")] = Path("peppol-sent"),
    private_network: PrivateOption = None,
    wait: Annotated[
        float, typer.Option(help="結果を待つ秒数 / seconds to wait for the outcome", min=0)
    ] = 60.0,
) -> None:
    """文書を送り、受領書を確かめる / Send a document and verify the receipt.

    鍵も網も指定しなければ、動いているサービスの送信箱から送ります /
    Without a key and a private network it goes through the running service's outbox.
    """
    with _told():
        data = _read(file)
        header = _header(sender, receiver, data, document, process)
        if private_network is None and key is None and trust is None:
            from portal.cli import peppol_service  # database and settings only where needed

            asking = replace(header, mls_type=MlsType.ALWAYS_SEND)
            peppol_service.send(asking, data, wait=wait)
        if private_network is not None:
            home = PrivateNetwork(private_network)
            post = home.sender(home.town(header.sender))
        else:
            policy = _trust(network, trust)
            if key is None:
                raise typer.BadParameter("--key")
            post = Sender(
                key=FileKey.from_file(key, password.encode() if password else None),
                trust=policy,
                directory=_directory(network, policy),
                outbound=Outbound(),
                messages=FolderSent(outbox),
                now=_now,
            )
        done = post.send(header, data)
        evidence = done.outgoing.evidence.receipt_at(done.receipted)
        _echo({**json.loads(evidence.to_json()), "attempts": done.attempts})


@app.command()
def evidence(
    file: Annotated[Path, typer.Argument(help="証跡(JSON Lines) / evidence as JSON Lines")],
    report: Annotated[Report, typer.Option()] = Report.JSON,
    month: Annotated[str, typer.Option(help="2026-11")] = "",
    seat: Annotated[str, typer.Option(help="報告者のシート ID / the reporter's seat")] = "",
    network: NetworkOption = Network.PRODUCTION,
) -> None:
    """証跡を書き出し、月次報告(TSR・EUSR)を作る / Export evidence, make monthly reports."""
    with _told():
        try:
            records = [Evidence.from_json(line) for line in file.read_text("utf-8").splitlines()]
        except (OSError, ValueError, KeyError) as error:
            typer.echo(f"{file}: 読めません / unreadable ({type(error).__name__})", err=True)
            raise typer.Exit(2) from None
        if report is Report.JSON:
            sys.stdout.writelines(export(records))
            return
        try:
            year, number = (int(part) for part in month.split("-"))
            period = Month(year, number)
            period.last  # noqa: B018 - a month that does not exist fails here
        except ValueError:
            raise typer.BadParameter("--month 2026-11") from None
        make = transaction_report if report is Report.TSR else end_user_report
        sys.stdout.buffer.write(make(records, period, seat_id(seat), network))


@private.command()
def init(folder: Path) -> None:
    """二つの町の鍵と証明書を作る / Make keys and certificates for two towns."""
    with _told():
        network = PrivateNetwork.create(folder)
        for town in network.towns:
            typer.echo(f"{town.participant}  {town.seat}")
        typer.echo(MARK)


@private.command()
def serve(
    folder: Path,
    seconds: Annotated[float | None, typer.Option(help="この秒数で終える / stop after")] = None,
    point: Annotated[
        list[str] | None,
        typer.Option(
            help="別に動く受け口 PZZ000001=http://127.0.0.1:8319/as4 / an access point that runs"
            " by itself"
        ),
    ] = None,
) -> None:
    """名前・SMP・受け口を 127.0.0.1 で動かす / Run names, SMP and access points on loopback."""
    points = dict(each.partition("=")[::2] for each in point or [])
    with _told(), PrivateNetwork(folder, points=points) as network:
        typer.echo(f"{MARK}: {', '.join(str(t.participant) for t in network.towns)}")
        end = time.monotonic() + seconds if seconds is not None else None
        try:
            while end is None or time.monotonic() < end:
                time.sleep(0.2)
        except KeyboardInterrupt:
            pass


@private.command()
def inbox(folder: Path) -> None:
    """各町に届いたもの / What arrived at each town."""
    with _told():
        network = PrivateNetwork(folder)
        for town in network.towns:
            for record in network.received(town).all():
                typer.echo(record.to_json())


def _now() -> datetime:
    return datetime.now(UTC)


def _header(
    sender: str, receiver: str, data: bytes, document: str | None, process: str | None
) -> Header:
    said = _JAPANESE.get(_customization(data), (INVOICE, BILLING))
    return Header.for_document(
        sender=ParticipantId.parse(sender).check(),
        receiver=ParticipantId.parse(receiver),
        document_type=DocumentTypeId.parse(document) if document else said[0],
        process=ProcessId(process) if process else said[1],
        instance_identifier=str(uuid4()),
        created=_now(),
    )


def _customization(data: bytes) -> str:
    """Which specification an invoice says it follows; empty for what is no invoice."""
    try:
        return read(data).customization
    except EInvoiceError:
        return ""


def _zone(network: Network) -> str:
    return PRODUCTION_ZONE if network is Network.PRODUCTION else TEST_ZONE


def _listed(who: ParticipantId, network: Network) -> list[str]:
    smp = NaptrAddressBook(_zone(network)).smp_address(who)
    answer = Outbound().get(f"{smp}/{who.path_segment}", limit=GROUP_LIMITS.size)
    return [document.uri for document in read_service_group(answer.body, who)]


def _trust(network: Network, folder: Path | None) -> TrustPolicy:
    if folder is None:
        raise typer.BadParameter("--trust")
    return TrustPolicy(load_anchors(folder, network), ocsp.online())


def _directory(network: Network, trust: TrustPolicy) -> Directory:
    return Directory(
        address_book=NaptrAddressBook(_zone(network)), outbound=Outbound(), trust=trust, now=_now
    )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        typer.echo(f"{file}: 読めません / unreadable ({error.strerror})", err=True)
        raise typer.Exit(2) from None


def _echo(values: dict[str, object]) -> None:
    typer.echo(json.dumps(values, ensure_ascii=False, indent=1))
