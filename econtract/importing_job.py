"""The job of an import: judge, compare, index, and put under an archive timestamp, line by line.

For each line: (1) the file is judged in a process that can be killed (signing.Judge) and its words
are compared with the CSV; (2) one transaction makes the contract, or says why not; (3) the archive
timestamp is made under the line's own store name, so that a second run adopts it; (4) one
transaction names the extended file. Killed anywhere, the next run goes on with the line at hand.
What was signed stays as it is: the extended file begins with exactly the bytes that came.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import signing
from econtract import living, pdf_text, queries
from econtract.alarms import SYSTEM
from econtract.beside import IMPORTED, PAPER
from econtract.deps import Deps
from econtract.importing import ONE_IMPORT
from econtract.keeping_models import ContractImport, ImportRow
from econtract.models import Award, Contract, Party
from econtract.states import ContractState
from econtract.turns import TOKYO
from records import calendar, jobs, new_id
from records.name_folding import fold
from signing import Judge, Verdict
from signing.errors import RevocationUnavailable, SigningError, TimestampError

AGAIN = timedelta(minutes=10)


def import_files(deps: Deps, *, import_id: str) -> None:
    """Job "econtract.import"."""
    again = False
    with Judge(deps.trust, workers=1, seconds=30) as judge:
        for row_id in _of_state(deps, import_id, "waiting"):
            _take(deps, judge, row_id)
        for row_id in _of_state(deps, import_id, "indexed"):
            again = not _archive(deps, judge, row_id) or again
    if again:
        with deps.database.transaction() as session:
            jobs.enqueue(
                session,
                "econtract.import",
                key=import_id,
                args={"import_id": import_id},
                run_at=deps.clock.now() + AGAIN,
            )


def _of_state(deps: Deps, import_id: str, state: str) -> list[str]:
    with deps.database.reader() as session:
        query = select(ImportRow.id).where(
            ImportRow.import_id == import_id, ImportRow.state == state
        )
        return list(session.scalars(query.order_by(ImportRow.line)))


def _take(deps: Deps, judge: Judge, row_id: str) -> None:
    with deps.database.reader() as session:
        row = session.get_one(ImportRow, row_id)
        if row.state != "waiting":
            return
        sha256, facts = row.sha256, row.facts
    verdict: Verdict | None = None
    found: list[dict[str, str]] = []
    if sha256 is not None:
        pdf = deps.store.read(sha256)
        verdict = judge.verify(pdf, deps.clock.now())
        found = signature_mismatches(verdict, facts) + text_mismatches(pdf_text.words(pdf), facts)
    with deps.database.transaction() as session:
        session.execute(select(func.pg_advisory_xact_lock(ONE_IMPORT)))
        row = session.get_one(ImportRow, row_id, with_for_update=True)
        if row.state != "waiting" or row.sha256 != sha256:
            return
        stopped = _stopped(session, row, verdict)
        row.mismatches = found + ([stopped] if stopped else [])
        row.verdict = _short(verdict) if verdict else None
        if stopped:
            row.state = "refused"
            return
        contract = _contract(session, deps, row, verdict)
        row.contract_id = contract.id
        row.state = "indexed" if verdict else "paper"


def signature_mismatches(verdict: Verdict, facts: dict[str, Any]) -> list[dict[str, str]]:
    """What the signatures say against the CSV, short of stopping the line."""
    found = []
    if verdict.status == "indeterminate":
        why = (
            "、".join(reason.ja for reason in verdict.reasons)
            or "信頼する認証局の証明書ではありません。"
        )
        found.append(_mismatch("signature", f"署名を確認しきれません。{why}"))
    days = sorted({calendar.jst_date(moment) for moment in _moments(verdict)})
    concluded_on = date.fromisoformat(facts["concluded_on"])
    if days and concluded_on != days[-1]:
        found.append(
            _mismatch("concluded_on", f"締結日は {concluded_on}、最後の署名は {days[-1]} です。")
        )
    return found


def text_mismatches(words: str | None, facts: dict[str, Any]) -> list[dict[str, str]]:
    """What the contract's words do not say. A scan has none: then a person has to look."""
    if words is None or not words.strip():
        return [_mismatch("text", "本文を読めないため（画像など）、内容を照らし合わせていません。")]
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", words))
    found = []
    amount = Decimal(facts["amount"])
    if f"{amount:,}" not in text and str(amount) not in text.replace(",", ""):
        found.append(_mismatch("amount", f"本文に契約金額 {amount:,}円 が見当たりません。"))
    if fold(facts["vendor_name"]) not in fold(text):
        name = facts["vendor_name"]
        found.append(_mismatch("vendor_name", f"本文に相手方「{name}」が見当たりません。"))
    if re.sub(r"\s", "", unicodedata.normalize("NFKC", facts["number"])) not in text:
        found.append(_mismatch("number", f"本文に契約番号「{facts['number']}」が見当たりません。"))
    return found


