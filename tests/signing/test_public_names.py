"""What the package hands out is a promise; this list is it."""

import signing


def test_public_names():
    assert sorted(signing.__all__) == [
        "Act", "Anchor", "Judge", "Period", "Reason", "RevocationSource", "SignatureVerdict",
        "SigningKey", "Slot", "TimestampAuthority", "Timestamper", "Trust", "Validity",
        "Verdict", "accreditation", "check_credential", "development", "errors", "extend",
        "prepare", "renew", "renewal_due", "sign", "trusted_lists", "verify",
    ]  # fmt: skip
    for name in signing.__all__:
        thing = getattr(signing, name)
        assert thing.__doc__, name
