"""合意締結証明書: one PDF that says who agreed to which bytes, when, and how they were checked.

Made by the worker after 確定, sealed with the service's key. It proves nothing the contract's own
signatures do not; it puts in words what a reader cannot see in a signature panel (factors, consent,
decision), with the hashes by which everything can be checked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import segno

import signing
from econtract import queries, rendering
from econtract.alarms import SYSTEM
from econtract.binding import read_kept
from econtract.deps import Deps
from econtract.errors import KeptBytesDamaged
from econtract.glyphs import HEADING, markup
from econtract.models import Contract
from econtract.states import ContractState
from econtract.turns import TOKYO
from records import audit, calendar

SEAL_SLOT = "Service"
TITLE = "合意締結証明書"
FACTOR_NAMES = {
    "link": "本人宛てメールのリンク",
    "case_code": "別の方法で伝えた案件コード",
    "mailed_code": "メールの使い捨て番号",
    "own_key": "署名者自身の電子証明書",
    "password": "パスワード",
    "totp": "認証アプリの番号",
    "passkey": "パスキー",
    "oidc": "市の認証基盤",
    "api_key": "APIの鍵",
}


@dataclass(frozen=True, slots=True)
class Signer:
    role: str
    organisation: str
    title: str
    person: str
    time: datetime
    factors: tuple[str, ...]
    act_id: str
    sha256: str
    consent: str


@dataclass(frozen=True, slots=True)
class Facts:
    contract_id: str
    number: str
    title: str
    amount: int
    award_date: date
    contract_date: date | None
    period: tuple[date, date]
    concluded_at: datetime
    decided_sha256: str
    concluded_sha256: str
    decided_by: tuple[tuple[str, str, datetime], ...]
    signers: tuple[Signer, ...]


def certify(deps: Deps, *, contract_id: str) -> None:
    """Job "econtract.certify". Run again it adopts what was kept, and never issues two."""
    with deps.database.transaction() as session:
        contract = queries.contract(session, contract_id)
        if contract.state != ContractState.CONCLUDED or contract.certificate_sha256 is not None:
            return
        facts = _facts(session, contract)
    name = f"econtract/certificate/{contract_id}"
    kept = deps.store.named(name)
    if kept is None:
        kept = deps.store.put(_sealed(deps, facts), name=name)
    read_kept(deps.store, contract_id, kept.sha256)
    with deps.database.transaction() as session:
        contract = queries.locked(session, contract_id)
        if contract.certificate_sha256 is not None:
            return
        contract.certificate_sha256 = kept.sha256
        audit.append(
            session,
            SYSTEM,
            "contract.certified",
            f"contract:{contract_id}",
            {"sha256": kept.sha256},
            deps.clock.now(),
        )


def _sealed(deps: Deps, facts: Facts) -> bytes:
    rendered = rendering.render(
        html(facts, deps.public_url),
        data=machine_readable(facts),
        data_description=f"合意締結証明書のデータ {facts.number}",
        created=facts.concluded_at,
        sheet="certificate.css",
    )
    prepared = signing.prepare(
        rendered.pdf,
        [signing.Slot(SEAL_SLOT, "発行者", 0, None)],
        metadata={"contract": facts.contract_id, "certifies": facts.concluded_sha256},
    )
    return signing.sign(
        prepared,
        SEAL_SLOT,
        signing.Act(
            name="電子契約サービス",
            capacity="合意締結証明書の発行者",
            statement=f"契約番号{facts.number}の合意締結証明書を発行します。",
            act_id=f"certificate:{facts.contract_id}",
        ),
        key=deps.service_key,
        timestamper=deps.timestamper,
        trust=deps.trust,
    )


def html(facts: Facts, public_url: str) -> str:
    """The certificate as HTML; the QR code leads to the verification page only."""
    address = f"{public_url}/verify"
    dates = [
        ("落札決定日", calendar.wareki(facts.award_date)),
        (
            "契約書に記載の契約日",
            calendar.wareki(facts.contract_date)
            if facts.contract_date
            else "発注者の電子署名のタイムスタンプの日",
        ),
        ("確定した日時", jst(facts.concluded_at)),
        ("履行期間", " から ".join(calendar.wareki(d) for d in facts.period) + " まで"),
    ]
    parts = [
        f'<div class="footer">{markup(f"{TITLE}　契約番号 {facts.number}", place=TITLE)}</div>',
        "<h1>合意締結証明書</h1>",
        '<p class="lead">下の契約が、各当事者の電子署名により締結され、確定したことを示します。'
        "署名の日時は、時刻認証局のタイムスタンプによるものです。</p>",
        "<h2>契約</h2>",
        _table(
            [
                ("契約番号", facts.number),
                ("件名", facts.title),
                ("契約金額", f"{facts.amount:,}円（税込）"),
                *dates,
            ]
        ),
    ]
    for signer in facts.signers:
        parts.append(f"<h2>{markup(f'署名　{signer.role}', place='署名', body=HEADING)}</h2>")
        parts.append(
            _table(
                [
                    ("名称", signer.organisation),
                    ("役職・氏名", f"{signer.title}　{signer.person}"),
                    ("署名した日時", jst(signer.time)),
                    (
                        "本人の確認",
                        "、".join(FACTOR_NAMES.get(f, f) for f in signer.factors),
                    ),
                    ("電子の方法への同意", signer.consent),
                    ("行為の番号", signer.act_id),
                    ("署名後のSHA-256", signer.sha256),
                ]
            )
        )
    parts.append("<h2>市の決裁</h2>")
    parts.append(
        _table(
            [(title, f"{name}　{jst(at)}") for title, name, at in facts.decided_by]
            + [("決裁した契約書のSHA-256", facts.decided_sha256)]
        )
    )
    parts.append("<h2>確かめ方</h2>")
    parts.append(_table([("確定した契約書のSHA-256", facts.concluded_sha256)]))
    parts.append(
        f'<div class="check">{_qr(address)}<p>契約書のPDFを、検証ページ '
        f"{markup(address, place='検証ページ')} に入れると、"
        "誰がいつ署名し、その後変わっていないかを確かめられます。ファイルは保存されません。PDF閲覧ソフトの署名パネルでも確かめられます。</p></div>"
    )
    return (
        '<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8">'
        f"<title>{markup(f'合意締結証明書 {facts.number}', place='表題')}</title></head>"
        f"<body>{''.join(parts)}</body></html>"
    )


def machine_readable(facts: Facts) -> dict[str, Any]:
    """The certificate's facts as JSON, without addresses of people or machines."""
    return {
        "schema": "https://warifu.example/schemas/certificate/1",
        "contract": {"id": facts.contract_id, "number": facts.number, "title": facts.title},
        "amount_yen": facts.amount,
        "award_date": facts.award_date.isoformat(),
        "contract_date": facts.contract_date.isoformat() if facts.contract_date else None,
        "period": [day.isoformat() for day in facts.period],
        "concluded_at": facts.concluded_at.isoformat(),
        "decided_sha256": facts.decided_sha256,
        "concluded_sha256": facts.concluded_sha256,
        "signers": [
            {
                "role": s.role,
                "organisation": s.organisation,
                "title": s.title,
                "person": s.person,
                "time": s.time.isoformat(),
                "factors": list(s.factors),
                "act_id": s.act_id,
                "sha256": s.sha256,
                "consent": s.consent,
            }
            for s in facts.signers
        ],
    }


