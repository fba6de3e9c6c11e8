"""Trusted lists (ETSI TS 119 612): who vouches for an authority, and for which times."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from lists import NEXT, TSA_QTST, Operator, Service, listed
from lxml import etree

from signing import Act, Period, Trust, errors, extend, sign, trusted_lists, verify

REAL = Path(__file__).parents[3].joinpath(
    "samples", "dss", "dss-cookbook", "src", "test", "resources", "signature-pool", "cache"
)  # fmt: skip
TSL = "{http://uri.etsi.org/02231/v2#}"


def at(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


@pytest.fixture(scope="module")
def operator() -> Operator:
    return Operator()


def of(office, operator, signer_stages, tsa_stages, **options) -> trusted_lists.TrustedList:
    """A list with the development roots: the signers' as a CA, the authority's as a TSA."""
    xml = listed(
        Service(office.pki.root.der, signer_stages, name="Signing CA"),
        Service(office.pki.tsa_root.der, tsa_stages, TSA_QTST, name="Time stamping"),
        **options,
    )
    return trusted_lists.read(operator.sign(xml), [operator.der])


GRANTED = [("granted", at(2020))]


def believing(office, listed_) -> Trust:
    return Trust(anchors=listed_.anchors, crls=tuple(office.pki.crls(office.clock())))


def test_a_list_says_who_it_is_from_and_when_the_next_one_is_due(office, operator):
    found = of(office, operator, GRANTED, GRANTED)
    assert (found.operator, found.territory, found.sequence) == ("Authority", "XX", 7)
    assert found.next_update == NEXT
    assert found.signed_by_sha256 == operator.certificate.fingerprint(SHA256()).hex()
    assert [(a.purpose, a.service) for a in found.anchors] == [
        ("signing", "Signing CA"), ("time_stamping", "Time stamping"),
    ]  # fmt: skip
    assert not found.is_stale(NEXT - timedelta(days=1))
    assert found.is_stale(NEXT + timedelta(days=1))
    assert of(office, operator, GRANTED, GRANTED, next_update=None).is_stale(at(2026))


def test_a_document_passes_on_the_word_of_a_list_alone(office, operator, archived):
    trust = believing(office, of(office, operator, GRANTED, GRANTED))
    verdict = verify(archived, trust, office.clock())
    assert verdict.status == "passed", verdict.signatures
    assert verdict.level == "B-LTA"
    assert not verdict.signatures[0].accredited_time


def test_a_listed_root_serves_for_signing_and_extending_too(office, operator, prepared):
    trust = believing(office, of(office, operator, GRANTED, GRANTED))
    by = {"timestamper": office.timestamper, "trust": trust}
    act = Act("髙橋", "代表", "同意", "act-1")
    pdf = sign(prepared, "Vendor", act, key=office.pki.service, **by)
    pdf = sign(pdf, "City", act, key=office.pki.city, **by)
    assert verify(extend(pdf, **by), trust, office.clock()).level == "B-LTA"


def test_a_ca_withdrawn_before_the_signature_is_not_believed(office, operator, archived):
    gone = [("withdrawn", at(2026, 6)), ("granted", at(2020))]
    verdict = verify(archived, believing(office, of(office, operator, gone, GRANTED)))
    assert verdict.status == "indeterminate"
    first = verdict.signatures[0]
    assert first.sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"
    assert first.reasons[0].code == "chain.not_listed"
    assert "Signing CA" in first.reasons[0].ja


def test_a_ca_withdrawn_after_the_signature_leaves_it_good(office, operator, archived):
    later = [("withdrawn", at(2027, 1)), ("granted", at(2020))]
    trust = believing(office, of(office, operator, later, later))
    assert verify(archived, trust, at(2027, 3)).status == "passed"


def test_an_authority_withdrawn_before_it_stamped_proves_nothing(office, operator, archived):
    gone = [("withdrawn", at(2026, 6)), ("granted", at(2020))]
    verdict = verify(archived, believing(office, of(office, operator, GRANTED, gone)))
    assert verdict.status == "indeterminate"
    codes = {r.code for s in verdict.signatures for r in s.reasons}
    assert "time.not_listed" in codes
    assert all(s.proven_time is None for s in verdict.signatures)


def test_a_stale_list_is_named_in_the_verdict(office, operator, archived):
    found = of(office, operator, GRANTED, GRANTED, next_update=at(2026, 11, 20))
    verdict = verify(archived, believing(office, found), office.clock())
    assert verdict.status == "passed"
    notes = [r for s in verdict.signatures for r in s.reasons if r.code == "note.list_stale"]
    assert notes
    assert "2026-11-20" in notes[0].ja


def test_the_status_history_is_kept_with_its_dates(office, operator):
    stages = [
        ("granted", at(2024)), ("withdrawn", at(2022)), ("granted", at(2016, 7)),
        ("undersupervision", at(2012)),
    ]  # fmt: skip
    (anchor, *_) = of(office, operator, stages, GRANTED).anchors
    assert anchor.granted[0] == Period(at(2024))
    believed = {year: anchor.stands(at(year, 8)) for year in (2011, 2013, 2018, 2023, 2025)}
    assert believed == {2011: False, 2013: True, 2018: True, 2023: False, 2025: True}


def test_under_supervision_counts_only_before_eidas(office, operator):
    (anchor, *_) = of(office, operator, [("undersupervision", at(2012))], GRANTED).anchors
    assert anchor.stands(at(2014))
    assert not anchor.stands(at(2018))


def test_other_services_are_passed_over(office, operator):
    root = office.pki.root.der
    xml = listed(
        Service(root, GRANTED, "http://uri.etsi.org/TrstSvc/Svctype/Certstatus/OCSP/QC"),
        Service(root, GRANTED, uses=("WebSiteAuthentication",)),
        Service(root, [("withdrawn", at(2020))]),
        Service(b"no certificate", GRANTED),
        Service(root, GRANTED, uses=("eSignatures", "WebSiteAuthentication")),
    )
    found = trusted_lists.read(operator.sign(xml), [operator.der])
    assert (len(found.anchors), found.passed_over) == (1, 4)


# --- lists that are not what they should be -----------------------------------------------------


def refused(xml: bytes, operator) -> str:
    with pytest.raises(errors.TrustedListRefused) as caught:
        trusted_lists.read(xml, [operator.der])
    assert caught.value.message_ja
    assert caught.value.remedy_ja
    return caught.value.message_en


@pytest.fixture
def good(office, operator) -> bytes:
    return operator.sign(listed(Service(office.pki.root.der, GRANTED)))


def test_a_list_signed_by_a_stranger_is_refused(good):
    assert "none of the given" in refused(good, Operator())


def test_an_unsigned_list_is_refused(office, operator):
    assert "no signature" in refused(listed(Service(office.pki.root.der, GRANTED)).encode(),
                                     operator)  # fmt: skip


def test_a_changed_list_is_refused(good, operator, own_office):
    assert "does not hold" in refused(good.replace(b">XX<", b">XY<"), operator)
    known = base64.b64encode(own_office.pki.root.der)
    root = etree.fromstring(good)
    root.find(f".//{TSL}X509Certificate").text = known.decode()
    assert "does not hold" in refused(etree.tostring(root), operator)


def test_a_list_wrapped_around_a_signed_one_is_refused(good, operator, own_office):
    """Signature wrapping: the signed list survives inside another."""
    inner = etree.fromstring(good)
    outer = etree.fromstring(listed(Service(own_office.pki.root.der, GRANTED)).encode())
    signature = inner.find("{http://www.w3.org/2000/09/xmldsig#}Signature")
    for hidden in (inner, signature):
        evil = etree.fromstring(etree.tostring(outer))
        evil.append(etree.fromstring(etree.tostring(hidden)))
        refused(etree.tostring(evil), operator)
    evil = etree.fromstring(etree.tostring(outer))
    inner.set("Id", "signed")
    holder = etree.SubElement(evil, f"{TSL}SchemeExtensions")
    holder.append(inner)
    moved = etree.fromstring(etree.tostring(signature))
    moved.find(".//{http://www.w3.org/2000/09/xmldsig#}Reference").set("URI", "#signed")
    evil.append(moved)
    refused(etree.tostring(evil), operator)


def test_a_signature_over_something_else_than_the_standard_says_is_refused(office, operator):
    """TS 119 612 §5.7: the whole list, exclusive canonicalisation, and no other transform."""
    xml = listed(Service(office.pki.root.der, GRANTED))
    assert "reference to something else" in refused(operator.sign(xml, exclusive=False), operator)


def test_two_signatures_are_refused(good, operator):
    root = etree.fromstring(good)
    root.append(etree.fromstring(etree.tostring(root[-1])))
    assert "no signature, or not in its place" in refused(etree.tostring(root), operator)


@pytest.mark.parametrize(
    "xml",
    [b"", b"<a/>", b"\0" * 100, b"%PDF-1.7", b"<TrustServiceStatusList/>",
     b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a>" * 5000],
)  # fmt: skip
def test_what_is_no_list_is_refused(xml, operator):
    assert "not in the form" in refused(xml, operator)


def test_a_dtd_is_refused_even_in_a_signed_list(good, operator):
    start = good.index(b"<TrustServiceStatusList")
    evil = good[:start] + b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + good[start:]
    assert "DTD" in refused(evil, operator)


def test_a_huge_file_is_refused_before_it_is_parsed(operator):
    assert "too large" in refused(b"<" + b"a" * (32 * 1024 * 1024), operator)


@pytest.mark.parametrize(
    ("old", "new"),
    [("2026-11-01T00:00:00Z", "soon"), ("2020-01-01T00:00:00", "2020-13-41T00:00:00"),
     (">7<", ">seven<"), (">5<", ">3<")],
)  # fmt: skip
def test_nonsense_in_a_well_signed_list_is_refused(office, operator, old, new):
    xml = listed(Service(office.pki.root.der, GRANTED))
    assert old in xml
    assert "not in the form" in refused(operator.sign(xml.replace(old, new)), operator)


def test_thousands_of_services_cost_no_time_at_a_verification(office, operator, archived):
    """Only the anchors with a name of the chain are looked at."""
    base = of(office, operator, GRANTED, GRANTED).anchors
    crowd = tuple(replace(base[0], subject=f"name {n}", service=str(n)) for n in range(5000))
    trust = believing(office, of(office, operator, GRANTED, GRANTED))
    trust = replace(trust, anchors=(*crowd, *base))
    assert verify(archived, trust, office.clock()).status == "passed"


@pytest.mark.skipif(not REAL.is_dir(), reason="public sample set not fetched")
def test_the_lists_of_european_states_are_read():
    """31 lists of 2020–2023, each held against the certificates that the EU's list names for it."""
    signers: set[bytes] = set()
    for file in REAL.glob("*lotl*"):
        for element in etree.parse(file).iter(f"{TSL}X509Certificate"):
            signers.add(base64.b64decode("".join(element.text.split())))
    lists = [f for f in REAL.iterdir() if b"TrustServiceStatusList" in f.read_bytes()[:2000]]
    found = [trusted_lists.read(f.read_bytes(), list(signers)) for f in lists]
    assert len(found) >= 30
    assert sum(len(one.anchors) for one in found) > 1500
    assert {a.purpose for one in found for a in one.anchors} == {"signing", "time_stamping"}
