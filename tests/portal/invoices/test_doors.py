"""The doors that are looked at by the clock: mails in a Maildir, files in a folder."""

from __future__ import annotations

import email.policy
import io
import json
import smtplib
import socket
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.invoices import folder_door, mail_door
from portal.invoices.folder_door import take_in_folder
from portal.invoices.mail_door import MailRefused, attachments, parsed, take_in_mails
from tests.portal.invoices.conftest import HAGOROMO


def mail(*files: tuple[str, bytes], sender: str = HAGOROMO, **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = f"はごろも <{sender}>", "seikyu@enshu.example"
    message["Subject"] = "11月分の請求書"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("請求書を送ります。")
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="xml", filename=name)
    return message


def deliver(folder: Path, message: EmailMessage, name: str = "1.host") -> None:
    (folder / "new").mkdir(parents=True, exist_ok=True)
    (folder / "new" / name).write_bytes(message.as_bytes(policy=email.policy.SMTP))


def listed(city) -> list[dict]:
    return city.api("kaikei").get("/api/v1/invoices").json()["invoices"]


def test_an_invoice_sent_by_smtp_is_received_examined_and_answered(city, tmp_path) -> None:
    folder = tmp_path / "Maildir"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(Mailbox(str(folder)), hostname="127.0.0.1", port=port)
    server.start()
    try:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.send_message(mail(("請求書.xml", city.invoice()), ("メモ.txt", b"memo")))
    finally:
        server.stop()
    assert take_in_mails(city.service, folder) == 1
    assert take_in_mails(city.service, folder) == 0
    city.run_jobs()
    (row,) = listed(city)
    assert (row["channel"], row["seller"]) == ("mail", "有限会社はごろも文具")
    assert row["vendor_id"] == city.vendors[HAGOROMO].id
    (answer,) = city.mails(HAGOROMO)
    assert "請求書.xml　受付番号 26-000001" in answer
    assert "メモ.txt" in answer
    assert "メール" in city.browser("kanzai").get("/invoices/26-000001").text


def test_the_same_mail_twice_and_the_same_file_by_another_door_is_one_invoice(
    city, tmp_path
) -> None:
    message = mail(("請求書.xml", city.invoice()))
    deliver(tmp_path, message)
    take_in_mails(city.service, tmp_path)
    deliver(tmp_path, message, "2.host")  # a crash before the move, or a server that repeats
    take_in_mails(city.service, tmp_path)
    city.run_jobs()
    assert len(listed(city)) == 1
    deliver(tmp_path, mail(("neu.xml", city.invoice()), Message_ID="<other@x>"), "3.host")
    take_in_mails(city.service, tmp_path)
    city.run_jobs()
    states = sorted(row["state"]["code"] for row in listed(city))
    assert states == ["at_section", "duplicate"]
    found = city.upload()
    assert (found["receipt_no"], found["already"]) == ("26-000001", "same_bytes")


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        ("stranger@elsewhere.example", {}),
        (HAGOROMO, {"Auto_Submitted": "auto-replied"}),
    ],
)
def test_strangers_and_machines_get_no_answer(city, tmp_path, sender, headers) -> None:
    deliver(tmp_path, mail(("請求書.xml", city.invoice()), sender=sender, **headers))
    take_in_mails(city.service, tmp_path)
    city.run_jobs()
    assert len(listed(city)) == 1
    assert city.mails(sender) == []


def test_a_mail_without_an_invoice_is_answered_with_what_to_send(city, tmp_path) -> None:
    deliver(tmp_path, mail())
    take_in_mails(city.service, tmp_path)
    city.run_jobs()
    assert listed(city) == []
    assert "添付されていません" in city.mails(HAGOROMO)[0]


