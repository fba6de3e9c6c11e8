"""Lessons about access and text: T-24 to T-31 and T-34 as far as contracts go."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest

from econtract import glyphs
from econtract.errors import EContractError
from portal.security.server_secret import server_secret
from portal.settings import Settings
from records import audit
from tests.stories.steps import LEAD, contract_of, opened

pytestmark = pytest.mark.slow


def test_t24_japanese_is_shown_without_the_viewers_own_character_maps(kept):
    """Each font is embedded whole as it is used, numbered by its own glyphs (Identity-H), with a
    table back to Unicode: a viewer needs no map and no font of its own."""
    pdf = kept.office.service.store.read(kept.contract.kept_sha256)
    seen = 0
    with pikepdf.open(io.BytesIO(pdf)) as file:
        for page in file.pages:
            for font in page.resources.get("/Font", {}).values():
                assert font.Subtype == "/Type0"
                assert font.Encoding in ("/Identity-H", "/Identity-V")
                assert "/ToUnicode" in font
                [descendant] = font.DescendantFonts
                descriptor = descendant.FontDescriptor
                assert {"/FontFile2", "/FontFile3"} & set(descriptor.keys())
                seen += 1
    assert seen
    page = kept.office.browser("chotatsu").get(f"/contracts/{kept.contract_id}/pages/0.png")
    assert page.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["שלום", "مرحبا", "กำ", "👩‍👩‍👧"])
def test_t25_writing_from_right_to_left_and_other_scripts_is_refused_by_name(name):
    """No font of ours has them: they are named before a document is made, never shown as boxes."""
    with pytest.raises(EContractError) as refused:
        glyphs.check(name, place="代表者氏名")
    assert "代表者氏名" in str(refused.value)
    assert refused.value.remedy_ja


@pytest.mark.parametrize("client", ["nobody", "stranger"])
def test_t27_a_document_is_not_had_by_its_id_alone(kept, client):
    office = kept.office
    paths = [
        f"{root}/{kept.contract_id}/{what}"
        for root in ("/contracts", "/vendor/contracts", "/api/v1/contracts")
        for what in ("pdf", "certificate", "package")
    ] + [f"{root}/{kept.contract_id}/pages/0.png" for root in ("/contracts", "/vendor/contracts")]
    browser = office.browser() if client == "nobody" else stranger(office)
    for path in paths:
        answer = browser.get(path, follow_redirects=False)
        assert answer.status_code in {303, 401, 403, 404}, path
        assert not answer.content.startswith((b"%PDF", b"PK", b"\x89PNG")), path
        if client == "stranger" and not path.startswith("/api/"):
            assert answer.status_code in {403, 404}, path


def stranger(office):
    """The browser of another company's person, signed in."""
    from portal.accounts import registering
    from tests.portal.contracts.conftest import SYSTEM

    mail = "stranger@example.jp"
    with office.service.database.transaction() as session:
        other = registering.add_vendor(
            session, code="V-0099", name="別の会社", actor=SYSTEM, at=office.now
        )
        registering.add_vendor_user(
            session, vendor_id=other.id, mail=mail, name="別 人", actor=SYSTEM, at=office.now
        )
    browser = office.browser()
    browser.submit("/vendor-login", {"mail": mail})
    office.run_jobs()
    assert browser.submit(office.mailed_link(mail)).status_code == 303
    return browser


def test_t28_a_link_is_checked_for_owner_path_and_expiry(office, contract_at):
    first = contract_at("sent")
    link = office.mailed_link(LEAD)
    for wrong in (link[:-1] + ("A" if link[-1] != "A" else "B"), link + "/../x", link[:-4]):
        assert office.browser().submit(wrong).status_code in {404, 405, 410}, wrong
    holder = office.browser()
    answer = holder.submit(link)
    assert answer.headers["location"].startswith(f"/vendor/contracts/{first}")
    second = contract_at("sent", case="2026-物-0202")
    own = office.mailed_link(LEAD)
    office.service.clock.advance(timedelta(days=11))
    assert office.browser().submit(own).status_code == 410
    assert contract_of(office, second).state == "awaiting_vendor"


def test_t29_no_default_secret_and_no_development_key_starts_in_production(tmp_path: Path):
    assert Settings().security.secret is None
    secrets = {
        server_secret(Settings(security={"secret_path": tmp_path / each / "secret"}))
        for each in ("one", "two")
    }
    assert len(secrets) == 2
    assert not Settings().signing.development_keys
    assert not Settings().demo


def test_t30_the_sender_neither_sees_nor_copies_a_partys_link_and_the_trail_names_the_factors(
    office, contract_at
):
    contract_id = contract_at("sent")
    link = office.mailed_link(LEAD)
    token = link.rpartition("/")[2]
    for who in ("chotatsu", "keiyaku", "kansa"):
        browser = office.browser(who)
        for path in ("", "/draft", "/progress"):
            assert token not in browser.get(f"/contracts/{contract_id}{path}").text
    assert token not in office.api("chotatsu").get(f"/api/v1/contracts/{contract_id}").text
    opened(office, contract_id, LEAD)
    with office.service.database.reader() as session:
        entries = audit.history(session, f"contract:{contract_id}")
        assert token not in str([e.details for e in audit.entries(session)])
    looked = [e for e in entries if e.action.startswith("contract.opened")]
    assert looked, [e.action for e in entries]
