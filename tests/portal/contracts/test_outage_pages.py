"""Story 19 and "Durable": the time-stamping authority or the mail server is away.

Both are real servers on this machine, stopped and started. What waits is said on the contract's
page and on the board; nothing is half-signed, nothing is sent twice.
"""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from collections import Counter
from datetime import timedelta
from http.server import ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller

import signing
from econtract import queries
from portal.development_tsa import handler
from portal.mail import mailer
from records import audit, jobs
from signing import TimestampAuthority, Timestamper, development

pytestmark = pytest.mark.slow
VENDOR = "takahashi@example.jp"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Inbox:
    """Keeps what the mail server was given."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802
        self.received.append(envelope.content)
        return "250 OK"

    def ids(self, to: str) -> Counter[str]:
        found = (email.message_from_bytes(m, policy=email.policy.default) for m in self.received)
        return Counter(str(m["message-id"]) for m in found if m["to"] == to)


def tried(office, later: timedelta = timedelta(0)) -> None:
    """What is due runs; what fails is put back as a worker would."""
    from portal.worker import tasks

    jobs.run_due(
        office.service.database, tasks(office.service), at=office.now + later, stop_at_error=False
    )


def said(page: str, words: str, *more: str) -> None:
    assert words in page
    for each in more:
        assert each in page, each


def test_s19_tsa_off_acts_wait_with_clear_words_and_nothing_is_half_signed(office, contract_at):
    """Off: the act waits on the contract's page, the vendor's and the board, with the next try and
    whom to ask. On again: one signature, one mail."""
    port = free_port()
    pki = development.create_pki(
        office.service.settings.signing.pki_folder, clock=lambda: office.now
    )
    authority = TimestampAuthority(
        name="tsa",
        url=f"http://127.0.0.1:{port}/",
        roots=office.service.trust.tsa_roots,
        policy=development.POLICY,
    )
    office.service.keys.timestamper = Timestamper(
        [authority], attempts=1, timeout=5, clock=lambda: office.now
    )
    contract_id = contract_at("vendor_signed")
    chotatsu, vendor = office.browser("chotatsu"), vendor_browser(office)
    for page in (
        chotatsu.get(f"/contracts/{contract_id}").text,
        vendor.get(f"/vendor/contracts/{contract_id}").text,
    ):
        said(
            page,
            "時刻局（タイムスタンプ）の応答を待っています",
            "から待っています（1回試みました）",
            "自動で試みます",
            "半分だけ署名されることはありません",
        )
    assert "運用管理者へ連絡してください" in chotatsu.get(f"/contracts/{contract_id}").text
    assert office.service.settings.city.phone in vendor.get(f"/vendor/contracts/{contract_id}").text
    said(chotatsu.get("/contracts").text, "時刻局（タイムスタンプ）の応答を待っています", "次は")
    with office.service.database.reader() as session:
        contract = queries.contract(session, contract_id)
        [act] = queries.acts(session, contract.document_id).values()
        unsigned = contract.current_sha256
    assert (act.state, act.result_sha256) == ("waiting_tsa", None)
    assert office.service.store.named(f"econtract/act/{act.id}") is None
    pdf = office.service.store.read(unsigned)
    assert signing.verify(pdf, office.service.trust, office.now).signatures == ()

    server = ThreadingHTTPServer(("127.0.0.1", port), handler(pki.tsa_answer))
    answering = threading.Thread(target=server.serve_forever, daemon=True)
    answering.start()
    try:
        tried(office, later=timedelta(minutes=20))
        tried(office, later=timedelta(minutes=40))
    finally:
        server.shutdown()
        server.server_close()
        answering.join()
    page = chotatsu.get(f"/contracts/{contract_id}").text
    assert "（タイムスタンプ）の応答を待っています" not in page
    with office.service.database.reader() as session:
        contract = queries.contract(session, contract_id)
        done = Counter(e.action for e in audit.history(session, f"contract:{contract_id}"))
    assert contract.state == "awaiting_city"
    assert done["contract.signed"] == done["contract.waiting_for_time"] == 1
    pdf = office.service.store.read(contract.current_sha256)
    assert len(signing.verify(pdf, office.service.trust, office.now).slots_signed) == 1


def test_a_mail_server_that_is_away_is_said_on_the_page_and_no_mail_comes_twice(
    office, contract_at
):
    contract_id = contract_at("approved")
    port, inbox = free_port(), Inbox()
    mail = office.service.settings.mail
    office.service.mailer = mailer(
        mail.model_copy(update={"kind": "smtp", "port": port, "security": "none"})
    )
    chotatsu = office.browser("chotatsu")
    assert chotatsu.submit(f"/contracts/{contract_id}/sending").status_code == 200
    tried(office)
    page = chotatsu.get(f"/contracts/{contract_id}").text
    said(
        page,
        "メールを送れず待っています（1通）",
        "次は",
        "二重に届くことはありません",
        "運用管理者へ連絡してください",
    )
    said(chotatsu.get("/contracts").text, "メールを送れず待っています（1通）", "次は")
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        for hours in (1, 2):
            tried(office, later=timedelta(hours=hours))
    finally:
        server.stop()
    assert list(inbox.ids(VENDOR).values()) == [1]
    assert "メールを送れず" not in chotatsu.get(f"/contracts/{contract_id}").text
    assert "メールを送れず" not in chotatsu.get("/contracts").text


def test_a_mail_given_up_says_that_only_a_person_moves_it_on(office, contract_at):
    contract_id = contract_at("approved")
    mail = office.service.settings.mail
    office.service.mailer = mailer(
        mail.model_copy(update={"kind": "smtp", "port": free_port(), "security": "none"})
    )
    chotatsu = office.browser("chotatsu")
    chotatsu.submit(f"/contracts/{contract_id}/sending")
    for day in range(14):
        tried(office, later=timedelta(days=day))
    said(
        chotatsu.get(f"/contracts/{contract_id}").text,
        "自動の再試行は終わりました",
        "運用管理者に「再開」を依頼してください",
    )
    said(chotatsu.get("/contracts").text, "止まっています。運用管理者へ")


def vendor_browser(office):
    browser = office.browser()
    browser.submit("/vendor-login", {"mail": VENDOR})
    office.run_jobs()
    assert browser.submit(office.mailed_link(VENDOR)).status_code == 303
    return browser
