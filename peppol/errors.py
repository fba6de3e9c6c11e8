"""Everything `peppol` raises, as one tree.

    PeppolError
    ├── IdentifierInvalid            a participant, document type, process or provider id
    ├── CodeListInvalid              a downloaded code list cannot be used
    ├── XmlRefused                   bytes that are not the small, plain XML we read
    ├── EnvelopeInvalid              SBDH: structure or values
    ├── LookupFailed
    │   ├── ParticipantNotRegistered     the name does not exist in the network
    │   ├── RegistrationFaulty           it exists, but leads nowhere usable
    │   ├── DocumentTypeNotSupported     registered, but not for this document or process
    │   ├── LookupTemporarilyUnavailable DNS or SMP did not answer: try later
    │   ├── AddressRefused               private address, wrong scheme, port, redirect
    │   └── MetadataNotTrusted           signature, certificate or content of an SMP answer
    ├── Unreachable                  no usable answer over HTTP (peppol.outbound)
    ├── CertificateNotTrusted        chain, validity, revocation, purpose, subject
    │   └── RevocationUnknown            neither good nor revoked: nobody can say
    ├── KeyUnusable                  a private key or token that cannot be opened or used
    ├── MessageRefused               AS4: what we refuse as receiver (peppol.as4.faults)
    ├── SendingFailed                AS4: what went wrong as sender (peppol.as4.faults)
    ├── ResponseInvalid              MLS or Invoice Response that breaks its rules
    └── SettingInvalid               a cap, address or file given to this package

Each class carries `code`; each instance `message_ja`, `message_en`, `remedy_ja`, `remedy_en`
and `field`. The texts are templates filled from the keyword arguments.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple


class Text(NamedTuple):
    """One sentence in both languages."""

    ja: str
    en: str


class PeppolError(Exception):
    """Root of the tree. `values` fill the templates; `field` names what the error speaks of."""

    code: ClassVar[str] = "peppol.error"
    message: ClassVar[Text] = Text("Peppol の処理に失敗しました。", "Peppol processing failed.")
    remedy: ClassVar[Text] = Text(
        "記録を確かめ、管理者に知らせてください。", "Check the log and tell the operator."
    )
    default_field: ClassVar[str | None] = None

    def __init__(self, *, field: str | None = None, **values: object) -> None:
        self.field = field if field is not None else self.default_field
        self.values = values
        in_ja = {k: v.ja if isinstance(v, Text) else v for k, v in values.items()}
        in_en = {k: v.en if isinstance(v, Text) else v for k, v in values.items()}
        self.message_ja = self.message.ja.format(**in_ja)
        self.message_en = self.message.en.format(**in_en)
        self.remedy_ja = self.remedy.ja.format(**in_ja)
        self.remedy_en = self.remedy.en.format(**in_en)
        super().__init__(f"{self.message_ja} / {self.message_en}")


class IdentifierInvalid(PeppolError):
    """value, why: Text."""

    code = "peppol.identifier_invalid"
    message = Text(
        "識別子「{value}」は使えません: {why}", "The identifier “{value}” cannot be used: {why}"
    )
    remedy = Text(
        "番号と書式を確かめてください(例: 0221:T と13桁、0188: と13桁)。",
        "Check number and form (for example 0221:T and 13 digits, 0188: and 13 digits).",
    )
    default_field = "identifier"


class CodeListInvalid(PeppolError):
    """file, why: Text."""

    code = "peppol.code_list_invalid"
    message = Text(
        "コードリスト「{file}」を読めません: {why}", "The code list “{file}” cannot be read: {why}"
    )
    remedy = Text(
        "docs.peppol.eu/edelivery/codelists から JSON 形式の一覧をもう一度取得してください。",
        "Download the lists in JSON again from docs.peppol.eu/edelivery/codelists.",
    )


class XmlRefused(PeppolError):
    """why: Text."""

    code = "peppol.xml_refused"
    message = Text("XML を受け付けられません: {why}", "The XML is refused: {why}")
    remedy = Text(
        "DTD・実体・処理命令のない UTF-8 の XML を送ってください。",
        "Send UTF-8 XML without DTD, entities or processing instructions.",
    )


class EnvelopeInvalid(PeppolError):
    """why: Text; field is the path in the header."""

    code = "peppol.envelope_invalid"
    message = Text("封筒(SBDH)が正しくありません: {why}", "The envelope (SBDH) is not valid: {why}")
    remedy = Text(
        "送信側で Peppol Business Message Envelope 2.0 に従って封筒を作り直してください。",
        "Have the sender rebuild it by the Peppol Business Message Envelope 2.0.",
    )


class LookupFailed(PeppolError):
    """A receiver's address could not be found. participant, why: Text."""

    code = "peppol.lookup_failed"
    message = Text(
        "「{participant}」の送り先を調べられません: {why}",
        "The address of “{participant}” cannot be found: {why}",
    )


