"""How long a search over concluded contracts takes: day, amount and partner combined.

    ./dev bench contract_search [CONTRACTS]      default 100,000, with two parties each

On the embedded server as the service starts it. The limit is one second for every search, the
page of fifty with count and sum included (電子帳簿保存法 asks for the search, not for its speed).
The rows are invented: twenty years, 2,000 vendors, amounts from 100,000 yen to 1,000 million.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import text

from econtract import searching
from econtract.models import Award, Contract, Document, Party
from econtract.searching import Search
from records import Base, Database, embedded
from records.name_folding import fold

LIMIT_SECONDS = 1.0
RUNS = 20
FIRST = datetime(2006, 4, 1, 3, 0, tzinfo=UTC)
TITLES = ("舗装補修工事", "庁舎清掃業務委託", "図書購入", "測量設計業務", "消防用ホース")


def contracts_of(count: int):
    chance = random.Random(1)
    for n in range(count):
        vendor = chance.randrange(2_000)
        final = FIRST + timedelta(minutes=n * 20 * 365 * 24 * 60 / count)
        yield (
            n,
            vendor,
            f"株式会社遠州第{vendor}髙木商会",
            final,
            chance.randrange(1, 10_000) * 100_000,
        )


def rows_of(table: str, count: int):
    """Rows of one table as dicts; of each only what a search reads is telling."""
    for n, vendor, name, final, amount in contracts_of(count):
        contract_id, award_id, vendor_id = f"c{n:035}", f"a{n:035}", f"v{vendor:035}"
        title, number = f"市道{n % 977}号線 {TITLES[n % 5]}", f"{final.year}-{n:06}"
        department = f"第{n % 40}課"
        if table == "contract_award":
            yield {
                "id": award_id, "source": "benchmark", "case_number": number, "kind": "works",
                "title": title, "department": department, "vendor_id": vendor_id,
                "vendor_name": name, "amount": amount, "award_date": final.date(), "facts": "{}",
                "member_vendor_ids": "[]", "file_sha256": "0" * 64, "imported_at": final,
                "imported_by": "benchmark",
            }  # fmt: skip
        elif table == "contract":
            yield {
                "id": contract_id, "number": number, "sequence": n, "fiscal_year": final.year,
                "award_id": award_id, "title": title, "department": department,
                "vendor_id": vendor_id, "vendor_name": name, "amount": amount,
                "concluded_at": final, "created_at": final, "state_since": final,
                "search_text": fold(f"{number}{title}遠州市{department}"), "kind": "works",
                "template_version": "1", "state": "concluded", "revision": 1, "place": "遠州市",
                "registration_number": "", "tax": 0, "tax_rate": 10, "fields": "{}",
                "drafted_by": "x", "drafted_by_name": "x", "period_from": final.date(),
                "period_to": final.date(), "award_date": final.date(), "form": "",
                "concluded_sha256": "a" * 64, "city_name": "", "amount_is_estimate": False,
            }  # fmt: skip
        else:
            for position, organisation in enumerate((name, "遠州市")):
                yield {
                    "id": f"p{n:030}-{position}", "contract_id": contract_id, "slot": "V",
                    "position": position, "side": ("vendor", "city")[position], "role": "受注者",
                    "organisation": organisation, "address": "", "title": "代表取締役",
                    "person": "髙橋 𠮷郎", "email": "", "search_text": fold(organisation),
                    "vendor_id": None if position else vendor_id,
                }  # fmt: skip


def fill(database: Database, count: int) -> None:
    with database.transaction() as session:
        connection = session.connection().connection.driver_connection
        for model in (Award, Contract, Party):
            table = model.__table__
            columns = [column.name for column in table.columns]
            order = f"COPY {table.name} ({', '.join(columns)}) FROM STDIN"
            with connection.cursor() as cursor, cursor.copy(order) as stream:
                for row in rows_of(table.name, count):
                    stream.write_row([row.get(column) for column in columns])
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


SEARCHES = {
    "everything, newest first": Search(),
    "one fiscal year": Search(day_from=date(2020, 4, 1), day_to=date(2021, 3, 31)),
    "amount range": Search(amount_from=Decimal(5_000_000), amount_to=Decimal(6_000_000)),
    "partner in everyday letters": Search(partner="㈱遠州第77高木"),
    "partner's two letters": Search(partner="高木"),
    "words of the title": Search(text="舗装 12号"),
    "day, amount and partner": Search(
        day_from=date(2015, 4, 1), day_to=date(2025, 3, 31), amount_from=Decimal(1_000_000),
        amount_to=Decimal(500_000_000), partner="第77高木商会",
    ),
    "a vendor's own, all years": Search(vendor_id=f"v{77:035}"),
    "nothing": Search(partner="どこにもない"),
}  # fmt: skip


def measure(database: Database) -> float:
    """Prints a line a search; returns the longest time seen, in seconds."""
    worst = 0.0
    print(f"{'search':<32}{'hits':>9}{'median':>9}{'worst':>9}")
    for label, search in SEARCHES.items():
        times = []
        for _ in range(RUNS):
            started = time.perf_counter()
            with database.reader() as session:
                found = searching.find(session, search)
            times.append(time.perf_counter() - started)
        worst = max(worst, *times)
        median = statistics.median(times)
        print(f"{label:<32}{found.count:>9,}{median * 1e3:>9.1f}{max(times) * 1e3:>9.1f}")
    return worst


def main(count: int) -> int:
    with (
        tempfile.TemporaryDirectory() as name,
        embedded.running(Path(name) / "postgres") as url,
    ):
        database = Database(url)
        Base.metadata.create_all(
            database.engine, tables=[t.__table__ for t in (Award, Contract, Document, Party)]
        )
        fill(database, count)
        print(f"{count:,} contracts; {RUNS} runs each; milliseconds")
        worst = measure(database)
        database.dispose()
    kept = "kept" if worst <= LIMIT_SECONDS else "BROKEN"
    print(f"worst {worst:.3f} s, limit {LIMIT_SECONDS} s: {kept}")
    return int(worst > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 100_000))
