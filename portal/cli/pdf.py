"""`warifu pdf …`: judge signed PDFs, ours or anybody's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from portal import settings
from portal.keys import Keys
from portal.trust_lists import TrustLists
from signing import Judge, Trust, Verdict
from signing.errors import SigningError
from signing.renewal import renew_files

app = typer.Typer(help="署名されたPDF / Signed PDFs", no_args_is_help=True)

PASSED, NOT_PASSED, UNREADABLE = 0, 1, 2
MARKS = {"passed": "有効 / valid", "indeterminate": "確認できない / cannot be established",
         "failed": "無効 / not valid"}  # fmt: skip
OUTCOMES = {
    "renewed": "更新した / renewed",
    "due": "更新が必要 / due",
    "not_due": "まだ不要 / not due yet",
    "no_gain": "いま更新しても延びない / would last no longer now",
    "failed": "更新できない / cannot be renewed",
}
UNREADABLE_CODES = {"file.empty", "file.not_a_pdf", "file.damaged", "file.too_large"}


@app.command()
def verify(
    files: Annotated[list[Path], typer.Argument(help="PDFファイル / PDF files")],
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            help="信頼する証明書（PEM・フォルダー） / trusted certificates: PEM or folder"
        ),
    ] = None,
    trust_list: Annotated[
        list[Path] | None,
        typer.Option(help="トラストリスト（ETSI TS 119 612） / trusted list"),
    ] = None,
    list_signer: Annotated[
        list[Path] | None,
        typer.Option(help="トラストリストの署名者の証明書 / certificate of the list's signer"),
    ] = None,
    accredited_tsa: Annotated[
        Path | None,
        typer.Option(help="認定時刻認証業務の一覧（TOML） / accredited time-stamping services"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="1ファイル1行のJSON / one JSON object a line")
    ] = False,
) -> None:
    """電子署名を検証する / Verify the signatures of PDFs.

    終了コード 0 すべて有効、1 無効または確認できない、2 読めない /
    Exit code 0: all valid; 1: any is not, or cannot be established; 2: any cannot be read.
    """
    worst = PASSED
    try:
        lists = TrustLists.read(trust_list or (), list_signer or (), accredited_tsa)
        believed = _trust(trust, lists)
    except SigningError as error:
        typer.echo(f"{error}\n{error.remedy_ja} / {error.remedy_en}", err=True)
        raise typer.Exit(UNREADABLE) from error
    for words in lists.stale(datetime.now(UTC)):
        typer.echo(f"更新すべき一覧 / a newer list is due: {words}", err=True)
    with Judge(believed, workers=1) as judge:
        for path in files:
            code = _one(judge, path, as_json=as_json)
            worst = max(worst, code)
    raise typer.Exit(worst)


@app.command()
def renew(
    files: Annotated[list[Path], typer.Argument(help="PDFまたはフォルダー / PDFs or folders")],
    before: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], help="この日までに期限が来るもの / due before this day"),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="調べるだけ / only say what is due")
    ] = False,
) -> None:
    """長期保存タイムスタンプを更新する / Add the next archive timestamp where it is due.

    中断しても、もう一度実行すれば残りから続きます / Run it again after an interruption.
    終了コード 0 すべて済み、1 更新できないものがある / Exit code 0: all done; 1: any failed.
    """
    paths = [p for f in files for p in (sorted(f.rglob("*.pdf")) if f.is_dir() else [f])]
    keys = Keys(settings.load())
    failed = 0
    try:
        done = renew_files(
            paths,
            timestamper=keys.timestamper,
            trust=keys.trust,
            before=before.replace(tzinfo=UTC),
            dry_run=dry_run,
        )
        for number, one in enumerate(done, 1):
            due = f"{one.due:%Y-%m-%d}" if one.due else str(one.error)
            typer.echo(f"[{number}/{len(paths)}] {one.path}: {OUTCOMES[one.outcome]} ({due})")
            if isinstance(one.error, SigningError):
                typer.echo(f"    {one.error.remedy_ja} / {one.error.remedy_en}")
            failed += one.outcome == "failed"
    finally:
        keys.close()
    raise typer.Exit(NOT_PASSED if failed else PASSED)


def _trust(paths: list[Path] | None, lists: TrustLists) -> Trust:
    """The given certificates and lists; without any, the service's own trust."""
    if not paths and not lists.updates:
        return Keys(settings.load()).trust
    whole = Trust(require_revocation=False).merged(lists.trust)
    for path in paths or ():
        whole = whole.merged(Trust.from_path(path, require_revocation=False))
    return whole


def _one(judge: Judge, path: Path, *, as_json: bool) -> int:
    try:
        pdf = path.read_bytes()
    except OSError as error:
        words = error.strerror or str(error)
        if as_json:
            typer.echo(json.dumps({"file": str(path), "status": "unreadable", "error": words}))
        else:
            typer.echo(f"{path}: 読めません / cannot be read: {words}")
        return UNREADABLE
    try:
        verdict = judge.verify(pdf)
    except SigningError as error:
        typer.echo(f"{path}: {error}")
        return UNREADABLE
    if as_json:
        document = {"file": str(path), **verdict.to_json()}
        typer.echo(json.dumps(document, ensure_ascii=False))
    else:
        typer.echo("\n".join(_lines(path, verdict)))
    if verdict.is_passed:
        return PASSED
    unreadable = any(reason.code in UNREADABLE_CODES for reason in verdict.reasons)
    return UNREADABLE if unreadable else NOT_PASSED


def _lines(path: Path, verdict: Verdict) -> Iterator[str]:
    yield f"{path}: {MARKS[verdict.status]}"
    for reason in verdict.reasons:
        yield f"  {reason.ja}"
        yield f"  {reason.en}"
    if verdict.slots_expected:
        signed = len(verdict.slots_expected) - len(verdict.slots_missing)
        yield f"  署名 / signatures: {signed}/{len(verdict.slots_expected)}"
    for signature in verdict.signatures:
        time = signature.proven_time or signature.claimed_time
        proven = "" if signature.proven_time else "（証明されていない時刻 / not proven）"
        when = f"{time:%Y-%m-%d %H:%M:%S UTC}{proven}" if time else "—"
        who = signature.name or signature.subject or "—"
        yield f"  - {signature.label or signature.field}: {MARKS[signature.status]}; {who}; {when}"
        yield f"      {signature.subject or '—'}; {signature.level or signature.kind}"
        if signature.accredited_time:
            yield f"      認定タイムスタンプ / accredited timestamp: {signature.time_authority}"
        for reason in signature.reasons:
            yield f"      {reason.ja} / {reason.en}"
    if verdict.proof_until:
        yield f"  証明の有効期間 / the proof lasts until: {verdict.proof_until:%Y-%m-%d}"
    yield f"  SHA-256: {verdict.sha256}"
