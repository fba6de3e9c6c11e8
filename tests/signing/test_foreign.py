"""Documents of other services: judged on their merits, and each guard rule by itself.

They are made with pyHanko's own signer (a producer we did not write), without slot list.
"""

import re
from io import BytesIO

import pikepdf
import pytest
from asn1crypto import algos, cms, core, keys, x509
from attacks import Increment, annotation_added, body, objects, with_entry
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing import Act, errors, sign
from signing._internal import cms as own_cms

DER = serialization.Encoding.DER


@pytest.fixture
def signer(office):
    office.pki.key("vendor")
    key = serialization.load_pem_private_key(
        (office.pki.folder / "vendor.key.pem").read_bytes(), None
    )
    return signers.SimpleSigner(
        signing_cert=x509.Certificate.load(office.pki.key("vendor").certificate),
        signing_key=keys.PrivateKeyInfo.load(
            key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        ),
        cert_registry=SimpleCertificateStore(),
    )


def by_pyhanko(pdf: bytes, signer, field="Signature", box=None, **meta) -> bytes:
    options = {"subfilter": fields.SigSeedSubFilter.PADES} | meta
    out = signers.PdfSigner(
        signers.PdfSignatureMetadata(field_name=field, **options),
        signer=signer,
        new_field_spec=fields.SigFieldSpec(field, box=box),
    ).sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)))
    return out.getvalue()


