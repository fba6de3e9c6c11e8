"""What can be wrong with a message, as the sender is told (ebMS 3.0 §6.7) and as we record it.

    MessageRefused (receiver)           EBMS   HTTP
    ├── NoMessage                        –     400   no message can be found in the request
    ├── BodyTooLarge                     –     413
    ├── StoreUnavailable                 –     503   nothing was kept: send again
    ├── HeaderInvalid                   0009   200
    ├── MimeInvalid                     0007   200
    ├── ValueInvalid                    0001   200
    ├── FeatureNotSupported             0002   200
    ├── ValueInconsistent               0003   200
    ├── NotServiced                     0004   200   PEPPOL:NOT_SERVICED
    ├── ContentRefused                  0004   200   SBDH unusable, id used for other content
    ├── AuthenticationFailed            0101   200
    ├── DecryptionFailed                0102   200   one text whatever the cause
    ├── PolicyViolated                  0103   200   another algorithm or transform
    ├── DecompressionFailed             0303   200
    └── InternalFault                   0004   500
    SendingFailed (sender)
    ├── EndpointUnavailable             send the same message again, later
    ├── RefusedByReceiver               an ebMS error came back: do not send again
    └── ReceiptInvalid                  an answer that proves nothing: a person must look

`why` is always one of our own sentences: nothing a stranger sent is repeated to anyone.
"""

from __future__ import annotations

from typing import ClassVar

from peppol.errors import PeppolError, Text


class MessageRefused(PeppolError):
    """why: Text. `ebms` is the error code for the sender, None where no signal is sent."""

    code = "peppol.message_refused"
    message = Text("メッセージを受け取れません: {why}", "The message is refused: {why}")
    remedy = Text("送信側のアクセスポイントに知らせてください。", "Tell the sending access point.")
    ebms: ClassVar[str | None] = None
    name: ClassVar[str] = ""
    category: ClassVar[str] = "Content"
    status: ClassVar[int] = 200
    error_detail: ClassVar[str | None] = None

    def __init__(self, ja: str, en: str, *, field: str | None = None) -> None:
        super().__init__(field=field, why=Text(ja, en))
        self.why = Text(ja, en)


class NoMessage(MessageRefused):
    code = "peppol.as4.no_message"
    status = 400


class BodyTooLarge(MessageRefused):
    code = "peppol.as4.body_too_large"
    status = 413


class StoreUnavailable(MessageRefused):
    code = "peppol.as4.store_unavailable"
    status = 503
    remedy = Text(
        "保存先(データベース・ディスク)を直してください。送信側は自動で再送します。",
        "Repair database or disk; the sender will send again.",
    )


class HeaderInvalid(MessageRefused):
    code = "peppol.as4.header_invalid"
    ebms, name, category = "EBMS:0009", "InvalidHeader", "Unpackaging"


class MimeInvalid(MessageRefused):
    code = "peppol.as4.mime_invalid"
    ebms, name, category = "EBMS:0007", "MimeInconsistency", "Unpackaging"


class ValueInvalid(MessageRefused):
    code = "peppol.as4.value_invalid"
    ebms, name = "EBMS:0001", "ValueNotRecognized"


class FeatureNotSupported(MessageRefused):
    code = "peppol.as4.feature_not_supported"
    ebms, name = "EBMS:0002", "FeatureNotSupported"


class ValueInconsistent(MessageRefused):
    code = "peppol.as4.value_inconsistent"
    ebms, name = "EBMS:0003", "ValueInconsistent"


class NotServiced(MessageRefused):
    code = "peppol.as4.not_serviced"
    ebms, name = "EBMS:0004", "Other"
    error_detail = "PEPPOL:NOT_SERVICED"
    remedy = Text(
        "登録(SMP)と、ここで受け取る宛先・文書の設定を確かめてください。",
        "Compare the SMP registration with the receivers and documents served here.",
    )


class ContentRefused(MessageRefused):
    code = "peppol.as4.content_refused"
    ebms, name = "EBMS:0004", "Other"


class AuthenticationFailed(MessageRefused):
    code = "peppol.as4.authentication_failed"
    ebms, name, category = "EBMS:0101", "FailedAuthentication", "Processing"


class DecryptionFailed(MessageRefused):
    code = "peppol.as4.decryption_failed"
    ebms, name, category = "EBMS:0102", "FailedDecryption", "Processing"

    def __init__(self) -> None:
        super().__init__("復号できません。", "it cannot be decrypted.")


class PolicyViolated(MessageRefused):
    code = "peppol.as4.policy_violated"
    ebms, name, category = "EBMS:0103", "PolicyNoncompliance", "Processing"


class DecompressionFailed(MessageRefused):
    code = "peppol.as4.decompression_failed"
    ebms, name, category = "EBMS:0303", "DecompressionFailure", "Communication"


class InternalFault(MessageRefused):
    code = "peppol.as4.internal"
    ebms, name = "EBMS:0004", "Other"
    status = 500

    def __init__(self) -> None:
        super().__init__("受信側の内部エラーです。", "an internal error of the receiver.")


class SendingFailed(PeppolError):
    """why: Text. `retry`: whether the very same message may be sent again."""

    code = "peppol.sending_failed"
    message = Text("送信できません: {why}", "Sending failed: {why}")
    retry: ClassVar[bool] = False

    def __init__(self, ja: str, en: str, *, field: str | None = None) -> None:
        super().__init__(field=field, why=Text(ja, en))
        self.why = Text(ja, en)


class EndpointUnavailable(SendingFailed):
    code = "peppol.as4.endpoint_unavailable"
    remedy = Text("自動で再送します。", "It is sent again automatically.")
    retry = True


class RefusedByReceiver(SendingFailed):
    """The receiver answered with an ebMS error: not delivered. `ebms`: its code."""

    code = "peppol.as4.refused_by_receiver"
    remedy = Text(
        "エラーの内容を確かめ、直してから新しいメッセージとして送ってください。",
        "See the error, mend the cause and send as a new message.",
    )

    def __init__(self, ebms: str, short: str, detail: str) -> None:
        self.ebms = ebms
        shown = " ".join(filter(None, (ebms, short, detail)))
        super().__init__(f"相手が拒みました({shown})。", f"the receiver refused ({shown}).")


class ReceiptInvalid(SendingFailed):
    code = "peppol.as4.receipt_invalid"
    remedy = Text(
        "届いた可能性もあります。相手に確かめてから扱いを決めてください。",
        "It may have arrived: ask the receiver before deciding.",
    )
