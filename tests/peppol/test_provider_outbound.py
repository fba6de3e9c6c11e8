"""Handing envelopes to a service provider: what its answers mean, and where the key may travel."""

from __future__ import annotations

import pytest

from peppol.as4.faults import EndpointUnavailable
from peppol.errors import SettingInvalid, Text
from peppol.outbound import Answer, Outbound, Unreachable
from peppol.provider_outbound import (
    Provider,
    ReceiverNotRegistered,
    RefusedByProvider,
    rules_for,
)


class Said(Outbound):
    """An outbound whose other side is a value."""

    def __init__(self, answer: Answer | Exception) -> None:
        super().__init__()
        object.__setattr__(self, "answer", answer)

    def request(self, *_: object, **__: object) -> Answer:
        answer = object.__getattribute__(self, "answer")
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Answer)
        return answer


def hand_over(status: int, body: bytes = b"") -> bytes:
    provider = Provider("https://sp.example/", "k", Said(Answer(status, {}, body)))
    return provider.hand_over(b"<a/>", number="1")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 409])
def test_what_was_taken_over_is_done(status: int) -> None:
    assert hand_over(status, b"ok") == b"ok"


@pytest.mark.parametrize("status", [301, 401, 403, 404, 408, 429, 500, 503])
def test_what_may_pass_is_for_later(status: int) -> None:
    with pytest.raises(EndpointUnavailable) as error:
        hand_over(status)
    assert error.value.retry


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"code": "schema_error"}', "schema_error"),
        (b'{"code": "<b>x\\u0000y</b>"}', "bxyb"),
        (b'["code"]', ""),
        (b'{"code": 7}', ""),
        (b"\xff", ""),
        (b"[" * 60_000, ""),
    ],
)
def test_a_refusal_is_final_and_its_code_harmless(body: bytes, told: str) -> None:
    with pytest.raises(RefusedByProvider) as error:
        hand_over(422, body)
    assert (error.value.retry, error.value.told) == (False, told)


def test_a_receiver_without_such_a_registration_is_told_apart() -> None:
    with pytest.raises(ReceiverNotRegistered):
        hand_over(422, b'{"code": "not_registered"}')


def test_no_answer_is_for_later_and_the_key_is_in_no_message() -> None:
    silent = Said(Unreachable(host="sp.example", why=Text("時間切れ", "out of time")))
    provider = Provider("https://sp.example/", "top-secret", silent)
    with pytest.raises(EndpointUnavailable) as error:
        provider.hand_over(b"<a/>", number="1")
    assert "top-secret" not in f"{error.value}{provider!r}"


@pytest.mark.parametrize(
    "address", ["http://sp.example/", "ftp://sp.example/", "https:///x", "https://a:b/", "", "x"]
)
def test_the_key_never_travels_in_the_clear(address: str) -> None:
    with pytest.raises(SettingInvalid):
        rules_for(address)


def test_a_closed_network_and_a_gateway_beside_us_are_allowed() -> None:
    assert rules_for("https://10.1.2.3:8443/sp").allow_private
    assert rules_for("http://127.0.0.1:9000/sp").schemes == {"http"}
