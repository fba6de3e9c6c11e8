"""Verification in processes that can be killed."""

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest

from signing import Judge

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PATIENT = 120.0  # seconds a file: what is tested here is no race against the clock


@pytest.fixture(scope="module")
def judge(session_office):
    session_office.clock.at = NOW  # the test before may have moved it
    with Judge(session_office.trust(), workers=2, seconds=PATIENT) as judge:
        judge.warm()
        yield judge


def test_the_judge_says_what_verify_says(office, judge, archived):
    at = office.clock()
    assert judge.verify(archived, at).to_json() == office.verify(archived).to_json()
    flipped = archived.replace("この".encode("utf-16-be").hex().encode(), b"0" * 8)
    flipped = flipped.replace(b"/Type", b"/Tupe", 1)
    assert judge.verify(flipped, at).status != "passed"


def test_a_warm_judge_answers_one_file_after_the_other(office, judge, archived):
    """How fast is for the benchmark to say: a test machine may be busy."""
    assert {judge.verify(archived, office.clock()).status for _ in range(10)} == {"passed"}


def test_expected_slots_and_another_trust_reach_the_child(office, own_office, judge, prepared):
    half = office.sign(prepared, "Vendor")
    assert judge.verify(half, office.clock()).status == "indeterminate"
    assert judge.verify(half, office.clock(), ["Vendor"]).status == "passed"
    verdict = judge.verify(half, office.clock(), ["Vendor"], trust=own_office.trust())
    assert verdict.status == "indeterminate"


def test_time_runs_out_with_a_verdict_and_the_next_file_is_judged(office, archived):
    with Judge(office.trust(), workers=1, seconds=0.0) as judge:
        verdict = judge.verify(archived, office.clock())
        assert (verdict.status, verdict.reasons[0].code) == ("indeterminate", "judge.timeout")
        judge._seconds = PATIENT
        assert judge.verify(archived, office.clock()).status == "passed"


def test_a_child_that_dies_is_replaced(office, archived):
    with Judge(office.trust(), workers=1, seconds=PATIENT) as judge:
        judge.warm()
        child = judge._idle.get()
        child.process.kill()
        child.process.join()
        judge._idle.put(child)
        assert judge.verify(archived, office.clock()).reasons[0].code == "judge.crashed"
        assert judge.verify(archived, office.clock()).status == "passed"


def test_memory_is_bounded(office, archived):
    with Judge(office.trust(), workers=1, seconds=PATIENT, memory=64 * 1024**2) as judge:
        verdict = judge.verify(b"%PDF-1.7" + b"\0" * 60_000_000, office.clock())
        assert verdict.status == "indeterminate"
        assert verdict.reasons[0].code in {"judge.memory", "judge.crashed"}
        assert judge.verify(archived, office.clock()).status == "passed"


def test_many_threads_share_it(office, judge, archived):
    statuses = []
    threads = [
        threading.Thread(
            target=lambda: statuses.append(judge.verify(archived, office.clock()).status)
        )
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == ["passed"] * 6


def test_a_closed_judge_says_so(office):
    judge = Judge(office.trust())
    judge.close()
    with pytest.raises(RuntimeError):
        judge.verify(b"")


def test_the_callers_process_does_not_load_pyhanko():
    code = (
        "import sys, signing; signing.Judge(signing.Trust());"
        "sys.exit(any(m.startswith('pyhanko') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_file_is_given_up_after_three_seconds_and_its_child_is_gone(office, archived):
    """The child is stopped where it stands: it never answers, on whatever machine."""
    with Judge(office.trust(), workers=1) as judge:
        judge.warm()
        child = judge._idle.get()
        number = child.process.pid
        os.kill(number, signal.SIGSTOP)
        judge._idle.put(child)
        verdict = judge.verify(archived, office.clock())
        assert verdict.status == "indeterminate"
        assert verdict.reasons[0].code == "judge.timeout"
        assert "3 s" in verdict.reasons[0].en
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)
