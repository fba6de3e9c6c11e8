"""Contracts of the lively city: one at each step, one that lives, some that came from elsewhere."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

from econtract import queries
from econtract.states import ContractState
from portal.demo import city
from portal.demo.city import HAGOROMO, TAKAHASHI, YAMAZAKI, AwardLine
from portal.demo.contract_story import ContractStory
from portal.demo.files import award_export
from tests.screens.lively_city import LivelyCity

OUTER_WALL, STATIONERY, ENVELOPES, COOLING = city.AWARDS
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
DESKS = AwardLine(
    "R8-物-0320", "会議室 机・椅子 一式", "物品", HAGOROMO, 742_000, 3, 40, "遠州市役所 本庁舎"
)
SIGNS = AwardLine(
    "R8-物-0322", "庁舎案内板 製作", "物品", YAMAZAKI, 388_000, 3, 60, "遠州市役所 南庁舎"
)
PAPER = AwardLine(
    "R8-物-0325", "コピー用紙 再生紙A4 500箱", "物品", HAGOROMO, 1_150_000, 2, 120, "各庁舎"
)
ROOF = AwardLine(
    "R8-工-0161", "西分庁舎 屋上防水改修工事", "工事", TAKAHASHI, 5_980_000, 10, 75, "西分庁舎"
)
LAMPS = AwardLine(
    "R8-工-0166", "中央公園 照明灯取替工事", "工事", TAKAHASHI, 2_460_000, 12, 60, "中央公園"
)
DOORS = AwardLine(
    "R8-工-0170", "市民会館 自動扉修繕工事", "工事", TAKAHASHI, 1_930_000, 12, 50, "市民会館"
)
LEAFLETS = AwardLine(
    "R8-物-0331", "防災の手引き 5万部 印刷", "物品", YAMAZAKI, 1_420_000, 8, 50, "危機管理課"
)
CHAIRS = AwardLine(
    "R8-物-0333", "学校用 椅子 240脚", "物品", HAGOROMO, 2_310_000, 8, 60, "市立小学校"
)
HALL = AwardLine(
    "R8-工-0174", "市民会館 大規模改修工事", "工事", TAKAHASHI, 182_000_000, 60, 300, "市民会館"
)
TONER, GLOVES, BRUSHES, ROPE, LADDERS = (
    AwardLine(f"R8-物-035{n}", title, "物品", HAGOROMO, net, 2, 90, "各庁舎")
    for n, title, net in (
        (1, "トナーカートリッジ 一式", 468_000),
        (2, "作業用手袋 2,000組", 236_000),
        (3, "清掃用具 一式", 154_000),
        (4, "養生シート・ロープ", 98_000),
        (5, "脚立・作業台 一式", 312_000),
    )
)
MORE = {
    "desks": DESKS, "signs": SIGNS, "paper": PAPER, "toner": TONER, "gloves": GLOVES,
    "brushes": BRUSHES, "rope": ROPE, "ladders": LADDERS,
}  # fmt: skip
#: The steps of the story after which a contract stands as named.
STANDS = {
    "drafted": "起案", "made": "PDF", "deciding": "決裁に回す", "approved": "決裁する",
    "sent": "受注者に送る", "signed": "受注者が署名", "concluded": "長期保存",
}  # fmt: skip

OLD = (
    "ファイル名,契約番号,件名,契約種別,担当課,契約締結日,業者番号,相手方,契約金額（税込）,"
    "履行期間（自）,履行期間（至）\r\n"
    "a.pdf,CS-2024-118,庁舎清掃業務,業務委託,管財課,2024-04-01,V-0003,山﨑印刷合同会社,1100000,"
    "2026-04-01,2027-03-31\r\n"
    "b.pdf,CS-2025-007,複合機の賃貸借,賃貸借,管財課,2025-04-01,V-0002,有限会社はごろも文具,"
    "2640000,2025-04-01,2030-03-31\r\n"
    ",紙-H29-03,庁舎警備業務,業務委託,管財課,2017-04-01,V-0001,株式会社髙橋建設,2200000,"
    "2017-04-01,2018-03-31\r\n"
    ",紙-H30-11,植栽管理業務,業務委託,管財課,2018-04-01,V-0001,株式会社髙橋建設,860000,"
    "2018-04-01,2019-03-31\r\n"
).encode()


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.pdf", data)
    return out.getvalue()


def walked(lively: LivelyCity, award: AwardLine, until: str) -> ContractStory:
    """A contract from its award as far as `until` (see STANDS)."""
    story = ContractStory(lively, award, lively.today)  # type: ignore[arg-type]
    steps = story.steps()
    last = next(n for n, (name, _) in enumerate(steps) if STANDS[until] in name)
    for _, step in steps[: last + 1]:
        step()
    return story


def without_ink(lively: LivelyCity, award: AwardLine) -> ContractStory:
    """A concluded contract that nobody signed: enough to send invoices against, and quick."""
    story = walked(lively, award, "drafted")
    with lively.service.database.transaction() as session:
        contract = queries.locked(session, story.id)
        contract.sent_at = contract.concluded_at = lively.clock.now()
        contract.move(ContractState.CONCLUDED, lively.clock.now())
    story.contract = lively["chotatsu"].get(story.path)
    return story


def take_in(lively: LivelyCity, *awards: AwardLine) -> None:
    data = award_export(awards, lively.today, encoding="utf-8-sig")
    lively["chotatsu"].post("/awards", content=data, headers={"content-type": "text/csv"})


def begin(lively: LivelyCity) -> dict[str, ContractStory]:
    """November: what is concluded by now."""
    told: dict[str, ContractStory] = {}
    told["goods"] = walked(lively, STATIONERY, "concluded")
    told["works"] = walked(lively, OUTER_WALL, "concluded")
    told |= {name: without_ink(lively, award) for name, award in MORE.items()}
    return told


def go_on(lively: LivelyCity, told: dict[str, ContractStory]) -> None:
    """One contract at each step; the ids of all stand in `lively.places`."""
    lively.later(days=21)
    told["declined"] = walked(lively, LAMPS, "sent")
    told["declined"].open()
    lively["V-0001"].post(
        f"{told['declined'].path}/decline", {"reason": "工期内に技術者を置けないため辞退します。"}
    )
    told["deciding"] = walked(lively, ROOF, "deciding")
    told["sent"] = walked(lively, COOLING, "sent")
    lively.later(days=15)
    told["opened"] = walked(lively, LEAFLETS, "sent")
    told["opened"].open()
    told["closed"] = walked(lively, ENVELOPES, "signed")
    told["approved"] = walked(lively, DOORS, "approved")
    told["provisional"] = walked(lively, HALL, "drafted")
    take_in(lively, *(AwardLine(f"R8-物-03{n}", name, "物品", HAGOROMO, net, 8, 60, "本庁舎")
                      for n, name, net in ((40, "災害備蓄用 毛布 800枚", 1_960_000),
                                           (41, "窓口呼出機 更新", 3_300_000))))  # fmt: skip
    closings(lively)
    told["signed"] = walked(lively, CHAIRS, "signed")
    lively.places |= {f"{name}_contract": story.id for name, story in told.items()}
    lively.places["signs_number"] = told["signs"].contract["number"]


def life(lively: LivelyCity, told: dict[str, ContractStory]) -> None:
    """The wall's repair begins: notices, guarantee, amendment; what ends and what is kept."""
    works = told["works"]
    vendor, section, office = lively["V-0001"], lively["kanzai"], lively["chotatsu"]
    day = (lively.today - timedelta(days=1)).isoformat()
    for kind in ("start", "schedule", "completion"):
        vendor.post(
            f"{works.path}/notices",
            {"kind": kind, "performed_on": day, "note": "ご確認をお願いします。"},
        )
    given = section.get(f"{works.path}/life")["notices"]
    [start] = [notice["id"] for notice in given if notice["kind"] == "start"]
    section.post(f"{works.path}/notices/{start}/answer", {"accepted": True})
    made = section.post(
        f"{works.path}/guarantees",
        {
            "purpose": "performance", "form": "company", "amount": 950_400,
            "guarantor": "東海建設業保証株式会社", "number": "26-004512", "key": "9F3K-22",
            "valid_until": "2027-06-30",
        },
    )  # fmt: skip
    lively["chotatsu"].post(f"{works.path}/guarantees/{made['id']}/check")
    amended = office.post(
        f"{works.path}/amendments",
        {
            "amount_change": 1_078_000, "period_to": "2027-04-30",
            "reason": "足場を組んで調べたところ、下地の浮きが設計より多かったため。",
            "others": [{"item": "下地補修", "before": "120㎡", "after": "310㎡"}],
        },
    )  # fmt: skip
    lively.places["amendment_contract"] = amended["contract"]["id"]
    section.post(
        f"{told['signs'].path}/cancellation",
        {
            "ground": "default", "effective_on": (lively.today + timedelta(days=20)).isoformat(),
            "reason": "催告の期限を過ぎても納品の見込みがない。",
        },
    )  # fmt: skip


