"""Lists, searches and the cost of one more invoice as the store grows.

    ./dev bench invoice_store [ROWS …]       default 10,000 100,000 1,000,000

Rows are loaded by COPY into the tables as they are (all indexes in place) on the embedded server
as the service starts it; with each invoice its inspection, what it claims of it, three decisions
and a finding. Then, with the store at each size: the pages' own queries in the order in which a
page asks them, p50 and p95 of many different askings, against the limit of 300 ms; and the time
that one more invoice takes from its bytes to matched and stored, which should not grow.
With --plot the last is drawn to docs/benchmarks/invoice-store.svg. The invoice's own XML work
(reading, judging) is in `einvoice_validation`.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import text

from benchmarks._invoice_walk import VENDORS, City
from einvoice import measuring, queries, queues
from einvoice.models import ReceivedInvoice, grams
from einvoice.queues import QueueFilter
from einvoice.states import State
from portal import migrations
from records import Database, FixedClock, LocalStore, embedded
from records.name_folding import fold

LIMIT_MS = 300
NOW = datetime(2026, 10, 27, 3, 0, tzinfo=UTC)
SECTIONS, CONTRACTS_EACH = 60, 5
PLACES = [
    "浜松",
    "天竜",
    "三方原",
    "浜名",
    "引佐",
    "細江",
    "雄踏",
    "舞阪",
    "春野",
    "佐久間",
    "水窪",
    "龍山",
    "積志",
    "入野",
    "可美",
]
TRADES = [
    "建設",
    "電気",
    "設備",
    "印刷",
    "商事",
    "造園",
    "清掃",
    "警備",
    "測量",
    "設計",
    "薬品",
    "文具",
    "燃料",
    "運輸",
    "情報",
]
COLUMNS = [
    "id",
    "state",
    "is_live",
    "version",
    "vendor_id",
    "channel",
    "original_sha256",
    "original_name",
    "original_size",
    "received_at",
    "received_on",
    "number",
    "number_key",
    "digits_key",
    "holds_number",
    "issue_date",
    "seller_name",
    "gross",
    "prepaid",
    "payable",
    "tax_shares",
    "contract_no",
    "contract_title",
    "section",
    "claim_kind",
    "result",
    "first_result",
    "due_on",
    "paid_on",
    "state_since",
    "search_text",
    "search_grams",
    "attachments",
]


_NEW = "FROM received_invoices WHERE id >= :first AND id < :last"
BESIDE = (
    "INSERT INTO inspections (id, number, contract_no, passed, kind, notified_on, inspected_on,"
    " inspector_id, inspector_name, note, recorded_at)"
    " SELECT id, 'K' || id, contract_no, true, 'final', received_on, received_on, 'u', '検査 一郎',"
    f" '', received_at {_NEW}",
    "INSERT INTO inspection_lines (id, inspection_id, position, name)"
    f" SELECT id, id, 1, contract_title {_NEW}",
    "INSERT INTO claimed_items (id, invoice_id, item, released)"
    f" SELECT id, id, 'inspection-line:' || id, not is_live {_NEW}",
    "INSERT INTO invoice_findings (invoice_id, seq, check_id, source, severity, level, resolver,"
    " message_ja, message_en, remedy_ja, remedy_en)"
    " SELECT id, 1, 'DAT-006', 'match', 'warning', 'WARN', 'D', '出納整理期間の支払です。',"
    f" 'Settlement period.', '', '' {_NEW}",
    "INSERT INTO invoice_decisions (id, invoice_id, version, step, move, actor_id, actor_name, at,"
    " reason, original_sha256)"
    " SELECT left(id, 34) || '-' || n, id, n, 'section', 'approve', 'u', '担当 花子', received_at,"
    " '', original_sha256 FROM generate_series(1, 3) n, received_invoices"
    " WHERE id >= :first AND id < :last",
)


def seller(vendor: int) -> str:
    place, trade = PLACES[vendor % len(PLACES)], TRADES[vendor // len(PLACES) % len(TRADES)]
    return f"株式会社{place}{trade}{vendor}"


def rows(first: int, last: int) -> Iterator[tuple[object, ...]]:
    """Invoices over eight years; nine in ten are paid, as in any city's store."""
    chance = random.Random(first)
    for n in range(first, last):
        vendor = n * 7919 % VENDORS
        day = date(2018, 12, 1) + timedelta(days=n * 2900 // max(last, 1_000_000))
        is_open = chance.random() < min(0.1, 3_000 / last)
        state = chance.choice(
            ("at_section", "at_accounting", "at_treasurer", "approved", "handed_over")
        ) if is_open else ("returned" if n % 25 == 0 else "paid")  # fmt: skip
        number = f"INV-{day.year}-{n:07d}"
        key = number.replace("-", "")
        contract = f"{day.year}K-{vendor:05d}-{n % CONTRACTS_EACH}"
        title = f"{PLACES[n % len(PLACES)]}地区{TRADES[n % 7]}業務"
        name = seller(vendor)
        gross = 11_000 + n * 7919 % 5_000_000
        folded = "\n".join(fold(word) for word in (name, number, key, contract, title))
        at = datetime(day.year, day.month, day.day, 1, 0, tzinfo=UTC)
        yield (
            f"{n:08d}-0000-4000-8000-000000000000", state, state != "returned", 5, f"v-{vendor}",
            "peppol", f"{n:064x}", "invoice.xml", 20_000, at, day, number, key,
            f"{day.year}{n:07d}", state != "returned", day, name, gross, 0, gross, "[]", contract,
            title, f"第{vendor % SECTIONS}課", "ordinary", "MATCHED", "MATCHED",
            day + timedelta(days=30),
            day + timedelta(days=20) if state == "paid" else None, at, folded, grams(folded), "[]",
        )  # fmt: skip


def load(database: Database, first: int, last: int) -> float:
    started = time.perf_counter()
    with database.transaction() as session:
        connection = session.connection().connection.driver_connection
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY received_invoices ({', '.join(COLUMNS)}) FROM STDIN") as stream,
        ):
            for row in rows(first, last):
                stream.write_row(row)
        since = {"first": f"{first:08d}", "last": f"{last:08d}", "at": NOW}
        for statement in BESIDE:
            session.execute(text(statement), since)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return time.perf_counter() - started


