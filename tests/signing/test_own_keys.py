"""Keys that are not here: on a card or HSM, with a provider, on the party's own machine."""

import base64
import json
import subprocess
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from desks import Server

from signing import Act, errors, remote, sign
from signing.csc import Provider
from signing.hsm import Token

ACT = Act("髙橋　直", "代表取締役", "同意します", "act-7")


def signs(office, prepared, key):
    pdf = sign(
        prepared, "Vendor", ACT, key=key, timestamper=office.timestamper, trust=office.trust()
    )
    verdict = office.verify(pdf, expected_slots=["Vendor"])
    assert verdict.status == "passed", verdict.signatures[0].reasons
    return pdf


# --- the party's own machine -------------------------------------------------------------------


@pytest.fixture
def opened(office, prepared):
    key = office.pki.key("vendor")
    return remote.open_slot(
        prepared, "Vendor", ACT, certificate=key.certificate, chain=key.chain,
        timestamper=office.timestamper, trust=office.trust(),
    )  # fmt: skip


def completed(office, opened, answer):
    return remote.complete(opened, answer, timestamper=office.timestamper, trust=office.trust())


def test_the_digest_goes_out_and_the_signature_comes_back(office, opened):
    request = remote.Request.from_json(opened.request.to_json())
    assert request == opened.request
    request.check_document(opened.pdf)
    answer = remote.answer(request, office.pki.key("vendor"))
    answer = remote.Answer.from_json(answer.to_json())
    pdf = completed(office, opened, answer)
    verdict = office.verify(pdf, expected_slots=["Vendor"])
    assert verdict.status == "passed"
    assert verdict.signatures[0].act_id == "act-7"
    assert office.verify(office.sign(pdf, "City")).status == "passed"


def test_a_request_that_contradicts_itself_is_not_signed(office, opened):
    raw = json.loads(opened.request.to_json())
    raw["document_digest"] = "00" * 32
    with pytest.raises(errors.RemoteSigningFailed):
        remote.answer(remote.Request.from_json(json.dumps(raw)), office.pki.key("vendor"))
    with pytest.raises(errors.RemoteSigningFailed):
        opened.request.check_document(opened.pdf.replace(b"City", b"Town"))


def test_another_key_or_another_documents_answer_is_refused(office, opened):
    with pytest.raises(errors.RemoteSigningFailed):
        remote.answer(opened.request, office.pki.city)
    good = remote.answer(opened.request, office.pki.key("vendor"))
    with pytest.raises(errors.RemoteSigningFailed):
        completed(office, opened, remote.Answer(b"\0" * 32, good.signature))
    with pytest.raises(errors.KeyMismatch):
        completed(office, opened, remote.Answer(good.document_digest, good.signature[:-1] + b"\1"))


def test_a_request_expires(office, opened):
    answer = remote.answer(opened.request, office.pki.key("vendor"))
    office.clock.advance(timedelta(minutes=31))
    with pytest.raises(errors.RemoteSigningFailed) as caught:
        completed(office, opened, answer)
    assert "有効時間" in caught.value.message_ja


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 9}', "x" * 50])
def test_junk_is_no_request_and_no_answer(text):
    with pytest.raises(errors.RemoteSigningFailed):
        remote.Request.from_json(text)
    with pytest.raises(errors.RemoteSigningFailed):
        remote.Answer.from_json(text)


# --- PKCS#11 -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def card(softhsm, session_office):
    """The SoftHSM token "card" with the development vendor key on it."""
    session_office.pki.key("vendor")
    subprocess.run(
        ["softhsm2-util", "--import", session_office.pki.folder / "vendor.key.pem", "--token",
         "card", "--label", "vendor", "--id", "01", "--pin", "1234"],
        check=True, capture_output=True,
    )  # fmt: skip
    return Token(softhsm, "card", "vendor", "1234")


def test_a_card_signs_and_its_session_is_reused(office, prepared, card):
    key = card.key(office.pki.key("vendor").certificate)
    signs(office, prepared, key)
    session = card._session
    signs(office, prepared, key)
    assert card._session is session


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of python-pkcs11
def test_a_card_that_goes_away_changes_nothing_and_may_come_back(office, prepared, card):
    key = card.key(office.pki.key("vendor").certificate)
    card._session.close()  # pulled out while the session was open
    with pytest.raises(errors.TokenUnavailable) as caught:
        sign(prepared, "Vendor", ACT, key=key, timestamper=office.timestamper, trust=office.trust())
    assert "文書は変わっていません" in caught.value.remedy_ja
    signs(office, prepared, key)


