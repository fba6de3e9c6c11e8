"""What can go wrong at the door, as one small tree.

    PortalError
    ├── SettingsError            a setting is wrong; said at the start, by its name
    ├── NotFound                 404: no such page or record for this person
    ├── SignInNeeded             401: nobody is signed in
    ├── Forbidden                403: somebody is, and may not; the reason is always said
    ├── FormRefused              403: the form did not come from our own page
    ├── WrongHost                421: asked for under a name that is not ours
    ├── Conflict                 409: the record changed meanwhile, or the act was done already
    ├── KeyReused                409: an Idempotency-Key came before with another request
    ├── SchemaNotCurrent         503: the database is older or newer than the program
    ├── BadRequest               400: what was sent can't be read
    ├── TooLarge                 413: what was sent is larger than the limit
    ├── TooManyTries             429: slow down, with the time to wait
    ├── Busy                     503: too much at once, try again
    ├── Unavailable              503: the database is away; nothing is lost, try again
    ├── LoginRefused             400: name or password wrong (never which)
    ├── LinkRefused              410: a one-time link is unknown, used or expired
    └── CodeRefused              400: a code is wrong, expired or dead

Every class has a stable ``code`` and an HTTP ``status``; every instance has both languages of
message and remedy and the ``field`` it speaks of. The texts are templates filled from keyword
arguments. Errors of the other packages have the same attributes and are shown by the same page (see
``error_pages``): nothing here needs to know them.
"""

from __future__ import annotations

from typing import ClassVar


class PortalError(Exception):
    """The root. ``PortalError(field="mail", seconds=30)`` fills the class's templates."""

    code: ClassVar[str] = "portal.error"
    status: ClassVar[int] = 500
    ja: ClassVar[str] = "処理を続けられませんでした。"
    en: ClassVar[str] = "The operation could not be completed."
    mend_ja: ClassVar[str] = "しばらくしてからもう一度お試しください。"
    mend_en: ClassVar[str] = "Please try again in a while."

    def __init__(self, *, field: str | None = None, **values: object) -> None:
        self.field = field
        self.values = values
        self.message_ja = self.ja.format(**values)
        self.message_en = self.en.format(**values)
        self.remedy_ja = self.mend_ja.format(**values)
        self.remedy_en = self.mend_en.format(**values)
        super().__init__(f"{self.message_ja} / {self.message_en}")


class SettingsError(PortalError):
    """A setting is wrong. ``problems_ja``/``problems_en``: a line each, with the name."""

    code = "portal.settings"
    ja = "設定に誤りがあります。\n{problems_ja}"
    en = "The settings are wrong.\n{problems_en}"
    mend_ja = "環境変数または設定ファイルを直してから、もう一度起動してください。"
    mend_en = "Correct the environment variable or the settings file, then start again."


class NotFound(PortalError):
    """No such page, or none that this person may know of (the two look alike on purpose)."""

    code = "portal.not_found"
    status = 404
    ja = "お探しのページまたは書類は見つかりません。"
    en = "The page or document was not found."
    mend_ja = "住所（URL）を確かめるか、ホームから探し直してください。"
    mend_en = "Check the address, or look for it again from the home page."


class SignInNeeded(PortalError):
    code = "portal.sign_in_needed"
    status = 401
    ja = "サインインが必要です。"
    en = "You need to sign in."
    mend_ja = "サインインしてから、もう一度開いてください。"
    mend_en = "Sign in, then open the page again."


class Forbidden(PortalError):
    """A refusal by the role table. ``reason_ja``/``reason_en`` say why."""

    code = "portal.forbidden"
    status = 403
    ja = "この操作は行えません。{reason_ja}"
    en = "You may not do this. {reason_en}"
    mend_ja = "必要な場合は、権限を持つ担当者に依頼してください。"
    mend_en = "If it is needed, ask a person who holds the right."


class FormRefused(PortalError):
    code = "portal.form_refused"
    status = 403
    ja = "安全を確かめられなかったため、送信を受け付けませんでした。"
    en = "The form was refused because its origin could not be confirmed."
    mend_ja = (
        "前の画面に戻って画面を読み込み直し、もう一度送信してください。入力は保存されていません。"
    )
    mend_en = "Go back, reload the page and send the form again. Nothing has been saved."


class WrongHost(PortalError):
    code = "portal.wrong_host"
    status = 421
    ja = "この名前ではサービスを提供していません。"
    en = "The service is not offered under this name."
    mend_ja = "市が案内している住所（URL）を開いてください。"
    mend_en = "Open the address that the city gave you."


class Conflict(PortalError):
    code = "portal.conflict"
    status = 409
    ja = "ほかの操作で内容が変わったため、この操作は行いませんでした。"
    en = "Something changed meanwhile, so this was not done."
    mend_ja = "画面を読み込み直して、いまの状態を確かめてください。"
    mend_en = "Reload the page and look at the present state."


class SchemaNotCurrent(PortalError):
    code = "portal.schema"
    status = 503
    ja = "データベースの表が、このプログラムのものと違います（{found}）。"
    en = "The database's schema is not the one of this program ({found})."
    mend_ja = "「warifu database migrate」を実行してください。"
    mend_en = "Run: warifu database migrate"


class BadRequest(PortalError):
    code = "portal.bad_request"
    status = 400
    ja = "送信された内容を読み取れませんでした。{detail_ja}"
    en = "What was sent could not be read. {detail_en}"
    mend_ja = "入力を確かめて、もう一度送信してください。"
    mend_en = "Check what you entered and send it again."

    def __init__(
        self, *, field: str | None = None, detail_ja: str = "", detail_en: str = ""
    ) -> None:
        super().__init__(field=field, detail_ja=detail_ja, detail_en=detail_en)


