"""What can go wrong when signing, timestamping or preparing a PDF.

    SigningError
    ├── PdfError
    │   ├── EmptyPdf · NotAPdf · PdfTooLarge · DamagedPdf
    │   ├── EncryptedPdf · XfaForm
    │   └── ChangesForbidden          an earlier signature forbids what was asked
    ├── SlotError
    │   ├── BadSlots                  the list given to prepare() is unusable
    │   ├── UnknownSlot · SlotAlreadySigned · SlotOutOfOrder · SlotsMissing
    ├── GlyphMissing                  no font here has a character of the name
    ├── CredentialError
    │   ├── KeyUnreadable · WrongPassphrase · WeakKey · KeyMismatch
    │   ├── CertificateExpired · CertificateNotYetValid · CertificateExpiresTooSoon
    │   ├── CertificateRevoked · CertificateUntrusted
    │   ├── TokenUnavailable          PKCS#11 module, card or HSM is gone
    │   └── RemoteSigningFailed       a remote signing service or helper answered wrongly
    ├── TimestampError
    │   ├── AuthorityUnreachable · AuthorityTooSlow · AuthorityRefused · AuthorityGarbled
    │   ├── WrongNonce · WrongImprint · WrongPolicy · TokenUntrusted · ClocksDisagree
    │   └── NoToken                   every authority failed: the act did not happen
    ├── RevocationUnavailable         no fresh CRL or OCSP answer for a certificate
    └── TrustUnreadable               a file of trusted certificates cannot be used

`verify()` raises none of these for what is inside a PDF: it answers with a verdict.
"""

from __future__ import annotations

from typing import ClassVar


class SigningError(Exception):
    """Root of the tree. Texts are templates filled from the keyword arguments."""

    code: ClassVar[str] = "signing.error"
    ja: ClassVar[str] = "署名の処理に失敗しました。"
    en: ClassVar[str] = "The signing operation failed."
    fix_ja: ClassVar[str] = "時間をおいてもう一度お試しください。"
    fix_en: ClassVar[str] = "Try again later."

    def __init__(self, *, field: str | None = None, **details: object) -> None:
        self.field = field
        self.details = details
        self.message_ja = self.ja.format(**details)
        self.message_en = self.en.format(**details)
        self.remedy_ja = self.fix_ja.format(**details)
        self.remedy_en = self.fix_en.format(**details)
        super().__init__(f"{self.message_ja} / {self.message_en}")

    def __reduce__(self) -> tuple[object, ...]:
        # The default would call __init__ with the text: errors cross process borders here.
        return (_rebuild, (type(self), self.field, self.details))


def _rebuild(kind: type[SigningError], field: str | None, details: dict[str, object]) -> Exception:
    return kind(field=field, **details)


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


class CredentialError(SigningError):
    """The signing key or its certificate cannot be used."""

    code = "signing.credential"


class KeyUnreadable(CredentialError):
    """The key or certificate file cannot be read."""

    code = "signing.key_unreadable"
    ja = "署名鍵または証明書を読み込めません（{reason}）。"
    en = "The signing key or certificate cannot be read ({reason})."
    fix_ja = "鍵と証明書のファイルを確認してください。"
    fix_en = "Check the key and certificate files."


class WrongPassphrase(CredentialError):
    """The passphrase or PIN does not open the key."""

    code = "signing.wrong_passphrase"
    ja = "鍵のパスフレーズ（PIN）が違います。"
    en = "The passphrase or PIN does not open the key."
    fix_ja = "正しいパスフレーズを入力してください。続けて誤ると鍵がロックされることがあります。"
    fix_en = "Enter the right one. Repeated errors may lock the key."


