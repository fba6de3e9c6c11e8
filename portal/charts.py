"""Charts as inline SVG: readable without colour, without script, and as a table.

Each figure has its numbers twice: drawn (lines told apart by dashes and end labels, ranges as a
band), and as a table that a screen reader or a spreadsheet person reads. Styles are attributes and
classes, so that the page's policy (no inline style) and the PDF's typesetter both take them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 400, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 26, 34
# Dark enough on white (4.5:1) for text and lines alike; the dash tells them apart without colour.
_TONES = (("#0b4a8f", ""), ("#a8171f", "7 4"), ("#14633a", "2 3"), ("#7a4a00", "10 3 2 3"))
_FONT = "BIZ UDPGothic, Noto Sans JP, Noto Sans CJK JP, Hiragino Sans, Meiryo, sans-serif"


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `low` and `high` draw a band around it. None is a gap."""

    name: str
    values: Sequence[float | None]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, with its range when it has one."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


def amount(value: float | None, unit: str = "") -> str:
    """``1234.5`` → ``1,234.5``; whole from a hundred on; None → ``―``."""
    if value is None:
        return "―"
    shown = f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:,.1f}"
    return f"{shown}{unit}"


def line_chart(
    title: str, places: Sequence[str], lines: Sequence[Line], *, unit: str, first: str = "月"
) -> Markup:
    """Lines over named places (months), with a legend, bands, and the numbers as a table."""
    most = max([0.0, *(v for line in lines for v in (*line.values, *line.high) if v is not None)])
    top, step = _scale(most)
    parts = [_grid(top, step, unit)]
    parts += [_place(n, len(places), name) for n, name in enumerate(places) if _named(n, places)]
    for number, line in enumerate(lines):
        colour, dash = _TONES[number % len(_TONES)]
        if line.low and line.high:
            edge = [*_points(line.high, top), *reversed(_points(line.low, top))]
            parts.append(f'<polygon points="{_joined(edge)}" fill="{colour}" fill-opacity="0.15"/>')
        drawn: list[tuple[float, float]] = []
        for x, value in enumerate([*line.values, None]):
            if value is not None:
                drawn.append(_point(x, len(line.values), value, top))
            elif drawn:
                parts.append(_polyline(drawn, colour, dash))
                drawn = []
    rows = [[place, *(_cell(line, n, unit) for line in lines)] for n, place in enumerate(places)]
    head = [first, *(line.name for line in lines)]
    legend = _legend([line.name for line in lines])
    return _figure(title, "".join(parts), _said(lines, places, unit), head, rows, legend)


def bar_chart(title: str, bars: Sequence[Bar], *, unit: str, first: str = "項目") -> Markup:
    """Horizontal bars with a line from low to high, and the numbers as a table."""
    reach = [v for b in bars for v in (b.value, b.low, b.high) if v is not None]
    most, least = max([0.0, *reach]), min([0.0, *reach])
    room = WIDTH - 2 * _RIGHT
    per = room / ((most - least) or 1)
    zero = _RIGHT - least * per
    parts = []
    for number, bar in enumerate(bars):
        y = 6 + number * 44
        parts.append(
            f'<text x="{_RIGHT + 5}" y="{y + 11}" font-size="13">{escape(bar.name)}　'
            f"{escape(amount(bar.value, unit))}</text>"
        )
        left = zero + min(bar.value, 0) * per
        parts.append(
            f'<rect x="{left:.1f}" y="{y + 17}" width="{abs(bar.value) * per:.1f}" height="14" '
            f'fill="{_TONES[0][0]}"/>'
        )
        if bar.low is not None and bar.high is not None:
            low, high = zero + bar.low * per, zero + bar.high * per
            parts.append(
                f'<path d="M{low:.1f} {y + 24}H{high:.1f}M{low:.1f} {y + 18}v12'
                f'M{high:.1f} {y + 18}v12" stroke="#fff" stroke-width="4" fill="none"/>'
                f'<path d="M{low:.1f} {y + 24}H{high:.1f}M{low:.1f} {y + 18}v12'
                f'M{high:.1f} {y + 18}v12" stroke="#1a1a1c" stroke-width="2" fill="none"/>'
            )
    parts.append(f'<path d="M{zero:.1f} 0V{len(bars) * 44}" stroke="#4d4f57"/>')
    ranged = any(bar.low is not None for bar in bars)
    head = [first, "値", "幅（5％点～95％点）"] if ranged else [first, "値"]
    rows = [
        [b.name, amount(b.value, unit)]
        + ([f"{amount(b.low)}～{amount(b.high, unit)}"] if ranged else [])
        for b in bars
    ]
    said = "、".join(f"{b.name} {amount(b.value, unit)}" for b in bars)
    return _figure(title, "".join(parts), said, head, rows, height=max(len(bars) * 44, 20))


