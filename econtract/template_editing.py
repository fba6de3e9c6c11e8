"""Writing a new version of a template: from the newest, checked at every saving, published by two.

A published version is never changed; a draft may be saved with gaps, and the lint says what is
missing beside it. Only a version without a finding is put before a second person. The texts are
those of the bundled files (`law` tags, `{name}` for a value, `{clause:id}` for a clause's number).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econtract import template, template_book
from econtract.errors import GlyphMissing, MandatoryItemMissing, TemplateBroken
from econtract.making_errors import TemplateDraftRefused
from econtract.reasons import checked_reason
from econtract.template import Template
from econtract.template_models import TemplateVersion
from econtract.template_parts import FIELD_TYPES, TABLE, TEXT, YEN, parse
from records import Actor, audit, calendar, jobs, new_id

DRAFT, PROPOSED, PUBLISHED, REFUSED = "draft", "proposed", "published", "refused"
STATE_NAMES = {
    DRAFT: "下書き",
    PROPOSED: "公開の承認待ち",
    PUBLISHED: "公開済み",
    REFUSED: "差戻し",
}
EDITABLE = frozenset({DRAFT, REFUSED})
MAX_CLAUSES = 200
MAX_TEXT = 4000

#: What the preview puts where a contract's own values will stand.
SAMPLE = {
    "title": "（件名）", "place": "（場所）", "period_from": "令和9年4月1日",
    "period_to": "令和10年3月31日", "amount": "金 11,000,000円", "tax": "1,000,000円",
    "tax_rate": "10", "contract_date": "（契約日）", "late_interest": "2.5",
    "city_name": "（市の名）", "vendor_name": "（受注者の名）", "contract_number": "見本",
}  # fmt: skip
_TYPED = {"prices": "（品名）\t（規格）\t個\t10\t1,000", TABLE: "（事項）\t（変更前）\t（変更後）",
          YEN: "100,000", "count": "12"}  # fmt: skip


def begin(session: Session, kind: str, *, actor: Actor, at: datetime) -> TemplateVersion:
    """A draft as a copy of the newest version of `kind`; the open draft, if there is one."""
    if kind not in template.TEMPLATES:
        raise TemplateBroken(template=kind, why_ja="ありません。", why_en="There is none.")
    row = session.scalar(
        select(TemplateVersion).where(
            TemplateVersion.kind == kind,
            TemplateVersion.state.in_([DRAFT, PROPOSED, REFUSED]),
        )
    )
    if row is not None:
        return row
    today = calendar.jst_date(at)
    base = template_book.current(session, kind, date.max)
    version = _free_version(session, kind, today)
    data = {**base.data, "version": version, "valid_from": today.isoformat()}
    row = TemplateVersion(
        id=new_id(),
        kind=kind,
        version=version,
        based_on=base.version,
        state=DRAFT,
        valid_from=today,
        data=data,
        sha256=parse(data).sha256,
        revision=1,
        written_by=actor.id,
        written_by_name=actor.name,
        written_at=at,
        proposed_at=None,
        decided_at=None,
    )
    session.add(row)
    session.flush()
    _order_preview(session, row)
    details = {"version": version, "based_on": base.version}
    audit.append(session, actor, "template.begun", _subject(row), details, at)
    return row


def save(
    session: Session,
    version_id: str,
    *,
    texts: Mapping[str, Any],
    seen_revision: int,
    actor: Actor,
    at: datetime,
) -> TemplateVersion:
    """Keep the texts as typed and have the preview made anew. Gaps are for `findings` to name."""
    row = _held(session, version_id, seen_revision)
    if row.state not in EDITABLE:
        raise _refused("今は直せません。", "It cannot be edited now.")
    data = {**row.data, **_checked(texts)}
    try:
        sha256 = parse(data).sha256
    except (KeyError, TypeError, ValueError) as error:
        raise _refused(f"形が正しくありません（{error}）。", f"No valid form ({error}).") from error
    if sha256 == row.sha256:
        return row
    row.data, row.sha256, row.state = data, sha256, DRAFT
    row.revision += 1
    row.written_by, row.written_by_name, row.written_at = actor.id, actor.name, at
    _order_preview(session, row)
    details = {"revision": row.revision, "sha256": sha256}
    audit.append(session, actor, "template.saved", _subject(row), details, at)
    return row


def findings(row: TemplateVersion) -> list[tuple[str, str]]:
    """What keeps the draft from being published: (ja, en), empty when nothing does."""
    chosen = parse(row.data)
    found = []
    for check in (template.lint, _merges):
        try:
            check(chosen)
        except (TemplateBroken, MandatoryItemMissing, GlyphMissing) as error:
            found.append((error.message_ja, error.message_en))
    return found


def propose(
    session: Session,
    version_id: str,
    *,
    valid_from: date,
    note: str,
    seen_revision: int,
    actor: Actor,
    at: datetime,
) -> TemplateVersion:
    """Put a draft without findings before a second person, with the day from which it holds."""
    row = _held(session, version_id, seen_revision)
    if row.state == PROPOSED:
        return row
    if row.state not in EDITABLE:
        raise _refused("今は承認を求められません。", "It cannot be proposed now.")
    if valid_from < calendar.jst_date(at):
        raise _refused(
            "使い始める日が過去です。", "It would begin in the past.", field="valid_from"
        )
    found = findings(row)
    if found:
        raise _refused(found[0][0], found[0][1])
    row.note = checked_reason(note)
    row.valid_from, row.proposed_at, row.state = valid_from, at, PROPOSED
    row.data = {**row.data, "valid_from": valid_from.isoformat()}
    row.sha256 = parse(row.data).sha256
    row.written_by, row.written_by_name = actor.id, actor.name
    details = {"valid_from": valid_from.isoformat(), "sha256": row.sha256, "note": row.note}
    audit.append(session, actor, "template.proposed", _subject(row), details, at)
    return row


def decide(
    session: Session,
    version_id: str,
    *,
    approved: bool,
    answer: str,
    seen_revision: int,
    actor: Actor,
    at: datetime,
) -> TemplateVersion:
    """A second person publishes the version or gives it back with a reason. Twice is once."""
    row = _held(session, version_id, seen_revision)
    wanted = PUBLISHED if approved else REFUSED
    if row.state == wanted:
        return row
    if row.state != PROPOSED:
        raise _refused("承認待ちではありません。", "It is not waiting.")
    if actor.id == row.written_by:
        raise _refused(
            "自分が書いた版は、自分で公開できません。", "Who wrote it may not publish it."
        )
    row.answer = answer.strip()[:1000] if approved else checked_reason(answer)
    row.state, row.decided_by_name, row.decided_at = wanted, actor.name, at
    if approved and row.valid_from < calendar.jst_date(at):
        row.valid_from = calendar.jst_date(at)
        row.data = {**row.data, "valid_from": row.valid_from.isoformat()}
        row.sha256 = parse(row.data).sha256
    action = "template.published" if approved else "template.refused"
    audit.append(session, actor, action, _subject(row), {"sha256": row.sha256}, at)
    return row


def page_name(version_id: str, revision: int, page: int) -> str:
    """Under which name the store keeps a page of a preview."""
    return f"econtract/preview/{version_id}/{revision}/{page}"


def sample_values(chosen: Template) -> dict[str, str]:
    """Values for a preview: the fields' defaults, and words in brackets for the contract's own."""
    typed = {f.name: f.default or _TYPED.get(f.type, f"（{f.label_ja}）") for f in chosen.fields}
    return typed | SAMPLE


def plain_lines(chosen: Template) -> list[str]:
    """The template's words line by line, for comparing versions."""
    lines = [chosen.title, *chosen.preamble]
    lines += [f"{i.label}：{i.value}" for i in chosen.items]
    for n, clause in enumerate(chosen.clauses, start=1):
        lines.append(f"第{n}条（{clause.heading}）")
        for paragraph in clause.paragraphs:
            lines += [paragraph.text, *(f"・{item}" for item in paragraph.items)]
    return [*lines, *chosen.closing]