class TooLarge(PortalError):
    """``limit``: the largest size accepted, in words ("20 MB")."""

    code = "portal.too_large"
    status = 413
    ja = "送信されたデータが大きすぎます（上限 {limit}）。"
    en = "What was sent is too large (limit {limit})."
    mend_ja = "ファイルを分けるか小さくしてから、もう一度送信してください。"
    mend_en = "Split the file or make it smaller, then send it again."


class KeyReused(PortalError):
    """An Idempotency-Key came before with another request."""

    code = "portal.idempotency_key"
    status = 409
    ja = "この Idempotency-Key は、別の内容の送信で使われています。"
    en = "This Idempotency-Key was used for another request."
    mend_ja = "新しい内容には新しい鍵を付けてください。"
    mend_en = "Give a new key to a new request."


class TooManyTries(PortalError):
    """``minutes``: whole minutes until the next try is possible."""

    code = "portal.too_many_tries"
    status = 429
    ja = "短い時間に何度も試されたため、いったん受け付けを止めています。"
    en = "There were too many tries in a short time."
    mend_ja = "約{minutes}分後に、もう一度お試しください。"
    mend_en = "Please try again in about {minutes} minutes."


class Busy(PortalError):
    code = "portal.busy"
    status = 503
    ja = "混み合っています。"
    en = "The service is busy."
    mend_ja = "1分ほど待ってから、もう一度お試しください。"
    mend_en = "Wait about a minute, then try again."


class Unavailable(PortalError):
    code = "portal.unavailable"
    status = 503
    ja = "今は受け付けられません。データベースが応答していません。"
    en = "Nothing can be taken in just now: the database does not answer."
    mend_ja = (
        "何も失われていません。1分ほど待ってから、もう一度お試しください。"
        "直前の操作は、終わっているか、まったく行われていないかのどちらかです。"
        "続くときは、市の担当課にお知らせください。"
    )
    mend_en = (
        "Nothing is lost. Wait about a minute, then try again. What you did last was either done "
        "in full or not at all. If it goes on, tell the city office."
    )


class LoginRefused(PortalError):
    code = "portal.login_refused"
    status = 400
    ja = "ログイン名またはパスワードが違います。"
    en = "The login name or the password is wrong."
    mend_ja = (
        "確かめてもう一度入力してください。続けて{limit}回間違えると{minutes}分間使えなくなります。"
    )
    mend_en = (
        "Check them and try again. After {limit} wrong tries the name is locked for "
        "{minutes} minutes."
    )


class LinkRefused(PortalError):
    """``why``: "unknown", "used", "expired" or "revoked"; chooses the words."""

    code = "portal.link_refused"
    status = 410
    mend_ja = (
        "新しいリンクを受け取るには、「新しいリンクを送る」を使うか、市の担当課にご連絡ください。"
    )
    mend_en = "Ask for a new link on this page, or contact the city office that wrote to you."

    _WHY: ClassVar[dict[str, tuple[str, str]]] = {
        "unknown": (
            "このリンクは確認できません。途中で切れていないか確かめてください。",
            "This link is not known. Check that it was copied whole.",
        ),
        "used": (
            "このリンクはすでに使われています（1回だけ使えます）。",
            "This link has been used already (it works once).",
        ),
        "expired": ("このリンクは期限が切れています。", "This link has expired."),
        "revoked": (
            "このリンクは市が取り消しました。",
            "This link was withdrawn by the city.",
        ),
    }

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__()
        self.message_ja, self.message_en = self._WHY[why]
        self.args = (f"{self.message_ja} / {self.message_en}",)


class CodeRefused(PortalError):
    """``why``: "wrong" (with ``left`` tries), "expired", "used", "dead" or "none"."""

    code = "portal.code_refused"
    status = 400

    _WHY: ClassVar[dict[str, tuple[str, str, str, str]]] = {
        "wrong": (
            "コードが違います。あと{left}回入力できます。",
            "The code is wrong. You have {left} more tries.",
            "数字を確かめて、もう一度入力してください。",
            "Check the code and enter it again.",
        ),
        "dead": (
            "コードを3回間違えたため、このコードは使えなくなりました。",
            "The code was wrong three times and no longer works.",
            "{restart_ja}",
            "{restart_en}",
        ),
        "expired": (
            "コードの期限が切れています。",
            "The code has expired.",
            "{restart_ja}",
            "{restart_en}",
        ),
        "used": (
            "このコードはすでに使われています。",
            "This code has been used already.",
            "{restart_ja}",
            "{restart_en}",
        ),
        "none": (
            "有効なコードがありません。",
            "There is no valid code.",
            "{restart_ja}",
            "{restart_en}",
        ),
    }

    def __init__(
        self,
        why: str,
        *,
        left: int = 0,
        restart_ja: str = "「新しいコードを送る」を押して、届いたコードを入力してください。",
        restart_en: str = "Press “Send a new code” and enter the code you receive.",
        field: str = "code",
    ) -> None:
        self.why = why
        self.left = left
        super().__init__(field=field)
        texts = [
            text.format(left=left, restart_ja=restart_ja, restart_en=restart_en)
            for text in self._WHY[why]
        ]
        self.message_ja, self.message_en, self.remedy_ja, self.remedy_en = texts
        self.args = (f"{self.message_ja} / {self.message_en}",)
