"""What stops an export. Nothing is written then.

EInvoiceError
├── LayoutError     a layout contradicts itself, or a value does not fit into it
├── JournalError    a journal cannot be written: a name is missing, figures do not agree
└── LayoutStateError  the layout is not in the state for the act (approve, use)
"""

from __future__ import annotations

from einvoice.errors import EInvoiceError


class LayoutError(EInvoiceError):
    """Names the column and, for a value, the order it belongs to."""

    code = "einvoice.layout"
    text_ja = "書き出しの形式「{place}」：{reason_ja}"
    text_en = "Export layout, {place}: {reason_en}"
    fix_ja = "形式の設定か、元の値を直してください。何も書き出していません。"
    fix_en = "Correct the layout or the value. Nothing has been written."


class JournalError(EInvoiceError):
    """Names the order and what is missing."""

    code = "einvoice.journal"
    text_ja = "仕訳 {order} を書き出せません：{reason_ja}"
    text_en = "The journal of {order} cannot be written: {reason_en}"
    fix_ja = "仕訳の設定（勘定科目・税区分の名前）か、請求書の内容を確認してください。"
    fix_en = "Check the journal settings (accounts, names of tax classes) or the invoice."


class LayoutStateError(EInvoiceError):
    """Four eyes: who wrote a version cannot approve it; only an approved one is used."""

    code = "einvoice.layout_state"
    text_ja = "形式「{name}」第{version}版：{reason_ja}"
    text_en = "Layout {name}, version {version}: {reason_en}"
    fix_ja = "画面を読み込み直し、版の状態を確認してください。"
    fix_en = "Reload the page and look at the state of the version."