def timed(askings: list[Callable[[], object]]) -> tuple[float, float]:
    times = []
    for ask in askings:
        started = time.perf_counter()
        ask()
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.95)]


def pages(database: Database, size: int) -> list[tuple[str, float, float]]:
    """What each page asks the database, many different pages of each kind."""
    chance = random.Random(11)

    def reading(work: Callable[..., object]) -> Callable[[], object]:
        def ask() -> object:
            with database.reader() as session:
                return work(session)

        return ask

    def board(step: tuple[State, ...], section: str | None, words: str) -> Callable[[], object]:
        wanted = QueueFilter(states=step, section=section, text=words)

        def work(session):
            queues.tallies(session, section=section)
            if State.PAID in step or not step:
                return queues.newest(session, wanted, limit=50)
            return queues.queue(session, wanted, limit=50)

        return reading(work)

    def deep(session):
        wanted = QueueFilter(states=(State.PAID,))
        return queues.newest(session, wanted, limit=50, before=chance.randrange(1, size + 1))

    sections = [None, *(f"第{n}課" for n in range(0, SECTIONS, 7))]
    words = [
        *PLACES[:6], *TRADES[:6], "浜松電気", "株式会社", "1234", "INV-2021-0", "春野地区", "社",
        "ない名前", *(seller(chance.randrange(VENDORS)) for _ in range(10)),
        *(f"INV-20{y}-{n:07d}" for y, n in ((21, 999), (24, 77_777), (26, size - 5))),
    ]  # fmt: skip
    vendors = [f"v-{chance.randrange(VENDORS)}" for _ in range(40)]
    kinds: list[tuple[str, list[Callable[[], object]]]] = [
        ("queue of a desk", [board((State.AT_ACCOUNTING,), s, "") for s in sections * 4]),
        ("all invoices, newest", [board((), s, "") for s in sections * 4]),
        ("paid, any depth", [reading(deep) for _ in range(40)]),
        ("search, everywhere", [board((), None, w) for w in words * 2]),
        ("search, one section", [board((), "第7課", w) for w in words * 2]),
        ("search, one desk", [board((State.AT_SECTION,), None, w) for w in words * 2]),
        (
            "a vendor's list",
            [
                reading(
                    lambda session, v=v: (
                        queues.tallies(session, vendor_id=v),
                        queues.newest(session, QueueFilter(vendor_id=v), limit=50),
                    )
                )
                for v in vendors
            ],
        ),
        (
            "what the match asks of others",
            [
                reading(
                    lambda session, n=n: queries.related_invoices(
                        session, vendor_id=f"v-{n * 7919 % VENDORS}", contract_no=None,
                        excluding="x", gross=Decimal(11_000 + n), key=f"INV{n}", digits=str(n),
                    )
                )
                for n in (chance.randrange(size) for _ in range(40))
            ],
        ),
    ]  # fmt: skip
    return [(name, *timed(askings)) for name, askings in kinds]


