"""Settings of what is refused beyond: sizes, numbers and times."""

from __future__ import annotations

from portal.settings.groups import Group, setting


class LimitSettings(Group):
    upload_mb: int = setting(
        50, "1回に送れるデータの大きさ（MB）。", "Largest request body (MB).", ge=1, le=1024
    )
    drawing_mb: int = setting(
        250,
        "契約に添付する図面などのファイル1つの大きさ（MB）。",
        "Largest file attached to a contract (MB).",
        ge=1,
        le=250,
    )
    invoice_mb: int = setting(
        20, "請求書1件の大きさ（MB）。", "Largest single invoice (MB).", ge=1, le=100
    )
    invoice_elements: int = setting(
        1_000_000,
        "請求書1件の要素の数（明細1行で約40）。",
        "Elements in one invoice (a line has about forty).",
        ge=1_000,
        le=10_000_000,
    )
    invoice_depth: int = setting(
        100, "請求書の要素の入れ子の深さ。", "Nesting of elements in an invoice.", ge=20, le=250
    )
    invoice_attribute_length: int = setting(
        10_000,
        "請求書の属性1つの文字数。",
        "Characters in one attribute of an invoice.",
        ge=100,
        le=1_000_000,
    )
    invoice_seconds: int = setting(
        60, "請求書1件の検証にかける秒。", "Seconds for validating one invoice.", ge=1, le=600
    )
    invoice_findings: int = setting(
        1_000,
        "1件の検証結果に並べる指摘の数。",
        "Findings listed in one report.",
        ge=10,
        le=100_000,
    )
    api_per_minute: int = setting(
        600,
        "API キー1つで1分間に送れる回数。",
        "Requests a minute with one API key.",
        ge=10,
        le=100_000,
    )
    page_rows: int = setting(
        50, "一覧1ページの行数。", "Rows on one page of a list.", ge=10, le=500
    )
