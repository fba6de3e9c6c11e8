"""What each side takes home: the contract, the certificate, the evidence, and how to check them.

"View only" is not enough: the vendor must be able to keep its own copy (建設業法施行規則13条の4
1項1号ロ), so a vendor's download is an event that is counted.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import datetime
from importlib import resources
from typing import Any

from sqlalchemy.orm import Session

from econtract import queries
from econtract.binding import read_kept
from econtract.errors import NotReadyYet
from econtract.life_errors import Disposed
from econtract.models import Contract
from econtract.states import STATE_NAMES, ContractState
from records import Actor, Store, audit, calendar

#: ZIP members carry one fixed time, so that the same contract gives the same package.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
EXCERPT_NAME = "監査記録_抜粋.jsonl"
CHECK_NAME = "check_package.py"


def newest_sha256(contract: Contract) -> str:
    """The file to hand out: long-term form, else concluded, else as signed or made so far.

    Raises Disposed for a contract whose files were destroyed by decision, NotReadyYet."""
    require_files(contract)
    found = contract.kept_sha256 or contract.concluded_sha256 or contract.current_sha256
    if found is None:
        raise NotReadyYet(what_ja="契約書のPDF", what_en="The contract's PDF")
    return found


def require_files(contract: Contract) -> None:
    """Raise Disposed where the files were destroyed: that is no damage and no alarm."""
    if contract.state == ContractState.DISPOSED:
        day = calendar.wareki(calendar.jst_date(contract.state_since))
        raise Disposed(number=contract.number, day=day)


def contract_pdf(store: Store, contract: Contract) -> bytes:
    """The newest form of the contract's file."""
    return read_kept(store, contract.id, newest_sha256(contract))


def certificate_pdf(store: Store, contract: Contract) -> bytes:
    """合意締結証明書, or NotReadyYet."""
    require_files(contract)
    if contract.certificate_sha256 is None:
        raise NotReadyYet(what_ja="合意締結証明書", what_en="The agreement certificate")
    return read_kept(store, contract.id, contract.certificate_sha256)


def evidence(session: Session, contract: Contract, *, own_side: str) -> dict[str, Any]:
    """The case as data: acts, consents, decisions, and its audit entries with their hashes.

    Network addresses of one side are not shown to the other (`own_side` "vendor" or "city")."""
    # A contract signed elsewhere has no document of ours: its acts are in its file's signatures.
    acts = queries.acts(session, contract.document_id) if contract.document_id else {}
    parties = queries.parties(session, contract.id)
    circulation = queries.circulation(session, contract)
    decisions = queries.decisions(session, circulation.id) if circulation else []
    return {
        "schema": "https://warifu.example/schemas/evidence/1",
        "contract": {
            "id": contract.id,
            "number": contract.number,
            "title": contract.title,
            "state": contract.state,
            "state_ja": STATE_NAMES[contract.current_state][0],
        },
        "dates": {
            "award": contract.award_date.isoformat(),
            "contract": contract.contract_date.isoformat() if contract.contract_date else None,
            "signatures": {s: _iso(a.signed_at) for s, a in sorted(acts.items())},
            "concluded": _iso(contract.concluded_at),
            "performance_from": contract.period_from.isoformat(),
        },
        "sha256": {
            "decided": circulation.document_sha256 if circulation else None,
            "concluded": contract.concluded_sha256,
            "kept": contract.kept_sha256,
            "certificate": contract.certificate_sha256,
        },
        "decisions": [
            {
                "title": d.title,
                "act": d.act,
                "outcome": d.outcome,
                "name": d.decided_by_name,
                "at": _iso(d.decided_at),
                "sha256": d.seen_sha256,
            }
            for d in decisions
        ],
        "consents": [
            {
                "party_id": c.party_id,
                "person": c.person,
                "text_version": c.text_version,
                "text_sha256": c.text_sha256,
                "sha256": c.document_sha256,
                "given_at": _iso(c.given_at),
                "withdrawn_at": _iso(c.withdrawn_at),
            }
            for c in queries.consents(session, contract.id)
        ],
        "acts": [
            {
                "id": act.id,
                "slot": act.slot,
                "person": act.person,
                "capacity": act.capacity,
                "statement": act.statement,
                "factors": act.factors,
                "circumstances": act.evidence
                if party.side == own_side
                else "（相手方のため非表示）",
                "decided_sha256": act.decided_sha256,
                "input_sha256": act.input_sha256,
                "result_sha256": act.result_sha256,
                "signed_at": _iso(act.signed_at),
            }
            for party in parties
            if (act := acts.get(party.slot)) is not None
        ],
        "audit": [
            {
                "seq": e.seq,
                "at": _iso(e.at),
                "actor": {"kind": e.actor.kind, "name": e.actor.name},
                "action": e.action,
                "details": e.details,
                "hash": e.hash,
            }
            for e in audit.history(session, f"contract:{contract.id}")
        ],
    }


