"""A process of the city side that is killed in the middle of one act: SIGKILL, nothing cleaned up.

It lives in a module of its own, because the process that dies imports it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import datetime
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

from einvoice import handover_queries
from einvoice.examining import examine
from einvoice.receiving import Receipt
from einvoice.states import Step
from records import Database, FixedClock, LocalStore
from tests.einvoice.desk import (
    ACCOUNTANT,
    CLERK,
    PAY_ON,
    TREASURER,
    Desk,
    settle,
)
from tests.einvoice.situations import goods_terms

WHEN = ("before the commit", "after the commit")
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "einvoice.handover",
        "einvoice.examining",
        "einvoice.compose",
        "sqlalchemy.dialects.postgresql",
    ]
)


def act(desk: Desk, name: str, found: Receipt | None) -> Receipt:
    """One step of the way of an invoice, as its door, job or page does it."""
    if name == "door":
        return desk.take_in(goods_terms())
    assert found is not None
    match name:
        case "check and match":
            examine(desk.deps, invoice_id=found.invoice_id)
        case "section":
            desk.approve(found, Step.SECTION, CLERK, seen=desk.row(found).version)
        case "accounting":
            desk.approve(found, Step.ACCOUNTING, ACCOUNTANT, seen=desk.row(found).version)
        case "treasurer":
            desk.approve(found, Step.TREASURER, TREASURER, seen=desk.row(found).version)
        case "hand over":
            desk.hand_over(found, pay_on=PAY_ON)
        case "bank":
            with desk.database.reader() as session:
                item = handover_queries.live_item(session, found.invoice_id)
            assert item is not None  # a number that a dead process drew is not used again
            settle(desk, f"{item.order_no},PAID,2026-11-20,")
    return found


def _die(url: str, folder: Path, at: datetime, name: str, found: Receipt | None, when: str) -> None:
    desk = Desk(Database(url), LocalStore(folder), FixedClock(at), furnished=True)

    written = False

    def execute(_1: object, _2: object, statement: str, *_: object) -> None:
        nonlocal written
        written = written or statement.lstrip().startswith(("INSERT", "UPDATE"))

    def strike(_: object) -> None:
        if written:  # a transaction that only read is not worth dying in
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(desk.database.engine, "before_cursor_execute", execute)
    if when == "before the commit":
        event.listen(desk.database.engine, "commit", strike)
    else:
        event.listen(Session, "after_commit", strike)
    act(desk, name, found)
    os._exit(3)  # nothing was written: the test must not take that for a death


def killed_in(desk: Desk, name: str, found: Receipt | None, when: str) -> None:
    """Run the act in another process, which dies right before or right after its commit."""
    process = _CONTEXT.Process(
        target=_die,
        args=(desk.database.url, desk.store.folder, desk.at, name, found, when),
    )
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, (name, when, process.exitcode)
