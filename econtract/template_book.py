"""Which template a contract is made from: bundled files and versions published in the editor.

A published version is looked up by its name like a bundled one and never changes; `current` is the
newest in force on a day, whichever of the two it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from econtract import template
from econtract.template import Template
from econtract.template_models import TemplateVersion
from econtract.template_parts import parse

PUBLISHED = "published"


def find(session: Session, kind: str, version: str) -> Template:
    """The template of `kind` and `version`. Raises TemplateBroken when there is none."""
    if (template.FOLDER / kind / version / "template.toml").is_file():
        return template.load(kind, version)
    row = session.scalar(
        select(TemplateVersion).where(
            TemplateVersion.kind == kind,
            TemplateVersion.version == version,
            TemplateVersion.state == PUBLISHED,
        )
    )
    return parse(row.data) if row is not None else template.load(kind, version)


def current(session: Session, kind: str, day: date) -> Template:
    """The newest template of `kind` in force on `day` (JST)."""
    bundled = template.current(kind, day)
    row = session.scalar(
        select(TemplateVersion)
        .where(
            TemplateVersion.kind == kind,
            TemplateVersion.state == PUBLISHED,
            TemplateVersion.valid_from <= day,
        )
        .order_by(TemplateVersion.valid_from.desc(), TemplateVersion.decided_at.desc())
        .limit(1)
    )
    if row is not None and row.valid_from >= bundled.valid_from:
        return parse(row.data)
    return bundled


def written(session: Session, kind: str | None = None) -> Sequence[TemplateVersion]:
    """Versions of the editor, newest first."""
    query = select(TemplateVersion)
    if kind is not None:
        query = query.where(TemplateVersion.kind == kind)
    return session.scalars(query.order_by(TemplateVersion.written_at.desc()).limit(500)).all()
