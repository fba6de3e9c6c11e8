"""The root of the tree: how an error carries its texts."""

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
