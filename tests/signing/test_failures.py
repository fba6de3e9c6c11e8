"""Whatever fails while signing or renewing: a typed error that says what to do, and on disk either
the old file or the complete new one.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import tsp

from signing import Act, TimestampAuthority, Timestamper, development, errors, extend, sign
from signing._internal.rfc3161 import Query
from signing.renewal import renew_files, replace_file

LATER = datetime(2040, 1, 1, tzinfo=UTC)
ACT = Act("髙橋", "代表", "同意", "a")
Answer = Callable[[bytes], bytes]


def dead(_: object) -> Answer:
    def answer(_: bytes) -> bytes:
        raise errors.AuthorityUnreachable(authority="desk", reason="connection refused")

    return answer


def slow(_: object) -> Answer:
    def answer(_: bytes) -> bytes:
        raise errors.AuthorityTooSlow(authority="desk", seconds=10)

    return answer


def garbage(_: object) -> Answer:
    return lambda _: b"<html>503 Service Unavailable</html>"


def wrong_nonce(office) -> Answer:
    def answer(request: bytes) -> bytes:
        digest = tsp.TimeStampReq.load(request)["message_imprint"]["hashed_message"].native
        return office.pki.tsa_answer(Query.make(digest, None).der)

    return answer


def wrong_hash(office) -> Answer:
    def answer(request: bytes) -> bytes:
        parsed = tsp.TimeStampReq.load(request)
        parsed["message_imprint"]["hashed_message"] = hashlib.sha256(b"other").digest()
        return office.pki.tsa_answer(parsed.dump(force=True))

    return answer


def expired(office) -> Answer:
    old = development.issue(
        office.pki.tsa_root, "Old", at=office.clock() - timedelta(days=30),
        lifetime=timedelta(days=20), time_stamping=True,
    )  # fmt: skip

    def answer(request: bytes) -> bytes:
        current = office.pki.tsa
        office.pki.use_tsa(old)
        try:
            return office.pki.tsa_answer(request)
        finally:
            office.pki.use_tsa(current)

    return answer


def clock_ten_minutes_off(office) -> Answer:
    def answer(request: bytes) -> bytes:
        office.clock.advance(timedelta(minutes=10))
        try:
            return office.pki.tsa_answer(request)
        finally:
            office.clock.advance(timedelta(minutes=-10))

    return answer


FAILURES = [
    (dead, errors.AuthorityUnreachable),
    (slow, errors.AuthorityTooSlow),
    (garbage, errors.AuthorityGarbled),
    (wrong_nonce, errors.WrongNonce),
    (wrong_hash, errors.WrongImprint),
    (expired, errors.TokenUntrusted),
    (clock_ten_minutes_off, errors.ClocksDisagree),
]
each_failure = pytest.mark.parametrize(("fault", "kind"), FAILURES)


def asking(office, fault, *, second: bool = False) -> Timestamper:
    failing = TimestampAuthority(
        "desk", answer=fault(office), roots=(office.pki.tsa_root.der,), policy=development.POLICY
    )
    authorities = [failing, *([office.pki.authority()] if second else [])]
    return Timestamper(authorities, attempts=2, sleep=lambda _: None, clock=office.clock)


@each_failure
def test_t19_no_token_no_act_and_the_reason_is_typed(office, prepared, caplog, fault, kind):
    """No file is released, and no local clock stands in; the failure is logged for an alarm."""
    with pytest.raises(errors.NoToken) as caught:
        sign(prepared, "Vendor", ACT, key=office.pki.service, timestamper=asking(office, fault),
             trust=office.trust())  # fmt: skip
    assert {type(f) for f in caught.value.failures} == {kind}
    assert "署名は行われていません" in caught.value.remedy_ja
    assert caught.value.failures[0].remedy_en
    assert any("timestamp failed" in r.message for r in caplog.records)


@each_failure
def test_t19_the_second_authority_helps_in_the_stated_order(office, prepared, fault, kind):
    timestamper = asking(office, fault, second=True)
    pdf = sign(prepared, "Vendor", ACT, key=office.pki.service, timestamper=timestamper,
               trust=office.trust())  # fmt: skip
    assert office.verify(pdf, expected_slots=["Vendor"]).status == "passed"


@each_failure
def test_a_renewal_without_a_token_leaves_the_file(office, archived, tmp_path, fault, kind):
    path = tmp_path / "kept.pdf"
    path.write_bytes(archived)
    (done,) = renew_files(
        [path], timestamper=asking(office, fault), trust=office.trust(), before=LATER
    )
    assert done.outcome == "failed"
    assert isinstance(done.error, errors.NoToken)
    assert path.read_bytes() == archived
    assert [p.name for p in tmp_path.iterdir()] == ["kept.pdf"]


def test_an_extension_without_a_token_gives_nothing(office, signed):
    with pytest.raises(errors.NoToken):
        extend(signed, timestamper=asking(office, dead), trust=office.trust())


# --- the disk ------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_fails_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch, call):
    path = tmp_path / "kept.pdf"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), fail)
    with pytest.raises(errors.FileNotWritten, match="No space") as caught:
        replace_file(path, b"new")
    assert "元のファイルはそのまま" in caught.value.message_ja
    assert "空き" in caught.value.remedy_ja
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["kept.pdf"]


def test_a_disk_that_is_really_full_leaves_the_old_file(tmp_path):
    """The kernel refuses the write in the middle: a limit on the size of files stands for it."""
    path = tmp_path / "kept.pdf"
    path.write_bytes(b"old")
    code = (
        "import resource, sys; from pathlib import Path;"
        "from signing import errors; from signing.renewal import replace_file\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: replace_file(Path(sys.argv[1]), b'n' * 100_000)\n"
        "except errors.FileNotWritten: sys.exit(7)"
    )
    assert subprocess.run([sys.executable, "-c", code, path], check=False).returncode == 7
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["kept.pdf"]


def test_a_killed_renewal_leaves_the_old_file_and_is_simply_run_again(
    own_office, prepared, tmp_path
):
    office, path = own_office, tmp_path / "kept.pdf"
    path.write_bytes(office.extend(office.sign_all(prepared)))
    office.clock.advance(timedelta(days=365))
    office.pki.renew_tsa(office.clock())
    (tmp_path / ".kept.pdf.99.partial").write_bytes(b"cut sh")  # what a killed run leaves behind
    (done,) = renew_files(
        sorted(tmp_path.glob("*.pdf")), timestamper=office.timestamper, trust=office.trust(),
        before=LATER,
    )  # fmt: skip
    assert done.outcome == "renewed"
    assert office.verify(path.read_bytes()).status == "passed"


# --- the document --------------------------------------------------------------------------------


def rewritten(pdf: bytes, change: Callable[[pikepdf.Pdf], None], **options: object) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        change(document)
        document.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def xfa(document: pikepdf.Pdf) -> None:
    document.Root.AcroForm.XFA = document.make_stream(b"<xdp:xdp/>")


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (
            lambda pdf: rewritten(
                pdf, lambda _: None, encryption=pikepdf.Encryption(user="u", owner="o")
            ),
            errors.EncryptedPdf,
        ),
        (lambda pdf: rewritten(pdf, xfa), errors.XfaForm),
        (lambda pdf: pdf[: len(pdf) // 2], errors.DamagedPdf),
        (lambda _: b"", errors.EmptyPdf),
    ],
    ids=["encrypted", "XFA", "cut off", "empty"],
)
def test_what_cannot_be_signed_or_kept_is_named_at_every_step(office, prepared, make, kind):
    pdf = make(prepared)
    by = {"timestamper": office.timestamper, "trust": office.trust()}
    for act in (
        lambda: sign(pdf, "Vendor", ACT, key=office.pki.service, **by),
        lambda: extend(pdf, **by),
    ):
        with pytest.raises(kind) as caught:
            act()
        assert caught.value.remedy_ja
        assert caught.value.remedy_en
