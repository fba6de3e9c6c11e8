"""`warifu sign` on the party's own machine: it shows what is asked, and answers once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import weasyprint
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from typer.testing import CliRunner, Result

from portal.cli import tree as command
from signing import Act, Slot, development, prepare, remote, verify

SECRET = "ひみつ pass"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> development.DevelopmentPki:
    return development.create_pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def opened(pki: development.DevelopmentPki) -> remote.Opened:
    """A contract that waits for the vendor's signature."""
    key = pki.key("vendor")
    page = weasyprint.HTML(string="<html lang=ja><title>契約書</title>契約書").write_pdf()
    return remote.open_slot(
        prepare(page, [Slot("Vendor", "受注者", box=(50, 50, 280, 130))], metadata={}),
        "Vendor",
        Act("髙橋　直", "代表取締役", "同意します", "act-1"),
        certificate=key.certificate,
        chain=key.chain,
        timestamper=pki.timestamper(),
        trust=pki.trust(),
    )


@pytest.fixture
def desk(tmp_path: Path, pki: development.DevelopmentPki, opened: remote.Opened) -> Path:
    """The party's folder: request, document and key file."""
    (tmp_path / "request.json").write_text(opened.request.to_json(), encoding="utf-8")
    (tmp_path / "contract.pdf").write_bytes(opened.pdf)
    for name in ("vendor", "city"):
        key = serialization.load_pem_private_key(
            (pki.folder / f"{name}.key.pem").read_bytes(), None
        )
        certificate = x509.load_pem_x509_certificate((pki.folder / f"{name}.pem").read_bytes())
        lock = serialization.BestAvailableEncryption(SECRET.encode())
        chain = [pki.root.certificate]
        (tmp_path / f"{name}.p12").write_bytes(
            pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, chain, lock)
        )
    return tmp_path


def run(desk: Path, *more: str, key: str = "vendor", typed: str = SECRET + "\n") -> Result:
    arguments = ["sign", str(desk / "request.json"), "--pkcs12", str(desk / f"{key}.p12")]
    return CliRunner().invoke(command.build("sign"), [*arguments, *more], input=typed)


def test_the_answer_completes_the_contract(
    desk: Path, pki: development.DevelopmentPki, opened: remote.Opened
) -> None:
    out, document = desk / "answer.json", desk / "contract.pdf"
    done = run(desk, "--document", str(document), "--answer", str(out), typed=f"y\n{SECRET}\n")
    assert done.exit_code == 0, done.output
    assert "髙橋" in done.output
    assert "文書と一致" in done.output
    answer = remote.Answer.from_json(out.read_text(encoding="utf-8"))
    pdf = remote.complete(opened, answer, timestamper=pki.timestamper(), trust=pki.trust())
    assert verify(pdf, pki.trust(), datetime.now(UTC)).status == "passed"


def test_who_says_no_signs_nothing(desk: Path) -> None:
    out = desk / "answer.json"
    assert run(desk, "--answer", str(out), typed="n\n").exit_code == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("more", "key", "typed", "words"),
    [
        (["--yes"], "vendor", "wrong\n", "パスフレーズ"),
        (["--yes"], "city", SECRET + "\n", "やり直して"),
        (["--yes", "--document", "{desk}/request.json"], "vendor", SECRET + "\n", "やり直して"),
        (["--yes", "--answer", "{desk}/no/such/folder/a.json"], "vendor", SECRET + "\n", "空き"),
    ],
    ids=["passphrase", "another key", "another document", "no place to write"],
)
def test_what_goes_wrong_is_said_with_a_remedy(
    desk: Path, more: list[str], key: str, typed: str, words: str
) -> None:
    done = run(desk, *(m.format(desk=desk) for m in more), key=key, typed=typed)
    assert done.exit_code == 2, done.output
    assert words in done.output


def test_a_request_that_is_none_is_refused(desk: Path) -> None:
    (desk / "request.json").write_text("{}", encoding="utf-8")
    assert run(desk, "--yes").exit_code == 2


def test_one_kind_of_key_is_asked_for(desk: Path) -> None:
    done = CliRunner().invoke(command.build("sign"), ["sign", str(desk / "request.json"), "--yes"])
    assert done.exit_code == 2
    assert "--pkcs12" in done.output
