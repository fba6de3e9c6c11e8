"""Invoices of the lively city: one at each desk, one returned, one paid, some that went wrong."""

from __future__ import annotations

import io
import zipfile

from peppol import Header, ParticipantId, make_envelope
from peppol.identifiers import BILLING, JP_INVOICE
from portal.demo import city
from portal.demo.contract_story import ContractStory
from portal.demo.invoice_story import ROUTE, InvoiceStory
from tests.screens.contracts import PDF
from tests.screens.lively_city import LivelyCity

XML = {"content-type": "application/xml"}
COLUMNS = {
    "place": ["1", "2", "3"], "when": ["order", "order", "order"],
    "column": ["番号", "区分", "金額"], "source": ["order_no", "", "net"],
    "const": ["", "9", ""], "form": ["", "", "yen_comma"],
    "width": ["", "", ""], "pad": ["", "", ""], "values": ["", "", ""],
}  # fmt: skip


def story(lively: LivelyCity, contract: ContractStory) -> InvoiceStory:
    return InvoiceStory(
        lively,  # type: ignore[arg-type]
        contract.award,
        contract.contract,
        lively.settings.city,
        lively.today,
    )


def sent(lively: LivelyCity, one: InvoiceStory, number: str, net: int) -> str:
    """The id of an invoice just sent and examined."""
    answer = one.vendor.post("/invoices", content=one.xml(number, net), headers=XML)
    return str(answer["id"])


def early(lively: LivelyCity, told: dict[str, ContractStory]) -> None:
    """November: one paid after it came back, one that nobody has touched since."""
    for name in ("desks", "paper", "toner", "gloves", "brushes", "rope"):
        story(lively, told[name]).commit()
    goods = story(lively, told["goods"])
    for _, step in goods.steps():
        step()
    late = story(lively, told["ladders"])
    late.inspect()
    late.commit()
    lively.places |= {
        "paid": goods.invoice["receipt_no"],
        "returned": goods.wrong["receipt_no"],
        "batch": goods.handover["number"],
        "inspection": f"K-{told['goods'].contract['number']}",
        "late": receipt(lively, sent(lively, late, "2026-098", late.award.net)),
    }


def receipt(lively: LivelyCity, invoice_id: str) -> str:
    return str(lively["kaikei"].get(f"/invoices/{invoice_id}")["receipt_no"])


def now(lively: LivelyCity, told: dict[str, ContractStory]) -> None:
    """December: every desk has something to do."""
    desks, paper, signs = (story(lively, told[name]) for name in ("desks", "paper", "signs"))
    toner, gloves, brushes, rope = (
        story(lively, told[name]) for name in ("toner", "gloves", "brushes", "rope")
    )
    for one in (desks, paper, toner, gloves, brushes, rope):
        one.inspect()
    ids = {
        "clean": sent(lively, desks, "2026-101", desks.award.net),
        "clean2": sent(lively, toner, "2026-103", toner.award.net),
        "over": sent(lively, paper, "2026-102", paper.award.net + 50_000),
        "uninspected": sent(lively, signs, "Y-0031", signs.award.net),
    }
    for name, one, number, steps in (
        ("at_accounting", brushes, "2026-106", ROUTE[:1]),
        ("at_treasurer", rope, "2026-107", ROUTE[:2]),
        ("approved", gloves, "2026-108", ROUTE),
    ):
        ids[name] = sent(lively, one, number, one.award.net)
        for step, who in steps:
            path = f"/invoices/{ids[name]}"
            seen = lively[who].get(path)["version"]
            lively[who].post(f"{path}/approve", {"step": step, "seen": seen})
    unknown = desks.xml("2026-104", 88_000).replace(
        told["desks"].contract["number"].encode(), "R7-物-9999".encode()
    )
    ids["unassigned"] = desks.vendor.post("/invoices", content=unknown, headers=XML)["id"]
    broken = desks.xml("2026-105", 66_000).replace(b"jp-1", b"jp-9")
    ids["refused"] = desks.vendor.post("/invoices", content=broken, headers=XML)["id"]
    held = sent(lively, signs, "Y-0032", 12_000)
    seen = lively["kanzai"].get(f"/invoices/{held}")
    lively["kanzai"].try_post(
        f"/invoices/{held}/hold", {"seen": seen["version"], "reason": "数量を現場に確認中"}
    )
    ids["held"] = held
    lively.places |= {name: receipt(lively, found) for name, found in ids.items()}
    by_the_network(lively, told)
    by_vendors(lively, told)


