"""What the city's desk refuses: errors of receiving, deciding and paying.

EInvoiceError
├── AccountNameError           口座名義に使えない文字
├── TransferFileError          総合振込を作れない
├── PaymentOrderError          支出命令の金額が合わない
├── DueDateError               期限を計算できない
├── IntakeError                the bytes are not taken in
│   ├── EmptyFileError             空のファイル
│   ├── FileTooLargeError          大きすぎる
│   ├── NotXmlError                XML ではない
│   ├── NotPictureError            PDF・画像ではない
│   ├── ArchiveError               ZIP を開けない
│   └── MessageReusedError         メッセージ番号が使い回されている
├── InspectionError            検収の内容が契約と合わない
├── PriceSheetError            単価表などを読めない
├── BankListError              金融機関コードの一覧を読めない
└── DeskError                  the act cannot be done (now, here, by this person)
    ├── InvoiceNotFoundError       受付番号が見つからない
    ├── MoveNotAllowedError        今の状態ではできない
    ├── DecidedMeanwhileError      ほかの人が先に処理した
    ├── OnHoldError                保留中
    ├── OpenFindingsError          未解決の確認事項がある
    ├── NotReleasableError         解除できない指摘
    ├── SamePersonError            同じ人が続けて決裁できない
    ├── AboveLimitError            専決区分を超えている
    ├── HeldByOthersError          ほかの課の保留
    ├── RouteError                 決裁の経路が成り立たない
    ├── DeputyError                代理の期間や人が成り立たない
    ├── RunRefusedError            支払日・振込先の確認に掛かった
    ├── ReasonMissingError         理由がない
    ├── AlreadyHandedOverError     すでに支出命令に載っている
    ├── NothingToHandOverError     引き渡す請求がない
    └── RecallError                取消しの依頼がない
"""

from __future__ import annotations

from einvoice.errors import EInvoiceError


class AccountNameError(EInvoiceError):
    """A reading with a character that bank files cannot carry."""

    code = "einvoice.account_name"
    text_ja = "口座名義カナ「{name}」に使用できない文字があります（{character}）。"
    text_en = "The account name “{name}” has a character banks do not accept ({character})."
    fix_ja = "通帳の見開きにあるカナ名義を、カナ・英数字・記号（ ( ) - . ）で入力してください。"
    fix_en = "Enter the kana name printed in the bank book: kana, A–Z, digits and ( ) - . only."


class TransferFileError(EInvoiceError):
    """The transfers cannot be written as a bank file; names every fault at once."""

    code = "einvoice.transfer_file"
    text_ja = "総合振込データを作成できません：{faults_ja}"
    text_en = "The transfer file cannot be written: {faults_en}"
    fix_ja = "該当する支払の口座・金額・支払日を直してから、もう一度作成してください。"
    fix_en = "Correct the account, amount or date of the payments named and write the file again."


class PaymentOrderError(EInvoiceError):
    """The figures of a payment order contradict each other."""

    code = "einvoice.payment_order"
    text_ja = "支出命令 {order} の金額が合いません：{reason_ja}"
    text_en = "The figures of payment order {order} do not agree: {reason_en}"
    fix_ja = "請求書・控除・科目内訳の金額を確認してください。"
    fix_en = "Check the amounts of the invoice, the deductions and the budget split."


class DueDateError(EInvoiceError):
    """The dates given cannot be the dates of one claim."""

    code = "einvoice.due_date"
    text_ja = "支払期限を計算できません：{reason_ja}"
    text_en = "The due date cannot be computed: {reason_en}"
    fix_ja = "受付日・検査日・返戻の通知日を確認してください。"
    fix_en = "Check the dates of receipt, inspection and return."


class IntakeError(EInvoiceError):
    """The bytes cannot be taken in as an invoice."""

    code = "einvoice.intake"


class EmptyFileError(IntakeError):
    """A file without content."""

    code = "einvoice.intake_empty"
    text_ja = "ファイル「{name}」は空です。"
    text_en = "The file “{name}” is empty."
    fix_ja = "請求書を作成したソフトから出力し直して、もう一度お送りください。"
    fix_en = "Export the invoice again from your software and send it once more."


class FileTooLargeError(IntakeError):
    """More bytes than the limit of one invoice."""

    code = "einvoice.intake_too_large"
    text_ja = "ファイル「{name}」が大きすぎます（{size} MB、上限 {limit} MB）。"
    text_en = "The file “{name}” is too large ({size} MB; the limit is {limit} MB)."
    fix_ja = "添付資料を除くか、請求書を分けてお送りください。"
    fix_en = "Leave out attachments or split the invoice."


