"""The contract's walk as one story: from an award row to the long-term form, by the JSON API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.demo import city
from portal.demo.city import AwardLine
from portal.demo.files import award_export
from portal.demo.voices import Voice, Voices

Step = tuple[str, Callable[[], None]]

ORDER = (
    "drafting", "rendering", "ready", "deciding", "approved", "awaiting_vendor", "awaiting_city",
    "concluded",
)  # fmt: skip


@dataclass
class ContractStory:
    """One award's way. Each step can be repeated after a crash in its middle."""

    voices: Voices
    award: AwardLine
    today: date
    contract: dict[str, Any] = field(default_factory=dict)
    case_code: str = ""

    @property
    def id(self) -> str:
        return str(self.contract["id"])

    @property
    def path(self) -> str:
        return f"/contracts/{self.id}"

    @property
    def procurement(self) -> Voice:
        return self.voices["chotatsu"]

    @property
    def officer(self) -> Voice:
        return self.voices["keiyaku"]

    @property
    def vendor(self) -> Voice:
        return self.voices[self.award.company.code]

    def steps(self) -> Sequence[Step]:
        return (
            ("落札結果を取り込む / take in the award", self.take_in),
            ("契約書を起案する / draft from the template", self.draft),
            ("PDF/Aを作る / make the PDF", self.make),
            ("決裁に回す / submit for decision", self.submit),
            ("決裁する / decide along the route", self.decide),
            ("受注者に送る / send to the vendor", self.send),
            ("受注者が開く / vendor gives case code and one-time code", self.open),
            ("受注者が署名する / vendor consents and signs", self.vendor_signs),
            ("市が署名し確定する / city closes: 確定", self.city_signs),
            ("長期保存の形にする / extend to the long-term form", self.kept),
        )

    def take_in(self) -> None:
        data = award_export((self.award,), self.today, encoding="utf-8-sig")
        self.procurement.post("/awards", content=data, headers={"content-type": "text/csv"})

    def draft(self) -> None:
        known = self._known()
        if known is None:
            awards = self.procurement.get("/awards")["awards"]
            mine = [a for a in awards if a["case_number"] == self.award.case_number]
            answer = self.procurement.try_post("/contracts", {"award_id": mine[0]["id"]})
            known = answer.json() if answer.status_code < 400 else self._known()
        assert known is not None
        self.contract = known

    def make(self) -> None:
        if self._state() == "drafting":
            self.procurement.try_post(f"{self.path}/document")
        self._wait("ready")

    def submit(self) -> None:
        if self._state() == "ready":
            body = {"sha256": self.contract["document"]["sha256"]}
            self.procurement.try_post(f"{self.path}/submission", body)
        self._wait("deciding")

    def decide(self) -> None:
        """Whoever's turn it is decides, until the route is through."""
        by_role = {"department": "kanzai", "accounting": "kaikei", "contracting_officer": "keiyaku"}
        while (self._refresh())["state"] == "deciding":
            turn = next(d for d in self.contract["decisions"] if d["outcome"] == "waiting")
            body = {"sha256": self.contract["document"]["sha256"], "decision_id": turn["id"]}
            self.voices[by_role[turn["role"]]].post(f"{self.path}/approval", body)

    def send(self) -> None:
        if self._state() == "approved":
            codes = self.procurement.post(f"{self.path}/sending")["case_codes"]
            if codes:
                self.case_code = codes[0]["code"]
        self._wait("awaiting_vendor")
        if (
            not self.case_code and self._state() == "awaiting_vendor"
        ):  # the answer that told it was lost: another one is made
            again = self.voices["chotatsukacho"].post(f"{self.path}/case-codes")["case_codes"]
            self.case_code = again[0]["code"]

    def open(self) -> None:
        if self._state() != "awaiting_vendor":
            return
        self.vendor.post(f"{self.path}/case-code", {"code": self.case_code})
        self._give_code(self.vendor, self.award.company.mail, "/one-time-code")

    def vendor_signs(self) -> None:
        if self._state() == "awaiting_vendor":
            text = self.vendor.get(f"{self.path}/consent-text")
            sha256 = self.contract["document"]["sha256"]
            self.vendor.post(
                f"{self.path}/consent", {"sha256": sha256, "text_version": text["version"]}
            )
            body = {"sha256": sha256}
            self.vendor.post(f"{self.path}/signature", body)
            self.vendor.try_post(f"{self.path}/signature", body)  # a double click
        self._wait("awaiting_city")

    def city_signs(self) -> None:
        if self._state() == "awaiting_city":
            known = self.voices.mails()
            self.officer.post(f"{self.path}/closing/one-time-code")
            mail = next(p.mail for p in city.STAFF if p.login_name == "keiyaku")
            code = self.voices.code_mailed(mail, self.contract["number"], known)
            body = {"sha256": self.contract["document"]["sha256"], "one_time_code": code}
            self.officer.post(f"{self.path}/closing", body)
            self.officer.try_post(f"{self.path}/closing", body)  # a double click
        self._wait("concluded")

    def kept(self) -> None:
        self.contract = self.procurement.wait(
            self.path, lambda c: bool(c["sha256"]["kept"] and c["sha256"]["certificate"])
        )

    def _give_code(self, voice: Voice, mail: str, path: str) -> None:
        known = self.voices.mails()
        voice.post(f"{self.path}{path}/mail")
        code = self.voices.code_mailed(mail, self.contract["number"], known)
        voice.post(f"{self.path}{path}", {"code": code})

    def _known(self) -> dict[str, Any] | None:
        found = self.procurement.get("/contracts", q=self.award.title)["contracts"]
        mine = [c for c in found if c["title"] == self.award.title]
        return self.procurement.get(f"/contracts/{mine[0]['id']}") if mine else None

    def _refresh(self) -> dict[str, Any]:
        self.contract = self.procurement.get(self.path)
        return self.contract

    def _state(self) -> str:
        return str(self._refresh()["state"])

    def _wait(self, state: str) -> None:
        """Until the contract is in `state` or beyond it."""
        beyond = ORDER[ORDER.index(state) :]
        self.contract = self.procurement.wait(self.path, lambda c: c["state"] in beyond)