def by_the_network(lively: LivelyCity, told: dict[str, ContractStory]) -> None:
    """A service provider hands an envelope over."""
    signs = story(lively, told["signs"])
    header = Header.for_document(
        sender=ParticipantId(f"0221:{signs.award.company.registration_number}"),
        receiver=ParticipantId(f"0188:{city.CORPORATE_NUMBER}"),
        document_type=JP_INVOICE,
        process=BILLING,
        instance_identifier="tokai-000123",
        created=lively.clock.now(),
    )
    data = make_envelope(header, signs.xml("Y-0033", 45_000))
    lively["kaikei"].post("/peppol/envelopes", content=data, headers=XML)
    page = lively.desk("kaikei").get("/network").text
    lively.places["message"] = page.split('href="/network/')[1].split('"')[0]


def by_vendors(lively: LivelyCity, told: dict[str, ContractStory]) -> None:
    """A draft, a sheet with typed data, a ZIP with good and bad files."""
    vendor = lively.desk("V-0002")
    made = vendor.submit("/vendor/drafts", {"contract": told["paper"].contract["number"]})
    lively.places["draft"] = made.headers["location"].rsplit("/", 1)[-1]
    vendor.submit(
        f"/vendor/drafts/{lively.places['draft']}",
        {
            "number": "2026-110", "issue_date": f"{lively.today}", "start": f"{lively.today}",
            "end": f"{lively.today}", "name": "コピー用紙 再生紙A4", "quantity": "50", "unit": "箱",
            "price": "2300", "rate": "10",
        },
    )  # fmt: skip
    typed = {
        "contract": told["paper"].contract["number"], "number": "紙-12",
        "issue_date": f"{lively.today}", "start": f"{lively.today}", "end": "",
        "base_10": "100,000", "base_8": "", "base_0": "", "payable": "110,000",
    }  # fmt: skip
    files = {"file": ("請求書.pdf", PDF, "application/pdf")}
    made = vendor.submit("/vendor/invoices/sheets", typed, files=files)
    lively.places["sheet"] = made.headers["location"].rsplit("/", 1)[-1]
    printer = lively.desk("V-0003")
    signs, out = story(lively, told["signs"]), io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for n in range(52):
            archive.writestr(f"請求書{n:02}.xml", signs.xml(f"Y-1{n:02}", 1_000 + n))
        archive.writestr("覚え書き.txt", "11月分です")
    sent_zip = printer.submit(
        "/vendor/invoices/upload", files={"files": ("11月分.zip", out.getvalue())}
    )
    lively.places["intake"] = sent_zip.headers["location"].rsplit("/", 1)[-1]
    lively.work()


def offices(lively: LivelyCity) -> None:
    """Routes, layouts, reports ordered: what accounting keeps and looks at."""
    desk, treasurer = lively.desk("kaikei"), lively.desk("suito")
    desk.submit("/layouts/orders", {"name": "財務会計", "shape": "csv", "encoding": "cp932",
                                    "header": "yes", **COLUMNS, "act": "save"})  # fmt: skip
    path = treasurer.find(r'action="(/layouts/[^"]+/approve)"', "/layouts")
    treasurer.submit(path)
    book = {
        "name": "02", "package": "yayoi", "inclusive": "yes", "expense": "10=消耗品費\n=雑費",
        "tax_names": "", "act": "save",
    }  # fmt: skip
    desk.submit("/layouts/journals", book)
    known = {"year": "2026", "kind": "fiscal", "vendor": lively.places["vendor"]}
    made = desk.submit("/statements", known | {"request_key": "screens"})
    lively.places["statement"] = made.headers["location"].rsplit("/", 1)[-1]
    own = {name: known[name] for name in ("year", "kind")}
    made = lively.desk("V-0002").submit("/vendor/statement", own | {"request_key": "screens"})
    lively.places["own_statement"] = made.headers["location"].rsplit("/", 1)[-1]
    made = desk.submit("/simulation", {"invoices": "1000", "request_key": "screens-1"})
    lively.places["simulation"] = made.headers["location"].rsplit("/", 1)[-1]
    lively.work()
    waiting = desk.submit("/simulation", {"invoices": "1200", "request_key": "screens-2"})
    lively.places["simulation_waiting"] = waiting.headers["location"].rsplit("/", 1)[-1]