class NotXmlError(IntakeError):
    """Bytes that are some other kind of file."""

    code = "einvoice.intake_not_xml"
    text_ja = "ファイル「{name}」は{kind}です。電子インボイス（XML）ではありません。"
    text_en = "The file “{name}” is {kind_en}, not an XML invoice."
    fix_ja = "JP PINT 形式の XML を送るか、「画面で請求書を作る」から入力してください。"
    fix_en = "Send the JP PINT XML, or fill in the form “make an invoice on screen”."


class NotPictureError(IntakeError):
    """Neither a PDF nor a picture that can be kept as a scanned original."""

    code = "einvoice.not_picture"
    text_ja = "「{name}」は PDF・PNG・JPEG・TIFF ではありません。"
    text_en = "“{name}” is no PDF, PNG, JPEG or TIFF."
    fix_ja = "請求書の PDF か、読み取った画像を選んでください。"
    fix_en = "Choose the invoice as a PDF or a scanned picture."


class ArchiveError(IntakeError):
    """A ZIP that cannot or must not be opened."""

    code = "einvoice.intake_archive"
    text_ja = "ZIP ファイル「{name}」を受け付けできません：{reason_ja}"
    text_en = "The ZIP file “{name}” cannot be accepted: {reason_en}"
    fix_ja = "パスワードのない ZIP に XML ファイルだけを入れて、もう一度お送りください。"
    fix_en = "Put only XML files into a ZIP without a password and send it again."


class MessageReusedError(IntakeError):
    """A network message under the number of an earlier one, with other content.

    Answering it as "known" would lose an invoice; taking it would make numbers worthless.
    """

    code = "einvoice.intake_message_conflict"
    text_ja = (
        "メッセージ番号「{message}」は、別の内容の請求書（受付番号 {receipt}）で使用済みです。"
    )
    text_en = "The message number “{message}” belongs to another invoice (receipt {receipt})."
    fix_ja = "新しいメッセージ番号（UUID）を付けて、もう一度お送りください。"
    fix_en = "Send it again under a new message number (a UUID)."


class InspectionError(EInvoiceError):
    """An inspection record that contradicts the contract or itself."""

    code = "einvoice.inspection"
    text_ja = "検収を登録できません：{reason_ja}"
    text_en = "The inspection cannot be recorded: {reason_en}"
    fix_ja = "契約の内容と検収した数量・金額・日付を確認してください。"
    fix_en = "Check quantity, amount and dates against the contract."


class PriceSheetError(EInvoiceError):
    """A table of prices that cannot be read or does not fit its contract."""

    code = "einvoice.price_sheet"
    text_ja = "単価などを登録できません：{reason_ja}"
    text_en = "The prices cannot be recorded: {reason_en}"
    fix_ja = "契約書の単価表・月額・支払の定めを確かめて、直してください。"
    fix_en = "Compare with the contract's own document and correct it."


class BankListError(EInvoiceError):
    """A list of banks and branches that cannot be taken in."""

    code = "einvoice.bank_list"
    text_ja = "金融機関コードの一覧を取り込めません：{reason_ja}"
    text_en = "The bank code list cannot be taken in: {reason_en}"
    fix_ja = "ファイルの列と日付を確かめてください（docs/how-to/bank-codes.md）。"
    fix_en = "Check columns and date of the file; see docs/how-to/bank-codes.md."


class DeskError(EInvoiceError):
    """The act cannot be done now, here or by this person."""

    code = "einvoice.desk"


class InvoiceNotFoundError(DeskError):
    """No such invoice, or none this person may see: the two are told alike."""

    code = "einvoice.not_found"
    text_ja = "請求書「{invoice}」が見つかりません。"
    text_en = "There is no invoice “{invoice}”."
    fix_ja = "受付番号を確認し、一覧から開き直してください。"
    fix_en = "Check the receipt number and open it from the list."


class MoveNotAllowedError(DeskError):
    """The invoice's state has no such move."""

    code = "einvoice.move_conflict"
    text_ja = "請求書 {receipt} は「{state_ja}」のため、{act_ja}できません。"
    text_en = "Invoice {receipt} is “{state_en}”; it cannot be {act_en}."
    fix_ja = "画面を開き直して、現在の状態を確認してください。"
    fix_en = "Reload the page and look at its present state."


class DecidedMeanwhileError(DeskError):
    """Somebody else decided between the reading of the page and the pressing of the button."""

    code = "einvoice.decided_conflict"
    text_ja = "請求書 {receipt} は、表示したあとに{who}が処理しました（現在「{state_ja}」）。"
    text_en = "Invoice {receipt} was handled by {who} after you opened it (now “{state_en}”)."
    fix_ja = "二重の処理はしていません。画面を開き直して、結果を確認してください。"
    fix_en = "Nothing was done twice. Reload the page to see the result."


class OnHoldError(DeskError):
    """A person has put the invoice on hold."""

    code = "einvoice.hold_conflict"
    text_ja = "請求書 {receipt} は保留中です（{reason}）。"
    text_en = "Invoice {receipt} is on hold ({reason})."
    fix_ja = "保留を解除してから進めてください。"
    fix_en = "Lift the hold first."


