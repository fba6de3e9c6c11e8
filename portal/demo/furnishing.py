"""What a visitor finds in the fictional city: awards to begin with, one contract concluded, and
invoices to send, right and wrong ones.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from portal.demo import city
from portal.demo.contract_story import ContractStory
from portal.demo.files import award_export, write_award_exports
from portal.demo.invoice_story import InvoiceStory
from portal.demo.stage import Stage
from portal.demo.voices import Voices
from portal.service import Service

SHOWN = city.AWARDS[1]


def furnish(stage: Stage, today: date, report: Callable[[str], None]) -> None:
    """Furnish the city once; a second start finds everything in its place."""
    done = stage.folder / "furnished"
    if done.exists():
        return
    service = Service.from_settings(stage.settings(), name="warifu demo")
    voices = Voices(stage, service)
    try:
        report("落札結果を取り込んでいます / taking in awards")
        data = award_export(city.AWARDS[:3], today, encoding="utf-8-sig")
        voices["chotatsu"].post("/awards", content=data, headers={"content-type": "text/csv"})
        contract = ContractStory(voices, SHOWN, today)
        for name, step in contract.steps()[1:]:
            report(f"契約の例 / an example contract: {name}")
            step()
        invoice = InvoiceStory(voices, SHOWN, contract.contract, stage.settings().city, today)
        invoice.inspect()
        invoice.commit()
        _write_samples(stage, invoice, today)
        done.touch()
    finally:
        voices.close()
        service.close()


def _write_samples(stage: Stage, invoice: InvoiceStory, today: date) -> None:
    """Files to try by hand."""
    samples = stage.folder / "samples"
    samples.mkdir(exist_ok=True)
    write_award_exports(samples, today)
    right = invoice.xml("INV-1001", SHOWN.net)
    files = {
        "請求書_正しい.xml": right,
        "請求書_金額違い.xml": invoice.xml("INV-1002", SHOWN.net + 10_000),
        "請求書_壊れた.xml": right[: len(right) // 2],
        "請求書_税額違い.xml": right.replace(
            f">{SHOWN.net // 10}<".encode(), f">{SHOWN.net // 10 + 1}<".encode()
        ),
    }
    for name, data in files.items():
        (samples / name).write_bytes(data)