def test_a_zip_in_a_mail_is_opened_and_a_bad_one_named(city, tmp_path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("1.xml", city.invoice("A-1"))
        archive.writestr("2.xml", city.invoice("A-2"))
    deliver(tmp_path, mail(("11月.zip", buffer.getvalue()), ("壊.zip", b"PK\x03\x04x")))
    take_in_mails(city.service, tmp_path)
    city.run_jobs()
    assert len(listed(city)) == 2
    assert "壊.zip" in city.mails(HAGOROMO)[0]


def test_limits_of_a_mail() -> None:
    many = mail(*[(f"{n}.xml", b"<a/>") for n in range(mail_door.MAX_ATTACHMENTS + 1)])
    with pytest.raises(MailRefused):
        list(attachments(parsed(many.as_bytes())))
    nested = b"x"
    for depth in range(mail_door.MAX_DEPTH + 3):
        edge = f"b{depth}".encode()
        nested = (
            b"Content-Type: multipart/mixed; boundary="
            + edge
            + b"\n\n--"
            + edge
            + b"\n"
            + nested
            + b"\n--"
            + edge
            + b"--\n"
        )
    with pytest.raises(MailRefused):
        list(attachments(parsed(nested)))


def test_a_mail_above_the_size_is_not_read(city, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(mail_door, "MAX_MAIL_BYTES", 100)
    deliver(tmp_path, mail(("請求書.xml", city.invoice())))
    assert take_in_mails(city.service, tmp_path) == 1
    assert listed(city) == []


SAMPLE = mail(("a.xml", b"<a/>"), ("b.zip", b"PK\x03\x04")).as_bytes()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.binary(max_size=2_000),
        st.tuples(
            st.lists(
                st.tuples(st.integers(0, len(SAMPLE) - 1), st.binary(max_size=8)), max_size=20
            ),
        ),
    )
)
def test_no_mail_however_broken_stops_the_door(broken) -> None:
    if isinstance(broken, bytes):
        data = broken
    else:
        changed = bytearray(SAMPLE)
        for place, new in broken[0]:
            changed[place : place + len(new)] = new
        data = bytes(changed)
    message = parsed(data)
    mail_door._sender(message)
    try:
        for name, content in attachments(message):
            assert isinstance(name, str)
            assert isinstance(content, bytes)
    except MailRefused:
        pass


# --- the folder ----------------------------------------------------------------------------------


def put(folder: Path, name: str, data: bytes) -> None:
    (folder / "in").mkdir(parents=True, exist_ok=True)
    (folder / "in" / name).write_bytes(data)


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_files_are_taken_in_with_a_receipt_beside_and_bad_ones_with_the_reason(
    city, tmp_path
) -> None:
    put(tmp_path, "請求.xml", city.invoice())
    put(tmp_path, "memo.pdf", b"%PDF-1.7")
    put(tmp_path, "unfinished.xml.part", b"<")
    put(tmp_path, ".hidden.xml", b"<")
    assert take_in_folder(city.service, tmp_path) == 2
    assert names(tmp_path / "in") == {"unfinished.xml.part", ".hidden.xml"}
    assert names(tmp_path / "done") == {"請求.xml", "請求.xml.receipt.json"}
    assert names(tmp_path / "failed") == {"memo.pdf", "memo.pdf.reason.txt"}
    told = json.loads((tmp_path / "done" / "請求.xml.receipt.json").read_text("utf-8"))
    assert told["receipts"][0]["receipt_no"] == "26-000001"
    assert "PDF" in (tmp_path / "failed" / "memo.pdf.reason.txt").read_text("utf-8")
    city.run_jobs()
    assert listed(city)[0]["channel"] == "folder"


def test_a_file_left_by_a_crash_is_taken_up_again_once(city, tmp_path, monkeypatch) -> None:
    put(tmp_path, "a.xml", city.invoice())

    def killed(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(folder_door, "_put", killed)  # after the commit, before the move
        with pytest.raises(RuntimeError):
            take_in_folder(city.service, tmp_path)
    assert names(tmp_path / "work") == {"a.xml"}
    assert take_in_folder(city.service, tmp_path) == 1
    told = json.loads((tmp_path / "done" / "a.xml.receipt.json").read_text("utf-8"))
    assert told["receipts"][0]["already"] == "same_bytes"
    assert len(listed(city)) == 1


def test_the_same_name_again_overwrites_nothing(city, tmp_path) -> None:
    for number in ("A-1", "A-2"):
        put(tmp_path, "a.xml", city.invoice(number))
        take_in_folder(city.service, tmp_path)
    assert {"a.xml", "a~2.xml"} <= names(tmp_path / "done")
    assert len(listed(city)) == 2


def test_links_are_not_followed(city, tmp_path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_bytes(city.invoice())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.xml").symlink_to(secret)
    assert take_in_folder(city.service, tmp_path) == 0
    assert secret.exists()


def test_a_broken_zip_leaves_nothing_behind(city, tmp_path) -> None:
    put(tmp_path, "a.zip", b"PK\x03\x04 broken")
    take_in_folder(city.service, tmp_path)
    assert "a.zip" in names(tmp_path / "failed")
    assert listed(city) == []
