"""Both stories walked, what they made written to a folder, and each thing verified afresh.

Nothing is taken from the service's word: PDFs are judged, the invoice validated, the payment files
parsed by a reader that shares no code with their writer, the audit trail recomputed line by line.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

import einvoice
from einvoice import zengin_reading
from portal.demo import city
from portal.demo.contract_story import ContractStory
from portal.demo.invoice_story import InvoiceStory
from portal.demo.opening import opened
from portal.demo.stage import Stage
from portal.demo.voices import Voices
from portal.jobs import anchor_audit_trail
from portal.service import Service
from portal.timekeeping import token_checker
from records import audit, calendar
from signing import verify

WALKED = city.AWARDS[1]
AMOUNT_COLUMNS = {"payment_orders.csv": "payable", "budget.csv": "amount"}


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that was made, and what was seen about it."""

    path: Path
    size: int
    is_verified: bool
    words: str


def walk(stage: Stage, out: Path, console: Console) -> list[Result]:
    """Walk, write, verify. Raises StoryStopped where a step goes no further."""
    out.mkdir(parents=True, exist_ok=True)
    progress = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console
    )
    with progress:
        now = progress.add_task("", total=None)

        def tell(words: str) -> None:
            progress.update(now, description=words)
            if not console.is_terminal:
                console.print(words)

        with opened(stage, tell):
            service = Service.from_settings(stage.settings(), name="warifu walk")
            voices = Voices(stage, service)
            today = calendar.jst_date(service.clock.now())
            contract, invoice = _stories(voices, stage, today, tell)
            tell("書き出して検証する / write and verify")
            results = [
                _kept(out, name, data, verified)
                for name, data, verified in _made(service, voices, contract, invoice)
            ]
            voices.close()
            service.close()
    return results


def _stories(
    voices: Voices, stage: Stage, today: date, tell: Any
) -> tuple[ContractStory, InvoiceStory]:
    contract = ContractStory(voices, WALKED, today)
    for name, step in contract.steps():
        tell(f"契約 / contract: {name}")
        step()
    invoice = InvoiceStory(voices, WALKED, contract.contract, stage.settings().city, today)
    for name, step in invoice.steps():
        tell(f"請求 / invoice: {name}")
        step()
    return contract, invoice


Verified = tuple[bool, str]


def _made(
    service: Service, voices: Voices, contract: ContractStory, invoice: InvoiceStory
) -> Iterator[tuple[str, bytes, Verified]]:
    """Name, bytes and what was verified of each thing."""
    procurement, accounting = voices["chotatsu"], voices["kaikei"]
    number = contract.contract["number"]
    pdf = procurement.download(f"{contract.path}/pdf")
    yield f"契約書_{number}.pdf", pdf, _judged(service, pdf, slots=2, levels=("B-LTA",))
    certificate = procurement.download(f"{contract.path}/certificate")
    yield (
        f"合意締結証明書_{number}.pdf",
        certificate,
        _judged(service, certificate, slots=1, levels=("B-T", "B-LT", "B-LTA")),
    )
    findings = json.dumps(invoice.wrong["findings"], ensure_ascii=False, indent=1).encode()
    yield "返した請求書の指摘.json", findings, _told(invoice.wrong)
    xml = voices["kanzai"].download(f"{invoice.path}/original")
    yield f"請求書_{invoice.invoice['receipt_no']}.xml", xml, _validated(xml)
    batch = invoice.handover
    for name, told in batch["files"].items():
        data = accounting.download(f"/handovers/{batch['id']}/files/{name}")
        yield name, data, _handed(name, data, told, invoice.invoice["payable"])
    trail = _trail(service)
    yield "監査証跡.jsonl", trail, _whole(service, trail)


def _judged(service: Service, pdf: bytes, *, slots: int, levels: tuple[str, ...]) -> Verified:
    verdict = verify(pdf, service.trust)
    level = verdict.level or "–"
    signed = len(verdict.slots_signed)
    who = "、".join(s.name for s in verdict.signatures if s.name)
    words = f"{verdict.status}, PAdES {level}, 署名 {signed}/{len(verdict.slots_expected)} {who}"
    enough = verdict.is_passed and level in levels and signed == slots
    reasons = "; ".join(reason.ja for reason in verdict.reasons)
    return enough, words if enough else f"{words} {reasons}"


def _told(wrong: dict[str, Any]) -> Verified:
    errors = [f for f in wrong["findings"] if f["severity"] == "error"]
    told = all(f["message"]["ja"] and f["message"]["en"] and f["remedy"]["ja"] for f in errors)
    is_returned = wrong["state"]["code"] == "returned"
    ids = ", ".join(f["id"] for f in errors)
    return bool(errors) and told and is_returned, f"返却 / returned: {ids}"


def _validated(xml: bytes) -> Verified:
    report = einvoice.validate(xml)
    errors = [finding.id for finding in report.findings if finding.severity == "error"]
    words = f"{report.profile}: {report.verdict}, 適格請求書 {report.qualified} {' '.join(errors)}"
    return report.verdict == "valid" and report.qualified == "met" and not errors, words


def _handed(name: str, data: bytes, told: dict[str, Any], payable: int) -> Verified:
    """A file of the hand-over, against what was to be paid."""
    if len(data) != told["size"]:
        return False, "大きさが違います / another size"
    if not name.endswith(".csv"):
        read = zengin_reading.read(data)
        total = sum(int(transfer.amount) for transfer in read.transfers)
        words = f"全銀120字 {len(read.transfers)}件 {total:,}円, 誤り {len(read.faults)}"
        return not read.faults and total == payable, words
    heading, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    well_formed = all(len(row) == len(heading) for row in rows)
    if name not in AMOUNT_COLUMNS:
        return well_formed, f"見出し{len(heading)}列 {len(rows)}行"
    total = sum(int(row[heading.index(AMOUNT_COLUMNS[name])]) for row in rows)
    words = f"{len(rows)}行 × {len(heading)}列, 計 {total:,}円"
    return well_formed and total == payable, words


def _trail(service: Service) -> bytes:
    anchor_audit_trail(service)
    with service.database.reader() as session:
        return "".join(line + "\n" for line in audit.export(session)).encode()


def _whole(service: Service, trail: bytes) -> Verified:
    lines = trail.decode().splitlines()
    report = audit.verify_export(lines, check_token=token_checker(service.trust))
    words = f"{report.entries}件の鎖、タイムスタンプ {report.tokens_checked}個"
    return report.is_whole and report.tokens_checked > 0, words


def _kept(out: Path, name: str, data: bytes, verified: Verified) -> Result:
    path = out / name
    path.write_bytes(data)
    return Result(path=path, size=len(data), is_verified=verified[0], words=verified[1])
