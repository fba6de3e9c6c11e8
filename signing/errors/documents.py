"""Errors about the PDF and its slots."""

from __future__ import annotations

from .root import SigningError


class PdfError(SigningError):
    """The PDF cannot be worked on."""

    code = "signing.pdf"


class EmptyPdf(PdfError):
    """The file has no bytes."""

    code = "signing.empty"
    ja = "ファイルが空です。"
    en = "The file is empty."
    fix_ja = "PDFを作り直すか、元のファイルを選び直してください。"
    fix_en = "Make the PDF again, or choose the original file."


class NotAPdf(PdfError):
    """The file does not begin as a PDF does."""

    code = "signing.not_a_pdf"
    ja = "PDFファイルではありません。"
    en = "This is not a PDF file."
    fix_ja = "PDFファイルを選んでください。"
    fix_en = "Choose a PDF file."


class PdfTooLarge(PdfError):
    """The file is larger than the limit."""

    code = "signing.too_large"
    ja = "ファイルが大きすぎます（{size}バイト、上限{limit}バイト）。"
    en = "The file is too large ({size} bytes, limit {limit})."
    fix_ja = "画像の解像度を下げるなど、ファイルを小さくしてください。"
    fix_en = "Make the file smaller, for example by lowering the resolution of its images."


class DamagedPdf(PdfError):
    """The structure of the file cannot be read."""

    code = "signing.damaged"
    ja = "PDFの構造が壊れていて読めません（{reason}）。"
    en = "The PDF is damaged and cannot be read ({reason})."
    fix_ja = "元のデータからPDFを作り直してください。"
    fix_en = "Make the PDF again from its source."


class EncryptedPdf(PdfError):
    """The file is protected by a password."""

    code = "signing.encrypted"
    ja = "パスワードで保護されたPDFは扱えません。"
    en = "The PDF is protected by a password."
    fix_ja = "保護を外したPDFを用意してください。"
    fix_en = "Provide the PDF without password protection."


class XfaForm(PdfError):
    """The file carries an XFA form, whose pages are not in the PDF itself."""

    code = "signing.xfa"
    ja = "XFAフォームを含むPDFは、表示される内容を署名で固定できません。"
    en = "The PDF carries an XFA form; a signature cannot fix what such a file shows."
    fix_ja = "通常のPDF（PDF/A）として保存し直してください。"
    fix_en = "Save it as an ordinary PDF (PDF/A)."


class ChangesForbidden(PdfError):
    """An earlier signature locked the document, or certified it with 'no changes'."""

    code = "signing.changes_forbidden"
    ja = "先の署名（{signature}）がこの文書へのこれ以上の署名を禁じています。"
    en = "An earlier signature ({signature}) forbids further signatures on this document."
    fix_ja = "変更を許す元の文書で署名し直すか、新しい文書を作ってください。"
    fix_en = "Sign the original that allows it, or make a new document."


class SlotError(SigningError):
    """A signature slot cannot be used as asked."""

    code = "signing.slot"


class BadSlots(SlotError):
    """The list of slots cannot be put into the document."""

    code = "signing.bad_slots"
    ja = "署名欄の指定に誤りがあります（{name}：{reason_ja}）。"
    en = "The signature slots are not usable ({name}: {reason_en})."
    fix_ja = "署名欄の名前・ページ・位置を直してください。"
    fix_en = "Correct the slots' names, pages or places."


class UnknownSlot(SlotError):
    """The document has no slot of this name."""

    code = "signing.unknown_slot"
    ja = "署名欄「{slot}」はこの文書にありません。"
    en = "The document has no signature slot “{slot}”."
    fix_ja = "文書にある署名欄（{known}）から選んでください。"
    fix_en = "Use one of the document's slots: {known}."


class SlotAlreadySigned(SlotError):
    """The slot carries a signature already; a second one never replaces it."""

    code = "signing.slot_signed"
    ja = "署名欄「{slot}」はすでに署名されています。"
    en = "The slot “{slot}” is signed already."
    fix_ja = "次の署名欄へ進んでください。"
    fix_en = "Go on with the next slot."


class SlotOutOfOrder(SlotError):
    """An earlier slot has to be signed first."""

    code = "signing.slot_order"
    ja = "署名欄「{slot}」の前に「{first}」の署名が必要です。"
    en = "“{first}” has to be signed before “{slot}”."
    fix_ja = "決められた順番で署名してください。"
    fix_en = "Sign in the prescribed order."


class SlotsMissing(SlotError):
    """The document is not complete yet."""

    code = "signing.slots_missing"
    ja = "まだ署名されていない欄があります（{missing}）。"
    en = "Not every slot is signed yet: {missing}."
    fix_ja = "残りの署名がそろってから行ってください。"
    fix_en = "Wait until the remaining slots are signed."


class GlyphMissing(SigningError):
    """No font on this machine has the character; a box is never printed instead."""

    code = "signing.glyph_missing"
    ja = "文字「{character}」（{codepoint}）を表示できるフォントがありません。"
    en = "No font here has the character {codepoint} ({character})."
    fix_ja = "IPAmj明朝（Debianパッケージ fonts-ipamj-mincho）を入れるか、文字を確認してください。"
    fix_en = "Install IPAmj Mincho (Debian package fonts-ipamj-mincho), or check the character."


class NotRenewable(SigningError):
    """A further archive timestamp would prove nothing: what it has to extend does not hold."""

    code = "signing.not_renewable"
    ja = "この文書の証明は延長できません（{reason_ja}）。"
    en = "The proof of this document cannot be extended ({reason_en})."
    fix_ja = "保管しているほかの写しを検証し、有効なものを延長してください。"
    fix_en = "Verify the other copies that are kept, and renew one that is valid."


class FileNotWritten(SigningError):
    """The new file could not be written completely: the old one is still there, untouched."""

    code = "signing.file_not_written"
    ja = "ファイル「{place}」に書き込めません（{reason}）。元のファイルはそのままです。"
    en = "The file {place} cannot be written ({reason}). The old one is unchanged."
    fix_ja = "ディスクの空きと書き込みの権限を確かめて、もう一度実行してください。"
    fix_en = "Check the free space and the permissions of the disk, and run it again."
