"""認定タイムスタンプ is said only of what the operator's list covers, on that day."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from signing import Trust, accreditation, development, errors, verify

ROW = """
[[service]]
name = "試験タイムスタンプ"
operator = "試験株式会社"
certified = 2026-11-01
certificates = ["certs/root.pem"]
source = "https://www.soumu.go.jp/main_sosiki/joho_tsusin/top/ninshou-law/timestamp.html"
seen = 2026-11-20
"""
HEAD = "version = 1\nnext_check = 2027-04-01\n"


@pytest.fixture
def folder(office, tmp_path: Path) -> Path:
    (tmp_path / "certs").mkdir()
    pem = office.pki.tsa_root.certificate.public_bytes(Encoding.PEM)
    (tmp_path / "certs" / "root.pem").write_bytes(pem)
    (tmp_path / "certs" / "unit.der").write_bytes(office.pki.tsa.der)
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "accredited.toml"
    path.write_text(text, encoding="utf-8")
    return path


def shown(office, archived, folder: Path, text: str) -> set[bool]:
    found = accreditation.read(written(folder, text))
    trust = office.trust().merged(Trust(anchors=found.anchors))
    verdict = verify(archived, trust, office.clock())
    assert verdict.status == "passed"
    return {s.accredited_time for s in verdict.signatures}


def test_the_chain_of_a_listed_service_is_shown_as_accredited(office, archived, folder):
    assert shown(office, archived, folder, HEAD + ROW) == {True}
    by_unit = ROW.replace("root.pem", "unit.der")  # the stamping unit's own certificate
    assert shown(office, archived, folder, HEAD + by_unit) == {True}


def test_without_a_list_nothing_is_shown_as_accredited(office, archived):
    verdict = office.verify(archived)
    assert {s.accredited_time for s in verdict.signatures} == {False}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("certified = 2026-11-01", "certified = 2026-11-24"),  # the day after the stamp
        ("seen =", "ended = 2026-11-22\nseen ="),  # the day before
        ("seen =", 'policies = ["1.2.3.4"]\nseen ='),
    ],
)
def test_outside_its_days_or_policies_it_is_not(office, archived, folder, old, new):
    assert shown(office, archived, folder, HEAD + ROW.replace(old, new)) == {False}


def test_the_days_are_days_in_japan(office, prepared, folder):
    """23 November 2026 in Japan runs from 15:00 UTC of the 22nd."""
    row = ROW.replace("certified = 2026-11-01", "certified = 2026-11-23\nended = 2026-11-23")
    (anchor,) = accreditation.read(written(folder, HEAD + row)).anchors
    first = datetime(2026, 11, 22, 15, tzinfo=UTC)
    second = timedelta(seconds=1)
    days = [first - second, first, first + timedelta(days=1) - second, first + timedelta(days=1)]
    assert [anchor.stands(day) for day in days] == [False, True, True, False]


def test_another_policy_of_ours_is_accepted_when_listed(office, archived, folder):
    row = ROW.replace("seen =", f'policies = ["1.2.3.4", "{development.POLICY}"]\nseen =')
    assert shown(office, archived, folder, HEAD + row) == {True}


def test_a_listed_service_is_trusted_for_time_without_further_roots(office, archived, folder):
    found = accreditation.read(written(folder, HEAD + ROW))
    trust = Trust(
        roots=(office.pki.root.der,),
        anchors=found.anchors,
        crls=tuple(office.pki.crls(office.clock())),
    )
    verdict = verify(archived, trust, office.clock())
    assert verdict.status == "passed"
    assert all(s.accredited_time for s in verdict.signatures)


def test_the_file_says_when_it_has_to_be_checked_again(folder):
    found = accreditation.read(written(folder, HEAD + ROW))
    assert not found.is_stale(datetime(2027, 4, 1, 14, tzinfo=UTC))
    assert found.is_stale(datetime(2027, 4, 1, 15, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "version"),
        ("version = 2", "version"),
        ("version = 1", "next_check"),
        (HEAD, "[[service]]"),
        ("not toml at all", ""),
        (HEAD + ROW.replace("name =", "nmae ="), "name"),
        (HEAD + ROW.replace("seen = 2026-11-20", 'seen = "yesterday"'), "seen"),
        (HEAD + ROW.replace("seen = 2026-11-20", ""), "seen"),
        (HEAD + ROW.replace("source =", "colour = 1\nsource ="), "colour"),
        (HEAD + ROW.replace("root.pem", "missing.pem"), "missing.pem"),
        (HEAD + ROW.replace("certs/root.pem", "accredited.toml"), "accredited.toml"),
        (HEAD + ROW.replace('["certs/root.pem"]', '"certs/root.pem"'), "certificates"),
        (HEAD + ROW.replace('["certs/root.pem"]', "[]"), "certificates"),
        (HEAD + ROW.replace("seen =", "ended = 2026-10-01\nseen ="), "ended"),
        (HEAD + "service = 5", "[[service]]"),
        (HEAD + "service = [5]", "service 1"),
    ],
)
def test_an_error_in_the_file_is_named_with_its_row(folder, text, words):
    with pytest.raises(errors.AccreditationUnreadable) as caught:
        accreditation.read(written(folder, text))
    assert words in caught.value.message_en
    assert "docs/how-to/trust.md" in caught.value.remedy_ja


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(errors.AccreditationUnreadable, match=r"nowhere\.toml"):
        accreditation.read(tmp_path / "nowhere.toml")
