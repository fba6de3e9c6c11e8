"""What happened to the invoices of a period: rates, lead times, causes, lateness.

All figures are of invoices *received* in the period, whatever became of them later; duplicates that
were set aside are left out everywhere. Each rate comes with its numerator and denominator, each
lead time as median and 90th percentile (never an average alone). Days are calendar days.

    electronic   came as structured data by any door; `scan` (paper, pictures) did not
    first pass   valid at the first look, and matched with no STOP and no HOLD at the first try
    late         paid after the lawful due date, or not paid and the date has passed
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from einvoice.due_dates import late_interest, late_rate
from einvoice.errors import EInvoiceError

MAX_CAUSES = 20
PAPER_DOORS = ("scan",)
STEPS: tuple[tuple[str, str], ...] = (
    ("section", "受付から担当課の承認まで"),
    ("head", "課の決裁まで"),
    ("accounting", "会計課の審査まで"),
    ("treasurer", "会計管理者の決裁まで"),
    ("handed_over", "引き渡しまで"),
    ("paid", "支払まで"),
    ("whole", "受付から支払まで（全体）"),
)


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with what it was made of."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """None of nothing."""
        return 100 * self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Lead:
    """Days that one step took."""

    step: str
    name: str
    count: int
    median: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why invoices needed somebody: a check, how many invoices, of which returned."""

    check_id: str
    words: str
    invoices: int
    returned: int


@dataclass(frozen=True, slots=True)
class Month:
    """One month of receipt."""

    month: date
    received: int
    electronic: Rate
    first_pass: Rate
    late: Rate
    median_days: float | None
    p90_days: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of a period."""

    first: date
    last: date
    section: str | None
    received: int
    electronic: Rate
    electronic_yen: Decimal
    received_yen: Decimal
    valid_at_once: Rate
    first_pass: Rate
    returned: Rate
    paid: int
    late: Rate
    open_late: int
    interest: Decimal
    margin_p10: float | None
    """Days between payment and due date that all but a tenth of the payments kept at least."""
    leads: tuple[Lead, ...]
    causes: tuple[Cause, ...]
    doors: tuple[tuple[str, int], ...]
    months: tuple[Month, ...]


_PICKED = """
    WITH picked AS (
        SELECT id, received_at, received_on, channel, state, first_result, due_on, paid_on,
               coalesce(payable, 0) AS payable, channel <> ALL(:paper) AS electronic,
               first_result IN ('MATCHED', 'MATCHED_WITH_WARNINGS') AS passed,
               (paid_on > due_on OR (paid_on IS NULL AND is_live AND due_on < :today)) AS late
          FROM received_invoices
         WHERE received_on BETWEEN :first AND :last
           AND (CAST(:section AS text) IS NULL OR section = :section)
           AND state <> 'duplicate')
