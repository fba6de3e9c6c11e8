"""The indicators of a period as cards and charts, each with the formula it was made by."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from einvoice.measuring import Measured
from portal.charts import Bar, Line, amount, bar_chart, line_chart

DOORS = {
    "upload": "画面から送付",
    "form": "画面で作成",
    "api": "会計ソフトから",
    "peppol": "Peppol",
    "mail": "メール",
    "folder": "共有フォルダー",
    "scan": "紙・画像",
}
MOST_CAUSES = 10


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure in words."""

    name: str
    value: str
    part: int | str
    whole: int | str
    formula: str


def indicators(found: Measured) -> tuple[Indicator, ...]:
    """The figures at the head of the page."""
    whole = found.leads[-1]
    share = None
    if found.received_yen:
        share = float(100 * found.electronic_yen / found.received_yen)
    return (
        Indicator("電子請求の割合", amount(found.electronic.percent, "％"), found.electronic.part,
                  found.electronic.whole, "電子データで届いた件数 ÷ 届いた件数"),
        Indicator("電子請求の割合（金額）", amount(share, "％"), int(found.electronic_yen),
                  int(found.received_yen), "電子データで届いた請求額 ÷ 届いた請求額"),
        Indicator("一度で通った割合", amount(found.first_pass.percent, "％"), found.first_pass.part,
                  found.first_pass.whole, "初回の確認と照合で止まらなかった件数 ÷ 確認した件数"),
        Indicator("形式が初めから正しい割合", amount(found.valid_at_once.percent, "％"),
                  found.valid_at_once.part, found.valid_at_once.whole,
                  "受付不可にならなかった件数 ÷ 確認した件数"),
        Indicator("返戻の割合", amount(found.returned.percent, "％"), found.returned.part,
                  found.returned.whole, "返戻した件数 ÷ 確認した件数"),
        Indicator("支払までの日数（中央値）", amount(whole.median, "日"), whole.count, "",
                  "支払日 － 受付日（暦日）"),
        Indicator("支払までの日数（90％点）", amount(whole.p90, "日"), whole.count, "",
                  "10件に9件はこの日数までに支払"),
        Indicator("期限後の支払", amount(found.late.percent, "％"), found.late.part,
                  found.late.whole, "支払期限を過ぎて支払った件数 ÷ 支払った件数"),
        Indicator("期限を過ぎて未払い", f"{found.open_late:,}件", found.open_late, "",
                  "まだ支払っていない請求書のうち、支払期限が過ぎたもの"),
        Indicator("遅延利息", f"{found.interest:,.0f}円", "", "",
                  "請求額 × 年率 × 遅れた日数 ÷ 365（100円未満切捨て）の合計"),
        Indicator("期限までの余裕（下から10％）", amount(found.margin_p10, "日"), found.paid, "",
                  "支払期限 － 支払日。10件に9件はこれ以上"),
    )  # fmt: skip


def charts(found: Measured) -> list[Markup]:
    """Lines by month, bars by step, cause and door."""
    places = [f"{month.month.month}月" for month in found.months]
    return [
        line_chart(
            "電子請求・一度で通った・期限後の割合（受け付けた月別）",
            places,
            [
                Line("電子請求", [m.electronic.percent for m in found.months]),
                Line("一度で通った", [m.first_pass.percent for m in found.months]),
                Line("期限後の支払", [m.late.percent for m in found.months]),
            ],
            unit="％",
        ),
        line_chart(
            "支払までの日数（受け付けた月別）",
            places,
            [
                Line("中央値", [m.median_days for m in found.months]),
                Line("90％点", [m.p90_days for m in found.months]),
            ],
            unit="日",
        ),
        bar_chart(
            "段階ごとの日数（中央値）",
            [Bar(lead.name, lead.median) for lead in found.leads if lead.median is not None],
            unit="日",
        ),
        bar_chart(
            "段階ごとの日数（90％点）",
            [Bar(lead.name, lead.p90) for lead in found.leads if lead.p90 is not None],
            unit="日",
        ),
        bar_chart(
            "人の手が要った原因（請求書の件数）",
            [
                Bar(f"{cause.check_id} {_short(cause.words)}", cause.invoices)
                for cause in found.causes[:MOST_CAUSES]
            ],
            unit="件",
        ),
        bar_chart(
            "どこから届いたか",
            [Bar(DOORS.get(door, door), count) for door, count in found.doors],
            unit="件",
        ),
    ]


def _short(words: str) -> str:
    """What fits on a bar of a phone."""
    return words if len(words) <= 18 else f"{words[:17]}…"
