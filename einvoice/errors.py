"""Errors of the invoice half, one tree.

    EInvoiceError
    ├── RegistrationNumberError       登録番号・法人番号が読めない
    │   ├── MalformedNumberError      形（T＋数字13桁）が違う
    │   └── CheckDigitError           検査数字が合わない
    ├── TaxTableError                 税率表・経過措置表が答えられない
    ├── CompositionError              請求書を作れない
    │   ├── SheetError                表（CSV・XLSX）の行・列が読めない
    │   └── SheetProblemsError        表の誤りをまとめたもの
    ├── DocumentError                      請求書の電子文書を扱えない
    │   ├── UnreadableInvoice                  XML として読めない・制限を超える
    │   └── UnwritableInvoice                  XML に書けない文字がある
    └── RegistryError                 公表サイトの応答・ファイルが読めない
        └── RegistryUnreachableError  公表サイトに届かない

Every class carries its texts as templates in both languages; an instance fills them. `portal`
shows any of them on a page, in JSON or on the terminal by these attributes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class EInvoiceError(Exception):
    """Root of the tree.

    `code` is stable and may be used by programs; `field` names what the error speaks of (a form
    field, a column, a term of the specification), None when it speaks of the whole.
    """

    code: ClassVar[str] = "einvoice.error"
    text_ja: ClassVar[str] = "請求書を処理できませんでした。"
    text_en: ClassVar[str] = "The invoice could not be processed."
    fix_ja: ClassVar[str] = "内容を確認して、もう一度お試しください。"
    fix_en: ClassVar[str] = "Check the content and try again."

    def __init__(self, *, field: str | None = None, **values: object) -> None:
        self.field = field
        self.values = values
        self.message_ja = self.text_ja.format(**values)
        self.message_en = self.text_en.format(**values)
        self.remedy_ja = self.fix_ja.format(**values)
        self.remedy_en = self.fix_en.format(**values)
        super().__init__(f"{self.message_ja} / {self.message_en}")


class RegistrationNumberError(EInvoiceError):
    """A 登録番号 or 法人番号 that cannot be one."""

    code = "einvoice.registration_number"
    text_ja = "登録番号「{value}」を読めません。"
    text_en = "The registration number “{value}” cannot be read."
    fix_ja = "国税庁の登録通知書にある「T＋数字13桁」を入力してください。"
    fix_en = "Enter “T” and the 13 digits of the notice from the National Tax Agency."


class MalformedNumberError(RegistrationNumberError):
    """Not the letter T and thirteen digits."""

    code = "einvoice.registration_number_malformed"
    text_ja = "登録番号「{value}」の形が違います（T＋数字13桁）。"
    text_en = "The registration number “{value}” is not “T” and 13 digits."


class CheckDigitError(RegistrationNumberError):
    """Right shape, but the first digit does not follow from the other twelve."""

    code = "einvoice.registration_number_check_digit"
    text_ja = "登録番号「{value}」の検査数字（最初の数字）が合いません。"
    text_en = "The check digit (first digit) of the registration number “{value}” is wrong."
    fix_ja = "打ち間違いがないか確かめ、国税庁の公表サイトで番号を確認してください。"
    fix_en = "Look for a typing error and confirm the number on the National Tax Agency's site."


class TaxTableError(EInvoiceError):
    """The dated tables say nothing about this day."""

    code = "einvoice.tax_table"
    text_ja = "{day} の{what_ja}は表にありません。"
    text_en = "The table has no {what_en} for {day}."
    fix_ja = "日付を確認してください。消費税は1989年4月1日から始まりました。"
    fix_en = "Check the date. Consumption tax began on 1989-04-01."


class CompositionError(EInvoiceError):
    """The terms do not make an invoice."""

    code = "einvoice.composition"
    text_ja = "請求書を作れません：{reason_ja}"
    text_en = "The invoice cannot be made: {reason_en}"
    fix_ja = "{fix_ja}"
    fix_en = "{fix_en}"


class SheetError(CompositionError):
    """A cell of the sheet cannot be read; names row and column."""

    code = "einvoice.sheet"
    text_ja = "表の{place_ja}：{reason_ja}"
    text_en = "Sheet, {place_en}: {reason_en}"


class DocumentError(EInvoiceError):
    """The electronic document itself."""

    code = "einvoice.document"


class UnreadableInvoice(DocumentError):
    """No XML, or beyond a limit; what is wrong with readable documents is said by findings."""

    code = "einvoice.unreadable"
    text_ja = "電子文書を読めません：{reason_ja}"
    text_en = "The document cannot be read: {reason_en}"
    fix_ja = "JP PINT の XML ファイルを送り直してください。"
    fix_en = "Send the JP PINT XML file again."


class UnwritableInvoice(DocumentError):
    """A text has a character that XML does not have."""

    code = "einvoice.unwritable"
    text_ja = "{term} の {at} 文字目に、XML に書けない文字（{code}）があります。"
    text_en = "Character {at} of {term} ({code}) cannot be written in XML."
    fix_ja = "制御文字を取り除いて、入力し直してください。"
    fix_en = "Remove the control character and enter the text again."


class SheetProblemsError(CompositionError):
    """Everything that is wrong in a sheet; `problems` has one error a cell."""

    code = "einvoice.sheet_problems"
    text_ja = "表に{count}か所の誤りがあります。最初の誤り：{first_ja}"
    text_en = "The sheet has {count} problems. The first: {first_en}"
    fix_ja = "指摘された行と列を直して、もう一度読み込んでください。"
    fix_en = "Correct the rows and columns named and read the sheet again."

    def __init__(self, problems: Sequence[SheetError]) -> None:
        first = problems[0]
        super().__init__(
            field=first.field,
            count=len(problems),
            first_ja=first.message_ja,
            first_en=first.message_en,
        )
        self.problems = tuple(problems)


class RegistryError(EInvoiceError):
    """The registry's answer or file is not in the published format."""

    code = "einvoice.registry"
    text_ja = "公表サイトのデータを読めません（{reason}）。"
    text_en = "The registry's data cannot be read ({reason})."
    fix_ja = "時間をおいて再度実行し、続くときは公表サイトの仕様の変更を確認してください。"
    fix_en = "Try again later; if it persists, check for a change of the registry's format."


class RegistryUnreachableError(RegistryError):
    """No answer from the registry: the status is unknown, never “registered”."""

    code = "einvoice.registry_unreachable"
    text_ja = "公表サイトに接続できません（{reason}）。登録の有無は確認できていません。"
    text_en = "The registry cannot be reached ({reason}). The registration is not confirmed."
    fix_ja = "通信の状態とアプリケーションIDを確認し、あとで確認し直してください。"
    fix_en = "Check the network and the application id, and confirm again later."