"""


def _over(query: str) -> TextClause:
    """A query over the invoices of the period; values are bound, never written into it."""
    return text(" ".join((_PICKED, query)))


_TOTALS = _over("""
    SELECT count(*), count(*) FILTER (WHERE electronic),
           coalesce(sum(payable) FILTER (WHERE electronic), 0), coalesce(sum(payable), 0),
           count(*) FILTER (WHERE state <> 'refused' AND state <> 'received'),
           count(*) FILTER (WHERE state <> 'received'),
           count(*) FILTER (WHERE passed), count(*) FILTER (WHERE state = 'returned'),
           count(paid_on), count(*) FILTER (WHERE late AND paid_on IS NOT NULL),
           count(*) FILTER (WHERE late AND paid_on IS NULL),
           percentile_cont(0.1) WITHIN GROUP (ORDER BY due_on - paid_on)
      FROM picked""")
_MONTHS = _over("""
    SELECT date_trunc('month', received_on)::date AS month, count(*),
           count(*) FILTER (WHERE electronic), count(*) FILTER (WHERE passed),
           count(*) FILTER (WHERE state <> 'received'),
           count(*) FILTER (WHERE late AND paid_on IS NOT NULL), count(paid_on),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY paid_on - received_on),
           percentile_cont(0.9) WITHIN GROUP (ORDER BY paid_on - received_on)
      FROM picked GROUP BY 1 ORDER BY 1""")
_DOORS = _over("SELECT channel, count(*) FROM picked GROUP BY 1 ORDER BY 2 DESC, 1")
# The last approval of each step counts: what was sent back and approved again took until then.
_LEADS = _over(""", decided AS (
        SELECT d.invoice_id, max(at) FILTER (WHERE step = 'section') AS section,
               max(at) FILTER (WHERE step = 'head') AS head,
               max(at) FILTER (WHERE step = 'accounting') AS accounting,
               max(at) FILTER (WHERE step = 'treasurer') AS treasurer
          FROM invoice_decisions d JOIN picked ON picked.id = d.invoice_id
         WHERE d.move = 'approve' GROUP BY 1),
    gone AS (
        SELECT i.invoice_id, max(b.made_at) AS handed_over
          FROM handover_items i JOIN handover_batches b ON b.id = i.batch_id
          JOIN picked ON picked.id = i.invoice_id WHERE NOT i.cancelled GROUP BY 1),
    walked AS (
        SELECT received_at, received_on, paid_on, section, head, accounting, treasurer, handed_over,
               (handed_over AT TIME ZONE 'Asia/Tokyo')::date AS handed_on
          FROM picked LEFT JOIN decided ON decided.invoice_id = picked.id
          LEFT JOIN gone ON gone.invoice_id = picked.id),
    steps AS (
        SELECT 'section' AS step, extract(epoch FROM section - received_at) / 86400 AS days
          FROM walked
        UNION ALL SELECT 'head', extract(epoch FROM head - section) / 86400 FROM walked
        UNION ALL SELECT 'accounting',
               extract(epoch FROM accounting - coalesce(head, section)) / 86400 FROM walked
        UNION ALL SELECT 'treasurer', extract(epoch FROM treasurer - accounting) / 86400 FROM walked
        UNION ALL SELECT 'handed_over',
               extract(epoch FROM handed_over - coalesce(treasurer, accounting)) / 86400 FROM walked
        UNION ALL SELECT 'paid', paid_on - handed_on FROM walked
        UNION ALL SELECT 'whole', paid_on - received_on FROM walked)
    SELECT step, count(days), percentile_cont(0.5) WITHIN GROUP (ORDER BY days),
           percentile_cont(0.9) WITHIN GROUP (ORDER BY days)
      FROM steps WHERE days >= 0 GROUP BY 1""")
# Findings of the latest examination, and the reasons of returns (which outlive a correction).
_CAUSES = _over(""", told AS (
        SELECT f.invoice_id, f.check_id, f.message_ja AS words, false AS returned
          FROM invoice_findings f JOIN picked ON picked.id = f.invoice_id
         WHERE f.level IN ('STOP', 'HOLD')
        UNION ALL
        SELECT r.invoice_id, reason ->> 'id', reason -> 'message' ->> 'ja', true
          FROM invoice_returns r JOIN picked ON picked.id = r.invoice_id
         CROSS JOIN jsonb_array_elements(r.reasons) AS reason)
    SELECT check_id, min(words), count(DISTINCT invoice_id),
           count(DISTINCT invoice_id) FILTER (WHERE returned)
      FROM told WHERE check_id IS NOT NULL
     GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT :causes""")
_LATE = _over("""SELECT payable, due_on, paid_on FROM picked
      WHERE late AND paid_on IS NOT NULL AND payable > 0""")


def measure(
    session: Session, *, first: date, last: date, today: date, section: str | None = None
) -> Measured:
    """The figures of the invoices received from `first` to `last`, both included."""
    asked = {
        "first": first, "last": last, "today": today, "section": section,
        "paper": list(PAPER_DOORS), "causes": MAX_CAUSES,
    }  # fmt: skip
    (
        received, electronic, electronic_yen, received_yen, valid, examined, passed, returned,
        paid, late, open_late, margin,
    ) = session.execute(_TOTALS, asked).one()  # fmt: skip
    leads = {row[0]: row[1:] for row in session.execute(_LEADS, asked)}
    return Measured(
        first=first,
        last=last,
        section=section,
        received=received,
        electronic=Rate(electronic, received),
        electronic_yen=Decimal(electronic_yen),
        received_yen=Decimal(received_yen),
        valid_at_once=Rate(valid, examined),
        first_pass=Rate(passed, examined),
        returned=Rate(returned, examined),
        paid=paid,
        late=Rate(late, paid),
        open_late=open_late,
        interest=_interest(session, asked),
        margin_p10=None if margin is None else float(margin),
        leads=tuple(
            Lead(step, name, count, _number(median), _number(p90))
            for step, name in STEPS
            for count, median, p90 in [leads.get(step, (0, None, None))]
        ),
        causes=tuple(Cause(*row) for row in session.execute(_CAUSES, asked)),
        doors=tuple((row[0], row[1]) for row in session.execute(_DOORS, asked)),
        months=tuple(
            Month(
                month, count, Rate(by_data, count), Rate(first_time, looked), Rate(too_late, done),
                _number(median), _number(p90),
            )
            for month, count, by_data, first_time, looked, too_late, done, median, p90 in (
                session.execute(_MONTHS, asked)
            )
        ),
    )  # fmt: skip


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _interest(session: Session, asked: Mapping[str, object]) -> Decimal:
    """遅延利息 that the law owes on what was paid late (支払遅延防止法8条)."""
    owed = Decimal(0)
    for payable, due_on, paid_on in session.execute(_LATE, asked):
        try:
            rate = late_rate(due_on)
        except EInvoiceError:  # no rate is known for the day: nothing can be computed
            continue
        owed += late_interest(payable, rate=rate, due_on=due_on, paid_on=paid_on)
    return owed


ROW_HEAD = (
    "receipt_no", "channel", "section", "contract_no", "state", "result", "first_result",
    "received_on", "clock_start", "due_on", "pay_on", "paid_on", "gross", "payable", "days",
    "is_late",
)  # fmt: skip
_ROWS = text(
    """
    SELECT serial, received_on, channel, section, contract_no, state, result, first_result,
           clock_start, due_on, pay_on, paid_on, gross, payable
      FROM received_invoices
     WHERE received_on BETWEEN :first AND :last AND serial > :after
       AND (CAST(:section AS text) IS NULL OR section = :section)
     ORDER BY serial LIMIT :many"""
)


def rows_after(
    session: Session, *, first: date, last: date, section: str | None, after: int, many: int = 5_000
) -> tuple[Sequence[tuple[str, ...]], int | None]:
    """One line an invoice in the columns of `ROW_HEAD`, and where the next call goes on."""
    asked = {"first": first, "last": last, "section": section, "after": after, "many": many}
    found = session.execute(_ROWS, asked).all()
    lines = [tuple(_line(tuple(row))) for row in found]
    return lines, found[-1][0] if len(found) == many else None


def _line(row: tuple[object, ...]) -> Iterator[str]:
    (
        serial, received_on, channel, section, contract_no, state, result, first_result,
        clock_start, due_on, pay_on, paid_on, gross, payable,
    ) = row  # fmt: skip
    assert isinstance(received_on, date)
    year = received_on.year - (received_on.month < 4)
    yield f"{year % 100:02d}-{serial:06d}"
    for value in (channel, section, contract_no, state, result, first_result):
        yield str(value or "")
    for day in (received_on, clock_start, due_on, pay_on, paid_on):
        yield day.isoformat() if isinstance(day, date) else ""
    for amount in (gross, payable):
        yield "" if amount is None else str(int(str(amount).partition(".")[0]))
    paid = paid_on if isinstance(paid_on, date) else None
    yield str((paid - received_on).days) if paid else ""
    yield "" if not (paid and isinstance(due_on, date)) else str(int(paid > due_on))
