"""Contracts signed elsewhere: judged, compared, indexed, sealed once, also after a kill."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import select

import signing
from econtract import (
    amending,
    beside,
    import_zip,
    importing,
    importing_job,
    living,
    pdf_text,
    queries,
)
from econtract.import_table import read
from econtract.keeping_models import ImportRow
from econtract.life_errors import ImportRowsRefused, ImportUnreadable
from econtract.models import Contract
from records import Actor, audit
from signing.errors import NoToken

CLERK = Actor("staff", "s-procurement", "調達 花子")
HEADINGS = (
    "ファイル名", "契約番号", "件名", "契約種別", "担当課", "契約締結日", "業者番号", "相手方",
    "契約金額（税込）", "履行期間（自）", "履行期間（至）",
)  # fmt: skip
ROW = {
    "ファイル名": "CS-001.pdf",
    "契約番号": "CS-2025-001",
    "件名": "庁舎清掃業務",
    "契約種別": "業務委託",
    "担当課": "管財課",
    "契約締結日": "2026-11-24",
    "業者番号": "V0009",
    "相手方": "Enshu Cleaning Co.",
    "契約金額（税込）": "1,100,000",
    "履行期間（自）": "2026-12-01",
    "履行期間（至）": "2027-03-31",
}


def table(*rows, encoding="utf-8"):
    lines = [",".join(HEADINGS)]
    for changes in rows or ({},):
        filled = ROW | changes
        lines.append(",".join(f'"{filled[h]}"' for h in HEADINGS))
    return "\r\n".join(lines).encode(encoding)


def page(*words):
    """A one-page PDF that says `words` (ASCII), made by hand."""
    stream = (
        b"BT /F1 12 Tf 50 700 Td "
        + b" ".join(b"(" + w.encode() + b") Tj 0 -20 Td" for w in words)
        + b" ET"
    )
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n" % len(stream) + stream + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += b"%d 0 obj" % number + body + b"endobj\n"
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % p for p in places)
    return out + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start


@pytest.fixture
def sign(deps):
    """Signs a page with another service's key, as it would have come from there."""

    def signed(*words):
        prepared = signing.prepare(
            page(*(words or ("CS-2025-001", "1,100,000", "Enshu Cleaning Co."))),
            [signing.Slot("Vendor", "vendor", 0, None)],
            metadata={},
        )
        act = signing.Act(name="A", capacity="B", statement="C", act_id="x")
        return signing.sign(
            prepared,
            "Vendor",
            act,
            key=deps.service_key,
            timestamper=deps.timestamper,
            trust=deps.trust,
        )

    return signed


class Import:
    def __init__(self, deps):
        self.deps = deps
        self.id = ""

    def begin(self, *rows):
        with self.deps.database.transaction() as session:
            made = importing.begin(
                session,
                table(*rows),
                source="クラウドサイン",
                vendor_of=lambda bidder: f"vendor-{bidder.code}",
                actor=CLERK,
                at=self.deps.clock.now(),
            )
            self.id = made.id
        return self

    def add(self, **files):
        named = [(name.replace("_", "-") + ".pdf", data) for name, data in files.items()]
        with self.deps.database.transaction() as session:
            return importing.add_files(
                session, self.deps.store, self.id, named, actor=CLERK, at=self.deps.clock.now()
            )

    def run(self, deps=None):
        importing_job.import_files(deps or self.deps, import_id=self.id)
        return self.rows()

    def rows(self):
        with self.deps.database.reader() as session:
            return list(importing.rows(session, self.id))

    def contract(self, number="CS-2025-001"):
        with self.deps.database.reader() as session:
            return queries.by_number(session, number)


@pytest.fixture
def work(deps):
    return Import(deps)


@pytest.mark.slow
def test_s21_verified_indexed_and_first_archive_timestamp_added_without_touching_signatures(
    work, sign
):
    original = sign()
    work.begin()
    assert work.rows()[0].state == "no_file"
    assert work.add(CS_001=original).taken == ("CS-001.pdf",)
    [row] = work.run()
    assert (row.state, row.mismatches, row.problem) == ("archived", [], None)
    contract = work.contract()
    assert (contract.state, contract.template_version) == ("concluded", "imported")
    assert (contract.amount, contract.tax, contract.sequence) == (1_100_000, 100_000, -1)
    kept = work.deps.store.read(contract.kept_sha256)
    assert kept.startswith(original)
    assert len(kept) > len(original)
    verdict = signing.verify(kept, work.deps.trust, at=work.deps.clock.now())
    assert (verdict.status, verdict.level) == ("passed", "B-LTA")
    assert contract.renewal_due is not None
    with work.deps.database.reader() as session:
        actions = [e.action for e in audit.history(session, f"contract:{contract.id}")]
        assert actions == ["contract.imported", "contract.archived"]
        assert audit.verify(session).is_whole