@pytest.fixture
def plain(rendered):
    """With a classic cross-reference table, and a text field."""
    out = BytesIO()
    with pikepdf.open(BytesIO(rendered)) as document:
        widget = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, F=4,
                T="amount", V="10", Rect=[50, 700, 200, 720], P=document.pages[0].obj,
                AP=pikepdf.Dictionary(
                    N=document.make_stream(
                        b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form,
                        BBox=[0, 0, 150, 20],
                    )
                ),
            )
        )  # fmt: skip
        document.Root.AcroForm = document.make_indirect(
            pikepdf.Dictionary(Fields=pikepdf.Array([widget]), SigFlags=0)
        )
        document.pages[0].Annots = pikepdf.Array([widget])
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def test_signatures_of_others_pass_at_their_level(office, plain, signer):
    pdf = by_pyhanko(plain, signer)
    verdict = office.verify(pdf)
    assert (verdict.status, verdict.level) == ("passed", "B-B")
    assert "time.missing" in [r.code for r in verdict.signatures[0].reasons]
    older = by_pyhanko(plain, signer, subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    assert office.verify(older).status == "passed"
    twice = by_pyhanko(pdf, signer, "Second")
    assert office.verify(twice).status == "passed"
    assert office.verify(twice).slots_signed == ("Signature", "Second")


def test_a_changed_form_field_is_a_change_even_without_docmdp(office, plain, signer):
    pdf = by_pyhanko(plain, signer)
    with objects(pdf) as document:
        field = next(f for f in document.Root.AcroForm.Fields if f.T == "amount")
        number, text = field.objgen[0], body(field)
    update = Increment(pdf)
    update.replace(number, re.sub(rb"/V\s*\(10\)", b"/V (99)", text))
    verdict = office.verify(update.done())
    assert verdict.status == "indeterminate"
    assert verdict.signatures[0].changes == "form"


def test_an_annotation_added_without_any_lock_is_refused(office, plain, signer):
    assert office.verify(annotation_added(by_pyhanko(plain, signer))).status == "failed"


def test_a_field_that_covers_signed_content_is_noticed(office, plain, signer):
    """A later signature whose appearance lies over text of the page."""
    first = by_pyhanko(plain, signer)
    hiding = by_pyhanko(first, signer, "Over", box=(60, 600, 500, 800))
    verdict = office.verify(hiding)
    assert verdict.status != "passed"
    assert "changes.appearance" in [r.code for r in verdict.reasons]
    beside = by_pyhanko(first, signer, "Beside", box=(60, 5, 200, 30))
    assert office.verify(beside).status == "passed"


def test_one_broken_signature_does_not_hide_the_others(office, plain, signer):
    pdf = by_pyhanko(by_pyhanko(plain, signer), signer, "Second")
    at = pdf.rindex(b"/ByteRange")
    verdict = office.verify(pdf[:at] + b"/ByteRangX" + pdf[at + 10 :])
    assert len(verdict.signatures) == 2
    assert verdict.status == "failed"
    assert any("byte_range" in r.code for s in verdict.signatures for r in s.reasons)


def replaced_cms(pdf: bytes, change) -> bytes:
    """The document with the CMS of its last signature changed by `change(ContentInfo)`."""
    match = list(re.finditer(rb"/ByteRange \[0 (\d+) (\d+) \d+\]", pdf))[-1]
    first, second = int(match[1]), int(match[2])
    info = cms.ContentInfo.load(bytes.fromhex(pdf[first + 1 : second - 1].decode()))
    text = change(info).hex().encode()
    room = second - first - 2
    assert len(text) <= room
    return pdf[: first + 1] + text.ljust(room, b"0") + pdf[second - 1 :]


def test_a_cms_that_carries_content_of_its_own_is_refused(office, plain, signer):
    def embed(info):
        info["content"]["encap_content_info"]["content"] = core.OctetString(b"%PDF-1.7 x")
        return info.dump(force=True)

    verdict = office.verify(replaced_cms(by_pyhanko(plain, signer), embed))
    assert verdict.status == "failed"
    assert verdict.signatures[0].reasons[0].code == "signature.encapsulated"


def test_a_mechanism_that_is_none_is_refused(office, plain, signer):
    """The identifier of a curve where the signature algorithm should be named."""

    def unknown(info):
        signed = info["content"]["signer_infos"][0]["signature_algorithm"]
        signed["algorithm"] = algos.SignedDigestAlgorithmId("1.2.840.10045.3.1.7")
        return info.dump(force=True)

    verdict = office.verify(replaced_cms(by_pyhanko(plain, signer), unknown))
    assert verdict.status == "indeterminate"
    assert verdict.signatures[0].reasons[0].code == "signature.weak"


def test_a_cms_without_signed_attributes_is_refused(office, plain, signer):
    def strip(info):
        del info["content"]["signer_infos"][0]["signed_attrs"]
        return info.dump(force=True)

    assert office.verify(replaced_cms(by_pyhanko(plain, signer), strip)).status == "failed"


def test_two_signers_in_one_cms_are_refused(office, plain, signer):
    def double(info):
        signer_infos = info["content"]["signer_infos"]
        copy = cms.SignerInfo.load(signer_infos[0].dump())
        copy["digest_algorithm"] = algos.DigestAlgorithm({"algorithm": "sha512"})
        signer_infos.append(copy)
        return info.dump(force=True)

    assert office.verify(replaced_cms(by_pyhanko(plain, signer), double)).status == "failed"


def test_pades_must_name_its_certificate(office, plain, signer):
    """signing-certificate-v2 is what binds the signature to one certificate (EN 319 142-1)."""
    pdf = by_pyhanko(plain, signer)
    key = office.pki.key("vendor")
    private = serialization.load_pem_private_key(
        (office.pki.folder / "vendor.key.pem").read_bytes(), None
    )

    def without(info):
        digest = next(
            a["values"][0].native
            for a in info["content"]["signer_infos"][0]["signed_attrs"]
            if a["type"].native == "message_digest"
        )
        attributes = own_cms.der.set_of(
            (
                own_cms.attribute(own_cms.CONTENT_TYPE, own_cms.der.oid(own_cms.DATA)),
                own_cms.attribute(own_cms.MESSAGE_DIGEST, own_cms.der.octets(digest)),
            )
        )
        value = private.sign(attributes, ec.ECDSA(hashes.SHA256()))
        return own_cms.signed_data(key.identity, attributes, value)

    verdict = office.verify(replaced_cms(pdf, without))
    assert verdict.status == "indeterminate"
    assert verdict.signatures[0].sub_indication == "SIG_CONSTRAINTS_FAILURE"
    older = by_pyhanko(plain, signer, subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    assert office.verify(replaced_cms(older, without)).status == "passed"


def test_long_term_is_not_concluded_from_the_presence_of_a_dss(office, plain, signer):
    pdf = by_pyhanko(plain, signer)
    update = Increment(pdf)
    with objects(pdf) as document:
        catalog = body(document.Root)
    dss = update.add(b"<< /Type /DSS >>")
    update.replace(update.root, with_entry(catalog, b"/DSS %d 0 R" % dss))
    assert office.verify(update.done()).level in ("B-B", None)


def test_t17_earlier_signatures_stay_valid_after_ours(office, plain, signer):
    writer = IncrementalPdfFileWriter(BytesIO(plain))
    fields.append_signature_field(writer, fields.SigFieldSpec("Ours", box=(50, 5, 250, 60)))
    out = BytesIO()
    writer.write(out)
    theirs = by_pyhanko(out.getvalue(), signer)
    ours = sign(
        theirs, "Ours", Act("遠州市長", "契約担当者", "受領", "act-1"), key=office.pki.city,
        timestamper=office.timestamper, trust=office.trust(),
    )  # fmt: skip
    verdict = office.verify(ours)
    assert [s.status for s in verdict.signatures] == ["passed", "passed"]
    assert ours.startswith(theirs)


def test_t18_a_document_certified_without_changes_is_refused_with_words(office, plain, signer):
    writer = IncrementalPdfFileWriter(BytesIO(plain))
    fields.append_signature_field(writer, fields.SigFieldSpec("Ours"))
    out = BytesIO()
    writer.write(out)
    certified = by_pyhanko(
        out.getvalue(), signer, certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES
    )
    with pytest.raises(errors.ChangesForbidden) as caught:
        sign(
            certified, "Ours", Act("市長", "契約担当者", "受領", "a"), key=office.pki.city,
            timestamper=office.timestamper, trust=office.trust(),
        )  # fmt: skip
    assert "禁じています" in caught.value.message_ja


def test_a_signature_added_to_a_document_certified_without_changes_is_refused(
    office, plain, signer, monkeypatch
):
    """As a tool would add it that does not ask for permission."""
    from signing._internal import sealing

    writer = IncrementalPdfFileWriter(BytesIO(plain))
    fields.append_signature_field(writer, fields.SigFieldSpec("Ours"))
    out = BytesIO()
    writer.write(out)
    certified = by_pyhanko(
        out.getvalue(), signer, certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES
    )
    assert office.verify(certified).status == "passed"
    monkeypatch.setattr(sealing, "_check_permitted", lambda _: None)
    forced = sign(
        certified, "Ours", Act("市長", "契約担当者", "受領", "a"), key=office.pki.city,
        timestamper=office.timestamper, trust=office.trust(),
    )  # fmt: skip
    verdict = office.verify(forced)
    assert verdict.status == "failed"
    assert verdict.signatures[0].changes == "forbidden"