def package(session: Session, store: Store, contract: Contract, *, own_side: str) -> bytes:
    """One ZIP: contract, certificate, evidence, hashes, and how to check them without us."""
    require_files(contract)
    if contract.concluded_sha256 is None:
        raise NotReadyYet(what_ja="確定した契約書", what_en="The concluded contract")
    base = contract.number
    members = {
        f"{base}_契約書.pdf": contract_pdf(store, contract),
        f"{base}_証跡.json": json.dumps(
            evidence(session, contract, own_side=own_side), ensure_ascii=False, indent=1
        ).encode(),
    }
    last = "contract.kept" if contract.kept_sha256 else "contract.concluded"
    excerpt = audit.export_excerpt(session, f"contract:{contract.id}", until=last)
    members[EXCERPT_NAME] = "".join(f"{line}\n" for line in excerpt).encode()
    members[CHECK_NAME] = resources.files("econtract").joinpath("assets", CHECK_NAME).read_bytes()
    if contract.certificate_sha256 is not None:
        members[f"{base}_合意締結証明書.pdf"] = certificate_pdf(store, contract)
    sums = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(members.items())
    )
    members["SHA256SUMS.txt"] = sums.encode()
    members["確かめ方.txt"] = HOW_TO_CHECK.format(number=contract.number).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(members.items()):
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return out.getvalue()


def note_download(
    session: Session, contract_id: str, *, what: str, actor: Actor, at: datetime
) -> None:
    """Write down that somebody took `what` ("pdf", "certificate", "package")."""
    contract = queries.locked(session, contract_id)
    if actor.kind == "vendor" and contract.concluded_at is not None and what != "certificate":
        contract.vendor_has_copy_at = contract.vendor_has_copy_at or at
    audit.append(
        session, actor, "contract.downloaded", f"contract:{contract.id}", {"what": what}, at
    )


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


HOW_TO_CHECK = """契約番号 {number} の確かめ方（この電子契約サービスも、インターネットも要りません）

1. PDFの署名: 契約書のPDFをPDF閲覧ソフトで開き、「署名パネル」を見てください。
   または次のコマンド（信頼する認証局の証明書が要ります）:
     warifu pdf verify 契約書.pdf --trust 認証局.pem
2. ファイルと監査記録が変わっていないこと: このフォルダーで次を実行します（Python 3で動きます）。
     python3 check_package.py
   ファイルだけなら: sha256sum -c SHA256SUMS.txt
   監査記録のタイムスタンプまで: warifu audit verify 監査記録_抜粋.jsonl
3. 証跡.json には、誰が、いつ、どの方法で本人確認をして、どのファイル（SHA-256）に署名したかが、
   監査記録_抜粋.jsonl には、この契約の記録と、そのつながりの証明が入っています
   （ほかの案件は要約値だけで、内容は入っていません）。

How to check contract {number} (without this service and without the Internet)
1. Open the contract in a PDF viewer and look at its signature panel, or run
   `warifu pdf verify` with the certificate authorities you trust.
2. Run `python3 check_package.py` in this folder (needs Python 3 only): files, audit chain, hashes.
   Files alone: `sha256sum -c SHA256SUMS.txt`; the trail's time-stamps too:
   `warifu audit verify 監査記録_抜粋.jsonl`.
3. The JSON file names who signed which bytes, when, and how the person was checked; the excerpt
   proves where these acts stand in the audit trail and shows of other matters only digests.
"""
