"""Two cities on one machine: name server, SMP and access points of a private network. NOT PEPPOL.

`create` makes keys and certificates in a folder, `open` starts everything on loopback and writes
where it listens, `sender` (of this or another process) sends from one town to another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import dns.resolver

from peppol.as4 import Limits, Receiver, Sender
from peppol.errors import SettingInvalid, Text
from peppol.identifiers import (
    BILLING,
    INVOICE_RESPONSE,
    INVOICE_RESPONSE_PROCESS,
    JP_INVOICE,
    JP_NON_TAX_INVOICE,
    JP_SELF_BILLING,
    MESSAGE_LEVEL_STATUS,
    MESSAGE_LEVEL_STATUS_PROCESS,
    SELF_BILLING,
    ParticipantId,
    seat_id,
    service_provider_address,
)
from peppol.lookup import Directory
from peppol.naptr import NaptrAddressBook, hostname
from peppol.outbound import AddressRules, Outbound
from peppol.private.folder import FolderReceived, FolderSent
from peppol.private.metadata import path_of, service_group, signed_metadata
from peppol.private.pki import MARK, PrivatePki, Seat, load_seat
from peppol.private.servers import NameServer, WebServer
from peppol.services import Service, Services

ZONE: Final = "participant.private.invalid"
_RUNNING: Final = "running.json"

# What every town takes, and what its service provider's own address takes.
DOCUMENTS: Final = (
    Service(JP_INVOICE, BILLING),
    Service(JP_NON_TAX_INVOICE, BILLING),
    Service(JP_SELF_BILLING, SELF_BILLING),
    Service(INVOICE_RESPONSE, INVOICE_RESPONSE_PROCESS),
)
PROVIDER_DOCUMENTS: Final = (Service(MESSAGE_LEVEL_STATUS, MESSAGE_LEVEL_STATUS_PROCESS),)


@dataclass(frozen=True, slots=True)
class Town:
    """A participant with its own access point."""

    participant: ParticipantId
    seat: str

    def services(self) -> dict[ParticipantId, Sequence[Service]]:
        """All that is received at this town's access point."""
        provider = service_provider_address(seat_id(self.seat))
        return {self.participant: DOCUMENTS, provider: PROVIDER_DOCUMENTS}


TOWNS: Final = (
    Town(ParticipantId("0188:7000012050002"), "PZZ000001"),
    Town(ParticipantId("0221:T7000012050002"), "PZZ000002"),
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class PrivateNetwork:
    """A private network kept in `folder`."""

    def __init__(
        self,
        folder: Path,
        now: Callable[[], datetime] = _utc_now,
        points: Mapping[str, str] | None = None,
    ) -> None:
        """`points`: seat → address of an access point that somebody else runs; the others run
        here.
        """
        self.folder = folder
        self._points = dict(points or {})
        self.now = now
        self.pki = PrivatePki.load(folder / "pki")
        self.smp = load_seat(folder / "pki" / "smp.pem")
        try:
            rows = json.loads((folder / "towns.json").read_text("utf-8"))
            self.towns = tuple(Town(ParticipantId(r["participant"]), r["seat"]) for r in rows)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _wrong("towns.json を読めません。", "towns.json cannot be read.") from error
        self._open: list[NameServer | WebServer] = []

    @classmethod
    def create(
        cls,
        folder: Path,
        towns: Sequence[Town] = TOWNS,
        now: Callable[[], datetime] = _utc_now,
    ) -> PrivateNetwork:
        """A new network in `folder`, which must not hold one already."""
        if (folder / "pki").exists():
            raise _wrong("すでに網があります。", "there is a network already.")
        pki = PrivatePki.create(now())
        pki.save(folder / "pki")
        seats = {"smp": pki.smp("SZZ000001", now())}
        seats |= {town.seat: pki.access_point(town.seat, now()) for town in towns}
        for name, seat in seats.items():
            path = folder / "pki" / f"{name}.pem"
            path.touch(mode=0o600)
            path.write_bytes(seat.pem())
        rows = [{"participant": t.participant.value, "seat": t.seat} for t in towns]
        (folder / "towns.json").write_text(json.dumps(rows), "utf-8")
        return cls(folder, now)

    def open(self) -> Self:
        """Start the name server, the SMP and every town's access point on loopback."""
        smp = WebServer()
        self._open.append(smp)
        records: dict[str, list[str]] = {}
        for town in self.towns:
            address = self._points.get(town.seat)
            if address is None:
                point = WebServer(post=self.receiver(town).receive)
                self._open.append(point)
                address = f"{point.address}/as4"
            certificate = self._seat(town.seat).certificate
            for participant, services in town.services().items():
                records[hostname(participant, ZONE)] = [
                    f'100 10 "U" "Meta:SMP" "!.*!{smp.address}!" .'
                ]
                types = [service.document_type for service in services]
                smp.files[path_of(participant)] = service_group(participant, types, smp.address)
                for service in services:
                    smp.files[path_of(participant, service.document_type)] = signed_metadata(
                        participant,
                        service.document_type,
                        service.process,
                        address=address,
                        certificate=certificate,
                        smp=self.smp,
                    )
        names = NameServer(records)
        self._open.append(names)
        state = {"note": MARK, "dns": names.port, "smp": smp.address}
        (self.folder / _RUNNING).write_text(json.dumps(state), "utf-8")
        return self

    def close(self) -> None:
        (self.folder / _RUNNING).unlink(missing_ok=True)
        for server in self._open:
            server.close()
        self._open.clear()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def received(self, town: Town) -> FolderReceived:
        """What `town` has received."""
        return FolderReceived(self.folder / town.seat / "received")

    def sent(self, town: Town) -> FolderSent:
        """What `town` has sent."""
        return FolderSent(self.folder / town.seat / "sent")

    def receiver(self, town: Town, limits: Limits | None = None) -> Receiver:
        """The access point of `town`."""
        return Receiver(
            key=self._seat(town.seat).as_key(),
            trust=self.pki.trust(),
            services=Services(town.services()),
            messages=self.received(town),
            now=self.now,
            limits=limits or Limits(),
        )

    def sender(self, town: Town) -> Sender:
        """Sends as `town`, through the network that runs (here or in another process)."""
        return Sender(
            key=self._seat(town.seat).as_key(),
            trust=self.pki.trust(),
            directory=self.directory(),
            outbound=Outbound(AddressRules.for_private_network()),
            messages=self.sent(town),
            now=self.now,
        )

    def directory(self) -> Directory:
        """Lookup in the network that runs."""
        try:
            port = int(json.loads((self.folder / _RUNNING).read_text("utf-8"))["dns"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _wrong(
                "網が動いていません(warifu peppol private serve)。",
                "the network is not running (warifu peppol private serve).",
            ) from error
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = port
        return Directory(
            address_book=NaptrAddressBook(ZONE, resolver),
            outbound=Outbound(AddressRules.for_private_network()),
            trust=self.pki.trust(),
            now=self.now,
        )

    def town(self, participant: ParticipantId) -> Town:
        """The town that is `participant`."""
        found = next((t for t in self.towns if t.participant == participant), None)
        if found is None:
            raise _wrong(f"{participant} は住人ではありません。", f"{participant} is no town here.")
        return found

    def _seat(self, name: str) -> Seat:
        return load_seat(self.folder / "pki" / f"{name}.pem")


def _wrong(ja: str, en: str) -> SettingInvalid:
    return SettingInvalid(name="peppol.private_network", why=Text(ja, en))
