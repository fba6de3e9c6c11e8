"""What the people of the stories do by API, one call a step: a vendor signs, the city closes."""

from __future__ import annotations

from econtract import queries
from econtract.models import Contract

LEAD = "takahashi@example.jp"
OFFICER = "keiyaku@enshu.example.jp"
#: A joint venture before its lead; with the lead it has three members.
MEMBERS = (
    "V-0002/遠州土木/社長/浜 太郎/hama@example.jp;V-0003/東海舗装/社長/東海 次郎/tokai@example.jp"
)
FIRST, SECOND = "hama@example.jp", "tokai@example.jp"


def contract_of(office, contract_id: str) -> Contract:
    with office.service.database.reader() as session:
        session.expunge(found := queries.contract(session, contract_id))
        return found


def opened(office, contract_id: str, mail: str):
    """The vendor's program after both codes. The invitation must have been mailed."""
    path = f"/api/v1/contracts/{contract_id}"
    api = office.api(mail)
    [code] = [
        c["code"] for c in office.case_codes if c["code"] and _is_for(office, contract_id, c, mail)
    ]
    assert api.post(f"{path}/case-code", json={"code": code}).status_code == 200
    assert api.post(f"{path}/one-time-code/mail").status_code == 202
    office.run_jobs()
    answer = api.post(f"{path}/one-time-code", json={"code": office.mailed_code(mail)})
    assert answer.json() == {"next": "read"}, answer.text
    return api


def _is_for(office, contract_id: str, told: dict[str, str], mail: str) -> bool:
    with office.service.database.reader() as session:
        parties = queries.parties(session, contract_id)
        return any(p.slot == told["slot"] and p.email == mail for p in parties)


def consented(office, contract_id: str, mail: str):
    """The vendor's program after consent to what it was shown, and those bytes' hash."""
    path = f"/api/v1/contracts/{contract_id}"
    api = opened(office, contract_id, mail)
    seen = {"sha256": api.get(path).json()["document"]["sha256"]}
    text = api.get(f"{path}/consent-text").json()
    answer = api.post(f"{path}/consent", json=seen | {"text_version": text["version"]})
    assert answer.json() == {"next": "sign"}, answer.text
    return api, seen


def signed(office, contract_id: str, mail: str) -> None:
    api, seen = consented(office, contract_id, mail)
    answer = api.post(f"/api/v1/contracts/{contract_id}/signature", json=seen)
    assert answer.status_code == 202, answer.text
    office.run_jobs()


def closed(office, contract_id: str) -> None:
    """The contracting officer signs for the city."""
    path = f"/api/v1/contracts/{contract_id}"
    officer = office.api("keiyaku")
    seen = {"sha256": officer.get(path).json()["document"]["sha256"]}
    assert officer.post(f"{path}/closing/one-time-code").status_code == 202
    office.run_jobs()
    code = {"one_time_code": office.mailed_code(OFFICER)}
    answer = officer.post(f"{path}/closing", json=seen | code)
    assert answer.status_code == 202, answer.text
    office.run_jobs()
