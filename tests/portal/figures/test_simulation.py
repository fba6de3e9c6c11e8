"""The pilot simulator: check values of published cities, ranges, the ledger, the command."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from portal.cli import tree as command
from portal.simulation.assumptions import FIGURES, Plan, Range, likely
from portal.simulation.errors import LedgerUnreadable, PlanRefused
from portal.simulation.ledger import read_ledger
from portal.simulation.outcome import contract_savings, difference_per_invoice, percentile, simulate
from portal.simulation.stamp_duty import Kind, duty
from portal.simulation.walk import arrivals, walk, working_days

SMALL = Plan(invoices=20_000, contracts=400, drafters=3, reviewers=1.3, replications=3, sample=400)


def test_the_kobe_check_value_is_reproduced():
    """8,000 contracts, all electronic: 4,120 hours, 200万円, 8,524万円, 1,400万円."""
    found = contract_savings(8_000, likely())
    assert round(found.hours) == 4_120
    assert round(found.post) == 2_000_000
    assert round(found.duty / 10_000) == 8_524
    assert round(found.labour / 10_000) == 1_400


def test_without_returns_an_electronic_invoice_saves_eight_minutes_as_in_iwaki():
    assert difference_per_invoice(Plan()) == pytest.approx(8.0, abs=0.1)


def test_the_same_seed_gives_the_same_answer_and_another_another():
    one, again = simulate(SMALL), simulate(SMALL)
    assert one == again
    assert simulate(Plan(**{**SMALL.to_json(), "seed": 2}))["before"] != one["before"]


def test_answers_are_ranges_in_order():
    result = simulate(SMALL)
    for side in ("before", "after"):
        for one in result[side].values():
            assert one["p5"] <= one["p50"] <= one["p95"]
    assert json.loads(json.dumps(result)) == result
    assert result["saved"]["hours"]["p5"] < result["saved"]["hours"]["p95"]


def test_nothing_electronic_saves_nothing_for_the_desks():
    result = simulate(Plan(**{**SMALL.to_json(), "ceiling": 0.0, "contracts": 0}))
    assert result["saved"]["hours"]["p50"] == 0
    assert result["before"] == result["after"]


def test_stamp_duty_is_never_counted_for_the_city():
    plan = {**SMALL.to_json(), "ceiling": 100.0}
    without = simulate(Plan(**{**plan, "contracts": 0}))
    with_contracts = simulate(Plan(**plan))
    parts = with_contracts["parts"]
    more = with_contracts["saved"]["city"]["p50"] - without["saved"]["city"]["p50"]
    assert more < parts["duty"]["p50"]
    assert with_contracts["saved"]["vendors"]["p50"] > without["saved"]["vendors"]["p50"]


def test_paying_daily_shortens_what_faster_drafting_does_not():
    """The payment calendar dominates the lead time."""
    result = simulate(SMALL)
    daily = next(one for one in result["variants"] if one["name"] == "毎日支払う")
    assert daily["p90"]["p50"] < result["after"]["p90"]["p50"]


def test_faster_drafting_floods_the_review_desk():
    """The bottleneck moves: two more reviewers bring the queue down."""
    plan = Plan(replications=3, sample=3_000)
    result = simulate(plan)
    more = next(one for one in result["variants"] if one["name"] == "審査の職員を2人ふやす")
    assert result["after"]["queue"]["p50"] > result["before"]["queue"]["p50"]
    assert more["queue"]["p50"] < result["after"]["queue"]["p50"] / 2


def test_every_invoice_that_arrives_is_paid_on_a_working_day_after():
    luck = arrivals(SMALL, 7)
    year = walk(SMALL, luck, likely(), adoption=(0.5,) * 12)
    assert len(year.walked) == len(luck) == SMALL.sample
    assert all(0 < one.calendar_days < 120 for one in year.walked)
    assert working_days(2027)[0].isoformat() == "2027-04-01"


def test_month_starts_and_the_fiscal_years_end_are_busy():
    luck = arrivals(Plan(sample=20_000, invoices=20_000), 3)
    by_month = [sum(one.month == month for one in luck) for month in range(12)]
    assert max(by_month) == by_month[11]
    assert by_month[11] > 1.4 * by_month[9]


def test_an_s_curve_reaches_half_at_its_month_and_stays_below_the_ceiling():
    curve = Plan(ceiling=80, turning_month=6).adoption()
    assert list(curve) == sorted(curve)
    assert curve[5] == pytest.approx(0.37, abs=0.05)
    assert curve[-1] < 0.8


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"invoices": 5}, "年間の請求書"),
        ({"ceiling": 101.0}, "電子化の割合"),
        ({"ceiling": float("nan")}, "電子化の割合"),
        ({"reviewers": 0.0}, "審査する職員"),
        ({"sample": 10**9}, "1回に動かす"),
    ],
)
def test_a_figure_out_of_bounds_is_refused_by_its_name(given, named):
    with pytest.raises(PlanRefused, match=named):
        Plan(**given)


def test_a_triangle_stays_in_its_range_and_a_point_is_a_point():
    one = Range(1, 2, 5)
    drawn = [one.draw(n / 100) for n in range(101)]
    assert drawn == sorted(drawn)
    assert (drawn[0], drawn[-1]) == (1, 5)
    assert Range(3, 3, 3).draw(0.5) == 3
    assert all(figure.source for figure in FIGURES)


def test_percentiles_are_interpolated():
    assert percentile([1, 2, 3, 4], 50) == 2.5
    assert percentile([7], 90) == 7
    assert percentile([], 90) == 0


LEDGER = '日付,種類,金額,課\n2026/4/1,工事,"48,400,000円",道路課\n2026-04-02,請負,3000000,管財課\n'


def test_a_ledger_in_shift_jis_gives_volumes_and_duty():
    found = read_ledger((LEDGER + "2027-03-31,請求書,1000,管財課\r\n,,,\r\n").encode("cp932"))
    assert (found.years, found.contracts, found.invoices) == (1, 2, 1)
    assert found.duty == 10_000 + 1_000
    assert found.months[11] == 1
    assert not found.tells_shape
    result = simulate(SMALL, ledger=found)
    assert result["plan"]["contracts"] == 2
    assert result["from_ledger"]["duty"] == 11_000


def test_a_ledgers_own_months_shape_the_year():
    rows = [f"2026-{month:02d}-10,請求書,1000" for month in range(1, 13) for _ in range(50)]
    rows += ["2026-08-10,請求書,1000"] * 5_000
    found = read_ledger(("日付,種類,金額\n" + "\n".join(rows)).encode())
    assert found.tells_shape
    luck = arrivals(SMALL, 1, months=found.months)
    assert sum(one.month == 4 for one in luck) > len(luck) / 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "見出し"),
        ("日付,種類\n", "金額"),
        ("日付,種類,金額\n", "行がありません"),
        ("日付,種類,金額\n2026-02-30,工事,1\n", "2行目の日付"),
        ("日付,種類,金額\n2026-02-03,工亊,1\n", "2行目の種類"),
        ("日付,種類,金額\n2026-02-03,工事,-1\n", "2行目の金額"),
        ("日付,種類,金額\n2026-02-03,工事,NaN\n", "2行目の金額"),
        ("日付,種類,金額\n2026-02-03,工事,1e99\n", "2行目の金額"),
        ("日付,種類,金額\n0001-02-03,工事,1\n", "2行目の日付"),
    ],
)
def test_a_ledger_that_cannot_be_read_names_the_place(text, said):
    with pytest.raises(LedgerUnreadable, match=said):
        read_ledger(text.encode())


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(LedgerUnreadable, match="文字コード"):
        read_ledger(b"\xff\xfe\x81")


@pytest.mark.parametrize(
    ("kind", "amount", "yen"),
    [
        (Kind.WORKS, 9_999, 0),
        (Kind.WORKS, 10_000, 200),
        (Kind.WORKS, 48_400_000, 10_000),
        (Kind.CONTRACTING, 48_400_000, 20_000),
        (Kind.WORKS, 6_000_000_000, 480_000),
        (Kind.GOODS, 48_400_000, 0),
        (Kind.SERVICE, 48_400_000, 0),
    ],
)
def test_stamp_duty_by_kind_and_amount(kind, amount, yen):
    assert duty(kind, Decimal(amount)) == yen


def test_the_command_tells_before_and_after_and_writes_files(tmp_path):
    ledger, table, pdf = tmp_path / "l.csv", tmp_path / "o.csv", tmp_path / "o.pdf"
    ledger.write_text(LEDGER, "utf-8")
    told = CliRunner().invoke(
        command.build("simulate"),
        ["simulate", "--ledger", str(ledger), "--replications", "3", "--sample", "300",
         "--csv", str(table), "--pdf", str(pdf)],
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "市：費用の削減" in told.output
    assert table.read_bytes().startswith("\ufeff場面,指標".encode())
    assert pdf.read_bytes().startswith(b"%PDF")


def test_the_command_answers_json():
    arguments = ["simulate", "--replications", "3", "--sample", "200", "--json"]
    told = CliRunner().invoke(command.build("simulate"), arguments)
    assert json.loads(told.stdout)["replications"] == 3