def _stopped(session: Session, row: ImportRow, verdict: Verdict | None) -> dict[str, str] | None:
    """Why a line cannot become a contract, or None."""
    known = queries.by_number(session, row.facts["number"])
    if known is not None:
        return _mismatch("number", f"契約番号「{known.number}」の契約がすでにあります。")
    if verdict is None:
        return None
    if not verdict.signatures:
        return _mismatch("signature", "署名がありません。署名されたPDFを入れてください。")
    if verdict.status == "failed":
        why = "、".join(reason.ja for reason in verdict.reasons)
        return _mismatch("signature", f"署名が無効です。{why}")
    twin = session.scalar(
        select(ImportRow.line).where(
            ImportRow.sha256 == row.sha256,
            ImportRow.id != row.id,
            ImportRow.contract_id.is_not(None),
        )
    )
    if twin is not None:
        return _mismatch("file_name", f"{twin}行目と同じPDFです。")
    return None


def _contract(session: Session, deps: Deps, row: ImportRow, verdict: Verdict | None) -> Contract:
    """The register's line: 確定, with the foreign file as its concluded file.

    Its number is the foreign one; its place in our series is below zero: ours keeps no gap."""
    facts = row.facts
    source = session.get_one(ContractImport, row.import_id).source
    day = date.fromisoformat(facts["concluded_on"])
    moments = _moments(verdict) if verdict else []
    concluded_at = max(moments, default=datetime.combine(day, time(0), TOKYO))
    amount, rate = Decimal(facts["amount"]), int(Decimal(facts["tax_rate"]))
    year = calendar.fiscal_year(day)
    lowest = session.scalar(select(func.min(Contract.sequence)).where(Contract.fiscal_year == year))
    at = deps.clock.now()
    award = Award(
        id=new_id(),
        source=f"import:{row.import_id[:8]}",
        case_number=facts["number"],
        kind=facts["kind"],
        title=facts["title"],
        department=facts["department"],
        vendor_id=facts["vendor_id"],
        vendor_name=facts["vendor_name"],
        amount=amount,
        award_date=day,
        facts={"members": []},
        member_vendor_ids=[],
        file_sha256=session.get_one(ContractImport, row.import_id).csv_sha256,
        imported_at=at,
        imported_by=SYSTEM.id,
    )
    session.add(award)
    session.flush()
    contract = Contract(
        id=new_id(),
        number=facts["number"],
        fiscal_year=year,
        sequence=min(lowest or 0, 0) - 1,
        award_id=award.id,
        kind=facts["kind"],
        template_version=IMPORTED if verdict else PAPER,
        state=ContractState.CONCLUDED,
        revision=1,
        title=facts["title"],
        place="",
        department=facts["department"],
        vendor_id=facts["vendor_id"],
        vendor_name=facts["vendor_name"],
        amount=amount,
        tax=(amount * rate / (100 + rate)).quantize(Decimal(1), rounding=ROUND_FLOOR),
        tax_rate=rate,
        award_date=day,
        contract_date=day,
        period_from=date.fromisoformat(facts["period_from"]),
        period_to=date.fromisoformat(facts["period_to"]),
        fields={"source": source},
        drafted_by=SYSTEM.id,
        drafted_by_name=f"取込（{source}）",
        current_sha256=row.sha256,
        concluded_at=concluded_at,
        concluded_sha256=row.sha256,
        created_at=at,
        state_since=at,
    )
    session.add(contract)
    session.flush()
    session.add_all(_parties(contract))
    details = {"source": source, "sha256": row.sha256, "line": row.line}
    if verdict is not None:
        details |= {"verdict": verdict.status, "signatures": len(verdict.signatures)}
    living.note(session, contract.id, SYSTEM, "imported", details, at)
    return contract


