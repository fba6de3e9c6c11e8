"""The public verification page says the same as the library, and keeps no file."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow


def verify(office, data: bytes):
    return office.browser().submit(
        "/verify", {}, files={"file": ("契約書.pdf", data, "application/pdf")}
    )


def files_kept(office) -> int:
    return sum(1 for p in office.service.store.folder.rglob("*") if p.is_file())


def test_s05_whole_cut_changed_and_unsigned_files_are_told_apart(office, contract_at):
    contract_id = contract_at("concluded")
    pdf = office.api("chotatsu").get(f"/api/v1/contracts/{contract_id}/pdf").content
    kept = files_kept(office)
    html = verify(office, pdf).text
    assert "有効です（VALID）" in html
    assert "髙橋 𠮷郎" in html
    assert "遠州 太郎" in html
    only_vendor = pdf.index(b"%%EOF", pdf.index(b"%%EOF") + 5) + 6
    for name, data in (
        ("flipped", pdf[:5000] + bytes([pdf[5000] ^ 1]) + pdf[5001:]),
        ("cut back", pdf[:only_vendor]),
        ("no pdf", b"hello"),
        ("xml", b"<?xml version='1.0'?><a/>"),
    ):
        page = verify(office, data)
        assert page.status_code == 200, name
        assert "有効です（VALID）" not in page.text, name
    assert verify(office, b"").status_code == 400
    assert files_kept(office) == kept


def test_a_file_of_100_mb_is_refused_by_its_announced_length_with_the_limit_and_the_remedy(office):
    """Nothing of it is read; a body that does not say its length: tests/portal/test_error_pages."""
    announced = {"content-length": str(100 * 2**20), "expect": "100-continue"}
    answer = office.browser().post(
        "/api/v1/verify", content=b"", headers=announced | {"content-type": "application/pdf"}
    )
    assert answer.status_code == 413
    said = answer.json()
    assert said["code"] == "portal.too_large"
    assert "50 MB" in said["message"]["ja"]
    assert said["remedy"]["ja"]
    assert said["remedy"]["en"]
    page = office.browser().post(
        "/verify", content=b"", headers=announced | {"content-type": "multipart/form-data"}
    )
    assert page.status_code == 413
    assert "上限 50 MB" in page.text
