"""A template's draft as pages, for whoever edits it: made in the worker, like a contract's."""

from __future__ import annotations

import io

import pypdfium2

from econtract import layout, rendering, template, template_editing
from econtract.deps import Deps
from econtract.errors import EContractError
from econtract.making_job import IMAGE_SCALE, sixteen_greys
from econtract.party_rows import CITY_ROLE, VENDOR_ROLE
from econtract.signature_page import CITY_SLOT, PartyLine, vendor_slot
from econtract.template_models import TemplateVersion
from econtract.template_parts import parse

MAX_PREVIEW_PAGES = 60


def preview(deps: Deps, *, version_id: str, revision: int) -> None:
    """Job "econtract.preview": pages of that revision, unless it was saved again since."""
    with deps.database.transaction() as session:
        row = session.get_one(TemplateVersion, version_id)
        if row.revision != revision or row.preview_revision == revision:
            return
        chosen, written_at = parse(row.data), row.written_at
    parties = [
        PartyLine(vendor_slot(0), VENDOR_ROLE, "（受注者）", "（住所）", "（役職）", "（氏名）")
    ]
    if not chosen.vendor_only:
        parties.append(
            PartyLine(CITY_SLOT, CITY_ROLE, "（市）", "（住所）", "（役職）", "（氏名）")
        )
    pages, problem = 0, ""
    try:
        merged = template.merge(chosen, template_editing.sample_values(chosen))
        html = layout.contract_html(
            merged, number="見本", parties=parties, created=written_at.isoformat()
        )
        made = rendering.render(
            html, data={}, data_description="見本", created=written_at, parties=parties
        )
        opened = pypdfium2.PdfDocument(io.BytesIO(made.pdf))
        try:
            pages = min(len(opened), MAX_PREVIEW_PAGES)
            for number in range(pages):
                picture = opened[number].render(scale=IMAGE_SCALE, grayscale=True).to_pil()
                name = template_editing.page_name(version_id, revision, number)
                deps.store.put(sixteen_greys(picture), name=name)
        finally:
            opened.close()
    except EContractError as error:
        problem = error.message_ja[:1000]
    with deps.database.transaction() as session:
        row = session.get_one(TemplateVersion, version_id, with_for_update=True)
        if row.revision == revision:
            row.preview_revision, row.preview_pages = revision, pages
            row.preview_problem = problem
