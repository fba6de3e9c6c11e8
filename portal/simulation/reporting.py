"""A simulation as people read it: charts, a CSV of every figure, a PDF with the data attached."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup

from portal.charts import Bar, Line, amount, bar_chart, line_chart
from portal.prepared.models import PreparedWork
from portal.prepared.ordering import Prepared, Tell
from portal.prepared.papers import typeset
from portal.service import Service
from portal.simulation.assumptions import BOUNDS, Plan
from portal.simulation.ledger import read_ledger
from portal.simulation.outcome import KPIS, PARTS, SAVINGS, simulate

KIND = "simulation"
PDF, TABLE = "simulation.pdf", "simulation.csv"
MONTHS = tuple(f"{(month + 3) % 12 + 1}月" for month in range(12))


def build(service: Service, row: PreparedWork, tell: Tell) -> Prepared:
    """The builder of the worker."""
    wanted = dict(row.wanted)
    ledger = None
    if (sha256 := wanted.pop("ledger_sha256", None)) is not None:
        ledger = read_ledger(service.store.read(sha256))
    result = simulate(Plan(**wanted), ledger=ledger, tell=tell)
    files = {
        TABLE: as_csv(result),
        PDF: as_pdf(
            result, title=row.title, city=service.settings.city.name, made_at=row.made_at,
            number=row.number,
        ),
    }  # fmt: skip
    return Prepared(result, files)


def charts(result: Mapping[str, Any]) -> list[Markup]:
    """The figures of a result, as they stand on the page and in the PDF."""
    return [
        line_chart(
            "電子請求の割合（月別）",
            MONTHS,
            [Line("電子請求の割合", result["adoption"])],
            unit="％",
        ),
        _before_after(result, "month_p90", "支払までの日数（90％点、受け付けた月別）", "日"),
        _before_after(result, "month_queue", "会計課の審査待ちの最大（月別）", "件"),
        bar_chart(
            "1年間の費用の削減",
            [
                Bar(name, result["parts"][key]["p50"], *_ends(result["parts"][key]))
                for key, (name, unit) in PARTS.items()
                if unit == "円"
            ],
            unit="円",
        ),
        bar_chart(
            "何を変えると、支払までの日数（90％点）がどう変わるか",
            [
                Bar(name, one["p90"]["p50"], *_ends(one["p90"]))
                for name, one in [
                    ("今の紙の手続", result["before"]),
                    ("計画どおりの電子化", result["after"]),
                    *((each["name"], each) for each in result["variants"]),
                ]
            ],
            unit="日",
        ),
    ]


def _before_after(result: Mapping[str, Any], key: str, title: str, unit: str) -> Markup:
    lines = []
    for side, name in (("before", "今（紙）"), ("after", "電子化のあと")):
        months = result["months"][side][key]
        lines.append(
            Line(
                name,
                [one["p50"] for one in months],
                [one["p5"] for one in months],
                [one["p95"] for one in months],
            )
        )
    return line_chart(title, MONTHS, lines, unit=unit)


def _ends(one: Mapping[str, float]) -> tuple[float, float]:
    return one["p5"], one["p95"]


def kpi_rows(result: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Indicator, before, after: each as its median and its range."""
    return [
        (name, ranged(result["before"][key], unit), ranged(result["after"][key], unit))
        for key, (name, unit) in KPIS.items()
    ]


def saving_rows(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is saved in a year, for the city and for the vendors."""
    return [(name, ranged(result["saved"][key], unit)) for key, (name, unit) in SAVINGS.items()]


def ranged(one: Mapping[str, float], unit: str) -> str:
    """``1,234時間（1,100～1,400）``: median, 5th and 95th percentile."""
    return f"{amount(one['p50'], unit)}（{amount(one['p5'])}～{amount(one['p95'])}）"


def plan_rows(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was asked."""
    return [
        (BOUNDS[key][0], f"{value:,}" if key not in ("fiscal_year", "seed") else str(value))
        for key, value in result["plan"].items()
        if key in BOUNDS
    ]


def context(result: Mapping[str, Any]) -> dict[str, Any]:
    """What the page's and the paper's template show."""
    return {
        "result": result,
        "charts": charts(result),
        "kpis": kpi_rows(result),
        "savings": saving_rows(result),
        "parts_rows": [(n, ranged(result["parts"][k], u)) for k, (n, u) in PARTS.items()],
        "asked": plan_rows(result),
    }


def as_csv(result: Mapping[str, Any]) -> bytes:
    """Every figure of the result: one row each, UTF-8 with mark so that spreadsheets read it."""
    lines: list[tuple[object, ...]] = []
    for side in ("before", "after"):
        for key, (name, unit) in KPIS.items():
            lines.append((side, name, "年", *_three(result[side][key]), unit))
        for key, name, unit in (
            ("month_p90", KPIS["p90"][0], "日"),
            ("month_queue", KPIS["queue"][0], "件"),
        ):
            for place, one in zip(MONTHS, result["months"][side][key], strict=True):
                lines.append((side, name, place, *_three(one), unit))
    for one in result["variants"]:
        lines += [
            (one["name"], name, "年", *_three(one[key]), unit) for key, (name, unit) in KPIS.items()
        ]
    for table, rows in ((SAVINGS, result["saved"]), (PARTS, result["parts"])):
        lines += [
            ("saved", name, "年", *_three(rows[key]), unit) for key, (name, unit) in table.items()
        ]
    lines += [
        ("adoption", "電子請求の割合", place, "", value, "", "％")
        for place, value in zip(MONTHS, result["adoption"], strict=True)
    ]
    lines += [
        ("assumption", f["name"], f["source"], f["low"], f["likely"], f["high"], f["unit"])
        for f in result["figures"]
    ]
    lines += [("plan", name, "", "", value, "", "") for name, value in plan_rows(result)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(("場面", "指標", "時期・出典", "5％点", "中央値", "95％点", "単位"))
    writer.writerows(lines)
    return buffer.getvalue().encode("utf-8-sig")


def _three(one: Mapping[str, float]) -> tuple[float, float, float]:
    return one["p5"], one["p50"], one["p95"]


def as_pdf(
    result: Mapping[str, Any], *, title: str, city: str, made_at: datetime, number: str
) -> bytes:
    """The report as PDF/A, with the result attached as JSON."""
    return typeset(
        "simulation/paper.html",
        {**context(result), "title": title, "city_name": city, "made_at": made_at, "no": number},
        data=result,
        description="試算の前提と結果のデータ",
        created=made_at,
        data_name="simulation.json",
    )
