"""The import through the door: CSV and ZIP by page and API, progress, what does not agree."""

from __future__ import annotations

import io
import re
import zipfile

CSV = (
    "ファイル名,契約番号,件名,契約種別,担当課,契約締結日,業者番号,相手方,契約金額（税込）,"
    "履行期間（自）,履行期間（至）\r\n"
    "a.pdf,CS-1,清掃業務,業務委託,管財課,2026-11-24,V-9,遠州清掃,1100000,2026-12-01,2027-03-31\r\n"
    ",PAPER-1,警備業務,業務委託,管財課,2025-04-01,V-9,遠州清掃,2200000,2025-04-01,2026-03-31\r\n"
).encode()


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.pdf", data)
    return out.getvalue()


def test_s21_csv_and_zip_by_page_then_the_list_with_what_does_not_agree(office):
    clerk = office.browser("chotatsu")
    assert "まだ取り込んでいません" in clerk.get("/contracts/imports").text
    wrong = {"table": ("a.csv", CSV.replace(b"1100000", b"x"), "text/csv")}
    refused = clerk.submit("/contracts/imports", {}, files=wrong)
    assert refused.status_code == 400
    assert "2行目" in refused.text
    files = {
        "table": ("a.csv", CSV, "text/csv"),
        "archive": ("a.zip", zipped(b=b"%PDF-1.7"), "application/zip"),
    }
    sent = clerk.submit("/contracts/imports", {"source": "クラウドサイン"}, files=files)
    here = sent.headers["location"]
    page = clerk.get(here).text
    assert "PDFがまだありません" in page
    assert "CSVにないファイルが1件" in page
    again = clerk.submit("/contracts/imports", {}, files=files)
    assert again.headers["location"] == here
    office.run_jobs()
    assert clerk.get(f"{here}/progress").json()["done"] is True
    paper = re.search(r'href="(/contracts/[0-9a-f-]{36})">警備業務', clerk.get(here).text)
    assert clerk.get(paper.group(1)).status_code == 200
    assert "変更契約を作る" in clerk.get(f"{paper.group(1)}/life").text
    add = {"archive": ("b.zip", zipped(a=b"%PDF-1.7 unsigned"), "application/zip")}
    assert clerk.submit(f"{here}/files", {}, files=add).status_code == 303
    office.run_jobs()
    page = clerk.get(f"{here}?only=mismatches").text
    assert "署名がありません" in page
    assert "警備業務" not in page
    bad = {"archive": ("b.zip", b"no zip", "application/zip")}
    assert clerk.submit(f"{here}/files", {}, files=bad).status_code == 400


def test_the_same_by_api_and_not_by_other_roles(office):
    api = office.api("chotatsu")
    head = {"content-type": "text/csv"}
    made = api.post("/api/v1/contract-imports?source=GMO", content=CSV, headers=head)
    assert made.status_code == 201
    path = f"/api/v1/contract-imports/{made.json()['id']}"
    zip_head = {"content-type": "application/zip"}
    data = zipped(a=b"%PDF-1.7", other=b"x")
    added = api.post(f"{path}/files", content=data, headers=zip_head).json()
    assert added == {"taken": 1, "known": 0, "unnamed": ["other.pdf"]}
    assert api.get(path).json()["counts"] == {"waiting": 2}
    broken = CSV.replace(b"2027-03-31", b"2027-02-30")
    answer = api.post("/api/v1/contract-imports", content=broken, headers=head)
    assert [p["line"] for p in answer.json()["problems"]] == [2]
    assert office.api("dorokacho").get(path).status_code == 403
    assert api.get("/api/v1/contract-imports/none").status_code == 404
