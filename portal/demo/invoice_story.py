"""The invoice's walk as one story: from the inspection to the bank, by the JSON API.

The vendor first sends a wrong amount, gets the invoice back with reasons, and sends it right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from einvoice.compose import compose
from einvoice.invoice import Address
from einvoice.invoice_terms import BankTerms, InvoiceTerms, LineTerms, PartyTerms
from einvoice.registration import CorporateNumber, RegistrationNumber
from einvoice.writing import write
from portal.demo.city import AwardLine
from portal.demo.contract_story import Step
from portal.demo.voices import Voice, Voices
from portal.settings import CitySettings
from records import calendar

XML = {"content-type": "application/xml"}
CSV = {"content-type": "text/csv"}
ROUTE = (("section", "kanzai"), ("accounting", "kaikei"), ("treasurer", "suito"))
WAITS_FOR = {"at_section": "section", "at_accounting": "accounting", "at_treasurer": "treasurer"}


@dataclass
class InvoiceStory:
    """One delivery's way to the money. Each step can be repeated after a crash in its middle."""

    voices: Voices
    award: AwardLine
    contract: dict[str, Any]
    city: CitySettings
    today: date
    wrong: dict[str, Any] = field(default_factory=dict)
    invoice: dict[str, Any] = field(default_factory=dict)
    handover: dict[str, Any] = field(default_factory=dict)

    @property
    def vendor(self) -> Voice:
        return self.voices[self.award.company.code]

    @property
    def section(self) -> Voice:
        return self.voices["kanzai"]

    @property
    def accounting(self) -> Voice:
        return self.voices["kaikei"]

    @property
    def path(self) -> str:
        return f"/invoices/{self.invoice['id']}"

    def steps(self) -> Sequence[Step]:
        return (
            ("検収する / inspect the delivery", self.inspect),
            ("支出負担行為を登録する / enter the commitment", self.commit),
            ("誤った請求書を送る / send a wrong invoice", self.send_wrong),
            ("理由を付けて返す / return it with reasons", self.give_back),
            ("正しい請求書を送る / send it right, twice", self.send_right),
            ("担当課・会計課・会計管理者が承認する / approve", self.approve),
            ("支出命令と総合振込を引き渡す / hand over, once", self.hand_over),
            ("支払の結果を取り込む / read the bank's result", self.settle),
        )

    def xml(self, number: str, net: int) -> bytes:
        """The vendor's own system makes JP PINT XML."""
        company = self.award.company
        city_number = self.city.corporate_number
        assert city_number is not None
        terms = InvoiceTerms(
            number=number,
            issue_date=self.today,
            start=self.today,
            end=self.today,
            contract=self.contract["number"],
            seller=PartyTerms(
                name=company.name,
                registration_number=RegistrationNumber(company.registration_number),
                corporate_number=CorporateNumber(company.registration_number[1:]),
                address=Address(line1=company.address, post_code=company.postal_code, country="JP"),
            ),
            buyer=PartyTerms(
                name=self.city.name,
                corporate_number=CorporateNumber(city_number),
                address=Address(
                    line1=self.city.address, post_code=self.city.postal_code, country="JP"
                ),
            ),
            lines=(LineTerms(name=self.award.title, price=Decimal(net), unit_name="式"),),
            bank=BankTerms(
                bank=company.bank[0],
                branch=company.branch[0],
                kind=company.account_type,
                number=company.account_number,
                holder=company.account_holder_kana,
            ),
        )
        return write(compose(terms))

    def inspect(self) -> None:
        self.section.post(
            "/inspections",
            {
                "contract_no": self.contract["number"],
                "notified_on": f"{self.today}",
                "inspected_on": f"{self.today}",
                "performed_on": f"{self.today}",
                "number": f"K-{self.contract['number']}",
                "items": [{"name": self.award.title, "gross": self.contract["amount"]}],
            },
        )

    def commit(self) -> None:
        """The commitment as the city's accounting system numbered it."""
        self.section.post(
            "/commitments",
            {
                "number": f"F-{self.contract['number']}",
                "contract_no": self.contract["number"],
                "fiscal_year": calendar.fiscal_year(self.today),
                "dated_on": f"{self.today}",
                "amount": self.contract["amount"],
                "account": "01", "section": "0205", "kan": "02", "kou": "01", "moku": "05",
                "jigyo": "001", "setsu": "10", "saisetsu": "01",
            },
        )  # fmt: skip

    def send_wrong(self) -> None:
        data = self.xml("INV-0001", self.award.net + 10_000)
        receipt = self.vendor.post("/invoices", content=data, headers=XML)
        self.wrong = self.section.wait(
            f"/invoices/{receipt['id']}", lambda i: i["state"]["code"] != "received"
        )

    def give_back(self) -> None:
        path = f"/invoices/{self.wrong['id']}"
        self.wrong = self.section.get(path)
        if self.wrong["state"]["code"] == "at_section":
            checks = [f["id"] for f in self.wrong["findings"] if f["severity"] == "error"]
            self.section.try_post(
                f"{path}/return",
                {"seen": self.wrong["version"], "checks": checks, "note": "金額をご確認ください。"},
            )
        self.wrong = self.section.wait(path, lambda i: i["state"]["code"] == "returned")

    def send_right(self) -> None:
        data = self.xml("INV-0001-R", self.award.net)
        first = self.vendor.post("/invoices", content=data, headers=XML)
        again = self.vendor.post("/invoices", content=data, headers=XML)
        assert again["receipt_no"] == first["receipt_no"], "the same invoice got a second number"
        self.invoice = self.section.wait(
            f"/invoices/{first['id']}", lambda i: i["state"]["code"] != "received"
        )

    def approve(self) -> None:
        by_step = dict(ROUTE)
        while (step := WAITS_FOR.get(self._state())) is not None:
            body = {"step": step, "seen": self.invoice["version"]}
            self.voices[by_step[step]].post(f"{self.path}/approve", body)
            self.voices[by_step[step]].try_post(f"{self.path}/approve", body)  # a double click
        self.invoice = self.accounting.wait(
            self.path, lambda i: i["state"]["code"] not in WAITS_FOR
        )

    def hand_over(self) -> None:
        if self._state() == "approved":
            body = {"invoices": [self.invoice["id"]], "pay_on": self.invoice["pay_on"]}
            self.accounting.try_post("/handovers", body)
            self.accounting.try_post("/handovers", body)  # a double click
        self.invoice = self.accounting.wait(
            self.path, lambda i: i["state"]["code"] in ("handed_over", "paid")
        )
        order = self.invoice["order_no"]
        batches = self.accounting.get("/handovers")["handovers"]
        found = [self.accounting.get(f"/handovers/{batch['id']}") for batch in batches]
        [self.handover] = [
            batch for batch in found if any(o["order_no"] == order for o in batch["orders"])
        ]

    def settle(self) -> None:
        line = f"{self.invoice['order_no']},PAID,{self.handover['pay_on']},"
        results = f"order_no,result,paid_on,reason\n{line}\n".encode()
        self.accounting.post("/payment-results", content=results, headers=CSV)
        self.invoice = self.accounting.wait(self.path, lambda i: i["state"]["code"] == "paid")

    def _state(self) -> str:
        self.invoice = self.accounting.get(self.path)
        return str(self.invoice["state"]["code"])
