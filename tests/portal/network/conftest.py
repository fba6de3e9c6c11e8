"""A city in a private network: its own database and store, its access point, its worker."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import einvoice.jobs
import portal.jobs
import portal.network.jobs
from einvoice.compose import compose
from einvoice.invoice import Address
from einvoice.invoice_terms import InvoiceTerms, LineTerms, PartyTerms
from einvoice.models import ReceivedInvoice
from einvoice.registration import RegistrationNumber
from einvoice.writing import write
from peppol import Header, ParticipantId
from peppol.as4 import Reply
from peppol.as4.building import Outgoing, build
from peppol.identifiers import BILLING, JP_INVOICE
from peppol.lookup import Endpoint
from peppol.private.network import PrivateNetwork
from peppol.private.pki import load_seat
from peppol.trust import Network, seat_of
from portal.invoices.parts import invoice_parts
from portal.network.models import NetworkAnswer, NetworkMessage, NetworkReply
from portal.service import Service
from portal.settings import Settings
from records import Database, FixedClock, LocalStore, jobs

US, THEM = "0188:7000012050002", "0221:T7000012050002"
ADDRESS = Address(
    subdivision="静岡県", city="遠州市", line1="西町2番地", post_code="430-0002", country="JP"
)


def an_invoice(number: str = "H-2026-11", **changes: object) -> bytes:
    """A valid JP PINT invoice to the city."""
    values: dict[str, object] = {
        "number": number,
        "issue_date": date(2026, 11, 24),
        "start": date(2026, 11, 20),
        "end": date(2026, 11, 20),
        "seller": PartyTerms(
            name="有限会社はごろも文具",
            registration_number=RegistrationNumber("T2080402990002"),
            address=ADDRESS,
        ),
        "buyer": PartyTerms(
            name="遠州市",
            registration_number=RegistrationNumber("T7000012050002"),
            address=ADDRESS,
        ),
        "contract": "R8-物-0007",
        "lines": (LineTerms(name="事務用品", price=Decimal(200_000)),),
    }
    return write(compose(InvoiceTerms(**{**values, **changes})))  # type: ignore[arg-type]


@dataclass
class City:
    """A service with an access point in a private network, and the other town's key."""

    service: Service
    home: PrivateNetwork
    failing: list[Exception] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.service.clock.now()

    def outgoing(
        self, document: bytes | None = None, *, number: str = "i-1", level: int = 6, **more: object
    ) -> Outgoing:
        """What the other town sends us."""
        seat = load_seat(self.home.folder / "pki" / f"{self.home.towns[1].seat}.pem")
        ours = self.service.access_point.key.certificate
        values: dict[str, object] = {
            "sender": ParticipantId(THEM),
            "receiver": ParticipantId(US),
            "document_type": JP_INVOICE,
            "process": BILLING,
            "instance_identifier": number,
            "created": self.now,
        }
        header = Header.for_document(**{**values, **more})  # type: ignore[arg-type]
        endpoint = Endpoint(
            header.receiver, header.document_type, header.process, header.document_type,
            "http://127.0.0.1:9/as4", ours, seat_of(ours), "", b"", self.now,
        )  # fmt: skip
        return build(
            header,
            document or an_invoice(),
            endpoint=endpoint,
            key=seat.as_key(),
            network=Network.PRIVATE,
            at=self.now,
            level=level,
        )

    def receive(self, message: Outgoing) -> Reply:
        return self.service.access_point.receiver().receive(
            {"Content-Type": message.content_type}, io.BytesIO(message.body)
        )

    def run_jobs(self, **options: object) -> int:
        bound = {
            name: functools.partial(function, invoice_parts(self.service))
            for name, function in einvoice.jobs.TASKS.items()
        }
        for tasks in (portal.jobs.TASKS, portal.network.jobs.TASKS):
            for name, function in tasks.items():
                bound[name] = functools.partial(function, self.service)
        return jobs.run_due(self.service.database, bound, at=self.now, **options)  # type: ignore[arg-type]

    def rows(self, kind: type = NetworkMessage) -> list:
        with self.service.database.transaction() as session:
            order = kind.serial if kind is NetworkMessage else kind.id
            return list(session.query(kind).order_by(order))

    def incoming(self) -> list[NetworkMessage]:
        return [row for row in self.rows() if row.is_incoming]

    def sent(self) -> list[NetworkMessage]:
        return [row for row in self.rows() if not row.is_incoming]

    def rows_of_invoices(self) -> list[ReceivedInvoice]:
        with self.service.database.transaction() as session:
            return list(session.query(ReceivedInvoice).order_by(ReceivedInvoice.serial))

    def answers(self) -> list[NetworkAnswer]:
        return self.rows(NetworkAnswer)

    def replies(self) -> list[NetworkReply]:
        return self.rows(NetworkReply)


@pytest.fixture(scope="session")
def private_pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of two towns, made once: they take a second."""
    from datetime import UTC

    folder = tmp_path_factory.mktemp("network") / "net"
    noon = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    PrivateNetwork.create(folder, now=lambda: noon)
    return folder


@pytest.fixture
def private_folder(private_pki: Path, tmp_path: Path) -> Path:
    import shutil

    folder = tmp_path / "net"
    shutil.copytree(private_pki, folder)
    return folder


@pytest.fixture
def make_city(
    private_folder: Path, database: Database, store: LocalStore, clock: FixedClock, tmp_path: Path
) -> Iterator[Callable[..., City]]:
    made: list[Service] = []

    def make(**peppol: object) -> City:
        wanted = {
            "mode": "access_point",
            "network": "private",
            "private_folder": private_folder,
            "participants": (US,),
            **peppol,
        }
        settings = Settings(
            demo=True,
            mail={"folder": tmp_path / "outbox"},
            security={"secret": "a secret of the tests, long enough for all"},
            city={"corporate_number": "7000012050002"},
            peppol=wanted,
        )
        service = Service(settings, database=database, store=store, clock=clock)
        made.append(service)
        folder = settings.peppol.private_folder or private_folder
        return City(service, PrivateNetwork(folder, clock.now))

    yield make
    for service in made:
        service.close()


@pytest.fixture
def city(make_city: Callable[..., City]) -> Iterator[City]:
    """The city, with names, SMP and the other town's access point running on loopback."""
    city = make_city()
    with city.home:
        yield city
