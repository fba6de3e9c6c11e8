"""HTML of which every value is escaped: the only way to text is through `tag`.

No template engine: this half may not know the web framework's, and the page is small. Attribute
names and element names are ours; values are the document's and therefore hostile.
"""

from __future__ import annotations

import re
from html import escape

# Shown as their code point instead of acting: C0/C1 controls (not line ends), bidirectional
# controls that make text read backwards, invisible marks.
_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class Html(str):
    """Text that is HTML already. Only this module makes any."""

    __slots__ = ()


def text(value: object) -> Html:
    """The value as text: escaped, and characters that act shown as their code points."""
    if isinstance(value, Html):
        return value
    visible = _ACTING.sub(lambda found: f"[U+{ord(found.group()):04X}]", str(value))
    return Html(escape(visible, quote=True))


def tag(name: str, *content: object, **attributes: object) -> Html:
    """An element. `class_` is class, `data_label` is data-label; attributes of None are left out.

    Content that is not `Html` is escaped; None is nothing.
    """
    parts = [f"<{name}"]
    for key, value in attributes.items():
        if value is not None:
            parts.append(f' {key.rstrip("_").replace("_", "-")}="{text(value)}"')
    parts.append(">")
    parts.extend(text(item) for item in content if item is not None)
    parts.append(f"</{name}>")
    return Html("".join(parts))


def together(*content: object) -> Html:
    """Several pieces in a row."""
    return Html("".join(text(item) for item in content if item is not None))
