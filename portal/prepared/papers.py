"""A page as PDF/A with its data attached: for the worker and commands only (typesetter)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.pages import templates


def typeset(
    template: str,
    context: Mapping[str, Any],
    *,
    data: Mapping[str, Any],
    description: str,
    created: datetime,
    data_name: str,
) -> bytes:
    """The template as PDF/A-3b, with `data` attached as JSON."""
    from econtract.rendering import render  # loads the typesetter

    html = templates().get_template(template).render(context)
    rendered = render(
        html,
        data=data,
        data_description=description,
        created=created,
        sheet="certificate.css",
        data_name=data_name,
    )
    return rendered.pdf
