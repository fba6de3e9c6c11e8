"""Everything that can go wrong with a contract, each with a code that stays.

    EContractError
    ├── AwardFileUnreadable      the file as a whole cannot be read
    ├── AwardRowsRefused         rows and columns that must be mended first (`problems`)
    ├── TemplateBroken           a template file contradicts itself or the law's list of items
    ├── RulesBroken              the city's contract rules file contradicts itself
    ├── MandatoryItemMissing     a mandatory item of the contract is empty (`missing`)
    ├── DraftRefused             a value typed into a draft cannot stand (`field`)
    ├── GlyphMissing             no font has the character; printing would show a box
    ├── FontMissing              a font the contracts are set in is not installed
    ├── RenderingFailed          the PDF could not be made
    ├── NoSuchContract
    ├── MoveRefused              the contract is not in a state that allows this act
    ├── NoRoute                  no row of the decision table covers kind and amount
    ├── CouncilVoteNeeded        the council votes on this amount first
    ├── NotYourTurn              somebody else decides or signs first
    ├── FourEyes                 who drafted may not decide
    ├── ReasonRequired
    ├── SecondFactorMissing      the person at the screen was not checked twice
    ├── SeenBytesDiffer          the page showed other bytes than those kept now
    ├── Alarm                    bytes differ from what was decided: recorded, contract stopped
    │   ├── DecidedBytesDiffer
    │   ├── KeptBytesDamaged
    │   └── SignatureNotVerified
    ├── SigningOverdue           the day by which the vendor signs has passed
    ├── ConsentMissing
    ├── ConsentTextOutdated
    ├── AuthorityMissing         the city's signer holds no authority on that day
    ├── NotReadyYet              the thing asked for is still being made
    └── SearchRefused            a range begins after it ends (`field`)

A portal page, the JSON API and the command line show `code`, both messages and both
remedies as they are; `field` names the input they speak of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from econtract.award_table import Problem


class EContractError(Exception):
    """Root of the tree. Texts are `str.format` templates filled from keyword arguments."""

    code: ClassVar[str] = "econtract.error"
    #: How the door answers: 400 wrong input, 403 not yours, 404, 409 not now.
    status: ClassVar[int] = 400
    ja: ClassVar[str] = "契約の処理ができませんでした。"
    en: ClassVar[str] = "The contract could not be processed."
    mend_ja: ClassVar[str] = "画面を開き直し、それでも続くときは運用担当へ連絡してください。"
    mend_en: ClassVar[str] = "Reload the page; if it persists, tell the operator."

    def __init__(self, *, field: str | None = None, **values: object) -> None:
        self.field = field
        self.values = values
        self.message_ja = self.ja.format(**values)
        self.message_en = self.en.format(**values)
        self.remedy_ja = self.mend_ja.format(**values)
        self.remedy_en = self.mend_en.format(**values)
        super().__init__(f"{self.message_ja} / {self.message_en}")


class AwardFileUnreadable(EContractError):
    code = "econtract.award_file_unreadable"
    ja = "落札結果のファイルを読めません。{why_ja}"
    en = "The award file cannot be read. {why_en}"
    mend_ja = "{how_ja}"
    mend_en = "{how_en}"


class AwardRowsRefused(EContractError):
    code = "econtract.award_rows_refused"
    ja = "{count}か所に直すところがあります。1件も取り込んでいません。最初は{first_ja}"
    en = "{count} places must be mended. Nothing was taken in. First: {first_en}"
    mend_ja = "下の一覧の行と列を直して、同じファイルをもう一度取り込んでください。"
    mend_en = "Mend the rows and columns listed, then take in the same file again."

    def __init__(self, problems: tuple[Problem, ...], **values: object) -> None:
        self.problems = problems
        super().__init__(field="file", **values)


class TemplateBroken(EContractError):
    code = "econtract.template_broken"
    ja = "ひな形「{template}」に誤りがあります。{why_ja}"
    en = "Template {template} is broken. {why_en}"
    mend_ja = "ひな形の新しい版を作って直してください。今の版では決裁に回せません。"
    mend_en = "Mend it in a new version; this version cannot be submitted."


class RulesBroken(EContractError):
    code = "econtract.rules_broken"
    ja = "契約規則ファイルの「{place}」に誤りがあります。{why_ja}"
    en = "The contract rules file is wrong at {place}. {why_en}"
    mend_ja = "ファイルを直してから、サービスを起動し直してください。"
    mend_en = "Correct the file and restart the service."


class MandatoryItemMissing(EContractError):
    code = "econtract.mandatory_item_missing"
    ja = "必ず書く事項が空いています: {names_ja}"
    en = "Mandatory items are missing: {names_en}"
    mend_ja = "契約書の下書きで、名前の挙がった欄を埋めてください。"
    mend_en = "Fill in the named fields of the draft."

    def __init__(self, missing: tuple[str, ...], **values: object) -> None:
        self.missing = missing
        super().__init__(field=missing[0] if missing else None, **values)


class DraftRefused(EContractError):
    code = "econtract.draft_refused"
    ja = "「{label_ja}」の値を受け付けられません。{why_ja}"
    en = "The value of {label_en} is refused. {why_en}"
    mend_ja = "{how_ja}"
    mend_en = "{how_en}"


class GlyphMissing(EContractError):
    code = "econtract.glyph_missing"
    ja = "「{character}」({codepoint}) の字形がどの書体にもありません。場所: {place}"
    en = "No installed font has {codepoint} ({character}). Place: {place}"
    mend_ja = "名簿の正しい文字を確かめて入力し直してください。外字は通用字体か文字情報基盤の字に。"
    mend_en = "Check the character and enter it again; replace private-use characters."


class FontMissing(EContractError):
    code = "econtract.font_missing"
    ja = "契約書に使う書体「{font}」が入っていません。"
    en = "The font {font} used for contracts is not installed."
    mend_ja = "次を実行してください: apt-get install {package}"
    mend_en = "Run: apt-get install {package}"


class RenderingFailed(EContractError):
    code = "econtract.rendering_failed"
    status = 500
    ja = "契約書のPDFを作れませんでした。{why_ja}"
    en = "The contract's PDF could not be made. {why_en}"


class NoSuchContract(EContractError):
    code = "econtract.no_such_contract"
    status = 404
    ja = "その契約は見つかりません。"
    en = "No such contract."
    mend_ja = "契約番号を確かめ、一覧から開き直してください。"
    mend_en = "Check the number and open it from the list."


class MoveRefused(EContractError):
    code = "econtract.move_refused"
    status = 409
    ja = "今の状態「{state_ja}」では「{act_ja}」はできません。"
    en = "Not possible now: the contract is '{state_en}', the act was '{act_en}'."
    mend_ja = "契約の画面を開き直すと、今できることが表示されます。"
    mend_en = "Reload the contract's page; it shows what can be done now."


class NoRoute(EContractError):
    code = "econtract.no_route"
    ja = "{kind_ja} {amount}円 ({day}) に当てはまる決裁の経路が表にありません。"
    en = "The decision table has no route for {kind_en}, {amount} yen, on {day}."
    mend_ja = "「決裁経路の表」の画面で、当てはまる行を足してください（調達課）。"
    mend_en = "Add a row on the page of decision routes (procurement)."


class CouncilVoteNeeded(EContractError):
    code = "econtract.council_vote_needed"
    ja = "{amount}円の契約には議会の議決が必要です。この書式では決裁に回せません。"
    en = "A contract of {amount} yen needs a vote of the council; not in this form."
    mend_ja = "下書きで書式を「仮契約」に変えてください。議決の後に市が署名して確定します。"
    mend_en = "Change the draft's form to a provisional contract; the city signs after the vote."


class NotYourTurn(EContractError):
    code = "econtract.not_your_turn"
    status = 409
    ja = "今は「{whose_ja}」の番です。"
    en = "It is the turn of: {whose_en}."
    mend_ja = "順番が来ると受信箱に表示されます。"
    mend_en = "It appears in your inbox when your turn comes."


class FourEyes(EContractError):
    code = "econtract.four_eyes"
    status = 403
    ja = "起案した人は、自分の起案を決裁できません。"
    en = "Who drafted a contract may not decide on it."
    mend_ja = "同じ役割の別の職員が決裁してください。"
    mend_en = "Another member of staff with the same role must decide."


class ReasonRequired(EContractError):
    code = "econtract.reason_required"
    ja = "理由を書いてください。"
    en = "A reason is required."
    mend_ja = "相手が次に何をすればよいか分かる理由を、1文字以上1000文字以内で書いてください。"
    mend_en = "Write a reason of 1 to 1000 characters that tells the other side what to do."


class SecondFactorMissing(EContractError):
    code = "econtract.second_factor_missing"
    status = 403
    ja = "署名には、もう一つの本人確認（メールで届く使い捨ての番号）が必要です。"
    en = "Signing needs a second factor (the one-time code sent by mail)."
    mend_ja = "番号を受け取り、入力してから署名してください。"
    mend_en = "Ask for the code, enter it, then sign."


class SeenBytesDiffer(EContractError):
    code = "econtract.seen_bytes_differ"
    status = 409
    ja = "画面を開いた後に契約書が新しくなりました。"
    en = "The document changed after the page was opened."
    mend_ja = "開き直して、新しい契約書の内容を確かめてください。"
    mend_en = "Reload and read the new document."


class Alarm(EContractError):
    """Raised where bytes are not what they must be.

    The caller's transaction is rolled back; whoever stands at the boundary then hands the
    error to `econtract.alarms.record` in a transaction of its own, which stops the contract
    and writes the audit trail. `contract_id` says which contract."""

    status = 409

    def __init__(self, *, contract_id: str, field: str | None = None, **values: object) -> None:
        self.contract_id = contract_id
        super().__init__(field=field, **values)


class DecidedBytesDiffer(Alarm):
    code = "econtract.decided_bytes_differ"
    ja = "保管中の契約書が、決裁されたものと違います (決裁 {decided:.12}…、現在 {found:.12}…)。"
    en = "The kept document is not the one decided on (decided {decided:.12}…, is {found:.12}…)."
    mend_ja = (
        "送信も署名もしていません。契約は停止しました。情報セキュリティ担当へ連絡してください。"
    )
    mend_en = "Nothing was sent or signed. The contract is stopped. Tell the security officer."


class KeptBytesDamaged(Alarm):
    code = "econtract.kept_bytes_damaged"
    ja = "保管中の契約書が壊れているか、差し替えられています ({sha256:.12}…)。"
    en = "The kept document is damaged or was replaced ({sha256:.12}…)."
    mend_ja = (
        "送信も署名もしていません。契約は停止しました。控えから戻す前に記録を保全してください。"
    )
    mend_en = "Nothing was sent or signed. The contract is stopped. Secure the records first."


class SignatureNotVerified(Alarm):
    code = "econtract.signature_not_verified"
    ja = "署名した契約書の検証が通りませんでした。{why_ja}"
    en = "The signed document did not verify. {why_en}"
    mend_ja = "確定していません。契約は停止しました。運用担当へ連絡してください。"
    mend_en = "The contract is not concluded and was stopped. Tell the operator."


class SigningOverdue(EContractError):
    code = "econtract.signing_overdue"
    status = 409
    ja = "署名の期限（{until}）を過ぎています。"
    en = "The time for signing ended at {until}."
    mend_ja = "市の担当課へ連絡し、新しい案内を受け取ってください。"
    mend_en = "Contact the city's section and ask for a new invitation."


class ConsentMissing(EContractError):
    code = "econtract.consent_missing"
    status = 409
    ja = "電子による契約への同意がまだありません。"
    en = "Consent to the electronic contract is missing."
    mend_ja = "同意の画面で内容を読み、同意してください。"
    mend_en = "Read and accept the consent text first."


class ConsentTextOutdated(EContractError):
    code = "econtract.consent_text_outdated"
    status = 409
    ja = "同意の文面が新しくなりました。"
    en = "The consent text has a newer version."
    mend_ja = "新しい文面を読んで、もう一度同意してください。"
    mend_en = "Read the new text and accept again."


class AuthorityMissing(EContractError):
    code = "econtract.authority_missing"
    status = 403
    ja = "{day}現在、{who}さんは契約を締結する権限を持っていません。"
    en = "{who} holds no authority to conclude contracts on {day}."
    mend_ja = "権限のある契約担当者が署名してください。権限の期間は契約規則ファイルにあります。"
    mend_en = "Let an officer with authority sign; periods are in the contract rules file."


class NotReadyYet(EContractError):
    code = "econtract.not_ready_yet"
    status = 409
    ja = "{what_ja}はまだ用意できていません。"
    en = "{what_en} is not ready yet."
    mend_ja = "少し待って、もう一度開いてください。"
    mend_en = "Wait a moment and open it again."


class SearchRefused(EContractError):
    code = "econtract.search_refused"
    ja = "{what_ja}の範囲の始まりが、終わりより後です。"
    en = "The range of the {what_en} begins after it ends."
    mend_ja = "「から」と「まで」を入れ替えてください。"
    mend_en = "Swap the two bounds."
