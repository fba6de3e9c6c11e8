"""`warifu sign`: answer a signing request on the party's own machine.

The key (PKCS#12 file, or card by PKCS#11) stays here; what goes back is one signature.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from signing import SigningKey, presented, remote
from signing.errors import SigningError
from signing.hsm import Token
from signing.renewal import replace_file

app = typer.Typer(help="手元の鍵で署名する / Sign with your own key")

ANSWERED, REFUSED = 0, 2


@app.command()
def sign(
    request: Annotated[
        Path | None, typer.Argument(help="署名の依頼（JSON） / the signing request")
    ] = None,
    answer: Annotated[
        Path | None, typer.Option(help="回答の書き先（なければ標準出力） / where to write")
    ] = None,
    document: Annotated[
        Path | None, typer.Option(help="署名する文書（照合する） / the document, to be compared")
    ] = None,
    pkcs12: Annotated[Path | None, typer.Option(help="PKCS#12（.p12）ファイル / key file")] = None,
    pkcs11: Annotated[
        Path | None, typer.Option(help="ICカードのPKCS#11ライブラリ / the card's module")
    ] = None,
    token: Annotated[str, typer.Option(help="カードのラベル / the card's label")] = "",
    label: Annotated[str, typer.Option(help="鍵のラベル / the key's label")] = "",
    certificate: Annotated[
        Path | None,
        typer.Option(help="証明書だけを書き出す（署名しない） / write the certificate only"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="確認せずに署名する / do not ask")] = False,
) -> None:
    """署名の依頼に手元の鍵で答える / Answer a signing request; the key never leaves this machine.

    終了コード 0 署名した、1 取りやめた、2 署名できない /
    Exit code 0: signed; 1: declined; 2: could not be signed.
    """
    try:
        if certificate is not None:
            own = _key(None, pkcs12, pkcs11, token, label)
            replace_file(certificate, presented.pem(own.certificate, own.chain))
            return
        if request is None:
            raise typer.BadParameter("署名の依頼（JSON）を指定してください / name the request")
        asked = remote.Request.from_json(request.read_text(encoding="utf-8"))
        asked.check()
        if document is not None:
            asked.check_document(document.read_bytes())
        typer.echo("\n".join(_summary(asked, compared=document is not None)), err=True)
        if not yes and not typer.confirm("署名しますか / Sign?", err=True):
            raise typer.Exit(1)
        key = _key(asked, pkcs12, pkcs11, token, label)
        text = remote.answer(asked, key).to_json()
        if answer is not None:
            replace_file(answer, text.encode())
    except SigningError as error:
        typer.echo(f"{error.message_ja}\n{error.remedy_ja}", err=True)
        typer.echo(f"{error.message_en}\n{error.remedy_en}", err=True)
        raise typer.Exit(REFUSED) from error
    except OSError as error:
        typer.echo(f"読み書きできません / cannot be read or written: {error}", err=True)
        raise typer.Exit(REFUSED) from error
    if answer is None:
        typer.echo(text)


def _summary(request: remote.Request, *, compared: bool) -> list[str]:
    act = request.act
    match = "文書と一致 / matches the document" if compared else "文書とは未照合 / not compared"
    return [
        f"署名欄 / slot:       {request.slot}",
        f"署名者 / signer:     {act.capacity} {act.name}".replace("\n", " "),
        f"内容 / statement:    {act.statement}",
        f"文書のハッシュ / document digest: {request.document_digest.hex()}",
        f"                     （{match}）",
    ]


def _key(
    request: remote.Request | None, file: Path | None, module: Path | None, token: str, label: str
) -> SigningKey:
    if (file is None) == (module is None):
        raise typer.BadParameter("--pkcs12 または --pkcs11 のどちらか / give one of the two")
    if file is not None:
        secret = typer.prompt("パスフレーズ / passphrase", hide_input=True, err=True, default="")
        return SigningKey.from_pkcs12(file.read_bytes(), secret or None)
    assert module is not None
    pin = typer.prompt("PIN", hide_input=True, err=True)
    return Token(module, token, label, pin).key(request.certificate if request else None)
