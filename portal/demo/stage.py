"""The fictional city made ready: its folder, settings, people, and the processes that serve it."""

from __future__ import annotations

import functools
import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from portal import migrations, tally
from portal.accounts import queries, registering
from portal.demo import city
from portal.service import Service, tend_database
from portal.settings import Settings, load
from portal.supervisor import Child, Supervisor
from records import Actor, embedded

ACTOR = Actor(kind="system", id="demo", name="デモの準備")


@dataclass(frozen=True, slots=True)
class Ports:
    web: int
    tsa: int


class Stage:
    """A demonstration in a folder. Made again in the same folder, it goes on where it was."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        self.folder = folder.absolute()
        self.ports = ports
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.ports.web}"

    @property
    def environment(self) -> dict[str, str]:
        """What turns the processes of this service into this demonstration's."""
        folder = self.folder
        return {
            "WARIFU_DEMO": "true",
            "WARIFU_LOG_LEVEL": "error",
            "WARIFU_DATABASE__DATA_DIR": str(folder / "postgres"),
            "WARIFU_STORE__FOLDER": str(folder / "documents"),
            "WARIFU_MAIL__FOLDER": str(folder / "outbox"),
            "WARIFU_SIGNING__DEVELOPMENT_KEYS": "true",
            "WARIFU_SIGNING__PKI_FOLDER": str(folder / "pki"),
            "WARIFU_SIGNING__TSA_URLS": f"http://127.0.0.1:{self.ports.tsa}/tsa",
            "WARIFU_SIGNING__KEEP_AFTER_HOURS": "0",  # nobody watches a demonstration for a day
            "WARIFU_SECURITY__SECRET_PATH": str(folder / "secret"),
            "WARIFU_CITY__CORPORATE_NUMBER": city.CORPORATE_NUMBER,
            "WARIFU_PAYMENT__CONSIGNOR_CODE": city.CONSIGNOR_CODE,
            "WARIFU_WEB__PORT": str(self.ports.web),
            "WARIFU_WEB__PUBLIC_URL": self.address,
            # A killed worker's work is taken up again while people are still watching.
            "WARIFU_WORKER__HEARTBEAT_SECONDS": "10",
        }

    def settings(self) -> Settings:
        return load(self.environment)

    def prepare(self, report: Callable[[str], None]) -> None:
        """Start the database, make the tables, the development keys and the people."""
        report("データベースを起動しています / starting the database")
        service = Service.from_settings(self.settings(), name="warifu demo")
        try:
            report("表を用意しています / preparing the tables")
            migrations.upgrade(service.database)
            report("開発用の鍵と人を用意しています / preparing development keys and people")
            _ = service.trust
            self.settle(service)
        finally:
            service.close()

    def supervisor(self, report: Callable[[str], None]) -> Supervisor:
        """The three processes: pages, jobs, and the development time-stamping authority."""
        command = [sys.executable, "-m", "portal"]
        others = {k: v for k, v in os.environ.items() if not k.startswith("WARIFU_")}
        environment = {**others, **self.environment}
        tsa = [*command, "development-tsa", str(self.folder / "pki"), "--port", str(self.ports.tsa)]
        return Supervisor(
            [
                Child("tsa", tsa, environment),
                Child("web", [*command, "web"], environment),
                Child("worker", [*command, "worker"], environment),
            ],
            report,
            tend=functools.partial(tend_database, self.settings()),
        )

    def close(self) -> None:
        """Stop the database; everything stays in the folder."""
        embedded.stop(self.folder / "postgres")

    @property
    def password(self) -> str:
        """One password for all staff of this demonstration, made at its first start."""
        path = self.folder / "password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(f"warifu-{secrets.token_hex(4)}", encoding="ascii")
        return path.read_text(encoding="ascii")

    def settle(self, service: Service) -> None:
        """Staff and vendors, each once however often the demonstration starts."""
        at = service.clock.now()
        with service.database.transaction() as session:
            for person in city.STAFF:
                if queries.user_by_login_name(session, person.login_name) is not None:
                    continue
                registering.add_staff(
                    session,
                    login_name=person.login_name,
                    display_name=person.name,
                    kana=person.kana,
                    department=person.department,
                    mail=person.mail,
                    title=person.title,
                    roles=person.roles,
                    password=self.password,
                    actor=ACTOR,
                    at=at,
                )
            for company in city.COMPANIES:
                if queries.vendor_by_code(session, company.code) is not None:
                    continue
                vendor = registering.add_vendor(
                    session,
                    code=company.code,
                    name=company.name,
                    kana=company.kana,
                    registration_number=company.registration_number,
                    representative_title=company.representative_title,
                    representative_name=company.representative,
                    postal_code=company.postal_code,
                    address=company.address,
                    phone=company.phone,
                    mail=company.mail,
                    bank_code=company.bank[0],
                    bank_name=company.bank[1],
                    branch_code=company.branch[0],
                    branch_name=company.branch[1],
                    account_type=company.account_type,
                    account_number=company.account_number,
                    account_holder_kana=company.account_holder_kana,
                    actor=ACTOR,
                    at=at,
                )
                tally.register_creditor(session, vendor, actor=ACTOR, at=at)
                registering.add_vendor_user(
                    session,
                    vendor_id=vendor.id,
                    mail=company.mail,
                    name=company.representative,
                    title=company.representative_title,
                    role="admin",
                    actor=ACTOR,
                    at=at,
                )