def figures(database: Database) -> float:
    started = time.perf_counter()
    with database.reader() as session:
        measuring.measure(
            session, first=date(2025, 4, 1), last=date(2026, 3, 31), today=date(2026, 11, 24)
        )
    return time.perf_counter() - started


def one_more(database: Database, folder: Path, count: int = 40) -> tuple[float, float]:
    """Milliseconds of one invoice from bytes to matched and stored, p50 and p95."""
    city = City(database, LocalStore(folder), FixedClock(NOW))
    return timed([lambda data=data: city.walk(data) for data in city.prepare(count)])


def measure(sizes: list[int], plot: bool) -> None:
    found = []
    with tempfile.TemporaryDirectory() as name, embedded.running(Path(name) / "postgres") as url:
        database = Database(url)
        migrations.upgrade(database)
        before = 0
        for size in sizes:
            seconds = load(database, before, size)
            before = size
            with database.reader() as session:
                assert session.query(ReceivedInvoice).filter_by(state="paid").first()
            print(f"\n{size:,} invoices (loaded in {seconds:.0f} s)")
            for kind, p50, p95 in pages(database, size):
                mark = "" if p95 < LIMIT_MS else "   ← above the limit"
                print(f"  {kind:<32} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms{mark}")
            print(f"  {'figures of a year':<32} {figures(database) * 1000:11.0f} ms")
            p50, p95 = one_more(database, Path(name) / "store")
            print(
                f"  {'one more invoice, whole pipeline':<32} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms"
            )
            found.append((size, p50, p95))
        database.dispose()
    if plot:
        draw(found)


def draw(found: list[tuple[int, float, float]]) -> None:
    from portal.charts import Line, line_chart

    names = [f"{size:,}件" for size, _, _ in found]
    made = str(
        line_chart(
            "保存した請求書の数と、請求書1件の処理時間",
            names,
            [Line("中央値", [f[1] for f in found]), Line("95％点", [f[2] for f in found])],
            unit="ms",
        )
    )
    svg = made[made.index('<svg viewBox="0 0 400') : made.rindex("</svg>") + 6]
    svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    # A picture on its own: room for the last label, and what the two lines are.
    svg = svg.replace('viewBox="0 0 400 230"', 'viewBox="0 0 420 250"', 1)
    legend = "実線：中央値　破線：95％点（請求書1件を受けて照合し終えるまで）"
    svg = svg.replace("</svg>", f'<text x="46" y="240" font-size="11">{legend}</text></svg>')
    Path("docs/benchmarks/invoice-store.svg").write_text(svg + "\n", encoding="utf-8")
    print("docs/benchmarks/invoice-store.svg")


if __name__ == "__main__":
    given = [int(word.replace(",", "")) for word in sys.argv[1:] if not word.startswith("--")]
    measure(given or [10_000, 100_000, 1_000_000], "--plot" in sys.argv)