def kept(lively: LivelyCity) -> None:
    """What came from elsewhere, and what is to be disposed of."""
    desk = lively.desk("chotatsu")
    files = {
        "table": ("契約一覧.csv", OLD, "text/csv"),
        "archive": ("pdf.zip", zipped(a=PDF, c=PDF), "application/zip"),
    }
    sent = desk.submit("/contracts/imports", {"source": "クラウドサイン"}, files=files)
    lively.places["import"] = sent.headers["location"].rsplit("/", 1)[-1]
    lively.work()
    over = desk.find(r'name="contract" value="([^"]+)"', "/contracts/retention")
    made = desk.submit("/contracts/retention/lists", {"contract": over})
    lively.places["disposal"] = made.headers["location"].rsplit("/", 1)[-1]


def tables(lively: LivelyCity) -> None:
    """Templates, routes, deputies, authority: each with something waiting for a second person."""
    desk = lively.desk("chotatsu")
    made = desk.submit("/contracts/templates/begin", {"kind": "services"})
    lively.places["template"] = made.headers["location"].rsplit("/", 1)[-1]
    desk.submit("/contracts/routes/begin")
    row = desk.find(r'href="(/contracts/routes/[^"]+/rows/\d+)"', "/contracts/routes")
    lively.places["route_row"] = row
    officer = lively.staff_id("keiyaku")
    known = {
        "holder": officer, "capacity": "契約担当者", "delegator": "遠州市長 遠州 太郎",
        "valid_from": "2026-04-01", "valid_until": "2027-03-31",
        "evidence_note": "令和8年4月1日付け 委任規則第3条",
    }  # fmt: skip
    desk.submit("/authorities", known, files={"evidence": ("委任状.pdf", PDF, "application/pdf")})
    authority = desk.find(r'href="/authorities/([^/"]+)/evidence"', "/authorities")
    lively.desk("chotatsukacho").submit(f"/authorities/{authority}/confirm")
    desk.submit("/authorities", known | {"valid_from": "2027-04-01", "valid_until": "2028-03-31"})


def closings(lively: LivelyCity) -> None:
    """A batch of one contract, closed."""
    officer = lively.desk("keiyaku")
    batch = officer.find(r'name="batch_id" value="([^"]+)"', "/closings")
    item = officer.find(r'name="item" value="([^"]+)"', "/closings")
    known = lively.mails()
    chosen = {"batch_id": batch, "item": item}
    form = officer.find(r'name="csrf" value="([^"]+)"', "/verify")
    assert officer.post("/closings/code", data=chosen | {"csrf": form}).status_code == 200
    code = lively.code_mailed("keiyaku@enshu.example", "", known)
    officer.submit("/closings", chosen | {"code": code})
    lively.work()
    lively.places["closing"] = batch
