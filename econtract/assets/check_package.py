"""契約一式の確かめ / Check a contract's package. Python 3 だけで動きます（インターネット不要）。

    python3 check_package.py        このファイルのあるフォルダーで / in the folder it lies in

1. SHA256SUMS.txt のとおりのファイルか。    each file is the one SHA256SUMS.txt names
2. 監査記録の抜粋が一続きで、書き換えられていないか。  the audit excerpt is one unbroken chain
3. 抜粋と証跡が、この契約書のSHA-256を示すか。  both name this contract's SHA-256

Not checked here: the PDF's signatures (any PDF viewer's signature panel does) and the time-stamp
tokens over the chain (`warifu audit verify 監査記録_抜粋.jsonl` does).
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

here = Path(__file__).resolve().parent


def hexed(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sums() -> Iterator[str]:  # 1
    for line in (here / "SHA256SUMS.txt").read_text("utf-8").splitlines():
        expected, name = line.split("  ", 1)
        if hexed((here / name).read_bytes()) != expected:
            yield f"{name}: 中身が変わっています / changed"


def digest(entry: dict[str, Any]) -> str:
    if "digest" in entry:  # another matter's entry: only its digest is shown
        return str(entry["digest"])
    content = {key: entry[key] for key in ("seq", "at", "actor", "action", "subject", "details")}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hexed(text.encode("utf-8"))


def chain(path: Path) -> Iterator[str]:  # 2
    head, *lines = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    before, number = head["prev"], head["first"] - 1
    hashes: dict[int, str] = {}
    for line in lines:
        if "anchor" in line:
            if hashes.get(line["seq"]) != line["hash"]:
                yield f"{line['seq']}番: タイムスタンプの値と違います / differs from the anchor"
        elif "end" in line:
            if (line["end"], line["hash"]) != (number, before):
                yield "末尾が欠けています / the end is missing"
            return
        else:
            text = f"warifu-audit-1\n{before}\n{digest(line)}\n"
            if line["seq"] != number + 1 or hexed(text.encode("utf-8")) != line["hash"]:
                yield f"{line['seq']}番: 前の記録とつながりません / does not follow its predecessor"
                return
            number, before = line["seq"], line["hash"]
            hashes[number] = before
    yield "末尾がありません / no end line"


def agreement(path: Path) -> Iterator[str]:  # 3
    evidence = json.loads(next(here.glob("*_証跡.json")).read_text("utf-8"))["sha256"]
    pdf = hexed(next(here.glob("*_契約書.pdf")).read_bytes())
    if pdf not in (evidence["kept"], evidence["concluded"]):
        yield "契約書が、証跡の示すものと違います / the contract is not the one in the evidence"
    entries = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    said = {e["details"].get("sha256") for e in entries if isinstance(e.get("details"), dict)}
    if evidence["concluded"] not in said:
        yield "監査記録に、この契約の確定がありません / the trail does not name this contract"


excerpt = here / "監査記録_抜粋.jsonl"
problems = [*sums(), *chain(excerpt), *agreement(excerpt)]
for problem in problems:
    sys.stdout.write(f"異常 / broken: {problem}\n")
if not problems:
    sys.stdout.write("正常 / whole: ファイル、監査記録、契約書のSHA-256が一致しました。\n")
sys.exit(1 if problems else 0)