class WeakKey(CredentialError):
    """The key is too weak for new signatures (CRYPTREC: below 128 bits of security)."""

    code = "signing.weak_key"
    ja = "鍵（{key}）の強度が新しい署名の基準に足りません。"
    en = "The key ({key}) is too weak for new signatures."
    fix_ja = "ECDSA P-256・P-384、またはRSA 3072ビット以上の鍵を使ってください。"
    fix_en = "Use ECDSA P-256 or P-384, or RSA with at least 3072 bits."


class KeyMismatch(CredentialError):
    """Key and certificate do not belong together: the signature does not verify."""

    code = "signing.key_mismatch"
    ja = "署名鍵と証明書が対応していません。"
    en = "The signing key does not belong to the certificate."
    fix_ja = "同じ組の鍵と証明書を指定してください。"
    fix_en = "Give the key and the certificate of the same pair."


class CertificateExpired(CredentialError):
    """The certificate's validity has ended."""

    code = "signing.certificate_expired"
    ja = "署名用証明書の有効期限（{until}）が切れています。"
    en = "The signing certificate expired on {until}."
    fix_ja = "新しい証明書に更新してください。"
    fix_en = "Renew the certificate."


class CertificateNotYetValid(CredentialError):
    """The certificate's validity has not begun."""

    code = "signing.certificate_not_yet_valid"
    ja = "署名用証明書はまだ有効期間前です（{since}から有効）。"
    en = "The signing certificate is not valid before {since}."
    fix_ja = "有効期間の始まりを待つか、いま有効な証明書を使ってください。"
    fix_en = "Wait, or use a certificate that is valid now."


class CertificateExpiresTooSoon(CredentialError):
    """The certificate would expire before the last slot is due."""

    code = "signing.certificate_expires_too_soon"
    ja = "署名用証明書の期限（{until}）が、最後の署名の期限（{deadline}）より前です。"
    en = "The signing certificate ends on {until}, before the last signature is due ({deadline})."
    fix_ja = "証明書を更新してから手続きを始めてください。"
    fix_en = "Renew the certificate before starting."


class CertificateRevoked(CredentialError):
    """The issuer has revoked the certificate."""

    code = "signing.certificate_revoked"
    ja = "署名用証明書（{subject}）は失効しています。"
    en = "The signing certificate ({subject}) has been revoked."
    fix_ja = "新しい証明書の発行を受けてください。"
    fix_en = "Have a new certificate issued."


class CertificateUntrusted(CredentialError):
    """No chain leads from the certificate to a configured root."""

    code = "signing.certificate_untrusted"
    ja = "署名用証明書（{subject}）を信頼できる認証局までたどれません。"
    en = "No chain leads from the certificate ({subject}) to a trusted root."
    fix_ja = "中間証明書を添えるか、信頼する認証局の設定を確認してください。"
    fix_en = "Add the intermediate certificates, or check the trusted roots."


class TokenUnavailable(CredentialError):
    """The PKCS#11 token did not answer, or was removed while it was used."""

    code = "signing.token_unavailable"
    ja = "署名用のICカードまたはHSMを使えません（{reason}）。"
    en = "The card or HSM cannot be used ({reason})."
    fix_ja = "カードまたはHSMの接続を確認してもう一度実行してください。文書は変わっていません。"
    fix_en = "Check its connection and try again. The document is unchanged."


class RemoteSigningFailed(CredentialError):
    """A remote signing service, or the party's own machine, answered with something unusable."""

    code = "signing.remote_failed"
    ja = "リモート署名に失敗しました（{reason}）。"
    en = "Remote signing failed ({reason})."
    fix_ja = "署名の依頼からやり直してください。文書は変わっていません。"
    fix_en = "Start again from the request. The document is unchanged."


class TimestampError(SigningError):
    """A time-stamping authority did not give a usable token."""

    code = "signing.timestamp"
    fix_ja = "署名は行われていません。時刻認証局の状態を確認してもう一度実行してください。"
    fix_en = "Nothing was signed. Check the authority and try again."


