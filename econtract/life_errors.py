"""What can go wrong in a contract's life after 確定 (the tree's root is in econtract/errors.py).

EContractError
├── NotConcluded          nothing is performed, guaranteed or amended before 確定
├── EntryRefused          a value typed on a form cannot stand (`field`)
├── NotWaiting            somebody has answered it already
├── NoSuchEntry
├── GateClosed            a condition of this step is not met yet
├── LeadReports           members of a joint venture report through the lead
├── AnotherPerson         a second pair of eyes is needed
├── UnderHold             a legal hold forbids disposal
├── Disposed              the contract's files were destroyed by decision
└── ImportUnreadable      the CSV or ZIP of an import cannot be used
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from econtract.errors import EContractError

if TYPE_CHECKING:
    from econtract.award_table import Problem


class NotConcluded(EContractError):
    code = "econtract.not_concluded"
    status = 409
    ja = "この契約はまだ確定していない（または終わっている）ため、「{act_ja}」はできません。"
    en = "The contract is not in force, so this cannot be done: {act_en}."
    mend_ja = "市と受注者の署名がすべてそろい、確定してから行ってください（地方自治法234条5項）。"
    mend_en = "Wait until both sides have signed and the contract is concluded."


class EntryRefused(EContractError):
    code = "econtract.entry_refused"
    ja = "「{label_ja}」を受け付けられません。{why_ja}"
    en = "{label_en} is refused. {why_en}"
    mend_ja = "{how_ja}"
    mend_en = "{how_en}"


class NotWaiting(EContractError):
    code = "econtract.not_waiting"
    status = 409
    ja = "「{what_ja}」には、すでに答えが出ています。"
    en = "This has been answered already: {what_en}."
    mend_ja = "画面を開き直して、今の状態を確かめてください。"
    mend_en = "Reload the page and look at its present state."


class NoSuchEntry(EContractError):
    code = "econtract.no_such_entry"
    status = 404
    ja = "その記録は見つかりません。"
    en = "No such entry."
    mend_ja = "契約の画面から開き直してください。"
    mend_en = "Open it again from the contract's page."


class GateClosed(EContractError):
    code = "econtract.gate_closed"
    status = 409
    ja = "まだ「{act_ja}」はできません。満たしていない条件: {missing_ja}"
    en = "Not yet possible: {act_en}. Not met: {missing_en}"
    mend_ja = "挙がった条件をそろえてから、もう一度行ってください。"
    mend_en = "Meet the conditions named, then try again."


class LeadReports(EContractError):
    code = "econtract.lead_reports"
    status = 403
    ja = "共同企業体の届は、代表構成員（{lead}）が出します。"
    en = "In a joint venture the lead ({lead}) gives notices."
    mend_ja = "代表構成員に依頼してください。"
    mend_en = "Ask the lead to do it."


class AnotherPerson(EContractError):
    code = "econtract.another_person"
    status = 403
    ja = "「{act_ja}」は、{first_ja}人とは別の職員が行います。"
    en = "Somebody else than who did the first step has to do this: {act_en}."
    mend_ja = "権限のある別の職員に依頼してください。"
    mend_en = "Ask another member of staff with the right."


class UnderHold(EContractError):
    code = "econtract.under_hold"
    status = 409
    ja = "契約 {number} は廃棄を止められています（{reason}）。"
    en = "Contract {number} is under a legal hold ({reason})."
    mend_ja = "保全を解いてから、廃棄の一覧を作り直してください。"
    mend_en = "Lift the hold, then prepare a new list."


class Disposed(EContractError):
    code = "econtract.disposed"
    status = 410
    ja = "契約 {number} の文書は、保存年限が過ぎたため {day} に廃棄されました。"
    en = "The files of contract {number} were destroyed on {day} after their term of keeping."
    mend_ja = "廃棄の記録（廃棄簿）を調達課へお尋ねください。"
    mend_en = "Ask the procurement office for the register of disposals."


class ImportUnreadable(EContractError):
    code = "econtract.import_unreadable"
    ja = "取り込むファイルを読めません。{why_ja}"
    en = "The import cannot be read. {why_en}"
    mend_ja = "{how_ja}"
    mend_en = "{how_en}"


class ImportRowsRefused(EContractError):
    code = "econtract.import_rows_refused"
    ja = "{count}か所に直すところがあります。1件も取り込んでいません。最初は{first_ja}"
    en = "{count} places must be mended. Nothing was taken in. First: {first_en}"
    mend_ja = "示した行と列を直して、もう一度取り込んでください。"
    mend_en = "Mend the rows and columns named, then take it in again."

    def __init__(self, problems: tuple[Problem, ...], **values: object) -> None:
        self.problems = problems
        super().__init__(field="table", **values)


def refuse(
    field: str,
    label: tuple[str, str],
    why: tuple[str, str],
    how: tuple[str, str] = ("直して、もう一度送ってください。", "Correct it and send it again."),
) -> EntryRefused:
    """An EntryRefused from pairs of (Japanese, English)."""
    return EntryRefused(
        field=field,
        label_ja=label[0],
        label_en=label[1],
        why_ja=why[0],
        why_en=why[1],
        how_ja=how[0],
        how_en=how[1],
    )
