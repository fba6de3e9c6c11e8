"""Who opens which page, and in what state: every page of the service, each at least once.

`{name}` in a path is a place of the lively city (tests/screens/furnishing.py). A page that is
empty at first is also opened in a city where nothing has happened yet.
"""

from __future__ import annotations

from dataclasses import dataclass

NOBODY = ""
PROCUREMENT, HEAD, SECTION, ACCOUNTING = "chotatsu", "chotatsukacho", "kanzai", "kaikei"
OFFICER, TREASURER, AUDITOR, OPERATOR = "keiyaku", "suito", "kansa", "unyo"
BUILDER, STATIONER, PRINTER = "V-0001", "V-0002", "V-0003"


@dataclass(frozen=True, slots=True)
class Visit:
    """`who` opens `path` and is answered with `status`."""

    who: str
    path: str
    caption: str
    is_empty: bool = False
    status: int = 200


def empty(who: str, path: str, caption: str) -> Visit:
    return Visit(who, path, f"{caption}（まだ何もないとき）", is_empty=True)


VISITS: dict[str, tuple[Visit, ...]] = {
    "/": (Visit(NOBODY, "/", "入口"),),
    "/login": (
        Visit(NOBODY, "/login", "職員のサインイン"),
        Visit(NOBODY, "/login?why=expired&next=/contracts", "サインインの期限が切れたとき"),
    ),
    "/vendor-login": (Visit(NOBODY, "/vendor-login", "事業者のサインイン"),),
    "/l/{token}": (
        Visit(NOBODY, "{link}", "メールのリンクを開いたところ"),
        Visit(NOBODY, "/l/none", "使えないリンク", status=410),
    ),
    "/health": (Visit(NOBODY, "/health", "サービスの状態", status=503),),
    "/verify": (Visit(NOBODY, "/verify", "契約書を確かめる（だれでも）"),),
    "/demo/mailbox": (
        Visit(NOBODY, "/demo/mailbox", "デモの郵便受け"),
        empty(NOBODY, "/demo/mailbox", "デモの郵便受け"),
    ),
    "/demo/mailbox/{name}": (Visit(NOBODY, "{mail}", "届いたメール"),),
    "/home": (
        Visit(PROCUREMENT, "/home", "調達課のホーム"),
        Visit(SECTION, "/home", "担当課のホーム"),
        Visit(ACCOUNTING, "/home", "会計課のホーム"),
        Visit(OFFICER, "/home", "契約担当者のホーム"),
        Visit(TREASURER, "/home", "会計管理者のホーム"),
        Visit(AUDITOR, "/home", "監査のホーム"),
        Visit(OPERATOR, "/home", "運用管理者のホーム"),
        Visit(BUILDER, "/home", "事業者のホーム"),
        empty(SECTION, "/home", "担当課のホーム"),
        empty(STATIONER, "/home", "事業者のホーム"),
    ),
    "/account": (
        Visit(ACCOUNTING, "/account", "自分の設定（職員）"),
        Visit(STATIONER, "/account", "自分の設定（事業者）"),
    ),
    "/account/factors": (Visit(OFFICER, "/account/factors", "本人確認の方法"),),
    "/vendors": (
        Visit(PROCUREMENT, "/vendors", "事業者の名簿"),
        Visit(PROCUREMENT, "/vendors?q=いない", "事業者が見つからないとき"),
    ),
    "/vendors/new": (Visit(PROCUREMENT, "/vendors/new", "事業者を登録する"),),
    "/vendors/{vendor_id}": (Visit(HEAD, "/vendors/{vendor}", "事業者"),),
    "/vendors/{vendor_id}/edit": (Visit(PROCUREMENT, "/vendors/{vendor}/edit", "事業者を直す"),),
    "/vendor/people": (Visit(STATIONER, "/vendor/people", "自社の担当者"),),
    "/staff": (Visit(OPERATOR, "/staff", "職員"),),
    "/audit": (
        Visit(AUDITOR, "/audit", "監査証跡"),
        Visit(AUDITOR, "/audit?subject=contract:{goods_contract}", "一つの契約の監査証跡"),
        empty(AUDITOR, "/audit?subject=contract:none", "監査証跡"),
    ),
    "/operations": (Visit(OPERATOR, "/operations", "稼働の状況"),),
    # 契約
    "/contracts": (
        Visit(PROCUREMENT, "/contracts", "契約の一覧"),
        Visit(SECTION, "/contracts?step=halted", "契約の一覧（当てはまるものがないとき）"),
        empty(PROCUREMENT, "/contracts", "契約の一覧"),
    ),
    "/contracts/awards": (
        Visit(PROCUREMENT, "/contracts/awards", "落札結果"),
        empty(PROCUREMENT, "/contracts/awards", "落札結果"),
    ),
    "/contracts/awards/new": (Visit(PROCUREMENT, "/contracts/awards/new", "落札結果を入力する"),),
    "/contracts/{contract_id}/draft": (
        Visit(PROCUREMENT, "/contracts/{provisional_contract}/draft", "契約書の下書き"),
    ),
    "/contracts/{contract_id}": (
        Visit(PROCUREMENT, "/contracts/{provisional_contract}", "契約：下書き"),
        Visit(SECTION, "/contracts/{deciding_contract}", "契約：決裁する人が見るとき"),
        Visit(PROCUREMENT, "/contracts/{approved_contract}", "契約：決裁が済んだとき"),
        Visit(PROCUREMENT, "/contracts/{sent_contract}", "契約：受注者を待つとき"),
        Visit(OFFICER, "/contracts/{signed_contract}", "契約：市の署名を待つとき"),
        Visit(AUDITOR, "/contracts/{goods_contract}", "契約：確定したとき"),
        Visit(HEAD, "/contracts/{declined_contract}", "契約：辞退されたとき"),
        Visit(PROCUREMENT, "/contracts/{amendment_contract}", "変更契約"),
    ),
    "/contracts/inbox": (
        Visit(SECTION, "/contracts/inbox", "決裁待ち"),
        empty(SECTION, "/contracts/inbox", "決裁待ち"),
    ),
    "/contracts/{contract_id}/close": (
        Visit(OFFICER, "/contracts/{signed_contract}/close", "市の署名"),
    ),
    "/closings": (
        Visit(OFFICER, "/closings", "まとめて署名する"),
        empty(OFFICER, "/closings", "まとめて署名する"),
    ),
    "/closings/{batch_id}": (Visit(OFFICER, "/closings/{closing}", "まとめて署名した結果"),),
    "/contracts/{contract_id}/life": (
        Visit(SECTION, "/contracts/{works_contract}/life", "履行と変更"),
        Visit(OFFICER, "/contracts/{signs_contract}/life", "履行と変更：解除の伺い"),
        Visit(PROCUREMENT, "/contracts/{provisional_contract}/life", "履行と変更：議決の前"),
        Visit(AUDITOR, "/contracts/{works_contract}/life", "履行と変更（監査が見るとき）"),
    ),
    "/contracts/{contract_id}/amendments/new": (
        Visit(PROCUREMENT, "/contracts/{desks_contract}/amendments/new", "変更契約を作る"),
    ),
    "/contracts/{contract_id}/memoranda/new": (
        Visit(PROCUREMENT, "/contracts/{desks_contract}/memoranda/new", "覚書を作る"),
    ),
    "/inspections/{number}/record": (
        Visit(SECTION, "/inspections/{inspection}/record", "検査調書"),
    ),
    "/contracts/decisions": (
        Visit(AUDITOR, "/contracts/decisions", "決裁の記録"),
        empty(AUDITOR, "/contracts/decisions", "決裁の記録"),
    ),
    "/contracts/deputies": (
        Visit(SECTION, "/contracts/deputies", "代決の登録"),
        empty(OFFICER, "/contracts/deputies", "代決の登録"),
    ),
    "/contracts/routes": (
        Visit(PROCUREMENT, "/contracts/routes", "決裁の経路"),
        empty(PROCUREMENT, "/contracts/routes", "決裁の経路"),
    ),
    "/contracts/routes/{table_id}/rows/{number}": (
        Visit(PROCUREMENT, "{route_row}", "決裁の経路の行を直す"),
    ),
    "/contracts/templates": (Visit(PROCUREMENT, "/contracts/templates", "契約書のひな形"),),
    "/contracts/templates/{version_id}": (
        Visit(PROCUREMENT, "/contracts/templates/{template}", "ひな形を直す"),
    ),
    "/authorities": (
        Visit(HEAD, "/authorities", "契約の権限"),
        empty(PROCUREMENT, "/authorities", "契約の権限"),
    ),
    "/vendor/authorities": (Visit(BUILDER, "/vendor/authorities", "委任（事業者）"),),
    "/contracts/consents": (Visit(PROCUREMENT, "/contracts/consents", "電子契約の同意書"),),
    "/vendor/consents": (Visit(STATIONER, "/vendor/consents", "電子契約の同意書（事業者）"),),
    "/contracts/dates": (
        Visit(PROCUREMENT, "/contracts/dates", "日付の違いの報告"),
        empty(PROCUREMENT, "/contracts/dates", "日付の違いの報告"),
    ),
    "/contracts/calendar": (
        Visit(PROCUREMENT, "/contracts/calendar", "終わる契約の暦"),
        empty(PROCUREMENT, "/contracts/calendar", "終わる契約の暦"),
    ),
    "/contracts/inspections": (
        Visit(SECTION, "/contracts/inspections", "検査の期限"),
        empty(SECTION, "/contracts/inspections", "検査の期限"),
    ),
    "/contracts/keeping": (
        Visit(AUDITOR, "/contracts/keeping", "長期保存の期限"),
        empty(AUDITOR, "/contracts/keeping", "長期保存の期限"),
    ),
    "/contracts/retention": (
        Visit(PROCUREMENT, "/contracts/retention", "保存と廃棄"),
        empty(PROCUREMENT, "/contracts/retention", "保存と廃棄"),
    ),
    "/contracts/retention/lists/{list_id}": (
        Visit(OFFICER, "/contracts/retention/lists/{disposal}", "廃棄の一覧"),
    ),
    "/contracts/search": (
        Visit(AUDITOR, "/contracts/search?amount_from=100000", "契約を探す"),
        Visit(AUDITOR, "/contracts/search?partner=いない", "契約が見つからないとき"),
        empty(AUDITOR, "/contracts/search", "契約を探す"),
    ),
    "/contracts/imports": (
        Visit(PROCUREMENT, "/contracts/imports", "ほかで結んだ契約の取込"),
        empty(PROCUREMENT, "/contracts/imports", "ほかで結んだ契約の取込"),
    ),
    "/contracts/imports/{import_id}": (
        Visit(PROCUREMENT, "/contracts/imports/{import}", "取込の結果"),
    ),
    # 事業者の契約
    "/vendor/contracts": (
        Visit(BUILDER, "/vendor/contracts", "事業者の契約"),
        empty(STATIONER, "/vendor/contracts", "事業者の契約"),
    ),
    "/vendor/contracts/{contract_id}": (
        Visit(BUILDER, "/vendor/contracts/{sent_contract}", "事業者の契約：署名を待つとき"),
        Visit(STATIONER, "/vendor/contracts/{goods_contract}", "事業者の契約：確定したとき"),
    ),
    "/vendor/contracts/{contract_id}/sign": (
        Visit(BUILDER, "/vendor/contracts/{sent_contract}/sign", "署名：案件コード"),
        Visit(PRINTER, "/vendor/contracts/{opened_contract}/sign", "署名：契約書を読む"),
        Visit(STATIONER, "/vendor/contracts/{signed_contract}/sign", "署名：終わったとき"),
    ),
    "/vendor/contracts/{contract_id}/forward": (
        Visit(PRINTER, "/vendor/contracts/{opened_contract}/forward", "署名：責任者へ回す"),
    ),
    "/vendor/contracts/{contract_id}/life": (
        Visit(BUILDER, "/vendor/contracts/{works_contract}/life", "事業者の届"),
    ),
    "/vendor/contracts/search": (
        Visit(STATIONER, "/vendor/contracts/search", "事業者が契約を探す"),
    ),
    # 請求書
    "/invoices": (
        Visit(SECTION, "/invoices", "請求書の一覧（担当課）"),
        Visit(ACCOUNTING, "/invoices", "請求書の一覧（会計課）"),
        Visit(AUDITOR, "/invoices?step=", "請求書の一覧（監査）"),
        empty(SECTION, "/invoices", "請求書の一覧"),
    ),
    "/invoices/{invoice_id}": (
        Visit(SECTION, "/invoices/{clean}", "請求書：指摘がないとき"),
        Visit(SECTION, "/invoices/{over}", "請求書：残額を超えるとき"),
        Visit(SECTION, "/invoices/{uninspected}", "請求書：検収の前"),
        Visit(SECTION, "/invoices/{held}", "請求書：保留"),
        Visit(SECTION, "/invoices/{sheet}", "請求書：紙・PDF"),
        Visit(ACCOUNTING, "/invoices/{at_accounting}", "請求書：会計課の審査"),
        Visit(TREASURER, "/invoices/{at_treasurer}", "請求書：会計管理者の決裁"),
        Visit(ACCOUNTING, "/invoices/{paid}", "請求書：支払済"),
        Visit(AUDITOR, "/invoices/{returned}", "請求書：返戻"),
        Visit(ACCOUNTING, "/invoices/{late}", "請求書：期限を過ぎたもの"),
    ),
    "/invoices/unassigned": (
        Visit(SECTION, "/invoices/unassigned", "契約の分からない請求書"),
        empty(SECTION, "/invoices/unassigned", "契約の分からない請求書"),
    ),
    "/invoices/bulk/{step}": (
        Visit(SECTION, "/invoices/bulk/section", "まとめて承認する"),
        empty(SECTION, "/invoices/bulk/section", "まとめて承認する"),
    ),
    "/invoices/sheets": (Visit(ACCOUNTING, "/invoices/sheets", "紙・PDFの請求書を登録する（市）"),),
    "/inspections/new": (
        Visit(SECTION, "/inspections/new?contract={signs_number}", "検収を登録する"),
    ),
    "/banks": (Visit(ACCOUNTING, "/banks", "金融機関と支店の名簿"),),
    "/prices": (Visit(SECTION, "/prices?contract={signs_number}", "契約の単価・回数を入れる"),),
    "/approval-routes": (
        Visit(ACCOUNTING, "/approval-routes", "請求書の決裁の経路"),
        empty(ACCOUNTING, "/approval-routes", "請求書の決裁の経路"),
    ),
    "/due-dates": (
        Visit(ACCOUNTING, "/due-dates", "支払の期限"),
        empty(ACCOUNTING, "/due-dates", "支払の期限"),
    ),
    "/payments": (
        Visit(ACCOUNTING, "/payments", "支払"),
        empty(ACCOUNTING, "/payments", "支払"),
    ),
    "/payments/{batch_id}": (Visit(ACCOUNTING, "/payments/{batch}", "引き渡した束"),),
    "/layouts": (
        Visit(TREASURER, "/layouts", "会計システムの形"),
        empty(ACCOUNTING, "/layouts", "会計システムの形"),
    ),
    "/layouts/orders/edit": (Visit(ACCOUNTING, "/layouts/orders/edit", "支出命令の列の対応"),),
    "/layouts/journals/edit": (Visit(ACCOUNTING, "/layouts/journals/edit", "仕訳の対応"),),
    "/statements": (
        Visit(ACCOUNTING, "/statements?vendor={vendor}&year=2026&kind=fiscal", "支払明細"),
        Visit(ACCOUNTING, "/statements", "支払明細：支払先を選ぶ前"),
    ),
    "/statements/{number}": (Visit(ACCOUNTING, "/statements/{statement}", "支払明細書"),),
    "/vendor/statement": (
        Visit(STATIONER, "/vendor/statement", "支払明細（事業者）"),
        empty(STATIONER, "/vendor/statement", "支払明細（事業者）"),
    ),
    "/vendor/statement/{number}": (
        Visit(STATIONER, "/vendor/statement/{own_statement}", "支払明細書（事業者）"),
    ),
    "/vendor/invoices": (
        Visit(STATIONER, "/vendor/invoices", "事業者の請求書"),
        empty(STATIONER, "/vendor/invoices", "事業者の請求書"),
    ),
    "/vendor/invoices/new": (
        Visit(STATIONER, "/vendor/invoices/new", "請求書を出す"),
        empty(STATIONER, "/vendor/invoices/new", "請求書を出す"),
    ),
    "/vendor/invoices/sheets": (
        Visit(STATIONER, "/vendor/invoices/sheets", "紙・PDFの請求書を登録する"),
    ),
    "/vendor/invoices/batches/{number}": (
        Visit(PRINTER, "/vendor/invoices/batches/{intake}", "まとめて送った結果"),
    ),
    "/vendor/invoices/{invoice_id}": (
        Visit(STATIONER, "/vendor/invoices/{clean}", "事業者の請求書：確認中"),
        Visit(STATIONER, "/vendor/invoices/{returned}", "事業者の請求書：返戻"),
        Visit(STATIONER, "/vendor/invoices/{refused}", "事業者の請求書：受け付けできないとき"),
        Visit(STATIONER, "/vendor/invoices/{paid}", "事業者の請求書：支払済"),
    ),
    "/vendor/drafts/{draft_id}": (
        Visit(STATIONER, "/vendor/drafts/{draft}", "画面で請求書を作る"),
    ),
    "/vendor/drafts/{draft_id}/confirm": (
        Visit(STATIONER, "/vendor/drafts/{draft}/confirm", "送る前に確かめる"),
    ),
    # 数字、Peppol
    "/figures": (
        Visit(ACCOUNTING, "/figures", "数字で見る"),
        empty(ACCOUNTING, "/figures", "数字で見る"),
    ),
    "/simulation": (
        Visit(ACCOUNTING, "/simulation", "効果の試算"),
        empty(ACCOUNTING, "/simulation", "効果の試算"),
    ),
    "/simulation/{number}": (
        Visit(ACCOUNTING, "/simulation/{simulation}", "試算の結果"),
        Visit(ACCOUNTING, "/simulation/{simulation_waiting}", "試算を待つとき"),
    ),
    "/network": (
        Visit(ACCOUNTING, "/network", "Peppolのメッセージ"),
        empty(ACCOUNTING, "/network", "Peppolのメッセージ"),
    ),
    "/network/{message_id}": (Visit(ACCOUNTING, "/network/{message}", "Peppolのメッセージ1通"),),
}