def difference(before: Template, after: Template) -> list[tuple[str, str]]:
    """(" ", "-" or "+", line) of what changed, with two lines around each change."""
    old, new = plain_lines(before), plain_lines(after)
    lines = difflib.unified_diff(old, new, lineterm="", n=2)
    return [(line[:1], line[1:]) for line in lines if not line.startswith(("---", "+++"))]


def _merges(chosen: Template) -> None:
    template.merge(chosen, sample_values(chosen))


def _checked(texts: Mapping[str, Any]) -> dict[str, Any]:
    clauses: Sequence[Mapping[str, Any]] = texts["clause"]
    if not 1 <= len(clauses) <= MAX_CLAUSES:
        raise _refused(f"条が{len(clauses)}あります（1〜{MAX_CLAUSES}）。", "Too many clauses.")
    for clause in clauses:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", str(clause["id"])):
            raise _refused(
                f"条の名前「{str(clause['id'])[:40]}」は英小文字と数字にしてください。",
                "A clause's id has letters a-z, digits and _.",
            )
    for field in texts.get("field", ()):
        if field.get("type", TEXT) not in FIELD_TYPES:
            raise _refused("欄の種類が正しくありません。", "Unknown type of field.")
    return dict(texts)


def _free_version(session: Session, kind: str, today: date) -> str:
    taken = set(template.versions(kind)) | {
        row.version for row in template_book.written(session, kind)
    }
    return next(v for n in range(1, 1000) if (v := f"{today.year}.{n}") not in taken)


def _order_preview(session: Session, row: TemplateVersion) -> None:
    row.preview_problem = ""
    jobs.enqueue(
        session,
        "econtract.preview",
        key=f"{row.id}-{row.revision}",
        args={"version_id": row.id, "revision": row.revision},
    )


def _held(session: Session, version_id: str, seen_revision: int) -> TemplateVersion:
    row = session.get(TemplateVersion, version_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise _refused("その版は見つかりません。", "No such version.")
    if row.revision != seen_revision:
        raise _refused("ほかの人が先に直しました。", "Somebody else changed it first.")
    return row


def _subject(row: TemplateVersion) -> str:
    return f"template:{row.kind}/{row.version}"


def _refused(ja: str, en: str, *, field: str | None = None) -> TemplateDraftRefused:
    return TemplateDraftRefused(
        field=field,
        why_ja=ja,
        why_en=en,
        how_ja="直してから、もう一度行ってください。",
        how_en="Mend it and try again.",
    )
