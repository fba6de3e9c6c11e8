"""Texts on their way into an invoice: trimmed, and free of what XML cannot carry."""

from __future__ import annotations

import re

from einvoice.errors import CompositionError

MAX_CHARACTERS = 10_000
# Everything outside XML 1.0's Char, and the separators that editors show as nothing.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufffe\uffff]"
)


def text(value: str | None, field: str) -> str | None:
    """The text without blanks at its ends; None if nothing is left. Line ends become `\\n`."""
    if value is None:
        return None
    clean = value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
    bad = _FORBIDDEN.search(clean)
    if bad is not None or len(clean) > MAX_CHARACTERS:
        shown = clean[:20] if bad is None else f"U+{ord(bad.group()):04X}"
        raise CompositionError(
            field=field,
            reason_ja=f"「{field}」に使えない文字（制御文字など）があるか、長すぎます（{shown}）。",
            reason_en=f"“{field}” has a control character or is too long ({shown}).",
            fix_ja="貼り付けた文字を消して、打ち直してください。",
            fix_en="Delete the pasted text and type it.",
        )
    return clean or None


def required_text(value: str, field: str) -> str:
    """Like `text`, but there must be something."""
    clean = text(value, field)
    if clean is None:
        raise CompositionError(
            field=field,
            reason_ja=f"「{field}」がありません。",
            reason_en=f"“{field}” is missing.",
            fix_ja="入力してください。",
            fix_en="Enter it.",
        )
    return clean
