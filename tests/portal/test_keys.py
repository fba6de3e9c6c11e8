"""Keys, time and trust as the settings name them."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from portal.errors import SettingsError
from portal.keys import Keys
from portal.settings import Settings, SigningSettings
from signing import development
from signing.errors import TrustedListRefused, TrustUnreadable
from signing.revocation import OnlineRevocation


def of(**signing: object) -> Keys:
    return Keys(Settings(signing=SigningSettings(**signing)))


@pytest.fixture
def pki(tmp_path: Path) -> development.DevelopmentPki:
    return development.create_pki(tmp_path / "pki")


def pem(path: Path, certificate) -> Path:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path


def test_roots_named_in_the_settings_are_trusted_and_no_others(tmp_path: Path, pki) -> None:
    keys = of(
        roots=(pem(tmp_path / "root.pem", pki.root.certificate),),
        tsa_roots=(pem(tmp_path / "tsa.pem", pki.tsa_root.certificate),),
    )
    assert keys.trust.roots == (pki.root.der,)
    assert keys.trust.tsa_roots == (pki.tsa_root.der,)
    assert isinstance(keys.trust.revocation, OnlineRevocation)


@pytest.mark.parametrize("name", ["city_key", "service_key"])
def test_a_key_nobody_named_is_missed_by_its_setting(name: str) -> None:
    with pytest.raises(SettingsError, match=name.upper()):
        getattr(of(), name)


def test_without_an_authority_there_is_no_time() -> None:
    with pytest.raises(SettingsError, match="TSA_URLS"):
        _ = of().timestamper


def test_development_keys_are_made_once_and_say_what_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "development"
    first = of(development_keys=True, pki_folder=folder)
    again = of(development_keys=True, pki_folder=folder)
    assert first.city_key.certificate == again.city_key.certificate
    assert "DEVELOPMENT" in first.city_key.subject


ROW = """version = 1
next_check = {check}
[[service]]
name = "試験"
operator = "試験"
certified = 2026-01-01
certificates = ["tsa.pem"]
source = "https://www.soumu.go.jp/"
seen = 2026-11-20
"""


def test_the_list_of_accredited_services_is_part_of_the_trust(tmp_path: Path, pki, caplog) -> None:
    pem(tmp_path / "tsa.pem", pki.tsa_root.certificate)
    path = tmp_path / "accredited.toml"
    path.write_text(ROW.format(check="2020-01-01"), encoding="utf-8")
    keys = of(accredited_tsa=path)
    (anchor,) = keys.trust.anchors
    assert anchor.certificate == pki.tsa_root.der
    assert [words.split(":")[0] for words in keys.lists.stale(pki.clock())] == ["accredited.toml"]


def test_a_trusted_list_whose_signer_nobody_named_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "list.xml"
    path.write_text("<TrustServiceStatusList/>")
    with pytest.raises(TrustedListRefused):
        _ = of(trusted_lists=(path,)).trust
    with pytest.raises(TrustUnreadable, match=r"signer\.pem"):
        _ = of(trusted_list_signers=(tmp_path / "signer.pem",)).trust