def _figure(
    title: str,
    drawing: str,
    said: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    legend: str = "",
    height: int = HEIGHT,
) -> Markup:
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-label="{escape(name)}">{escape(value)}</td>'
            for name, value in zip(head, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return Markup(  # noqa: S704  every text in it has been escaped above
        f'<figure class="plot"><figcaption>{escape(title)}</figcaption>{legend}'
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}。'
        f'{escape(said)}" font-family="{_FONT}" fill="#1a1a1c">{drawing}</svg>'
        f'<details class="fold"><summary>「{escape(title)}」を表で見る</summary>'
        f'<table class="table"><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>'
        "</details></figure>"
    )


def _legend(names: Sequence[str]) -> str:
    if len(names) < 2:
        return ""
    keys = "".join(
        '<span class="plot-key"><svg viewBox="0 0 36 12" width="36" height="12" aria-hidden="true">'
        f'<path d="M0 6H36" stroke="{_TONES[n % 4][0]}" stroke-width="3" '
        f'stroke-dasharray="{_TONES[n % 4][1]}"/></svg>{escape(name)}</span>'
        for n, name in enumerate(names)
    )
    return f'<p class="plot-keys">{keys}</p>'


def _said(lines: Sequence[Line], places: Sequence[str], unit: str) -> str:
    """The chart in a sentence: where each line begins, peaks and ends."""
    told = []
    for line in lines:
        known = [(v, p) for v, p in zip(line.values, places, strict=False) if v is not None]
        if known:
            peak = max(known)
            told.append(
                f"{line.name}は{known[0][1]} {amount(known[0][0], unit)}、"
                f"最大 {peak[1]} {amount(peak[0], unit)}、"
                f"{known[-1][1]} {amount(known[-1][0], unit)}"
            )
    return "。".join(told) or "値はありません"


def _cell(line: Line, place: int, unit: str) -> str:
    value = line.values[place] if place < len(line.values) else None
    shown = amount(value, unit)
    if line.low and line.high and value is not None:
        shown += f"（{amount(line.low[place])}～{amount(line.high[place])}）"
    return shown


def _scale(most: float) -> tuple[float, float]:
    """A round top of the axis and its step: at most five steps of 1, 2 or 5 times ten."""
    if most <= 0:
        return 1.0, 1.0
    step = 1.0
    while most / step > 50:
        step *= 10
    while most / step <= 5 and step > 0.001:
        step /= 10
    for times in (1, 2, 5, 10):
        if most / (step * times) <= 5:
            step *= times
            break
    count = int(most / step) + (1 if most % step else 0)
    return step * max(count, 1), step


def _grid(top: float, step: float, unit: str) -> str:
    parts = [f'<text x="2" y="11" font-size="11">{escape(unit)}</text>']
    count = round(top / step)
    for n in range(count + 1):
        y = _height(n * step, top)
        parts.append(
            f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="#d5d9e0"/>'
            f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" font-size="12" text-anchor="end">'
            f"{escape(amount(round(n * step, 6)))}</text>"
        )
    return "".join(parts)


def _named(n: int, places: Sequence[str]) -> bool:
    return n % max(1, -(-len(places) // 6)) == 0


def _place(n: int, count: int, name: str) -> str:
    x, _ = _point(n, count, 0, 1)
    y = HEIGHT - _BOTTOM + 18
    return f'<text x="{x:.1f}" y="{y}" font-size="12" text-anchor="middle">{escape(name)}</text>'


def _height(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * value / top


def _point(n: int, count: int, value: float, top: float) -> tuple[float, float]:
    room = WIDTH - _LEFT - _RIGHT - 20
    x = _LEFT + 10 + room * (n / (count - 1) if count > 1 else 0.5)
    return x, _height(value, top)


def _points(values: Sequence[float], top: float) -> list[tuple[float, float]]:
    return [_point(n, len(values), value, top) for n, value in enumerate(values)]


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _polyline(points: Sequence[tuple[float, float]], colour: str, dash: str) -> str:
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in points)
    return (
        f'<polyline points="{_joined(points)}" fill="none" stroke="{colour}" stroke-width="2.5" '
        f'stroke-dasharray="{dash}"/><g fill="{colour}">{dots}</g>'
    )
