"""Invoices that match their contracts, ready to be walked through the whole pipeline.

As a city has them: each on its own concluded contract, with a commitment and a passed inspection,
of 3,000 vendors in turn, no two of one vendor for the same amount. Terms and accounts come through
`portal.tally` as in the running service. Making all this is not timed; receiving to matched and
stored is.
"""

from __future__ import annotations

import io
import itertools
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from econtract.models import Award, Contract
from einvoice import batches, receiving
from einvoice.account_names import account_name, bank_text
from einvoice.compose import compose
from einvoice.deps import Deps
from einvoice.due_dates import PaymentRuns
from einvoice.examining import examine
from einvoice.invoice import Address
from einvoice.invoice_terms import InvoiceTerms, LineTerms, PartyTerms, TaxCode
from einvoice.matching import MatchPolicy
from einvoice.models import Commitment, Inspection, InspectionLine
from einvoice.receiving import Channel
from einvoice.registration import CorporateNumber, RegistrationNumber, check_digit
from einvoice.writing import write
from einvoice.zengin import AccountType, Payer
from portal.accounts.models import Vendor
from portal.tally import Tally
from records import Actor, Clock, Database, Store

CITY = "遠州市"
NUMBER = "3000020221309"
VENDORS = 3_000
SENDER = Actor("vendor", "v-user", "受注者 担当")
ADDRESS = Address(
    subdivision="静岡県", city="遠州市", line1="中央町1-2-3", post_code="430-0001", country="JP"
)
PAYER = Payer(
    code="9900000001", name=account_name("ハママツシ カイケイカンリシャ"), bank_code="9999",
    bank_name=bank_text("テストギンコウ"), branch_code="998", branch_name=bank_text("ホンテン"),
    account_type=AccountType.CURRENT, account_number="9000001",
)  # fmt: skip
WATER, RICE = Decimal(1845), Decimal(13333)
BLANKET, TOILET = Decimal(2983), Decimal(5739)

_RUN = itertools.count(1)


def registration(vendor: int) -> str:
    base = f"9999{vendor:08d}"
    return f"T{check_digit(base)}{base}"


