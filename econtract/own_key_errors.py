"""What can go wrong when a party signs with a key of its own.

EContractError
├── OwnKeyChosen          this party signs with its own key; the service's may not stand for it
├── CertificateOfAnother  the certificate names neither the person nor the organisation
├── HandOutGone           the digest ran out, was replaced, or the document moved on (`why`)
├── HandOutNotReady       the worker has not made it yet
└── AnswerRefused         what came back is not this certificate's signature over this digest
"""

from __future__ import annotations

from econtract.errors import EContractError


class OwnKeyChosen(EContractError):
    code = "econtract.own_key_chosen"
    status = 409
    ja = "{who}は、自分の電子証明書で署名する（当事者型）ことになっています。"
    en = "{who} is set to sign with a certificate of its own."
    mend_ja = "署名の画面で電子証明書を選んで署名するか、署名の方法を変えてください。"
    mend_en = "Sign with the certificate on the signing page, or change the way of signing there."


class CertificateOfAnother(EContractError):
    code = "econtract.certificate_of_another"
    status = 400
    ja = (
        "この電子証明書の名義（{names}）は、署名する人（{person}）とも会社（{organisation}）とも"
        "一致しません。"
    )
    en = "The certificate names {names}: neither {person} nor {organisation}."
    mend_ja = (
        "署名する本人または会社の名義の証明書を選んでください。手元になければ、"
        "「メールと本人確認で署名する」方法に変えられます。"
    )
    mend_en = "Choose the signer's or the company's certificate, or sign without one."


class HandOutGone(EContractError):
    code = "econtract.hand_out_gone"
    status = 409
    ja = "この署名の依頼はもう使えません。{why_ja}"
    en = "This signing request can no longer be used. {why_en}"
    mend_ja = "署名の画面で、新しい依頼を受け取ってください。署名はまだされていません。"
    mend_en = "Take a new request on the signing page. Nothing has been signed."


class HandOutNotReady(EContractError):
    code = "econtract.hand_out_not_ready"
    status = 409
    ja = "署名の依頼を作っています。"
    en = "The signing request is still being made."
    mend_ja = "数秒待って、もう一度開いてください。"
    mend_en = "Wait some seconds and try again."


class AnswerRefused(EContractError):
    code = "econtract.answer_refused"
    status = 400
    ja = "回答を受け付けられません。{why_ja}"
    en = "The answer is refused. {why_en}"
    mend_ja = (
        "同じ依頼に、依頼のときの証明書の鍵で、もう一度答えてください。署名はまだされていません。"
    )
    mend_en = (
        "Answer the same request again with the key of the certificate. Nothing is signed yet."
    )