def test_the_same_csv_the_same_files_and_the_same_job_again_change_nothing(work, sign):
    pdf = sign()
    first = work.begin().id
    assert work.begin().id == first
    work.add(CS_001=pdf)
    [row] = work.run()
    assert work.add(CS_001=pdf).known == ("CS-001.pdf",)
    assert work.run()[0].archived_sha256 == row.archived_sha256
    with work.deps.database.reader() as session:
        assert len(session.scalars(select(Contract)).all()) == 1


@pytest.mark.slow
def test_s21_mismatches_are_listed_line_by_line(work, sign):
    work.begin(
        {"契約締結日": "2025-04-01", "契約金額（税込）": "2,200,000", "相手方": "Another Co."},
        {"契約番号": "CS-2", "ファイル名": "CS-002.pdf"},
        {"契約番号": "CS-3", "ファイル名": "CS-003.pdf"},
        {"契約番号": "CS-4", "ファイル名": "CS-004.pdf"},
        {"契約番号": "CS-5", "ファイル名": "CS-005.pdf"},
    )
    good = sign()
    broken = bytearray(sign("broken"))
    broken[30] ^= 1
    work.add(CS_001=good, CS_002=page("no signature"), CS_003=bytes(broken), CS_004=good)
    rows = work.run()
    assert [r.state for r in rows] == ["archived", "refused", "refused", "refused", "no_file"]
    assert [m["field"] for m in rows[0].mismatches] == ["concluded_on", "amount", "vendor_name"]
    assert "署名がありません" in rows[1].mismatches[-1]["message_ja"]
    assert "無効" in rows[2].mismatches[-1]["message_ja"]
    assert "2行目と同じPDF" in rows[3].mismatches[-1]["message_ja"]
    assert work.contract("CS-2") is None
    with work.deps.database.reader() as session:
        assert len(importing.rows(session, work.id, only="mismatches")) == 4
        assert importing.counts(session, work.id)["refused"] == 3
    assert work.add(CS_002=sign("CS-2", "1,100,000", "Enshu Cleaning Co.")).taken
    assert work.run()[1].state == "archived"


@pytest.mark.slow
def test_a_number_that_is_taken_is_not_taken_again(work, sign):
    work.begin().add(CS_001=sign())
    work.run()
    again = Import(work.deps).begin({"件名": "別の件名"})
    again.add(CS_001=sign("x"))
    [row] = again.run()
    assert row.state == "refused"
    assert "すでにあります" in row.mismatches[-1]["message_ja"]


def test_files_of_other_names_are_named_and_names_agree_in_any_writing(work, sign):
    work.begin({"ファイル名": "ガ契約.PDF"})
    with work.deps.database.transaction() as session:
        added = importing.add_files(
            session,
            work.deps.store,
            work.id,
            [("送付/ガ契約.pdf", sign()), ("other.pdf", b"%PDF-")],
            actor=CLERK,
            at=work.deps.clock.now(),
        )
    assert (len(added.taken), added.unnamed) == (1, ("other.pdf",))


def test_a_certificate_of_unknown_roots_is_indexed_and_said_to_be_unproven(work, sign, tmp_path):
    from dataclasses import replace

    other = signing.development.create_pki(tmp_path / "other", clock=work.deps.clock.now)
    work.begin().add(CS_001=sign())
    [row] = work.run(replace(work.deps, trust=other.trust()))
    assert row.state == "unsealed"
    assert row.mismatches[0]["field"] == "signature"
    assert row.problem["message_ja"]
    assert work.contract().kept_sha256 is None