def jst(instant: datetime) -> str:
    """'令和8年11月24日 12時00分05秒（日本時間）'."""
    local = instant.astimezone(TOKYO)
    return f"{calendar.wareki(local.date())} {local:%H時%M分%S秒}（日本時間）"


def _facts(session: Any, contract: Contract) -> Facts:
    assert contract.concluded_at is not None
    assert contract.concluded_sha256 is not None
    assert contract.document_id is not None
    circulation = queries.circulation(session, contract)
    assert circulation is not None
    acts = queries.acts(session, contract.document_id)
    signers = []
    for party in queries.parties(session, contract.id):
        act = acts[party.slot]
        if act.signed_at is None or act.result_sha256 is None:
            raise KeptBytesDamaged(contract_id=contract.id, sha256=act.input_sha256)
        consent = queries.consent(session, party.id, act.decided_sha256)
        signers.append(
            Signer(
                party.role,
                party.organisation,
                party.title,
                act.person,
                act.signed_at,
                tuple(act.factors),
                act.id,
                act.result_sha256,
                f"{jst(consent.given_at)}　文面 {consent.text_version}"
                if consent
                else "（発注者）この方法を示した側",
            )
        )
    decided = [
        (d.title, d.decided_by_name or "", d.decided_at)
        for d in queries.decisions(session, circulation.id)
        if d.decided_at is not None
    ]
    return Facts(
        contract_id=contract.id,
        number=contract.number,
        title=contract.title,
        amount=int(contract.amount),
        award_date=contract.award_date,
        contract_date=contract.contract_date,
        period=(contract.period_from, contract.period_to),
        concluded_at=contract.concluded_at,
        decided_sha256=circulation.document_sha256,
        concluded_sha256=contract.concluded_sha256,
        decided_by=tuple(decided),
        signers=tuple(signers),
    )


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><th scope="row">{markup(label, place="証明書", body=HEADING)}</th>'
        f"<td>{markup(value, place=label, body=HEADING)}</td></tr>"
        for label, value in rows
    )
    return f"<table>{cells}</table>"


def _qr(address: str) -> str:
    """A QR code as inline SVG: nothing to fetch."""
    return segno.make(address, error="m").svg_inline(scale=1, border=2, svgclass=None)
