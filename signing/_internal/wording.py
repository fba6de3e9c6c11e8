"""The sentences of a verdict, for people who do not know what a certificate chain is.

One table, code → (Japanese, English). `detail` is a technical remark for whoever has to look into
it; it stands in parentheses at the end.
"""

from __future__ import annotations

from ..verdict import Reason

SENTENCES: dict[str, tuple[str, str]] = {
    # the document
    "document.passed": (
        "必要な署名がすべてそろい、署名のあとに変更されていません。",
        "Every required signature is there and valid; nothing was changed afterwards.",
    ),
    "document.signature_failed": (
        "無効な署名があります（{fields}）。",
        "A signature is not valid ({fields}).",
    ),
    "document.signature_indeterminate": (
        "有効かどうか確認できない署名があります（{fields}）。",
        "It cannot be established whether a signature is valid ({fields}).",
    ),
    "document.no_signature": (
        "この文書には電子署名がありません。",
        "The document carries no electronic signature.",
    ),
    "slots.missing": (
        "まだ署名されていない署名欄があります（{signed}／{expected}：{missing}）。"
        "途中の版か、後の署名を取り除いた版です。",
        "Signatures are missing ({signed} of {expected}: {missing}). "
        "This is an unfinished version, or later signatures were cut off.",
    ),
    "slots.unexpected": (
        "予定されていない署名が加えられています（{fields}）。",
        "There are signatures that were not foreseen ({fields}).",
    ),
    "slots.order": (
        "署名の順番が決められた順番と異なります（{fields}）。",
        "The signatures were not made in the prescribed order ({fields}).",
    ),
    "slots.mismatch": (
        "文書に記録された署名欄の一覧が、期待される一覧と異なります（{fields}）。",
        "The slots certified in the document are not the expected ones ({fields}).",
    ),
    "signature.shared": (
        "一つの署名が複数の署名欄に使い回されています（{fields}）。",
        "One signature is used in several fields ({fields}).",
    ),
    "signature.unattached": (
        "どの署名欄にも属さない署名データがあります。",
        "The file holds signature data that belongs to no field.",
    ),
    "document.tail": (
        "最後の署名のあとに、署名で守られていない内容が追加されています。",
        "Content that no signature protects was added after the last signature.",
    ),
    # the file cannot be judged
    "file.empty": ("ファイルが空です。", "The file is empty."),
    "file.not_a_pdf": ("PDFファイルではありません。", "This is not a PDF file."),
    "file.too_large": (
        "ファイルが大きすぎて検証できません。",
        "The file is too large to be judged.",
    ),
    "file.damaged": (
        "PDFの構造を正しく読み取れないため、確認できません。",
        "The PDF's structure cannot be read reliably; it cannot be judged.",
    ),
    "file.encrypted": (
        "パスワードで保護されているため、確認できません。",
        "The PDF is protected by a password; it cannot be judged.",
    ),
    "file.xfa": (
        "XFAフォームを含むため、表示される内容を確認できません。",
        "The PDF carries an XFA form; what it shows cannot be judged.",
    ),
    "file.hybrid": (
        "読む側によって内容が変わる構造（ハイブリッド参照）を含むため、確認できません。",
        "The file has hybrid references: readers may see different contents. It cannot be judged.",
    ),
    "judge.timeout": (
        "決められた時間内に検証が終わりませんでした。",
        "The document could not be judged in time.",
    ),
    "judge.crashed": (
        "検証処理が異常終了したため、確認できません。",
        "The verification process ended abnormally; the document could not be judged.",
    ),
    "judge.memory": (
        "検証に必要なメモリが上限を超えたため、確認できません。",
        "Judging the document took more memory than allowed.",
    ),
    "judge.error": (
        "検証の途中で想定外の問題が起きたため、確認できません。",
        "An unexpected problem occurred; the document could not be judged.",
    ),
    # one signature
    "signature.passed": ("署名は有効です。", "The signature is valid."),
    "signature.format": (
        "署名データの形式が正しくありません。",
        "The signature's data is malformed.",
    ),
    "signature.byte_range": (
        "署名が守っている範囲が正しくありません。",
        "The range of bytes that the signature covers is not acceptable.",
    ),
    "signature.encapsulated": (
        "署名データに別の内容が埋め込まれています。",
        "The signature carries other content inside itself.",
    ),
    "signature.changed": (
        "署名された内容が、署名のあとに変更されています。",
        "The signed content was changed after signing.",
    ),
    "signature.crypto": (
        "署名の値が署名者の鍵と一致しません。",
        "The signature's value does not fit the signer's key.",
    ),
    "signature.weak": (
        "使われている暗号の強度が、その時点の基準に足りません。",
        "The cryptography used was too weak at that time.",
    ),
    "signature.attributes": (
        "署名に必要な情報（署名属性）が欠けているか、矛盾しています。",
        "Information that the signature must carry is missing or contradictory.",
    ),
    "signature.no_certificate": (
        "署名者の証明書が見つかりません。",
        "The signer's certificate is missing.",
    ),
    "changes.forbidden": (
        "署名のあとに、認められていない変更が加えられています。",
        "Changes that are not allowed were made after the signature.",
    ),
    "changes.form": (
        "署名のあとにフォームの欄が書き換えられています。内容を人が確認してください。",
        "Form fields were changed after the signature. A person has to look at them.",
    ),
    "changes.unjudged": (
        "署名のあとの変更を判定できません。",
        "What changed after the signature cannot be judged.",
    ),
    "changes.appearance": (
        "署名のあとの追加により、署名時とページの見え方が変わっています（{pages}ページ）。",
        "Additions after the signature changed how pages look (page {pages}).",
    ),
    "chain.unknown": (
        "署名者の証明書を、信頼する認証局までたどれません。",
        "No chain leads from the signer's certificate to a trusted authority.",
    ),
    "chain.not_listed": (
        "署名の時点で、認証局がトラストリストの認定を受けていません。",
        "The trusted list did not vouch for the authority when the signature was made.",
    ),
    "chain.invalid": (
        "証明書のつながりに問題があります。",
        "The chain of certificates does not hold.",
    ),
    "chain.usage": (
        "この用途に使えない証明書で署名されています。",
        "The certificate is not meant for this use.",
    ),
    "chain.expired": (
        "署名の時点で証明書の有効期限が切れていました。",
        "The certificate had expired when the signature was made.",
    ),
    "chain.expired_unproven": (
        "証明書の有効期限が切れており、それより前に署名されたことを示す有効なタイムスタンプがありません。",
        "The certificate has expired, and no valid timestamp shows that it was used before.",
    ),
    "chain.not_yet_valid": (
        "証明書の有効期間が始まる前に署名されています。",
        "The signature was made before the certificate became valid.",
    ),
    "chain.revoked": (
        "署名の時点で証明書が失効していました。",
        "The certificate had been revoked when the signature was made.",
    ),
    "chain.revoked_unproven": (
        "証明書が失効しており、それより前に署名されたことを示す有効なタイムスタンプがありません。",
        "The certificate has been revoked, and no valid timestamp shows that it was used before.",
    ),
    "chain.no_revocation": (
        "証明書が失効していないことを確認できる情報がありません。",
        "There is no information by which to tell that the certificate was not revoked.",
    ),
    "time.missing": (
        "有効なタイムスタンプがなく、署名の日時を証明できません。",
        "There is no valid timestamp; when the signature was made cannot be proven.",
    ),
    "time.unknown": (
        "タイムスタンプの証明書を、信頼する時刻認証局までたどれません。",
        "No chain leads from the timestamp's certificate to a trusted authority.",
    ),
    "time.not_listed": (
        "タイムスタンプの時点で、時刻認証局がトラストリストの認定を受けていません。",
        "The trusted list did not vouch for the time-stamping authority at that time.",
    ),
    "time.invalid": (
        "タイムスタンプが正しくありません。",
        "The timestamp is not valid.",
    ),
    "time.order": (
        "タイムスタンプの前後関係が矛盾しています。",
        "The timestamps contradict each other's order.",
    ),
    "note.revocation_unchecked": (
        "失効の有無は確認していません。",
        "Whether the certificate was revoked has not been checked.",
    ),
    "note.time_revocation_old": (
        "最新のタイムスタンプの証明書の失効確認は、{as_of}時点の情報によります。",
        "Revocation of the newest timestamp's certificate was checked as of {as_of}.",
    ),
    "note.list_stale": (
        "信頼の根拠とした一覧は{since}までに更新されるはずのものです。新しい一覧で確かめてください。",
        "The list that vouches for the authority should have been replaced by {since}. "
        "Check with a newer one.",
    ),
    "note.lenient": (
        "PDFの構造に規格外の点があります。",
        "The PDF's structure departs from the standard.",
    ),
    # before signing
    "hygiene.javascript": (
        "スクリプト（JavaScript）が含まれています。",
        "The document contains scripts (JavaScript).",
    ),
    "hygiene.actions": (
        "開いたときなどに動作する仕組みが含まれています。",
        "The document contains actions that run by themselves.",
    ),
    "hygiene.layers": (
        "表示・非表示を切り替えられる層が含まれています。",
        "The document has layers that can be shown or hidden.",
    ),
    "hygiene.external": (
        "ファイルの外にある内容を参照しています。",
        "The document refers to content outside the file.",
    ),
    "hygiene.fields": (
        "記入できるフォーム欄が含まれています。",
        "The document contains form fields that can be filled in.",
    ),
    "hygiene.annotations": (
        "ページに重ねられた注釈が含まれています。",
        "Annotations are laid over its pages.",
    ),
    "hygiene.unreferenced": (
        "どこからも使われていない内容が隠れています。",
        "The file hides objects that nothing refers to.",
    ),
    "hygiene.revisions": (
        "追記された版が重なっています。",
        "The file consists of several revisions.",
    ),
    "hygiene.duplicates": (
        "同じ番号の内容が二重に定義されています。",
        "An object is defined twice.",
    ),
    "hygiene.overlay": (
        "文字の上に画像などが重ねられています。",
        "Images or forms are painted over text.",
    ),
    "hygiene.fonts": (
        "埋め込まれていないフォントがあり、表示が環境によって変わります。",
        "Fonts are not embedded; what is shown depends on the reader's machine.",
    ),
    "hygiene.whole_fonts": (
        "フォントが丸ごと埋め込まれており、使われていない文字にすり替えられるおそれがあります。",
        "Fonts are embedded whole; characters that the text does not use may be swapped in.",
    ),
    "hygiene.structure": (
        "PDFの構造に規格外の点があり、読む側によって表示が変わるおそれがあります。",
        "The structure departs from the standard; readers may show different things.",
    ),
}


def say(code: str, detail: str = "", **values: object) -> Reason:
    """The sentence of `code` in both languages, with the technical remark `detail`."""
    ja, en = (text.format(**values) for text in SENTENCES[code])
    if detail:
        ja, en = f"{ja}（{detail}）", f"{en} ({detail})"
    return Reason(code, ja, en)