#: Routes answered by GET that show no page of their own, and why.
EXEMPT = {
    **dict.fromkeys(
        (
            "/audit/export", "/contracts.csv", "/contracts/search.csv", "/contracts/search.zip",
            "/vendor/contracts/search.csv", "/vendor/contracts/search.zip",
            "/contracts/decisions/register.csv", "/contracts/dates.csv", "/due-dates.csv",
            "/invoices/export.csv", "/vendor/invoices/export.csv", "/figures.csv",
            "/figures/invoices.csv", "/vendor/statement.csv", "/statements.csv",
            "/vendor/invoices/batches/{number}/files.csv", "/network/evidence.jsonl",
            "/network/{message_id}/evidence.zip", "/contracts/{contract_id}/pdf",
            "/vendor/contracts/{contract_id}/pdf", "/contracts/{contract_id}/certificate",
            "/vendor/contracts/{contract_id}/certificate", "/contracts/{contract_id}/package",
            "/vendor/contracts/{contract_id}/package",
            "/contracts/retention/lists/{list_id}/certificate",
            "/contracts/{contract_id}/attachments/{attachment_id}",
            "/vendor/contracts/{contract_id}/attachments/{attachment_id}",
            "/contracts/{contract_id}/life/files/{sha256}",
            "/vendor/contracts/{contract_id}/life/files/{sha256}",
            "/authorities/{authority_id}/evidence", "/vendor/authorities/{authority_id}/evidence",
            "/invoices/{invoice_id}/original", "/vendor/invoices/{invoice_id}/original",
            "/payments/{batch_id}/files/{name}", "/payments/{batch_id}/export/{layout_id}",
            "/payments/{batch_id}/journals/{layout_id}/{event}",
            "/vendor/statement/{number}/pdf", "/statements/{number}/pdf",
            "/simulation/{number}/files/{name}",
            "/contracts/{contract_id}/close/own-key/request.json",
            "/contracts/{contract_id}/close/own-key/contract.pdf",
            "/vendor/contracts/{contract_id}/sign/own-key/request.json",
            "/vendor/contracts/{contract_id}/sign/own-key/contract.pdf",
        ),
        "a file to save",
    ),
    **dict.fromkeys(
        (
            "/contracts/{contract_id}/progress", "/vendor/contracts/{contract_id}/progress",
            "/contracts/templates/{version_id}/progress", "/contracts/imports/{import_id}/progress",
            "/closings/{batch_id}/progress", "/vendor/invoices/batches/{number}/progress",
            "/vendor/invoices/submissions/{submission}/progress",
            "/vendor/invoices/{invoice_id}/progress", "/vendor/statement/{number}/progress",
            "/statements/{number}/progress", "/simulation/{number}/progress", "/livez", "/readyz",
            "/contracts/{contract_id}/close/own-key/progress",
            "/vendor/contracts/{contract_id}/sign/own-key/progress",
        ),
        "read by programs: how far work is",
    ),
    **dict.fromkeys(
        (
            "/contracts/{contract_id}/pages/{page}.png",
            "/vendor/contracts/{contract_id}/pages/{page}.png",
            "/contracts/templates/{version_id}/pages/{page}.png", "/favicon.ico",
            "/invoices/view.css",
        ),
        "part of other pages",
    ),
    **dict.fromkeys(
        (
            "/contracts/{contract_id}/close/own-key",
            "/vendor/contracts/{contract_id}/sign/own-key",
        ),
        "asks for a certificate of one's own (tests/portal/contracts/test_own_keys.py)",
    ),
    **dict.fromkeys(
        ("/login/oidc", "/login/oidc/callback", "/login/oidc/signed-out"),
        "goes on to the city's identity provider or comes from it (tests/portal/test_oidc.py)",
    ),
}  # fmt: skip
