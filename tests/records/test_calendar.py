"""The calendar against years as the Cabinet Office published them (国民の祝日について)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import calendar as cal

DAYS = st.dates(date(2019, 1, 8), date(2050, 12, 20))

# 内閣府「国民の祝日」: the lists as published, with 振替休日 and 国民の休日.
PUBLISHED = {
    2019: "1/1 1/14 2/11 3/21 4/29 4/30 5/1 5/2 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/23 10/14"
    " 10/22 11/3 11/4 11/23",
    2020: "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/23 7/24 8/10 9/21 9/22 11/3 11/23",
    2021: "1/1 1/11 2/11 2/23 3/20 4/29 5/3 5/4 5/5 7/22 7/23 8/8 8/9 9/20 9/23 11/3 11/23",
    2022: "1/1 1/10 2/11 2/23 3/21 4/29 5/3 5/4 5/5 7/18 8/11 9/19 9/23 10/10 11/3 11/23",
    2023: "1/1 1/2 1/9 2/11 2/23 3/21 4/29 5/3 5/4 5/5 7/17 8/11 9/18 9/23 10/9 11/3 11/23",
    2024: "1/1 1/8 2/11 2/12 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/22 9/23 10/14"
    " 11/3 11/4 11/23",
    2025: "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/21 8/11 9/15 9/23 10/13 11/3 11/23"
    " 11/24",
    2026: "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23",
    2027: "1/1 1/11 2/11 2/23 3/21 3/22 4/29 5/3 5/4 5/5 7/19 8/11 9/20 9/23 10/11 11/3 11/23",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_holidays_are_those_published(year: int) -> None:
    found = " ".join(f"{day.month}/{day.day}" for day in cal.holidays(year))
    assert found == PUBLISHED[year]


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2019, 4, 30), "国民の休日"),
        (date(2019, 5, 1), "天皇の即位の日"),
        (date(2019, 5, 2), "国民の休日"),
        (date(2019, 5, 6), "振替休日"),
        (date(2020, 5, 6), "振替休日"),  # 5/3 on a Sunday moves past 5/4 and 5/5
        (date(2026, 9, 22), "国民の休日"),  # between 敬老の日 and 秋分の日
        (date(2032, 9, 21), "国民の休日"),
        (date(2026, 7, 20), "海の日"),
        (date(2019, 10, 14), "体育の日"),
        (date(2022, 10, 10), "スポーツの日"),
        (date(2026, 11, 24), None),
    ],
)
def test_a_holiday_has_its_name(day: date, name: str | None) -> None:
    assert cal.holiday_name(day) == name


def test_equinoxes_agree_with_the_almanac() -> None:
    # 国立天文台 暦計算室「何年後かの春分の日・秋分の日はわかるの？」
    spring = {2019: 21, 2023: 21, 2026: 20, 2027: 21, 2030: 20, 2031: 21, 2044: 20, 2050: 20}
    autumn = {2019: 23, 2024: 22, 2026: 23, 2028: 22, 2031: 23, 2032: 22, 2045: 22, 2050: 23}
    assert {year: cal._equinox(year, 20.8431) for year in spring} == spring
    assert {year: cal._equinox(year, 23.2488) for year in autumn} == autumn


def test_years_outside_the_rules_are_refused_rather_than_guessed() -> None:
    for day in (date(2018, 12, 31), date(2051, 1, 1)):
        with pytest.raises(ValueError, match="2019-2050"):
            cal.is_business_day(day) if day.weekday() < 5 else cal.holiday_name(day)


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2026, 11, 23), "令和8年11月23日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1926, 12, 24), "大正15年12月24日"),
        (date(1912, 7, 30), "大正元年7月30日"),
        (date(1912, 7, 29), "明治45年7月29日"),
        (date(1873, 1, 1), "明治6年1月1日"),
    ],
)
def test_wareki(day: date, written: str) -> None:
    assert cal.wareki(day) == written


def test_wareki_before_the_gregorian_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="1873"):
        cal.wareki(date(1872, 12, 31))


def test_the_day_turns_at_midnight_in_japan() -> None:
    assert cal.jst_date(datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC)) == date(2026, 3, 31)
    assert cal.jst_date(datetime(2026, 3, 31, 15, 0, 0, tzinfo=UTC)) == date(2026, 4, 1)
    with pytest.raises(ValueError, match="zone"):
        cal.jst_date(datetime(2026, 3, 31))  # noqa: DTZ001


def test_the_fiscal_year_begins_in_april() -> None:
    assert cal.fiscal_year(date(2027, 3, 31)) == 2026
    assert cal.fiscal_year(date(2027, 4, 1)) == 2027


def test_the_city_closes_longer_than_the_banks() -> None:
    assert cal.is_city_closing_day(date(2026, 12, 29))  # Tuesday
    assert not cal.is_bank_holiday(date(2026, 12, 29))
    assert not cal.is_bank_holiday(date(2026, 12, 30))
    assert cal.is_bank_holiday(date(2026, 12, 31))
    assert cal.next_business_day(date(2026, 12, 28)) == date(2027, 1, 4)
    assert cal.next_business_day(date(2026, 12, 28), cal.is_bank_day) == date(2026, 12, 29)
    assert cal.next_business_day(date(2026, 12, 30), cal.is_bank_day) == date(2027, 1, 4)
    assert cal.previous_business_day(date(2027, 1, 4)) == date(2026, 12, 28)


def test_business_days_pass_over_the_silver_week() -> None:
    assert cal.add_business_days(date(2026, 9, 18), 1) == date(2026, 9, 24)
    assert cal.add_business_days(date(2026, 9, 24), -1) == date(2026, 9, 18)
    assert cal.add_business_days(date(2026, 9, 20), 0) == date(2026, 9, 20)
    assert cal.business_days_between(date(2026, 9, 18), date(2026, 9, 24)) == 1
    assert cal.business_days_between(date(2026, 9, 24), date(2026, 9, 18)) == -1


@given(DAYS)
def test_next_and_previous_are_open_and_leave_no_open_day_between(day: date) -> None:
    following = cal.next_business_day(day)
    assert cal.is_business_day(following)
    between = [day + timedelta(days=n) for n in range(1, (following - day).days)]
    assert not any(cal.is_business_day(each) for each in between)
    assert cal.previous_business_day(following) <= day


@given(DAYS, st.integers(0, 30))
def test_counting_undoes_adding(day: date, count: int) -> None:
    end = cal.add_business_days(day, count) if day.year < 2050 else day
    if day.year < 2050:
        assert cal.business_days_between(day, end) == count


@given(DAYS)
def test_every_bank_holiday_is_a_day_the_city_is_closed(day: date) -> None:
    assert cal.is_city_closing_day(day) or not cal.is_bank_holiday(day)
