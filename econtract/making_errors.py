"""What can go wrong while contracts are made and decided, beyond econtract/errors.py.

EContractError
├── ReleaseNeeded            the award's earlier contract ended; somebody must release it first
├── FourEyesReissue          who drafted may not release, who released may not draft
├── FormRefused              this form of document does not fit the kind of contract
├── TermsRefused             a table or an amount in the draft contradicts the contract's amount
├── AwardFormRefused         a value of the award form cannot stand (`field`)
├── ColumnsUnknown           headings of the file are not matched with what is needed yet
├── AttachmentRefused        a file cannot be attached (`why`)
├── NoSuchAttachment
├── TemplateDraftRefused     a template's new text cannot be saved or published (`why`)
├── RouteTableRefused        a row of the table of routes cannot stand (`why`)
├── DeputyRefused            somebody cannot be named a deputy (`why`)
├── VoteMissing              the council has not voted, or its vote is not on record
└── SignerNotNamed           the route names other signers for the city
"""

from __future__ import annotations

from econtract.errors import EContractError


class ReleaseNeeded(EContractError):
    code = "econtract.release_needed"
    status = 409
    ja = "この案件の前の契約（{number}）は、確定せずに終わっています。"
    en = "The earlier contract of this award ({number}) ended without being concluded."
    mend_ja = (
        "前の契約を起案した人ではない調達課の職員が、その契約の画面で「契約し直す」を認めてから、"
        "もう一度作ってください。"
    )
    mend_en = "Somebody of procurement who did not draft it must first allow contracting anew."


class FourEyesReissue(EContractError):
    code = "econtract.four_eyes_reissue"
    status = 403
    ja = (
        "契約し直すには二人の職員が要ります。"
        "前の契約を起案した人は認められず、認めた人は起案できません。"
    )
    en = "Contracting anew takes two: who drafted may not release, who released may not draft."
    mend_ja = "調達課または担当課の別の職員が行ってください。"
    mend_en = "Let another member of staff do it."


class FormRefused(EContractError):
    code = "econtract.form_refused"
    ja = "{kind_ja}の契約では「{form}」を使えません。{why_ja}"
    en = "The form '{form}' does not fit this kind of contract. {why_en}"
    mend_ja = "書式を選び直してください。"
    mend_en = "Choose another form."


class TermsRefused(EContractError):
    code = "econtract.terms_refused"
    ja = "「{label}」が契約金額と合いません。{why_ja}"
    en = "'{label}' does not agree with the contract's amount. {why_en}"
    mend_ja = "{how_ja}"
    mend_en = "{how_en}"


class AttachmentRefused(EContractError):
    code = "econtract.attachment_refused"
    ja = "「{name}」を添付できません。{why_ja}"
    en = "'{name}' cannot be attached. {why_en}"
    mend_ja = "{how_ja}"
    mend_en = "{how_en}"


class NoSuchAttachment(EContractError):
    code = "econtract.no_such_attachment"
    status = 404
    ja = "その添付ファイルは見つかりません。"
    en = "No such attachment."
    mend_ja = "契約の画面から開き直してください。"
    mend_en = "Open it from the contract's page."


class TemplateDraftRefused(EContractError):
    code = "econtract.template_draft_refused"
    status = 409
    ja = "ひな形を保存または公開できません。{why_ja}"
    en = "The template cannot be saved or published. {why_en}"
    mend_ja = "{how_ja}"
    mend_en = "{how_en}"


class RouteTableRefused(EContractError):
    code = "econtract.route_table_refused"
    ja = "決裁経路の表を受け付けられません。{why_ja}"
    en = "The table of routes is refused. {why_en}"
    mend_ja = "{how_ja}"
    mend_en = "{how_en}"


class DeputyRefused(EContractError):
    code = "econtract.deputy_refused"
    ja = "代決者にできません。{why_ja}"
    en = "The deputy is refused. {why_en}"
    mend_ja = "示した欄を直して、もう一度登録してください。"
    mend_en = "Correct the named field and send it again."


class VoteMissing(EContractError):
    code = "econtract.vote_missing"
    status = 409
    ja = "議会の議決が記録されていないため、本契約にできません。"
    en = "No vote of the council is on record; the contract cannot be concluded."
    mend_ja = "議決の後、議決日・議案番号と証拠の文書を契約の画面で記録してください。"
    mend_en = "After the vote, record its day, the bill's number and the evidence."


class SignerNotNamed(EContractError):
    code = "econtract.signer_not_named"
    status = 403
    ja = "決裁の経路では、市の署名者は{named}です（あなたは{who}）。"
    en = "The route names {named} to sign for the city (you are {who})."
    mend_ja = "経路にある署名者が署名してください。"
    mend_en = "Let the signer named in the route sign."