class OpenFindingsError(DeskError):
    """Findings that stop the invoice stand unresolved."""

    code = "einvoice.findings_conflict"
    text_ja = "請求書 {receipt} には未解決の指摘があります：{ids}"
    text_en = "Invoice {receipt} has unresolved findings: {ids}"
    fix_ja = "「停止」の指摘は原因を直すか返戻し、「保留」の指摘は理由を付けて解除してください。"
    fix_en = "Mend or return what stops it; release what holds it, with a reason."


class NotReleasableError(DeskError):
    """A finding that nobody may override."""

    code = "einvoice.release_conflict"
    text_ja = "指摘 {id} は解除できません。"
    text_en = "Finding {id} cannot be released."
    fix_ja = "原因を直すか、受注者へ返戻してください。解除できるのは「保留」と「注意」の指摘です。"
    fix_en = "Mend its cause or return the invoice. Only holds and warnings can be released."


class SamePersonError(DeskError):
    """Two steps of one route by one person."""

    code = "einvoice.same_person_forbidden"
    text_ja = "{step_ja}は、前の段階（{earlier_ja}）を処理した{who}以外の人が行ってください。"
    text_en = "{step_en} must be done by someone other than {who}, who did “{earlier_en}”."
    fix_ja = "別の担当者に依頼してください。"
    fix_en = "Ask a colleague."


class AboveLimitError(DeskError):
    """The amount is above what this person may decide (BUD-006)."""

    code = "einvoice.above_limit"
    text_ja = "{words_ja}"
    text_en = "{words_en}"
    fix_ja = "専決区分の上の方に決裁を依頼してください。"
    fix_en = "Ask somebody with a higher limit to decide."


class HeldByOthersError(DeskError):
    """A hold is lifted by the desk that put it."""

    code = "einvoice.held_by_others"
    text_ja = "請求書 {receipt} の保留は {who} が付けたものです。"
    text_en = "The hold on invoice {receipt} was put by {who}."
    fix_ja = "保留を付けた課の方に解除を依頼してください。"
    fix_en = "Ask the desk that put the hold to lift it."


class RouteError(DeskError):
    """The table of routes does not hold together."""

    code = "einvoice.route"
    text_ja = "決裁の経路を登録できません：{reason_ja}。"
    text_en = "The routes cannot be kept: {reason_en}."
    fix_ja = "行を直してから、もう一度登録してください。"
    fix_en = "Mend the rows and save again."


class DeputyError(DeskError):
    """A deputy's person or period cannot be."""

    code = "einvoice.deputy"
    text_ja = "代理を登録できません：{reason_ja}。"
    text_en = "The deputy cannot be entered: {reason_en}."
    fix_ja = "人と期間を確かめてください。"
    fix_en = "Check the persons and the period."


class RunRefusedError(DeskError):
    """A check of the whole payment run (PAY-007 to 009) stops or holds it."""

    code = "einvoice.run_refused"
    text_ja = "{words_ja}"
    text_en = "{words_en}"
    fix_ja = "{fix_ja}"
    fix_en = "{fix_en}"


class ReasonMissingError(DeskError):
    """An act that the law or the audit wants explained."""

    code = "einvoice.reason_needed"
    text_ja = "{act_ja}の理由を入力してください。"
    text_en = "Give a reason to {act_en}."
    fix_ja = "相手や後任に伝わる言葉で、1文字以上2,000文字以内で入力してください。"
    fix_en = "Write 1 to 2,000 characters that the other side or a successor understands."


class AlreadyHandedOverError(DeskError):
    """A payment leaves once."""

    code = "einvoice.handed_over_conflict"
    text_ja = "請求書 {receipt} はすでに引き渡し済みです（{batch}）。"
    text_en = "Invoice {receipt} has already been handed over ({batch})."
    fix_ja = "同じ請求を二度支払うことはできません。引き渡しの一覧で確認してください。"
    fix_en = "It cannot be paid twice. Look at the list of hand-overs."


class NothingToHandOverError(DeskError):
    """An empty selection."""

    code = "einvoice.nothing_to_hand_over"
    text_ja = "引き渡す請求書が選ばれていません。"
    text_en = "No invoice was selected for the hand-over."
    fix_ja = "支払準備の一覧から、引き渡す請求書を選んでください。"
    fix_en = "Select invoices from the list of approved ones."


class RecallError(DeskError):
    """Nobody has asked that the hand-over be taken back."""

    code = "einvoice.recall_not_asked"
    text_ja = "引き渡し {batch} の取消しは依頼されていません。"
    text_en = "Nobody has asked that the hand-over {batch} be taken back."
    fix_ja = "会計課の担当者が、引き渡しの画面で理由を書いて取消しを依頼してください。"
    fix_en = "Have accounting ask for it, with the reason, on the page of the hand-over."