class ParticipantNotRegistered(LookupFailed):
    code = "peppol.participant_not_registered"
    message = Text(
        "「{participant}」は Peppol に登録されていません。",
        "“{participant}” is not registered in Peppol.",
    )
    remedy = Text(
        "番号を確かめ、相手に Peppol の受信登録を頼むか、別の方法で送ってください。",
        "Check the number, ask the receiver to register, or send by another way.",
    )


class RegistrationFaulty(LookupFailed):
    code = "peppol.registration_faulty"
    message = Text(
        "「{participant}」の登録内容に誤りがあります: {why}",
        "The registration of “{participant}” is faulty: {why}",
    )
    remedy = Text(
        "相手の事業者(サービスプロバイダー)に登録の訂正を頼んでください。",
        "Ask the receiver's service provider to correct the registration.",
    )


class DocumentTypeNotSupported(LookupFailed):
    code = "peppol.document_type_not_supported"
    message = Text(
        "「{participant}」はこの種類の文書を受け取れません: {why}",
        "“{participant}” does not take this kind of document: {why}",
    )
    remedy = Text(
        "相手が受け取れる文書の種類を確かめてください(warifu peppol lookup)。",
        "See which documents the receiver takes (warifu peppol lookup).",
    )


class LookupTemporarilyUnavailable(LookupFailed):
    code = "peppol.lookup_temporary"
    message = Text(
        "「{participant}」の送り先を今は調べられません: {why}",
        "The address of “{participant}” cannot be looked up now: {why}",
    )
    remedy = Text("しばらくしてもう一度お試しください。", "Try again later.")


class AddressRefused(LookupFailed):
    code = "peppol.address_refused"
    message = Text(
        "アドレス「{address}」には接続しません: {why}",
        "The address “{address}” is not connected to: {why}",
    )
    remedy = Text(
        "公開された https(443 番)のアドレスを登録するよう相手に伝えてください。",
        "Have the other side publish a public https address on port 443.",
    )


class MetadataNotTrusted(LookupFailed):
    code = "peppol.metadata_not_trusted"
    message = Text(
        "「{participant}」の登録情報(SMP)を信頼できません: {why}",
        "The metadata (SMP) of “{participant}” cannot be trusted: {why}",
    )
    remedy = Text(
        "送信を止め、相手の事業者に確かめてください。",
        "Do not send; ask the receiver's service provider.",
    )


class CertificateNotTrusted(PeppolError):
    """subject, why: Text."""

    code = "peppol.certificate_not_trusted"
    message = Text(
        "証明書「{subject}」を信頼できません: {why}",
        "The certificate “{subject}” is not trusted: {why}",
    )
    remedy = Text(
        "証明書の発行元・期限・失効を確かめてください。",
        "Check issuer, validity and revocation of the certificate.",
    )


class RevocationUnknown(CertificateNotTrusted):
    """Nobody can say whether it was revoked; another source may."""

    code = "peppol.revocation_unknown"
    remedy = Text(
        "失効確認の先(OCSP・CRL、80番ポート)につながるか確かめてください。",
        "See that OCSP responder and CRL server (port 80) can be reached.",
    )


class KeyUnusable(PeppolError):
    """why: Text."""

    code = "peppol.key_unusable"
    message = Text("鍵を使えません: {why}", "The key cannot be used: {why}")
    remedy = Text(
        "鍵ファイルまたはトークンの設定(場所・ラベル・暗証番号)を確かめてください。",
        "Check the key file or token settings (place, label, PIN).",
    )


class ResponseInvalid(PeppolError):
    """kind, why: Text; field is the path."""

    code = "peppol.response_invalid"
    message = Text("{kind} が正しくありません: {why}", "The {kind} is not valid: {why}")
    remedy = Text(
        "項目を直して作り直してください。", "Correct the item and make the response again."
    )


class SettingInvalid(PeppolError):
    """name, why: Text."""

    code = "peppol.setting_invalid"
    message = Text(
        "設定「{name}」が正しくありません: {why}", "The setting “{name}” is wrong: {why}"
    )
    remedy = Text("設定を直して起動し直してください。", "Correct the setting and start again.")