def _parties(contract: Contract) -> list[Party]:
    """Both sides by name; who signed for them stands in the signatures, not here."""
    sides = (
        ("vendor", "受注者", contract.vendor_name, contract.vendor_id),
        ("city", "発注者", "", None),
    )
    return [
        Party(
            id=new_id(),
            contract_id=contract.id,
            position=position,
            side=side,
            slot="",
            role=role,
            organisation=organisation,
            title="",
            person="",
            vendor_id=vendor_id,
        )
        for position, (side, role, organisation, vendor_id) in enumerate(sides)
    ]


def _archive(deps: Deps, judge: Judge, row_id: str) -> bool:
    """The first archive timestamp of ours. False: no time-stamping authority answered; again."""
    with deps.database.reader() as session:
        row = session.get_one(ImportRow, row_id)
        sha256, contract_id, before = row.sha256, row.contract_id, row.verdict or {}
    assert sha256 is not None
    assert contract_id is not None
    original = deps.store.read(sha256)
    name = f"econtract/import/{row_id}"
    try:
        kept = deps.store.named(name)
        if kept is None:
            extended = signing.extend(original, timestamper=deps.timestamper, trust=deps.trust)
            kept = deps.store.put(extended, name=name)
        extended = deps.store.read(kept.sha256)
        after = judge.verify(extended, deps.clock.now())
        if not extended.startswith(original) or after.status != before.get("status"):
            _unsealed(
                deps,
                row_id,
                "import.seal_changed",
                "タイムスタンプを付けると署名の判定が変わります。",
            )
            return True
    except (TimestampError, RevocationUnavailable) as error:
        with deps.database.transaction() as session:
            row = session.get_one(ImportRow, row_id, with_for_update=True)
            row.problem = {"code": error.code, "message_ja": error.message_ja}
        return False
    except SigningError as error:
        _unsealed(deps, row_id, error.code, error.message_ja)
        return True
    with deps.database.transaction() as session:
        row = session.get_one(ImportRow, row_id, with_for_update=True)
        if row.state != "indexed":
            return True
        at = deps.clock.now()
        row.state, row.archived_at, row.archived_sha256 = "archived", at, kept.sha256
        row.problem = None
        contract = queries.locked(session, contract_id)
        contract.kept_sha256, contract.kept_at = kept.sha256, at
        contract.renewal_due = after.renewal_due
        details = {"sha256": kept.sha256, "from": sha256, "level": after.level}
        living.note(session, contract_id, SYSTEM, "archived", details, at)
    return True


def _unsealed(deps: Deps, row_id: str, code: str, words: str) -> None:
    """The foreign file stays as it came, indexed and said to be without our timestamp."""
    with deps.database.transaction() as session:
        row = session.get_one(ImportRow, row_id, with_for_update=True)
        if row.state == "indexed":
            row.state, row.problem = "unsealed", {"code": code, "message_ja": words}


def _moments(verdict: Verdict) -> list[datetime]:
    """When it was signed: proven times where there are, else what the signatures claim."""
    proven = [s.proven_time for s in verdict.signatures if s.proven_time and s.kind == "signature"]
    claimed = [s.claimed_time for s in verdict.signatures if s.claimed_time]
    return proven or claimed


def _short(verdict: Verdict) -> dict[str, Any]:
    """What a page shows of a verdict; the whole one can be made again from the file."""
    return {
        "status": verdict.status,
        "level": verdict.level,
        "reasons": [asdict(reason) for reason in verdict.reasons],
        "signatures": [
            {
                "name": s.name or s.subject or s.field,
                "status": s.status,
                "proven_time": s.proven_time.isoformat() if s.proven_time else None,
            }
            for s in verdict.signatures
        ],
    }


def _mismatch(field: str, ja: str) -> dict[str, str]:
    return {"field": field, "message_ja": ja}
