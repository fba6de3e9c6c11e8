"""No token, no act: every way an authority can fail is told apart, and the second one helps."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from asn1crypto import tsp
from desks import Server

from signing import Act, TimestampAuthority, Timestamper, development, errors, sign
from signing._internal.rfc3161 import Query

DIGEST = hashlib.sha256(b"signature value").digest()


class Desk:
    """A time-stamping server whose behaviour the test chooses."""

    def __init__(self, answer) -> None:
        self.answer, self.status, self.asked, self.is_silent = answer, 200, 0, False
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                desk.asked += 1
                if desk.is_silent:
                    desk.server.silence()
                reply = desk.answer(body)
                self.send_response(desk.status)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_: object) -> None:
                pass

        self.server = Server(Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tsa"


@pytest.fixture
def desk(office) -> Iterator[Desk]:
    desk = Desk(office.pki.tsa_answer)
    yield desk
    desk.server.close()


def asking(office, *authorities: TimestampAuthority, **options) -> Timestamper:
    settings = {"timeout": 60.0, "attempts": 2, "sleep": lambda _: None, "clock": office.clock}
    return Timestamper(authorities, **(settings | options))


def by_http(office, desk: Desk) -> TimestampAuthority:
    return TimestampAuthority(
        "desk", desk.url, roots=(office.pki.tsa_root.der,), policy=development.POLICY
    )


def inside(office, answer, **options) -> TimestampAuthority:
    settings = {"roots": (office.pki.tsa_root.der,), "policy": development.POLICY} | options
    return TimestampAuthority("inside", answer=answer, **settings)


def failure(timestamper: Timestamper) -> errors.TimestampError:
    with pytest.raises(errors.NoToken) as caught:
        timestamper.token(DIGEST)
    return caught.value.failures[-1]


def test_a_token_over_http_is_for_the_digest(office, desk):
    token = asking(office, by_http(office, desk)).token(DIGEST)
    assert DIGEST in token
    assert desk.asked == 1


@pytest.mark.parametrize("size", [384, 512])
def test_longer_digests_are_stamped_as_what_they_are(office, size):
    digest = hashlib.new(f"sha{size}", b"x").digest()
    assert digest in asking(office, office.pki.authority()).token(digest)


def test_dead_authority(office, desk):
    desk.server.close()
    error = failure(asking(office, by_http(office, desk)))
    assert isinstance(error, errors.AuthorityUnreachable)


def test_slow_authority_is_asked_again_then_given_up(office, desk):
    desk.is_silent = True
    with pytest.raises(errors.NoToken) as caught:
        asking(office, by_http(office, desk), timeout=0.2).token(DIGEST)
    assert [type(f) for f in caught.value.failures] == [errors.AuthorityTooSlow] * 2


def test_http_errors(office, desk):
    desk.status = 503
    assert isinstance(failure(asking(office, by_http(office, desk))), errors.AuthorityUnreachable)
    assert desk.asked == 2
    desk.status = 403
    assert isinstance(failure(asking(office, by_http(office, desk))), errors.AuthorityRefused)
    assert desk.asked == 3


def test_an_endless_answer_is_cut_off(office, desk):
    desk.answer = lambda _: b"0" * 1_000_000
    assert isinstance(failure(asking(office, by_http(office, desk))), errors.AuthorityGarbled)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"\x30\x03\x02\x01\x00", b"\x30\x80"])
def test_garbage(office, answer):
    error = failure(asking(office, inside(office, lambda _: answer)))
    assert isinstance(error, errors.AuthorityGarbled)


def test_wrong_nonce(office):
    def replay(_: bytes) -> bytes:
        return office.pki.tsa_answer(Query.make(DIGEST, None).der)

    assert isinstance(failure(asking(office, inside(office, replay))), errors.WrongNonce)


def test_wrong_imprint(office):
    def other(request: bytes) -> bytes:
        parsed = tsp.TimeStampReq.load(request)
        parsed["message_imprint"]["hashed_message"] = hashlib.sha256(b"other").digest()
        return office.pki.tsa_answer(parsed.dump(force=True))

    assert isinstance(failure(asking(office, inside(office, other))), errors.WrongImprint)


def test_wrong_policy(office):
    answer = office.pki.tsa_answer
    refused = failure(asking(office, inside(office, answer, policy="1.2.3.4")))
    assert isinstance(refused, errors.AuthorityRefused)

    def own_policy(request: bytes) -> bytes:
        parsed = tsp.TimeStampReq.load(request)
        parsed["req_policy"] = development.POLICY
        return answer(parsed.dump(force=True))

    error = failure(asking(office, inside(office, own_policy, policy="1.2.3.4")))
    assert isinstance(error, errors.WrongPolicy)


def test_an_authority_of_another_root_is_not_believed(office, own_office):
    error = failure(asking(office, inside(office, own_office.pki.tsa_answer)))
    assert isinstance(error, errors.TokenUntrusted)


def test_a_certificate_that_is_not_for_time_stamping_is_not_believed(office, own_office):
    pki = own_office.pki
    pki.use_tsa(
        development.issue(
            pki.tsa_root, "Not an authority", at=pki.clock(), lifetime=timedelta(days=9)
        )
    )
    authority = inside(own_office, pki.tsa_answer)
    assert isinstance(failure(asking(own_office, authority)), errors.TokenUntrusted)


def test_expired_authority_certificate(own_office):
    own_office.clock.advance(timedelta(days=365 * 12))
    error = failure(asking(own_office, own_office.pki.authority()))
    assert isinstance(error, errors.TokenUntrusted)
    assert "not valid" in error.message_en


def test_a_clock_ten_minutes_off_is_noticed_whoever_is_wrong(office):
    for minutes in (10, -10):
        late = asking(
            office, office.pki.authority(),
            clock=lambda m=minutes: office.clock() + timedelta(minutes=m),
        )  # fmt: skip
        error = failure(late)
        assert isinstance(error, errors.ClocksDisagree)
        assert "600" in error.message_ja


def test_the_second_authority_is_asked_in_the_stated_order(office, desk):
    desk.status = 500
    timestamper = asking(office, by_http(office, desk), office.pki.authority())
    assert DIGEST in timestamper.token(DIGEST)
    assert desk.asked == 2


def test_a_changed_token_is_not_believed(office):
    def changed(request: bytes) -> bytes:
        answer = bytearray(office.pki.tsa_answer(request))
        answer[-3] ^= 1  # the last bytes are the signature
        return bytes(answer)

    assert isinstance(failure(asking(office, inside(office, changed))), errors.TokenUntrusted)


def test_without_a_token_nothing_is_signed(office, prepared, desk):
    desk.status = 503
    timestamper = asking(office, by_http(office, desk))
    act = Act("髙橋", "代表", "同意", "a")
    with pytest.raises(errors.NoToken) as caught:
        sign(
            prepared, "Vendor", act, key=office.pki.service, timestamper=timestamper,
            trust=office.trust(),
        )  # fmt: skip
    assert "HTTP 503" in caught.value.message_ja
    assert "署名は行われていません" in caught.value.remedy_ja


def test_an_authority_needs_a_way_to_be_asked():
    with pytest.raises(ValueError, match="address"):
        TimestampAuthority("none")
    with pytest.raises(ValueError, match="at least one"):
        Timestamper([])


@pytest.mark.parametrize("request_der", [b"", b"junk", b"\x30\x00"])
def test_the_development_authority_refuses_what_it_cannot_read(office, request_der):
    answer = tsp.PKIStatusInfo.load(office.pki.tsa_answer(request_der)[2:])
    assert answer["status"].native == "rejection"
    assert answer["fail_info"].native == {"bad_data_format"}


def test_openssl_accepts_the_development_authority(office, tmp_path):
    """An outside check of our own responder: `openssl ts -verify`."""
    import subprocess

    from cryptography.hazmat.primitives.serialization import Encoding

    data = tmp_path / "data"
    data.write_bytes(b"signature value")
    query, reply, root = tmp_path / "q", tmp_path / "r", tmp_path / "root.pem"
    root.write_bytes(office.pki.tsa_root.certificate.public_bytes(Encoding.PEM))
    run = {"check": True, "capture_output": True}
    subprocess.run(
        ["openssl", "ts", "-query", "-data", data, "-sha256", "-cert", "-out", query], **run
    )
    office.clock.at = datetime.now(UTC)
    reply.write_bytes(office.pki.tsa_answer(query.read_bytes()))
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-queryfile", query, "-in", reply, "-CAfile", root], **run
    )
    assert b"Verification: OK" in done.stdout + done.stderr
