"""Bulk renewal: atomic on disk, resumable, one bad file does not stop the rest."""

from datetime import UTC, datetime, timedelta

import pytest

from signing.renewal import renew_files


@pytest.fixture
def office(own_office):
    return own_office


@pytest.fixture
def archived(office, prepared):
    return office.extend(office.sign_all(prepared))


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
    assert run(office, shelf, 2037)[:2] == ["no_gain", "no_gain"]  # the authority's end is the same
    assert (shelf / "a.pdf").read_bytes() == archived
    office.clock.advance(timedelta(days=365))
    office.pki.renew_tsa(office.clock())
    assert run(office, shelf, 2040)[:2] == ["renewed", "renewed"]
    assert office.verify((shelf / "a.pdf").read_bytes()).status == "passed"


def test_a_run_cut_short_goes_on_where_it_stopped_and_renews_nothing_twice(office, shelf, archived):
    for name in ("c", "d"):
        (shelf / f"{name}.pdf").write_bytes(archived)
    office.clock.advance(timedelta(days=365))
    office.pki.renew_tsa(office.clock())
    asked: list[bytes] = []
    answer = office.pki.tsa_answer
    office.pki.tsa_answer = lambda request: asked.append(request) or answer(request)
    options = {
        "timestamper": office.timestamper, "trust": office.trust(),
        "before": datetime(2040, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    cut = renew_files(sorted(shelf.glob("*.pdf")), **options)
    assert [next(cut).outcome, next(cut).outcome] == ["renewed", "renewed"]
    cut.close()
    done = [(shelf / f"{name}.pdf").read_bytes() for name in "ab"]
    assert run(office, shelf, 2040) == ["no_gain", "no_gain", "renewed", "renewed"]
    assert [(shelf / f"{name}.pdf").read_bytes() for name in "ab"] == done
    asked.clear()
    assert run(office, shelf, 2040) == ["no_gain"] * 4
    assert len(asked) <= 1  # one timestamp tells how far today's reach; none is bought for the rest
