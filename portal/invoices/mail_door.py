"""Invoices by mail: the attachments of the mails that a mail server put into a Maildir.

The city's mail server delivers one address into a Maildir (every common server can); the worker
looks there once a minute. So this service opens no port to the network and speaks no mail protocol,
and a mail is in a file until its attachments are in the database.

    <folder>/new/…     delivered, not looked at
    <folder>/cur/…:2,S taken in (moved only after the receipts are committed)

A sender's address proves nothing: who claims is read from the document, as with the network. The
receipt is answered to addresses that the vendor register knows, so that nobody can make this
service write to strangers. The same mail twice, or the same file in two mails, is one invoice.

Limits of a mail: bytes, parts, attachments, depth; what is beyond them is refused as a whole.
"""

from __future__ import annotations

import email
import email.policy
import email.utils
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy.orm import Session

from einvoice import receiving
from einvoice.batches import PORTION, BatchReceipt, receive_batch
from einvoice.receiving import Channel, Receipt
from einvoice.refusals import IntakeError
from portal.accounts import queries as accounts
from portal.service import Service
from records import Actor, jobs

MAX_MAIL_BYTES = 40 * 1024 * 1024
MAX_PARTS = 100
MAX_ATTACHMENTS = 30
MAX_DEPTH = 10
MOST_MAILS = 200
"""Mails of one run; the next run goes on."""

ACTOR = Actor("system", "mail", "メール受付")


@dataclass(slots=True)
class Answered:
    """What became of one mail: the receipts, and what was not taken with the reason."""

    sender: str
    receipts: list[Receipt] = field(default_factory=list)
    batches: list[BatchReceipt] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    replied: bool = False


