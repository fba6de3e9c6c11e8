"""The walk by JSON API, from the CSV to the kept file, as another system would drive it."""

from __future__ import annotations

import pytest


@pytest.mark.slow
def test_a_program_walks_a_contract_from_csv_to_kept_file(office, contract_at) -> None:
    contract_id = contract_at("concluded")
    path = f"/api/v1/contracts/{contract_id}"
    shown = office.api("chotatsu").get(path).json()
    assert shown["state"] == "concluded"
    assert shown["sha256"]["kept"]
    assert shown["sha256"]["certificate"]
    assert [p["act"]["state"] for p in shown["parties"]] == ["signed", "signed"]
    pdf = office.api("takahashi@example.jp").get(f"{path}/pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    verdict = office.browser().post(
        "/api/v1/verify", content=pdf.content, headers={"content-type": "application/pdf"}
    )
    assert verdict.json()["status"] == "passed", verdict.json()["reasons"]
    assert verdict.json()["level"] == "B-LTA"
    broken = pdf.content[:3000] + b"x" + pdf.content[3001:]
    verdict = office.browser().post(
        "/api/v1/verify", content=broken, headers={"content-type": "application/pdf"}
    )
    assert verdict.json()["status"] != "passed"