def amounts(n: int) -> tuple[Decimal, Decimal]:
    """Net and tax of invoice `n`: two rates, the number of blankets tells it from the others."""
    reduced = 130 * WATER + 27 * RICE
    standard = (75 + n // VENDORS) * BLANKET + (45 + n % 7) * TOILET
    return reduced + standard, reduced * 8 // 100 + standard * 10 // 100


class City:
    """A city's desk on a database, with as many matching invoices as wanted."""

    def __init__(self, database: Database, store: Store, clock: Clock) -> None:
        self.clock = clock
        self.deps = Deps(
            database=database, store=store, clock=clock, contracts=Tally(city_name=CITY),
            policy=MatchPolicy(buyer_names=(CITY,), buyer_numbers=(NUMBER,)), payer=PAYER,
            runs=PaymentRuns(),
        )  # fmt: skip

    def prepare(self, count: int) -> list[bytes]:
        """Contracts, commitments and inspections, and an XML invoice for each."""
        numbers = list(itertools.islice(_RUN, count))
        rows: dict[Any, list[dict[str, Any]]] = {
            table: [] for table in (Vendor, Award, Contract, Commitment, Inspection, InspectionLine)
        }
        for n in numbers:
            for table, values in self._rows_of(n).items():
                rows[table].append(values)
        with self.deps.database.transaction() as session:
            for table, values in rows.items():
                for start in range(0, count, 1_000):
                    portion = {row["id"]: row for row in values[start : start + 1_000]}
                    session.execute(insert(table).on_conflict_do_nothing(), list(portion.values()))
        return [write(compose(self._terms_of(n))) for n in numbers]

    def _rows_of(self, n: int) -> dict[Any, dict[str, Any]]:
        vendor, at = n % VENDORS, self.clock.now()
        net, tax = amounts(n)
        contract, name = f"BENCH-{n:07d}", f"株式会社遠州商事{vendor}"
        about = {
            "kind": "goods", "title": "防災備蓄品購入", "department": "危機管理課",
            "vendor_id": f"v-{vendor}", "vendor_name": name, "amount": net + tax,
            "award_date": date(2026, 9, 1),
        }  # fmt: skip
        return {
            Vendor: {
                "id": f"v-{vendor}", "code": f"V{vendor:06d}", "name": name, "kana": "",
                "registration_number": registration(vendor), "representative_title": "",
                "representative_name": "", "postal_code": "", "phone": "", "mail": "",
                "address": "静岡県遠州市中央町1-2-3", "bank_code": "9998", "bank_name": "ｹﾝｼﾖｳｷﾞﾝｺｳ",
                "branch_code": "901", "branch_name": "ﾋｶﾞｼ", "account_type": "1",
                "account_number": f"{vendor:07d}", "account_holder_kana": "ｶ)ｴﾝｼﾕｳｼﾖｳｼﾞ",
                "active": True, "created_at": at,
            },
            Award: {
                "id": f"award-{n}", "source": "bench", "case_number": contract, "facts": {},
                "file_sha256": "0" * 64, "imported_at": at, "imported_by": "bench", **about,
            },
            Contract: {
                "id": f"contract-{n}", "number": contract, "fiscal_year": 2026, "sequence": n,
                "award_id": f"award-{n}", "template_version": "2026.1", "state": "concluded",
                "place": "", "registration_number": registration(vendor), "tax": tax,
                "tax_rate": 10, "period_from": date(2026, 9, 14), "period_to": date(2026, 10, 30),
                "drafted_by": "bench", "drafted_by_name": "bench", "concluded_at": at,
                "created_at": at, "state_since": at, "search_text": "", **about,
            },
            Commitment: {
                "id": f"commitment-{n}", "number": f"F-{n:07d}", "contract_no": contract,
                "fiscal_year": 2026, "dated_on": date(2026, 9, 14), "amount": net + tax,
                "account": "01", "section": "0310", "kan": "09", "kou": "01", "moku": "05",
                "jigyo": "0123", "setsu": "10", "saisetsu": "01",
            },
            Inspection: {
                "id": f"inspection-{n}", "number": f"K-{n:07d}", "contract_no": contract,
                "passed": True, "kind": "final", "notified_on": date(2026, 10, 21),
                "inspected_on": date(2026, 10, 26), "performed_on": date(2026, 10, 21),
                "inspector_id": "u-inspector", "inspector_name": "検査 一郎", "note": "",
                "recorded_at": at,
            },
            InspectionLine: {
                "id": f"line-{n}", "inspection_id": f"inspection-{n}", "position": 1,
                "name": "防災備蓄品購入",
            },
        }  # fmt: skip

    def _terms_of(self, n: int) -> InvoiceTerms:
        lines = (
            ("保存水 500ml×24", WATER, 130, TaxCode.REDUCED),
            ("アルファ米 50食", RICE, 27, TaxCode.REDUCED),
            ("毛布", BLANKET, 75 + n // VENDORS, TaxCode.STANDARD),
            ("携帯トイレ 100回", TOILET, 45 + n % 7, TaxCode.STANDARD),
        )
        return InvoiceTerms(
            number=f"I-{n:07d}", issue_date=date(2026, 10, 27), start=date(2026, 10, 21),
            end=date(2026, 10, 21), contract=f"BENCH-{n:07d}",
            seller=PartyTerms(
                name=f"株式会社遠州商事{n % VENDORS}", address=ADDRESS,
                registration_number=RegistrationNumber(registration(n % VENDORS)),
            ),
            buyer=PartyTerms(name=CITY, corporate_number=CorporateNumber(NUMBER), address=ADDRESS),
            lines=tuple(
                LineTerms(name=name, price=price, quantity=Decimal(quantity), tax=tax)
                for name, price, quantity, tax in lines
            ),
        )  # fmt: skip

    def take_in(self, data: bytes) -> str:
        """Receive one as from the network; the worker examines it later."""
        with self.deps.database.transaction() as session:
            return receiving.receive(
                session, store=self.deps.store, data=data, name="invoice.xml",
                channel=Channel.PEPPOL, vendor_id=None, actor=SENDER, at=self.clock.now(),
            ).invoice_id  # fmt: skip

    def take_in_archive(self, files: list[bytes]) -> None:
        """Receive a ZIP, as the upload page and the hot folder do."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for position, data in enumerate(files):
                archive.writestr(f"{position:05d}.xml", data)
        with self.deps.database.transaction() as session:
            batches.receive_batch(
                session, store=self.deps.store, data=packed.getvalue(), name="batch.zip",
                channel=Channel.FOLDER, vendor_id=None, actor=SENDER, at=self.clock.now(),
            )  # fmt: skip

    def walk(self, data: bytes) -> str:
        """Bytes to matched and stored."""
        invoice_id = self.take_in(data)
        examine(self.deps, invoice_id=invoice_id)
        return invoice_id
