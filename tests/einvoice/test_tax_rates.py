"""Tax by date: the tables answer for the day of supply and say where they come from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from importlib import resources

import pytest

from einvoice.errors import TaxTableError
from einvoice.tax_rates import Standing, read_tables, tax_tables


@pytest.mark.parametrize(
    ("day", "percent"),
    [
        (date(2023, 9, 30), 100),
        (date(2023, 10, 1), 80),
        (date(2026, 9, 30), 80),
        (date(2026, 10, 1), 70),
        (date(2028, 9, 30), 70),
        (date(2028, 10, 1), 50),
        (date(2030, 9, 30), 50),
        (date(2030, 10, 1), 30),
        (date(2031, 9, 30), 30),
        (date(2031, 10, 1), 0),
        (date(2050, 1, 1), 0),
    ],
)
def test_the_share_without_registration_follows_the_day_of_supply(day: date, percent: int) -> None:
    assert tax_tables().credit_share(day).percent == percent


@pytest.mark.parametrize(
    ("gross", "rate", "day", "tax"),
    [
        (110_000, 10, date(2026, 9, 30), 8_000),
        (110_000, 10, date(2026, 10, 1), 7_000),
        (98_765, 10, date(2026, 10, 20), 6_285),
        (98_765, 8, date(2026, 10, 20), 5_121),
        (98_765, 8, date(2023, 9, 30), 7_315),
        (110_000, 10, date(2031, 10, 1), 0),
    ],
)
def test_creditable_tax_of_a_purchase(gross: int, rate: int, day: date, tax: int) -> None:
    assert tax_tables().creditable_tax(Decimal(gross), Decimal(rate), day) == tax


@pytest.mark.parametrize(
    ("category", "percent", "day", "standing"),
    [
        ("S", 10, date(2026, 11, 1), Standing.IN_FORCE),
        ("AA", 8, date(2026, 11, 1), Standing.IN_FORCE),
        ("S", 8, date(2026, 11, 1), Standing.FORMER),
        ("S", 8, date(2019, 9, 30), Standing.IN_FORCE),
        ("S", 10, date(2019, 9, 30), Standing.UNKNOWN),
        ("AA", 10, date(2026, 11, 1), Standing.UNKNOWN),
        ("S", 7, date(2026, 11, 1), Standing.UNKNOWN),
        ("AA", 1, date(2027, 3, 31), Standing.UNKNOWN),
        ("AA", 1, date(2027, 4, 1), Standing.PLANNED),
        ("AA", 8, date(2027, 4, 1), Standing.IN_FORCE),
        ("S", 3, date(1990, 1, 1), Standing.IN_FORCE),
    ],
)
def test_how_a_rate_stands(category: str, percent: int, day: date, standing: Standing) -> None:
    assert tax_tables().standing(category, Decimal(percent), day) is standing


def test_eight_percent_was_standard_and_is_reduced() -> None:
    tables = tax_tables()
    assert tables.category_of(Decimal(8), date(2019, 9, 30)) == "S"
    assert tables.category_of(Decimal(8), date(2019, 10, 1)) == "AA"
    assert tables.category_of(Decimal(7), date(2026, 1, 1)) is None


def test_three_positive_rates_on_one_day_once_the_plan_is_law() -> None:
    day = date(2027, 4, 1)
    assert {row.percent for row in tax_tables().rates_on(day)} == {Decimal(10), Decimal(8)}
    with_plan = tax_tables().rates_on(day, planned=True)
    assert {row.percent for row in with_plan} == {Decimal(10), Decimal(8), Decimal(1)}


def test_a_new_rate_is_a_row_and_no_code() -> None:
    text = resources.files("einvoice").joinpath("data/tax.toml").read_text(encoding="utf-8")
    text = text.replace(
        "# 仕入税額控除の経過措置 (",
        '[[rate]]\ncategory = "AA"\npercent = "5"\nnational = "4"\nlocal = "1"\n'
        'from = 2030-01-01\nscope_ja = "試験"\nscope_en = "test"\nstanding = "in_force"\n'
        'source = "試験"\n\n# (',
        1,
    )
    tables = read_tables(text)
    assert tables.standing("AA", Decimal(5), date(2030, 1, 1)) is Standing.IN_FORCE
    assert tables.standing("AA", Decimal(5), date(2029, 12, 31)) is Standing.UNKNOWN


def test_a_gap_or_a_wrong_sum_in_the_file_is_refused() -> None:
    text = resources.files("einvoice").joinpath("data/tax.toml").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="do not meet"):
        read_tables(text.replace("until = 2028-09-30", "until = 2028-08-31"))
    with pytest.raises(ValueError, match="parts differ"):
        read_tables(text.replace('national = "6.24"', 'national = "6.3"'))
    with pytest.raises(ValueError, match="must be open"):
        read_tables(text.replace("from = 2031-10-01", "from = 2031-10-01\nuntil = 2040-01-01"))


def test_every_row_names_its_source_and_differences_are_said() -> None:
    tables = tax_tables()
    assert all(row.source for row in (*tables.rates, *tables.shares, *tables.caps))
    assert {item.topic for item in tables.disagreements} >= {"food-rate-2027", "share-2026-10"}
    assert all(len(item.says) > 1 and item.chosen and item.why for item in tables.disagreements)


def test_the_cap_follows_the_taxable_period() -> None:
    tables = tax_tables()
    april_2026, april_2027 = (
        tables.credit_cap(date(2026, 4, 1)),
        tables.credit_cap(date(2027, 4, 1)),
    )
    assert april_2026 is not None
    assert april_2027 is not None
    assert (april_2026.yen, april_2027.yen) == (1_000_000_000, 100_000_000)
    assert tables.credit_cap(date(2024, 4, 1)) is None


def test_before_the_tax_there_is_no_share() -> None:
    with pytest.raises(TaxTableError) as caught:
        tax_tables().credit_share(date(1989, 3, 31))
    assert "1989-03-31" in caught.value.message_ja
