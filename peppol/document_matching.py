"""Which registration takes a document type (PFUOI 4.4.0 §5.1.2, wildcard scheme).

A customization id is parts joined by `@`, broad to narrow. A registration may end in `*`, directly
after a part: `a*`, `a@b*`. The same function serves the sender (choosing what to ask the SMP for)
and the receiver (is this ours?), so both sides agree by construction.
"""

from __future__ import annotations

from collections.abc import Iterable

from peppol.errors import IdentifierInvalid, Text
from peppol.identifiers import DOCUMENT_SCHEME_WILDCARD, DocumentTypeId


def check_registration(registered: DocumentTypeId) -> DocumentTypeId:
    """Itself if `registered` may stand in an SMP registration, else IdentifierInvalid.

    `*` only in the wildcard scheme, once, last in the customization and after a part; no part
    empty, none twice.
    """
    if registered.scheme != DOCUMENT_SCHEME_WILDCARD:
        if "*" in registered.value:
            raise _faulty(registered, "この体系で「*」は使えません。", "this scheme has no “*”.")
        return registered
    customization = registered.parts.customization
    if registered.value.count("*") != customization.count("*"):
        raise _faulty(
            registered, "「*」はカスタマイズの末尾だけです。", "“*” only ends the customization."
        )
    body = customization[:-1] if customization.endswith("*") else customization
    parts = body.split("@")
    if "*" in body or any(not part or part.isspace() for part in parts):
        raise _faulty(
            registered, "「*」は部分の直後に1つだけです。", "one “*”, right after a part."
        )
    if len(set(parts)) != len(parts):
        raise _faulty(registered, "同じ部分が二度あります。", "a part occurs twice.")
    return registered


def check_exchanged(document_type: DocumentTypeId) -> DocumentTypeId:
    """Itself if it may stand in an SBDH or an AS4 Action: no `*` there."""
    if "*" in document_type.value:
        raise _faulty(
            document_type, "メッセージの中で「*」は使えません。", "“*” never occurs in a message."
        )
    return document_type


def best_match(
    registered: Iterable[DocumentTypeId], wanted: DocumentTypeId
) -> DocumentTypeId | None:
    """The registration that takes `wanted`: the exact one, else the `*` covering most parts.

    Malformed registrations are passed over: they were made by others and must not stop a lookup.
    """
    if "*" in wanted.value:
        return None
    candidates = set(registered)
    if wanted in candidates:
        return wanted
    if wanted.scheme != DOCUMENT_SCHEME_WILDCARD:
        return None
    try:
        whole = wanted.parts
    except IdentifierInvalid:
        return None
    parts = whole.customization.split("@")
    for length in range(len(parts), 0, -1):
        pattern = DocumentTypeId.of(
            whole.namespace, whole.local_name, "@".join(parts[:length]) + "*", whole.version
        )
        if pattern in candidates and _is_registrable(pattern):
            return pattern
    return None


def _is_registrable(pattern: DocumentTypeId) -> bool:
    try:
        check_registration(pattern)
    except IdentifierInvalid:
        return False
    return True


def _faulty(document_type: DocumentTypeId, ja: str, en: str) -> IdentifierInvalid:
    return IdentifierInvalid(value=document_type.value, why=Text(ja, en), field="document_type")