def test_s19_without_a_time_stamping_authority_the_line_waits_and_goes_on(work, sign, monkeypatch):
    work.begin().add(CS_001=sign())
    real = signing.extend

    def down(*_, **__):
        raise NoToken(reasons="down")

    monkeypatch.setattr(signing, "extend", down)
    [row] = work.run()
    assert (row.state, bool(row.problem)) == ("indexed", True)
    monkeypatch.setattr(signing, "extend", real)
    assert work.run()[0].state == "archived"


def test_a_run_that_died_after_the_timestamp_adopts_it(work, sign, monkeypatch):
    work.begin().add(CS_001=sign())
    with monkeypatch.context() as patched:
        patched.setattr(
            importing_job.living, "note", lambda *a: 1 / 0 if a[3] == "archived" else None
        )
        with pytest.raises(ZeroDivisionError):
            work.run()
    made = work.deps.store.named(f"econtract/import/{work.rows()[0].id}")
    assert made is not None
    work.deps.clock.advance(timedelta(hours=1))
    assert work.run()[0].archived_sha256 == made.sha256


def test_s13_a_paper_contract_is_indexed_and_can_be_amended(work):
    from life import STAFF

    from econtract import life_rules

    work.begin({"ファイル名": "", "契約締結日": "2024-02-29"})
    [row] = work.run()
    assert row.state == "paper"
    contract = work.contract()
    assert (contract.template_version, contract.fiscal_year) == (beside.PAPER, 2023)
    with work.deps.database.transaction() as session:
        child = amending.draft(
            session,
            contract.id,
            amending.Change(amount_change=-100_000, reason="面積の減"),
            rules=work.deps.rules,
            life=life_rules.example(),
            press=None,
            actor=STAFF,
            at=work.deps.clock.now(),
        )
        assert child.fields["parent_number"] == "CS-2025-001"
        assert living.standing(session, contract).amendment_pending


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "空です"),
        (b"PK\x03\x04", "CSVではなく"),
        ("契約番号\n1".encode(), "見出しに次の列がありません"),
        (",".join(HEADINGS).encode(), "0行"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(data, said):
    with pytest.raises(ImportUnreadable, match=said):
        read(data)


def test_every_place_to_mend_is_named(work):
    wrong = table(
        {"契約金額（税込）": "一式"}, {"履行期間（至）": "2026-11-01"}, {}, {"件名": ""}, {}
    )
    with pytest.raises(ImportRowsRefused) as refused:
        read(wrong)
    places = [(p.line, p.column) for p in refused.value.problems]
    assert places == [
        (2, "契約金額（税込）"),
        (3, "履行期間（至）"),
        (5, "件名"),
        (6, "契約番号"),
        (6, "ファイル名"),
    ]
    assert read(table({}, encoding="cp932"))[0].vendor_name == "Enshu Cleaning Co."


def zipped(*members, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return io.BytesIO(out.getvalue())


def test_a_zip_gives_its_pdfs_and_names_of_windows_are_read(tmp_path):
    assert list(import_zip.pdfs(zipped(("a/契約.pdf", b"%PDF-1"), ("memo.txt", b"x")))) == [
        ("a/契約.pdf", b"%PDF-1")
    ]
    raw = (
        zipped(("xxxx.pdf", b"%PDF-1"))
        .getvalue()
        .replace(b"xxxx.pdf", "契約".encode("cp932") + b".pdf")
    )
    assert [name for name, _ in import_zip.pdfs(io.BytesIO(raw))] == ["契約.pdf"]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (io.BytesIO(b"no zip"), "ZIPとして読めません"),
        (zipped(("bomb.pdf", b"\0" * 3_000_000)), "大きすぎます"),
        (zipped(*((f"{n}.pdf", b"") for n in range(2_001))), "上限2,000個"),
    ],
)
def test_a_hostile_zip_is_refused(file, said):
    with pytest.raises(ImportUnreadable, match=said):
        list(import_zip.pdfs(file))


def test_words_of_a_pdf_are_read_in_another_process_and_a_broken_one_is_none():
    assert "1,100,000" in (pdf_text.words(page("1,100,000")) or "")
    assert pdf_text.words(b"%PDF-1.7 broken") is None


def test_rows_of_an_import_keep_their_line(work):
    work.begin({}, {"契約番号": "CS-9", "ファイル名": ""})
    with work.deps.database.reader() as session:
        assert [r.line for r in session.scalars(select(ImportRow).order_by(ImportRow.line))] == [
            2,
            3,
        ]