class MailRefused(Exception):
    """A mail beyond the limits, or one that cannot be read; `words` say which."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def take_in_mails(service: Service, folder: Path) -> int:
    """Take in what waits in the Maildir, oldest first. Returns how many mails were handled.

    One transaction a mail; its file moves to `cur` after the commit. Killed in between, it is
    looked at again and finds its receipts already there.
    """
    handled = 0
    for file in _waiting(folder):
        size = file.lstat().st_size
        data = file.read_bytes() if size <= MAX_MAIL_BYTES else b""
        with service.database.transaction() as session:
            take_in_mail(session, service, data)
        (folder / "cur").mkdir(exist_ok=True)
        file.rename(folder / "cur" / f"{file.name.partition(':')[0]}:2,S")
        handled += 1
    return handled


def take_in_mail(session: Session, service: Service, data: bytes) -> Answered:
    """Receive the attachments of one mail and answer it. Raises nothing for a bad mail."""
    key = hashlib.sha256(data).hexdigest()
    message = parsed(data)
    answered = Answered(sender=_sender(message))
    try:
        found = list(attachments(message)) if data else []
        if not found:
            raise MailRefused("請求書のファイル（XML または ZIP）が添付されていません。")
    except MailRefused as refused:
        answered.refused.append(("メール", refused.words))
        found = []
    for place, (name, content) in enumerate(found):
        _take(session, service, answered, name, content, f"mail:{key[:40]}:{place}")
    _reply(session, answered, key, message)
    return answered


def parsed(data: bytes) -> EmailMessage:
    """The mail as the standard library reads it, which makes something of any bytes."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def attachments(message: EmailMessage) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file attached. Raises `MailRefused` beyond the limits.

    Text and pictures that belong to the mail's own body (inline) are no files.
    """
    parts = 0
    found = 0
    waiting: list[tuple[EmailMessage, int]] = [(message, 0)]
    while waiting:
        part, depth = waiting.pop(0)
        parts += 1
        if parts > MAX_PARTS or depth > MAX_DEPTH:
            raise MailRefused("メールの構造が複雑すぎるため、読めません。")
        if part.is_multipart():
            children = part.get_payload()
            if isinstance(children, list):
                waiting += [(c, depth + 1) for c in children if isinstance(c, EmailMessage)]
            continue
        name = _name(part)
        kind = part.get_content_type()
        is_file = name is not None or kind.endswith(("/xml", "+xml", "/zip"))
        if not is_file or (part.get_content_disposition() == "inline" and "image" in kind):
            continue
        found += 1
        if found > MAX_ATTACHMENTS:
            raise MailRefused(f"添付は{MAX_ATTACHMENTS}件までです。ZIP にまとめてください。")
        content = part.get_payload(decode=True)
        yield name or "invoice.xml", content if isinstance(content, bytes) else b""


def _take(
    session: Session,
    service: Service,
    answered: Answered,
    name: str,
    content: bytes,
    message_id: str,
) -> None:
    try:
        if receiving.is_archive(content) and receiving.archive_size(content, name) > PORTION:
            answered.batches.append(
                receive_batch(
                    session,
                    store=service.store,
                    data=content,
                    name=name,
                    channel=Channel.MAIL,
                    vendor_id=None,
                    actor=ACTOR,
                    at=service.clock.now(),
                )
            )
            return
        files = (
            list(receiving.open_archive(content, name))
            if receiving.is_archive(content)
            else [(name, content)]
        )
    except IntakeError as refused:
        answered.refused.append((name, f"{refused.message_ja}{refused.remedy_ja}"))
        return
    for inner, (file_name, data) in enumerate(files):
        try:
            answered.receipts.append(
                receiving.receive(
                    session,
                    store=service.store,
                    data=data,
                    name=file_name,
                    channel=Channel.MAIL,
                    vendor_id=None,
                    actor=ACTOR,
                    at=service.clock.now(),
                    message_id=f"{message_id}:{inner}",
                )
            )
        except IntakeError as refused:
            answered.refused.append((file_name, f"{refused.message_ja}{refused.remedy_ja}"))


def _reply(session: Session, answered: Answered, key: str, message: EmailMessage) -> None:
    """Enqueue the receipt, to a registered address only; never to another machine's answer."""
    if not answered.sender or (message.get("Auto-Submitted") or "no").lower() != "no":
        return
    if not accounts.vendor_users_by_mail(session, answered.sender):
        return
    answered.replied = True
    lines = [
        f"・{r.name}　受付番号 {r.receipt_no}"
        + ("（同じ請求書を受付済みです）" if r.already else "")
        for r in answered.receipts
    ]
    lines += [f"・一括受付番号 {b.number}（{b.total}件）" for b in answered.batches]
    refused = [f"・{name}\n　{words}" for name, words in answered.refused]
    body = "メールでお送りいただいた請求書について、お知らせします。\n\n"
    if lines:
        body += "受け付けたもの：\n" + "\n".join(lines) + "\n\n"
    if refused:
        body += "受け付けできなかったもの：\n" + "\n".join(refused) + "\n\n"
    if lines:
        body += "内容の確認の結果は、窓口の画面でご覧ください。\n"
    title = "請求書を受け付けました" if lines else "請求書を受け付けできませんでした"
    message_key = f"mail-door:{key}"
    jobs.enqueue(
        session,
        "portal.mail",
        key=message_key,
        args={
            "to": answered.sender,
            "subject": f"【{title}】",
            "body": body.replace("[[", "[ ["),
            "message_key": message_key,
        },
    )


def _waiting(folder: Path) -> list[Path]:
    new = folder / "new"
    if not new.is_dir():
        return []
    files = [file for file in new.iterdir() if file.is_file() and not file.is_symlink()]
    return sorted(files, key=lambda file: (file.lstat().st_mtime_ns, file.name))[:MOST_MAILS]


def _sender(message: EmailMessage) -> str:
    try:
        address = email.utils.parseaddr(str(message.get("From") or ""))[1]
    except (ValueError, IndexError, AttributeError):  # the library's parser of broken headers
        return ""
    plain = address.strip().lower()
    return plain if plain.count("@") == 1 and len(plain) <= 254 and plain.isprintable() else ""


def _name(part: EmailMessage) -> str | None:
    try:
        return part.get_filename()
    except (ValueError, IndexError, AttributeError, LookupError):
        return "attachment"
