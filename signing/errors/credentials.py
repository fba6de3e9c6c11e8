"""Errors about keys, certificates and what they are trusted by."""

from __future__ import annotations

from .root import SigningError


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


class TrustedListRefused(SigningError):
    """A trusted list is malformed, or not signed by whom it should be."""

    code = "signing.trusted_list_refused"
    ja = "トラストリストを使えません（{reason_ja}）。"
    en = "The trusted list cannot be used ({reason_en})."
    fix_ja = "公表元から取り直し、その署名者の証明書を指定してください。"
    fix_en = "Fetch it again from its publisher, and give the certificate of its signer."


class AccreditationUnreadable(SigningError):
    """The file of accredited time-stamping services has an error in it."""

    code = "signing.accreditation_unreadable"
    ja = "認定時刻認証業務の一覧「{place}」に誤りがあります（{reason_ja}）。"
    en = "The list of accredited time-stamping services {place} has an error ({reason_en})."
    fix_ja = "docs/how-to/trust.md の書式に合わせて直してください。"
    fix_en = "Correct it after the form in docs/how-to/trust.md."
