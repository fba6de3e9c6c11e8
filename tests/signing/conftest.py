"""A rendered contract, the development keys, and builders for signed documents."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signing import (
    Act,
    Slot,
    Timestamper,
    Trust,
    Verdict,
    development,
    extend,
    prepare,
    sign,
    verify,
)
from signing.development import DevelopmentPki

sys.path.insert(0, str(Path(__file__).parent))  # for `attacks`, under importlib mode
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
VENDOR = Slot("Vendor", "受注者", page=-1, box=(50, 50, 280, 130))
CITY = Slot("City", "発注者", page=-1, box=(300, 50, 550, 130))
ARTICLES = "".join(
    f"<h2>第{n}条</h2><p>発注者と受注者は、信義に従い誠実にこの契約を履行する。髙橋・﨑山</p>"
    for n in range(1, 9)
)
HTML = (
    "<html lang=ja><title>工事請負契約書</title><style>body{font-family:'BIZ UDMincho'}</style>"
    f"<h1>工事請負契約書</h1>{ARTICLES}"
)


@dataclass
class Clock:
    """A clock the test moves."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


@dataclass
class Office:
    """The development keys at a movable time, with short words for what the tests do all day."""

    pki: DevelopmentPki
    clock: Clock
    timestamper: Timestamper = field(init=False)

    def __post_init__(self) -> None:
        self.timestamper = self.pki.timestamper()

    def trust(self, at: datetime | None = None) -> Trust:
        return self.pki.trust(at or self.clock())

    def sign(self, pdf: bytes, slot: str, act: Act | None = None) -> bytes:
        key = self.pki.city if slot == "City" else self.pki.service
        return sign(
            pdf,
            slot,
            act or an_act(slot),
            key=key,
            timestamper=self.timestamper,
            trust=self.trust(),
        )

    def sign_all(self, pdf: bytes, *slots: str) -> bytes:
        for slot in slots or ("Vendor", "City"):
            pdf = self.sign(pdf, slot)
        return pdf

    def extend(self, pdf: bytes) -> bytes:
        return extend(pdf, timestamper=self.timestamper, trust=self.trust())

    def verify(self, pdf: bytes, **options: object) -> Verdict:
        return verify(pdf, self.trust(), self.clock(), **options)  # type: ignore[arg-type]


def an_act(slot: str = "Vendor") -> Act:
    if slot == "City":
        return Act("遠州市長　𠮷﨑　葛󠄀子", "遠州市\n契約担当者", "契約を締結します", "act-0002")
    return Act("髙橋　直", "株式会社遠州土木\n代表取締役", "この契約に同意します", "act-0001")


@pytest.fixture(scope="session")
def rendered() -> bytes:
    """A contract as WeasyPrint writes it: PDF/A-3b, object streams, embedded subset fonts."""
    import weasyprint

    data = weasyprint.Attachment(string='{"contract": "2026-0001"}', name="contract.json")
    pdf: bytes = weasyprint.HTML(string=HTML).write_pdf(pdf_variant="pdf/a-3b", attachments=[data])
    return pdf


@pytest.fixture(scope="session")
def prepared(rendered: bytes) -> bytes:
    return prepare(rendered, [VENDOR, CITY], metadata={"contract": "2026-0001", "版": "令和8年"})


@pytest.fixture(scope="session")
def session_office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    clock = Clock()
    office = Office(development.create_pki(tmp_path_factory.mktemp("pki"), clock=clock), clock)
    office.pki.key("vendor")  # issued now, whichever test asks for it first, by whatever clock
    return office


@pytest.fixture(scope="session")
def signed(session_office: Office, prepared: bytes) -> bytes:
    """Both parties have signed (B-T)."""
    session_office.clock.at = NOW  # the test before may have moved it
    return session_office.sign_all(prepared)


@pytest.fixture(scope="session")
def archived(session_office: Office, signed: bytes) -> bytes:
    """In long-term form (B-LTA)."""
    session_office.clock.at = NOW
    return session_office.extend(signed)


@pytest.fixture
def office(session_office: Office) -> Office:
    """The shared keys, by a clock set to NOW."""
    session_office.clock.at = NOW
    return session_office


@pytest.fixture
def own_office(tmp_path: Path) -> Office:
    """Keys of one test alone, for those that revoke or renew."""
    clock = Clock()
    return Office(development.create_pki(tmp_path / "pki", clock=clock), clock)


@pytest.fixture
def revisions() -> Callable[[bytes], list[bytes]]:
    """A file cut at each of its end-of-file marks."""

    def cut(pdf: bytes) -> list[bytes]:
        ends, at = [], 0
        while (at := pdf.find(b"%%EOF", at)) >= 0:
            at += 5
            while pdf[at : at + 1] in (b"\r", b"\n"):
                at += 1
            ends.append(pdf[:at])
        return ends

    return cut
