"""A ZIP of many: a number at once, worked off in portions, each file once whatever happens."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from sqlalchemy import func, select

from einvoice import batches, jobs, receiving
from einvoice.compose import compose
from einvoice.models import IntakeBatch, ReceivedInvoice
from einvoice.receiving import Channel
from einvoice.refusals import ArchiveError, InvoiceNotFoundError
from einvoice.writing import write
from records import audit
from records import jobs as queue
from tests.einvoice.desk import VENDOR, Desk
from tests.einvoice.situations import goods_terms

XML = write(compose(goods_terms()))


def zipped(count: int, *, extra: dict[str, bytes] | None = None) -> bytes:
    """A ZIP of so many different invoices, and further files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", b"")
        for number in range(count):
            name = f"INV-2026-{number:05d}".encode()
            archive.writestr(f"folder/{number}.xml", XML.replace(b"INV-2026-1015", name))
        for file_name, data in (extra or {}).items():
            archive.writestr(file_name, data)
    return buffer.getvalue()


def begin(desk: Desk, data: bytes, vendor_id: str = "V000101") -> batches.BatchReceipt:
    with desk.database.transaction() as session:
        return batches.receive_batch(
            session,
            store=desk.store,
            data=data,
            name="10月分.zip",
            channel=Channel.UPLOAD,
            vendor_id=vendor_id,
            actor=VENDOR,
            at=desk.at,
        )


def row_of(desk: Desk, found: batches.BatchReceipt) -> IntakeBatch:
    with desk.database.transaction() as session:
        return batches.batch(session, found.number)


def counted(desk: Desk) -> int:
    with desk.database.transaction() as session:
        return session.scalar(select(func.count(ReceivedInvoice.id))) or 0


def run(desk: Desk) -> None:
    import functools

    bound = {name: functools.partial(task, desk.deps) for name, task in jobs.TASKS.items()}
    bound["einvoice.examine"] = lambda **_: None  # its own tests; here only the intake counts
    queue.run_due(desk.database, bound, at=desk.at)


def test_a_batch_has_its_number_at_once_and_is_worked_off_by_the_job(desk: Desk) -> None:
    found = begin(desk, zipped(120, extra={"memo.pdf": b"%PDF-1.7", "twice.xml": XML}))
    assert (found.number, found.total, found.already) == ("B-000001", 122, False)
    assert counted(desk) == 0  # nobody waited
    run(desk)
    row = row_of(desk, found)
    assert (row.done, row.accepted, row.known, row.refused) == (122, 121, 0, 1)
    assert row.finished_at is not None
    assert counted(desk) == 121
    with desk.database.transaction() as session:
        (refused,) = batches.files(session, row.id, outcome="refused")
        actions = [entry.action for entry in audit.history(session, f"batch:{row.id}")]
    assert refused.name == "memo.pdf"
    assert "PDF" in refused.message_ja
    assert actions == ["batch.received", "batch.finished"]


def test_the_same_zip_again_is_the_same_batch_and_the_same_files_in_another_are_known(
    desk: Desk,
) -> None:
    data = zipped(60)
    first, again = begin(desk, data), begin(desk, data)
    assert (again.number, again.already) == (first.number, True)
    run(desk)
    other = begin(desk, zipped(60, extra={"more.xml": XML}))
    run(desk)
    row = row_of(desk, other)
    assert (row.accepted, row.known) == (1, 60)
    assert counted(desk) == 61


def test_a_job_killed_in_a_portion_or_run_twice_takes_each_file_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = begin(desk, zipped(120))
    batches.work_off(desk.deps, batch_id=found.batch_id)
    assert row_of(desk, found).done == batches.PORTION
    received, calls = receiving.receive, 0

    def dying(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 20:
            raise RuntimeError("killed")
        return received(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(receiving, "receive", dying)
        with pytest.raises(RuntimeError):
            batches.work_off(desk.deps, batch_id=found.batch_id)
    assert row_of(desk, found).done == batches.PORTION
    assert counted(desk) == batches.PORTION
    run(desk)
    batches.work_off(desk.deps, batch_id=found.batch_id)
    row = row_of(desk, found)
    assert (row.done, row.accepted, row.known) == (120, 120, 0)
    assert counted(desk) == 120


def test_an_entry_that_cannot_be_unpacked_is_named_and_the_others_go_on(desk: Desk) -> None:
    data = bytearray(zipped(60))
    start = data.index(b"folder/7.xml") + len("folder/7.xml") + 20
    data[start : start + 8] = b"\xff" * 8
    found = begin(desk, bytes(data))
    run(desk)
    row = row_of(desk, found)
    assert (row.accepted, row.refused) == (59, 1)


def test_a_single_invoice_is_examined_before_those_of_a_batch(desk: Desk) -> None:
    found = begin(desk, zipped(60))
    batches.work_off(desk.deps, batch_id=found.batch_id)
    desk.on(date(2026, 10, 27))
    single = desk.take_in(goods_terms(number="URGENT-1"))
    order: list[str] = []
    bound = {
        "einvoice.examine": lambda invoice_id: order.append(invoice_id),
        "einvoice.work_off": lambda batch_id: None,
    }
    queue.run_due(desk.database, bound, at=desk.at)
    assert order[0] == single.invoice_id


@pytest.mark.parametrize("data", [b"PK\x03\x04 broken", zipped(0)])
def test_a_zip_that_cannot_be_opened_makes_no_batch(desk: Desk, data: bytes) -> None:
    with pytest.raises(ArchiveError):
        begin(desk, data)


def test_ten_thousand_files_are_taken_and_one_more_is_not(desk: Desk) -> None:
    assert begin(desk, zipped(10_000)).total == 10_000
    with pytest.raises(ArchiveError):
        begin(desk, zipped(10_001))


def test_anothers_batch_does_not_exist_for_a_vendor(desk: Desk) -> None:
    found = begin(desk, zipped(60))
    with desk.database.transaction() as session, pytest.raises(InvoiceNotFoundError):
        batches.batch(session, found.number, vendor_id="V000102")