def test_wrong_pin_missing_token_and_missing_certificate_are_told_apart(card, softhsm):
    card.close()
    with pytest.raises(errors.WrongPassphrase):
        Token(softhsm, "card", "vendor", "0000").key()
    with pytest.raises(errors.TokenUnavailable):
        Token(softhsm, "another", "vendor", "1234").key()
    with pytest.raises(errors.TokenUnavailable):
        Token(Path("/nonexistent.so"), "card", "vendor", "1234").key()
    with pytest.raises(errors.KeyUnreadable):
        Token(softhsm, "card", "vendor", "1234").key()


# --- CSC v2 ---------------------------------------------------------------------------------------


class CscDesk:
    """A CSC v2 service for one credential; `fault` changes an answer."""

    def __init__(self, office) -> None:
        key = office.pki.key("vendor")
        private = office.pki
        self.asked: list[str] = []
        self.fault: dict[str, tuple[int, object]] = {}
        from cryptography.hazmat.primitives import serialization

        secret = serialization.load_pem_private_key(
            (private.folder / "vendor.key.pem").read_bytes(), None
        )
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                path = self.path.removeprefix("/csc/v2/")
                desk.asked.append(path)
                status, answer = 200, {}
                if self.headers["Authorization"] != "Bearer letmein":
                    status, answer = 401, {"error": "x", "error_description": "invalid token"}
                elif path == "credentials/info":
                    certificates = [
                        base64.b64encode(c).decode() for c in (key.certificate, *key.chain)
                    ]
                    answer = {"key": {"status": "enabled"}, "cert": {"certificates": certificates}}
                elif path == "credentials/authorize":
                    answer = {"SAD": "sad-for-" + body["hashes"][0], "expiresIn": 300}
                elif body["SAD"] != "sad-for-" + body["hashes"][0]:
                    status, answer = 400, {"error_description": "SAD is for other hashes"}
                else:
                    value = secret.sign(
                        base64.b64decode(body["hashes"][0]), ec.ECDSA(Prehashed(hashes.SHA256()))
                    )
                    answer = {"signatures": [base64.b64encode(value).decode()]}
                status, answer = desk.fault.get(path, (status, answer))
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        self.server = Server(Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/csc/v2"


@pytest.fixture
def provider(office):
    desk = CscDesk(office)
    yield desk
    desk.server.close()


def test_a_providers_key_signs_with_an_authorisation_for_the_hash(office, prepared, provider):
    key = Provider(provider.url, lambda: "letmein").key("credential-1")
    signs(office, prepared, key)
    assert provider.asked == ["credentials/info", "credentials/authorize", "signatures/signHash"]


@pytest.mark.parametrize(
    ("path", "status", "answer"),
    [
        ("credentials/authorize", 400, {"error_description": "user declined"}),
        ("signatures/signHash", 200, {"signatures": []}),
        ("signatures/signHash", 200, {"signatures": ["!"]}),
        ("signatures/signHash", 200, []),
        ("signatures/signHash", 503, {}),
    ],
)
def test_a_provider_that_fails_signs_nothing(office, prepared, provider, path, status, answer):
    key = Provider(provider.url, lambda: "letmein").key("credential-1")
    provider.fault[path] = (status, answer)
    with pytest.raises(errors.RemoteSigningFailed):
        signs(office, prepared, key)


def test_a_provider_that_does_not_know_us_or_disabled_the_key(provider):
    with pytest.raises(errors.RemoteSigningFailed) as caught:
        Provider(provider.url, lambda: "wrong").key("credential-1")
    assert "invalid token" in caught.value.message_en
    provider.fault["credentials/info"] = (200, {"key": {"status": "disabled"}, "cert": {}})
    with pytest.raises(errors.RemoteSigningFailed):
        Provider(provider.url, lambda: "letmein").key("credential-1")
    provider.fault["credentials/info"] = (200, {"key": {"status": "enabled"}})
    with pytest.raises(errors.RemoteSigningFailed):
        Provider(provider.url, lambda: "letmein").key("credential-1")
