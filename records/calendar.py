"""Days of the city: Asia/Tokyo, fiscal years, 和暦, national holidays, business days.

The rules of 国民の祝日に関する法律 (昭和23年法律第178号) as amended, with the special laws for
2019 (即位), 2020 and 2021 (オリンピック). 春分日 and 秋分日 are computed (they are officially fixed
each February for the next year); the formula agrees with the almanac for all years covered.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")
FIRST_YEAR, LAST_YEAR = 2019, 2050

_ONE_DAY = timedelta(days=1)
_ERAS: tuple[tuple[date, str], ...] = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1873, 1, 1), "明治"),  # the Gregorian calendar begins with 明治6年
)
_MEIJI_OFFSET = 1867


def jst_date(instant: datetime) -> date:
    """Return the day in Japan at ``instant`` (aware)."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(TOKYO).date()


def fiscal_year(day: date) -> int:
    """Return the year in which the 会計年度 of ``day`` begins (地方自治法208条: 4/1–3/31)."""
    return day.year if day.month >= 4 else day.year - 1


def wareki(day: date) -> str:
    """Return ``day`` in 和暦, "令和8年11月23日"; the first year of an era is 元年."""
    return f"{wareki_year(day)}{day.month}月{day.day}日"


def wareki_year(day: date) -> str:
    """Return the year of ``day`` in 和暦, "令和8年"."""
    for start, era in _ERAS:
        if day >= start:
            year = day.year - (_MEIJI_OFFSET if era == "明治" else start.year - 1)
            return f"{era}{'元' if year == 1 else year}年"
    raise ValueError(f"和暦 before 1873 is not Gregorian: {day}")


def holiday_name(day: date) -> str | None:
    """Return the name of the 国民の祝日 or 休日 on ``day``, or ``None`` (2019–2050)."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"national holidays are known for {FIRST_YEAR}-{LAST_YEAR}: {day}")
    return holidays(day.year).get(day)


def is_city_closing_day(day: date) -> bool:
    """Say whether the city is closed: 地方自治法4条の2 (土日, 祝日法の休日, 12/29–1/3)."""
    return _is_weekend_or_holiday(day) or (day.month, day.day) in {
        (12, 29),
        (12, 30),
        (12, 31),
        (1, 1),
        (1, 2),
        (1, 3),
    }


def is_bank_holiday(day: date) -> bool:
    """Say whether banks are closed: 銀行法施行令5条1項 (土日, 祝日法の休日, 12/31–1/3)."""
    return _is_weekend_or_holiday(day) or (day.month, day.day) in {
        (12, 31),
        (1, 1),
        (1, 2),
        (1, 3),
    }


def is_business_day(day: date) -> bool:
    """Say whether the city works on ``day`` (開庁日)."""
    return not is_city_closing_day(day)


def is_bank_day(day: date) -> bool:
    """Say whether banks transfer on ``day`` (銀行営業日)."""
    return not is_bank_holiday(day)


DayRule = Callable[[date], bool]
"""``is_business_day`` (the city's, the default below) or ``is_bank_day``."""


def next_business_day(day: date, rule: DayRule = is_business_day) -> date:
    """Return the first open day after ``day``."""
    day += _ONE_DAY
    while not rule(day):
        day += _ONE_DAY
    return day


def previous_business_day(day: date, rule: DayRule = is_business_day) -> date:
    """Return the last open day before ``day``."""
    day -= _ONE_DAY
    while not rule(day):
        day -= _ONE_DAY
    return day


def add_business_days(day: date, count: int, rule: DayRule = is_business_day) -> date:
    """Return the ``count``-th open day after ``day`` (before it, if negative; itself for 0)."""
    step = next_business_day if count >= 0 else previous_business_day
    for _ in range(abs(count)):
        day = step(day, rule)
    return day


def business_days_between(start: date, end: date, rule: DayRule = is_business_day) -> int:
    """Return how many open days lie after ``start`` up to and including ``end``.

    Negative when ``end`` is before ``start``: the age of a thing in business days.
    """
    if end < start:
        return -business_days_between(end, start, rule)
    return sum(rule(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


@lru_cache(maxsize=64)
def holidays(year: int) -> dict[date, str]:
    """Return all national holidays of ``year`` with 振替休日 and 国民の休日."""
    named = _national_days(year)
    found = dict(named)
    # 3条2項: a holiday on Sunday moves to the next day that is no holiday (振替休日).
    for day in named:
        if day.weekday() == 6:
            moved = day + _ONE_DAY
            while moved in named:
                moved += _ONE_DAY
            found[moved] = "振替休日"
    # 3条3項: a day between two holidays is a holiday itself (国民の休日). It may be a Saturday;
    # a Sunday or 振替休日 between them needs none.
    for day in named:
        between = day + _ONE_DAY
        if between not in found and between + _ONE_DAY in named:
            found[between] = "国民の休日"
    return dict(sorted(found.items()))


def _national_days(year: int) -> dict[date, str]:
    """Return the days of 2条 in ``year``, before any is moved."""
    days = {
        date(year, 1, 1): "元日",
        _nth_monday(year, 1, 2): "成人の日",
        date(year, 2, 11): "建国記念の日",
        date(year, 3, _equinox(year, 20.8431)): "春分の日",
        date(year, 4, 29): "昭和の日",
        date(year, 5, 3): "憲法記念日",
        date(year, 5, 4): "みどりの日",
        date(year, 5, 5): "こどもの日",
        _nth_monday(year, 9, 3): "敬老の日",
        date(year, 9, _equinox(year, 23.2488)): "秋分の日",
        date(year, 11, 3): "文化の日",
        date(year, 11, 23): "勤労感謝の日",
    }
    if year >= 2020:  # the Emperor's birthday; there was none in 2019
        days[date(year, 2, 23)] = "天皇誕生日"
    if year == 2019:  # 天皇の即位の日及び即位礼正殿の儀の行われる日を休日とする法律
        days[date(2019, 5, 1)] = "天皇の即位の日"
        days[date(2019, 10, 22)] = "即位礼正殿の儀の行われる日"
    if year == 2020:  # オリンピック特措法 32条
        days |= {
            date(2020, 7, 23): "海の日",
            date(2020, 7, 24): "スポーツの日",
            date(2020, 8, 10): "山の日",
        }
    elif year == 2021:
        days |= {
            date(2021, 7, 22): "海の日",
            date(2021, 7, 23): "スポーツの日",
            date(2021, 8, 8): "山の日",
        }
    else:
        days[_nth_monday(year, 7, 3)] = "海の日"
        days[date(year, 8, 11)] = "山の日"
        days[_nth_monday(year, 10, 2)] = "体育の日" if year == 2019 else "スポーツの日"
    return days


def _equinox(year: int, base: float) -> int:
    """Return the day of month of an equinox in Japan, by the formula used for 1980–2099."""
    return int(base + 0.242194 * (year - 1980) - (year - 1980) // 4)


def _nth_monday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(7 - first.weekday()) % 7 + 7 * (nth - 1))


def _is_weekend_or_holiday(day: date) -> bool:
    return day.weekday() >= 5 or holiday_name(day) is not None
