"""The job that disposes of a decided list, contract by contract, and certifies it.

For each contract: (1) hold, term and decision are looked at once more, and the hashes to destroy
are written down; (2) the files go from the store, which may be cut short and is done again; (3) the
rows lose text and people's data, the contract is `disposed`, the trail says so. A contract that got
a hold since the decision is left alone and said so. At the end one certificate names every file.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

import signing
from econtract import kept_files, living, queries, rendering, retaining
from econtract.alarms import SYSTEM
from econtract.certificate import SEAL_SLOT, jst
from econtract.deps import Deps
from econtract.disposing import lines
from econtract.errors import GlyphMissing
from econtract.glyphs import markup
from econtract.keeping_models import DisposalItem, DisposalList
from econtract.life_models import PerformanceNotice
from econtract.models import Act, Award, Consent, Contract, Document, PageImage, Party
from econtract.renewals import PARTS_OF_ANOTHER
from econtract.states import ContractState
from records import audit, calendar

TITLE = "廃棄証明書"


def dispose(deps: Deps, *, list_id: str) -> None:
    """Job "econtract.dispose". Run again it goes on where it stopped."""
    with deps.database.transaction() as session:
        row = session.get_one(DisposalList, list_id)
        if row.state != "decided":
            return
        waiting = [
            line.item.id
            for line in lines(session, list_id)
            if line.item.outcome in {"waiting", "destroying"}
        ]
    for item_id in waiting:
        _one(deps, item_id)
    kept = deps.store.named(f"econtract/disposal/{list_id}")
    if kept is None:
        with deps.database.reader() as session:
            made = _certificate(deps, session, list_id)
        kept = deps.store.put(made, name=f"econtract/disposal/{list_id}")
    with deps.database.transaction() as session:
        row = session.get_one(DisposalList, list_id, with_for_update=True)
        if row.state == "done":
            return
        at = deps.clock.now()
        row.state, row.done_at, row.certificate_sha256 = "done", at, kept.sha256
        details = {"number": row.number, "certificate": kept.sha256}
        audit.append(session, SYSTEM, "disposal.done", f"disposal:{list_id}", details, at)


def _one(deps: Deps, item_id: str) -> None:
    with deps.database.transaction() as session:
        item = session.get_one(DisposalItem, item_id, with_for_update=True)
        contract = queries.locked(session, item.contract_id)
        if item.outcome == "waiting":
            hold = retaining.standing_hold(session, contract.id)
            if hold is not None or contract.current_state not in retaining.DISPOSABLE:
                item.outcome = "kept"
                item.why = f"保全: {hold.reason}" if hold else "状態が変わりました。"
                return
            family = _family(session, contract.id)
            item.destroyed = [
                {
                    "sha256": sha256,
                    "kept_for_another": kept_files.named_elsewhere(session, family, sha256),
                }
                for sha256 in sorted(kept_files.hashes(session, family))
                if deps.store.exists(sha256)
            ]
            item.outcome = "destroying"
        doomed = [f["sha256"] for f in item.destroyed if not f["kept_for_another"]]
    for sha256 in doomed:
        deps.store.destroy(sha256)
    with deps.database.transaction() as session:
        item = session.get_one(DisposalItem, item_id, with_for_update=True)
        if item.outcome != "destroying":
            return
        at = deps.clock.now()
        for contract_id in _family(session, item.contract_id):
            contract = queries.locked(session, contract_id)
            _forget(session, contract)
            contract.move(ContractState.DISPOSED, at)
            details = {
                "list": item.list_id,
                "files": len(doomed),
                "sha256": contract.concluded_sha256,
            }
            living.note(session, contract_id, SYSTEM, "disposed", details, at)
        item.outcome, item.done_at = "destroyed", at


def _family(session: Session, contract_id: str) -> list[str]:
    """The original and what stands beside it: kept together, disposed of together."""
    return [contract_id, *(child.id for child in living.parts(session, contract_id))]


def _forget(session: Session, contract: Contract) -> None:
    """Take away text and people's data; the register's line stays."""
    documents = select(Document.id).where(Document.contract_id == contract.id)
    session.execute(delete(PageImage).where(PageImage.document_id.in_(documents)))
    mine = {"contract_id": contract.id}
    for table, values in (
        (Document, {"source": {}}),
        (Party, {"person": "", "email": "", "address": ""}),
        (Consent, {"person": "", "evidence": {}}),
        (Act, {"person": "", "capacity": "", "evidence": {}, "actor": {}}),
        (PerformanceNotice, {"note": "", "files": [], "given_by_name": ""}),
    ):
        session.execute(update(table).filter_by(**mine).values(values))
    others = select(Contract.id).where(
        Contract.award_id == contract.award_id,
        Contract.id != contract.id,
        Contract.state != ContractState.DISPOSED,
        Contract.form.not_in(PARTS_OF_ANOTHER),
    )
    if session.scalar(others.limit(1)) is None:
        session.get_one(Award, contract.award_id).facts = {}
    # What was concluded is still known by its hash; what pointed at files points nowhere now.
    contract.kept_sha256 = contract.certificate_sha256 = contract.current_sha256 = None
    contract.renewal_due = None
    contract.fields = {}
    contract.note = None
    contract.place = ""


def _certificate(deps: Deps, session: Session, list_id: str) -> bytes:
    """廃棄証明書 as a sealed PDF/A with the same facts attached as JSON."""
    row = session.get_one(DisposalList, list_id)
    assert row.decided_at is not None
    rows = lines(session, list_id)
    data: dict[str, Any] = {
        "schema": "https://warifu.example/schemas/disposal/1",
        "number": row.number,
        "prepared_by": row.prepared_by_name,
        "prepared_at": row.prepared_at.isoformat(),
        "decided_by": row.decided_by_name,
        "decided_at": row.decided_at.isoformat(),
        "contracts": [
            {
                "number": line.contract.number,
                "title": line.contract.title,
                "ended_on": line.item.ended_on.isoformat(),
                "years": line.item.years,
                "kept_until": line.item.kept_until.isoformat(),
                "outcome": line.item.outcome,
                "why": line.item.why,
                "files": line.item.destroyed,
                "done_at": line.item.done_at.isoformat() if line.item.done_at else None,
            }
            for line in rows
        ],
    }
    words = {
        "destroyed": "廃棄した",
        "kept": "廃棄しなかった",
        "transfer": "移管する（廃棄しない）",
    }
    parts = [
        f"<h1>{TITLE}</h1><p>一覧 {_shown(row.number)}</p>",
        f"<p>作成 {_shown(row.prepared_by_name)}　{jst(row.prepared_at)}<br>",
        f"決裁 {_shown(row.decided_by_name)}　{jst(row.decided_at)}</p>",
    ]
    for line in rows:
        gone = [f["sha256"] for f in line.item.destroyed if not f["kept_for_another"]]
        parts.append(
            f"<h2>{_shown(line.contract.number)}　{_shown(line.contract.title)}</h2>"
            f"<p>{words[line.item.outcome]}　{_shown(line.item.why)}<br>"
            f"終わった日 {calendar.wareki(line.item.ended_on)}　保存 {line.item.years}年"
            f"（{calendar.wareki(line.item.kept_until)}まで）</p>"
        )
        parts.append("".join(f'<p class="hash">SHA-256 {sha256}</p>' for sha256 in gone))
    rendered = rendering.render(
        '<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8">'
        f"<title>{_shown(f'{TITLE} {row.number}')}</title></head>"
        f"<body>{''.join(parts)}</body></html>",
        data=data,
        data_description=f"{TITLE}のデータ {row.number}",
        created=row.decided_at,
        sheet="certificate.css",
    )
    prepared = signing.prepare(
        rendered.pdf, [signing.Slot(SEAL_SLOT, "発行者", 0, None)], metadata={"disposal": row.id}
    )
    return signing.sign(
        prepared,
        SEAL_SLOT,
        signing.Act(
            name="電子契約サービス",
            capacity="廃棄証明書の発行者",
            statement=f"一覧{row.number}の廃棄を証明します。",
            act_id=f"disposal:{row.id}",
        ),
        key=deps.service_key,
        timestamper=deps.timestamper,
        trust=deps.trust,
    )


def _shown(text: str) -> str:
    """Escaped for the page. A character without a glyph must not stop a disposal certificate."""
    try:
        return markup(text, place=TITLE)
    except GlyphMissing:
        plain = (c if ord(c) < 0x3000 or "一" <= c <= "鿿" else "〓" for c in text)
        return markup("".join(plain), place=TITLE)
