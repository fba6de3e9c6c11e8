"""A merged contract as HTML for the typesetter.

Only text goes in and only our own tags come out: every value passes through `glyphs.markup`,
which escapes it and refuses characters no font has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from econtract import signature_page as sp
from econtract.glyphs import HEADING, markup
from econtract.signature_page import PartyLine
from econtract.template import Merged, MergedTable

SIGNATURE_NOTE = (
    "下の枠には、各当事者の電子署名が順に入ります。署名の日時はタイムスタンプによります。"
    "有効かどうかは、PDFの署名パネルまたは市の検証ページで確かめられます。"
)

ATTACHMENT_NOTE = (
    "上の各ファイルは、この契約の一部とする。"
    "ファイルが同じものであることは、SHA-256の値が一致することで確かめる。"
)


def contract_html(
    merged: Merged,
    *,
    number: str,
    parties: Sequence[PartyLine],
    created: str,
    attachments: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The whole document. `created` is an ISO 8601 instant for the PDF's metadata.

    `attachments` are files that belong to the contract and lie beside it: name, size, sha256."""
    body = [
        f'<div class="footer">{markup(f"契約番号 {number}", place="契約番号")}</div>',
        f"<h1>{markup(merged.title, place='表題', body=HEADING)}</h1>",
        f'<p class="number">{markup(f"契約番号　{number}", place="契約番号")}</p>',
    ]
    body += [f'<p class="preamble">{markup(p, place="前文")}</p>' for p in merged.preamble]
    body.append('<table class="head">')
    for label, value in merged.items:
        heading = markup(label, place=label, body=HEADING)
        body.append(f'<tr><th scope="row">{heading}</th><td>{markup(value, place=label)}</td></tr>')
    body.append("</table>")
    for table in merged.tables:
        body.append(_table(table))
    for clause in merged.clauses:
        place = f"第{clause.number}条"
        heading = markup(f"{place}（{clause.heading}）", place=place, body=HEADING)
        body.append(f"<h2>{heading}</h2>")
        alone = len(clause.paragraphs) == 1
        for n, paragraph in enumerate(clause.paragraphs, start=1):
            mark = "" if alone else f'<span class="n">{n}</span>'
            kind = "paragraph only" if alone else "paragraph"
            body.append(f'<p class="{kind}">{mark}{markup(paragraph.text, place=place)}</p>')
            for k, item in enumerate(paragraph.items, start=1):
                body.append(
                    f'<p class="sub"><span class="n">({k})</span>{markup(item, place=place)}</p>'
                )
    if attachments:
        body.append(_attachments(attachments))
    body += [f'<p class="closing">{markup(p, place="末尾")}</p>' for p in merged.closing]
    body += _signatures(parties)
    title = markup(f"{merged.title} {number}", place="表題")
    return (
        f'<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="generator" content="warifu"><meta name="dcterms.created" content="{created}">'
        f'<meta name="dcterms.modified" content="{created}">'
        f"</head><body>{''.join(body)}</body></html>"
    )


def _table(table: MergedTable, *, kind: str = "prices") -> str:
    """A table of prices: its caption, a heading row that is repeated on each page, its rows."""
    place = table.caption
    heads = "".join(
        f'<th scope="col">{markup(h, place=place, body=HEADING)}</th>' for h in table.headings
    )
    rows = "".join(
        "<tr>" + "".join(f"<td>{markup(cell, place=place)}</td>" for cell in row) + "</tr>"
        for row in table.rows
    )
    caption = markup(place, place=place, body=HEADING)
    return (
        f'<table class="{kind}"><caption>{caption}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _attachments(files: Sequence[Mapping[str, Any]]) -> str:
    """Drawings by their hashes: the signatures over this list cover the files."""
    rows = tuple((str(f["name"]), f"{f['size']:,} バイト", str(f["sha256"])) for f in files)
    note = markup(ATTACHMENT_NOTE, place="添付書類")
    table = _table(
        MergedTable("添付書類", ("ファイルの名前", "大きさ", "SHA-256"), rows), kind="files"
    )
    return f'{table}<p class="files-note">{note}</p>'


def _signatures(parties: Sequence[PartyLine]) -> list[str]:
    out: list[str] = []
    for page in range(sp.pages_needed(len(parties))):
        out.append(f'<section class="signatures" id="signatures-{page + 1}">')
        out.append("<h2>署名欄</h2>" if page == 0 else "<h2>署名欄（続き）</h2>")
        out.append(f'<p class="note">{markup(SIGNATURE_NOTE, place="署名欄")}</p>')
        first = page * sp.ROWS_A_PAGE
        for index in range(first, min(first + sp.ROWS_A_PAGE, len(parties))):
            party = parties[index]
            top = f'style="top:{sp.row_top_mm(index)}mm"'
            who = "<br>".join(
                markup(line, place=f"署名欄 {party.role}")
                for line in (party.address, party.organisation, f"{party.title}　{party.person}")
                if line.strip()
            )
            role = markup(party.role, place="署名欄", body=HEADING)
            out.append(f'<div class="party" {top}><div class="role">{role}</div>{who}</div>')
            out.append(f'<div class="box" {top}><div class="hint">{role}の電子署名</div></div>')
        out.append("</section>")
    return out
