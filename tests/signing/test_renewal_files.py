"""Bulk renewal: atomic on disk, resumable, one bad file does not stop the rest."""

from datetime import UTC, datetime

import pytest

from signing.renewal import renew_files


@pytest.fixture
def shelf(office, archived, signed, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.pdf").write_bytes(archived)
    (tmp_path / "c.pdf").write_bytes(signed)
    (tmp_path / "d.pdf").write_bytes(b"junk")
    return tmp_path


def run(office, shelf, year, **options):
    done = renew_files(
        sorted(shelf.glob("*.pdf")), timestamper=office.timestamper, trust=office.trust(),
        before=datetime(year, 1, 1, tzinfo=UTC), **options,
    )  # fmt: skip
    return [r.outcome for r in done]


def test_what_is_due_is_renewed_once(office, shelf, archived):
    assert run(office, shelf, 2030) == ["not_due", "not_due", "failed", "failed"]
    assert run(office, shelf, 2040, dry_run=True)[:2] == ["due", "due"]
    assert (shelf / "a.pdf").read_bytes() == archived
    assert run(office, shelf, 2037)[:2] == ["renewed", "renewed"]
    assert office.verify((shelf / "a.pdf").read_bytes()).status == "passed"
