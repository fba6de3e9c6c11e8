"""What can go wrong around authority to sign, closing in bulk, and the contract's date.

EContractError
├── AuthorityMissing
│   └── AuthorityFallsShort   there is a record, but it does not cover this act today (`why`)
├── AuthorityRefused          a value of a new record cannot stand (`field`)
├── AuthorityNotFound
├── SecondPersonNeeded        who entered a record may not be the one who confirms it
├── DateReasonRequired        the printed day and today differ by more than the city tolerates
├── BatchRefused              nothing, or too much, was chosen for closing in bulk
└── BatchNotFound
"""

from __future__ import annotations

from econtract.errors import AuthorityMissing, EContractError


class AuthorityFallsShort(AuthorityMissing):
    code = "econtract.authority_falls_short"
    ja = "{day}現在、{who}さんの権限ではこの契約に署名できません。{why_ja}"
    en = "On {day} the authority of {who} does not cover this contract. {why_en}"
    mend_ja = "権限のある人が署名するか、調達課が新しい権限を記録・確認してから署名してください。"
    mend_en = "Let somebody with authority sign, or have a new authority recorded and confirmed."


class AuthorityRefused(EContractError):
    code = "econtract.authority_refused"
    ja = "権限の記録を受け付けられません。{why_ja}"
    en = "The authority cannot be recorded. {why_en}"
    mend_ja = "示した欄を直して、もう一度記録してください。"
    mend_en = "Correct the named field and record it again."


class AuthorityNotFound(EContractError):
    code = "econtract.authority_not_found"
    status = 404
    ja = "その権限の記録は見つかりません。"
    en = "No such authority."
    mend_ja = "一覧から開き直してください。"
    mend_en = "Open it from the list again."


class SecondPersonNeeded(EContractError):
    code = "econtract.second_person_needed"
    status = 403
    ja = "記録した人と権限を受ける人は、自分で確認できません。"
    en = "Who recorded it, or receives it, may not confirm it."
    mend_ja = "同じ役割の別の職員が、証拠書類を見て確認してください。"
    mend_en = "Another member of staff with the role must look at the evidence and confirm."


class ForwardRefused(EContractError):
    code = "econtract.forward_refused"
    status = 409
    ja = "この人には回せません。{why_ja}"
    en = "It cannot be handed on to this person. {why_en}"
    mend_ja = "自社の利用中の人を選んでください。新しい人は、自社の管理者が先に登録します。"
    mend_en = "Choose an active person of your company; its administrator registers new ones."


class DateReasonRequired(EContractError):
    code = "econtract.date_reason_required"
    status = 409
    ja = (
        "契約書の契約日（{contract_date}）と今日（{today}）が{days}日違います"
        "（許される差は{tolerance}日）。理由が必要です。"
    )
    en = (
        "The day printed in the contract ({contract_date}) and today ({today}) differ by {days} "
        "days (tolerated: {tolerance}). A reason is required."
    )
    mend_ja = "差が生じた理由を書いて署名してください。理由は記録に残り、差異の一覧に載ります。"
    mend_en = "Give the reason and sign; it is kept and shown in the report of differences."


class BatchRefused(EContractError):
    code = "econtract.batch_refused"
    ja = "まとめて署名できません。{why_ja}"
    en = "Closing in bulk is refused. {why_en}"
    mend_ja = "1件から{most}件までの契約を選び直してください。"
    mend_en = "Choose 1 to {most} contracts again."


class BatchNotFound(EContractError):
    code = "econtract.batch_not_found"
    status = 404
    ja = "そのまとめ署名は見つかりません。"
    en = "No such bulk closing."
    mend_ja = "一覧から開き直してください。"
    mend_en = "Open it from the list again."