class AuthorityUnreachable(TimestampError):
    """No connection, or an HTTP error."""

    code = "signing.tsa_unreachable"
    ja = "時刻認証局「{authority}」に接続できません（{reason}）。"
    en = "The time-stamping authority {authority} cannot be reached ({reason})."


class AuthorityTooSlow(TimestampError):
    """No answer within the time limit."""

    code = "signing.tsa_slow"
    ja = "時刻認証局「{authority}」が{seconds}秒以内に応答しませんでした。"
    en = "The time-stamping authority {authority} did not answer within {seconds} s."


class AuthorityRefused(TimestampError):
    """The answer says the request was not granted."""

    code = "signing.tsa_refused"
    ja = "時刻認証局「{authority}」が要求を拒否しました（{reason}）。"
    en = "The time-stamping authority {authority} refused the request ({reason})."


class AuthorityGarbled(TimestampError):
    """The answer is no RFC 3161 response."""

    code = "signing.tsa_garbled"
    ja = "時刻認証局「{authority}」の応答を読めません（{reason}）。"
    en = "The answer of {authority} cannot be read ({reason})."


class WrongNonce(TimestampError):
    """The answer belongs to another request."""

    code = "signing.tsa_nonce"
    ja = "時刻認証局「{authority}」の応答の乱数（nonce）が要求と一致しません。"
    en = "The nonce in the answer of {authority} is not the one sent."


class WrongImprint(TimestampError):
    """The token is about other data."""

    code = "signing.tsa_imprint"
    ja = "時刻認証局「{authority}」の応答は別のデータに対するものです。"
    en = "The token of {authority} is for other data."


class WrongPolicy(TimestampError):
    """The token was issued under another policy than the configured one."""

    code = "signing.tsa_policy"
    ja = "時刻認証局「{authority}」のポリシー（{policy}）が設定と異なります。"
    en = "The token of {authority} names the policy {policy}, which is not the configured one."


class TokenUntrusted(TimestampError):
    """The token's signature or certificate chain does not hold."""

    code = "signing.tsa_untrusted"
    ja = "時刻認証局「{authority}」のタイムスタンプを信頼できません（{reason}）。"
    en = "The token of {authority} cannot be trusted ({reason})."


class ClocksDisagree(TimestampError):
    """The authority's time and this machine's differ by more than the limit."""

    code = "signing.clock_skew"
    ja = "時刻認証局「{authority}」の時刻とこのサーバーの時計が{seconds}秒ずれています。"
    en = "The time of {authority} and this machine's clock differ by {seconds} s."
    fix_ja = "署名は行われていません。サーバーの時計（NTP）を確認してください。"
    fix_en = "Nothing was signed. Check this machine's clock (NTP)."


class NoToken(TimestampError):
    """No authority gave a token. There is no fallback to the local clock."""

    code = "signing.no_token"
    ja = "どの時刻認証局からもタイムスタンプを取得できませんでした（{reasons}）。"
    en = "No time-stamping authority gave a token ({reasons})."
    failures: list[TimestampError] = []  # replaced by the instance's own list; oldest first


class RevocationUnavailable(SigningError):
    """Long-term validation data would be incomplete."""

    code = "signing.revocation_unavailable"
    ja = "証明書「{subject}」の失効情報を取得できません。"
    en = "No fresh revocation information for the certificate {subject}."
    fix_ja = "認証局の失効リスト（CRL）を取得できるようにしてもう一度実行してください。"
    fix_en = "Make the issuer's CRL or OCSP answer available and try again."


class TrustUnreadable(SigningError):
    """A file given as trusted certificates holds none."""

    code = "signing.trust_unreadable"
    ja = "信頼する証明書を「{place}」から読み込めません（{reason}）。"
    en = "No trusted certificates can be read from {place} ({reason})."
    fix_ja = "PEM形式の証明書ファイル、またはそれらを入れたフォルダーを指定してください。"
    fix_en = "Give a PEM file of certificates, or a folder of them."
