"""Validate one document: structure, official rules, and beside them what the law says.

    report = validate(xml)
    report.verdict      "valid", "invalid" or "unreadable": the standard's answer alone
    report.qualified    the law's answer on 適格請求書, which never moves the verdict
    report.findings     everything, with place, message and remedy in Japanese and English

The document is parsed once and grown into one tree; schema, rules, reader and law all use that.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Final

from einvoice.account_kind import AccountKind
from einvoice.document import Document, Node
from einvoice.findings import Finding, QualifiedStatus, Report, verdict_of
from einvoice.growing import Grower
from einvoice.limits import Limits, Refusal
from einvoice.messages import refusal_texts, texts
from einvoice.parsing import Parsed, parse
from einvoice.rules import CURRENT, PROFILES, rule_set
from einvoice.rules.answers import COLLECTED_AT
from einvoice.rules.clearance import clearance_for
from einvoice.rules.engine import Failure, Mismatch
from einvoice.rules.facts import COLLECTED
from einvoice.structure import check_structure
from einvoice.ubl import BLANKS, ROOT_TYPES, short_name

if TYPE_CHECKING:
    from einvoice.registry import Registry

#: IBT-024 of the three types; the old identifier of 2022 still counts as the first.
_PROFILE_OF: Final = (
    ("urn:peppol:pint:billing-1@jp-1", "pint-jp"),
    ("urn:fdc:peppol:jp:billing:3.0", "pint-jp"),
    ("urn:peppol:pint:nontaxinvoice-1@jp-1", "pint-jp-ntr"),
    ("urn:peppol:pint:selfbilling-1@jp-1", "pint-jp-sb"),
)
#: The type whose rules judge a document that does not say its type: by IBT-003.
_BY_TYPE_CODE: Final = {"480": "pint-jp-ntr", "389": "pint-jp-sb"}


def validate(
    xml: bytes,
    *,
    profile: str | None = None,
    version: str = CURRENT,
    limits: Limits | None = None,
    law: bool = True,
    account: AccountKind = AccountKind.SPECIAL,
    registry: Registry | None = None,
    today: date | None = None,
    file: str | None = None,
) -> Report:
    """Judge a document. Never raises for what is in it.

    `profile` forces the rules of one type ("pint-jp", "pint-jp-ntr", "pint-jp-sb") on any XML;
    without it the document's own IBT-024 decides. `version` is that of the rules;
    `einvoice.rules.version_on` gives the one in force on the day of receipt. `law=False` leaves
    the law's checks out; `account` (which kind of account pays), `registry` (asked about the days
    of supply) and `today` (for dates in the future) are theirs, see `einvoice.qualified.assess`.
    """
    used = limits or Limits()
    try:
        parsed = parse(xml, used)
        root_name = short_name(str(parsed.root.tag))
        if profile is None and root_name not in ROOT_TYPES:
            raise Refusal("not-an-invoice", parsed.root.sourceline, name=root_name)
        named = profile or _profile_named(parsed)
        rules = rule_set(named or _profile_by_type_code(parsed), version)
        clearance = clearance_for(rules)
        look = clearance.look(parsed, used) if named else None
        is_cleared = look is not None and look.is_cleared
        if is_cleared and not law:
            return Report(named, "valid", "cannot_tell", file=file, ruleset=rules.name)
        grower = _grower(rules.profile, version)
        if look is None or look.suspects is None:
            document = grower.grow(parsed, used)
            is_accepted = False
        else:
            document = grower.bud(parsed, look, used)
            is_accepted = look.is_accepted
        failures = [] if is_cleared else rules.judge(document)
    except Refusal as refusal:
        return unreadable(refusal, file)
    # One more than may be shown, so that the cut is noticed; each costs a search for its place.
    findings = [] if is_accepted else check_structure(parsed, document, used.findings + 1, look)
    if look is not None and not failures and not findings:
        clearance.learn(look)
    if named is None:
        findings.insert(0, _unknown_customization(document))
    findings += (_finding(failure) for failure in failures[: used.findings + 1])
    verdict = verdict_of(findings)
    qualified: QualifiedStatus = "cannot_tell"
    if law:
        try:
            qualified, further = _law(parsed, document, account, registry, today, used.findings + 1)
        except Refusal as refusal:
            return unreadable(refusal, file)
        findings += further
    document.release()
    return Report(
        profile=named,
        verdict=verdict,
        qualified=qualified,
        findings=_cut(findings, used.findings),
        file=file,
        ruleset=rules.name,
    )


def _law(
    parsed: Parsed,
    document: Document,
    account: AccountKind,
    registry: Registry | None,
    today: date | None,
    most: int,
) -> tuple[QualifiedStatus, tuple[Finding, ...]]:
    """The qualified-invoice law and our own consistency checks, on the typed invoice."""
    from einvoice.qualified import assess
    from einvoice.reading import read_root

    invoice = read_root(parsed.root)
    if monotonic() > document.deadline:
        raise Refusal("too-slow")
    assessment = assess(
        invoice,
        root=document.root,
        account=account,
        registry=registry,
        today=today,
        deadline=document.deadline,
        most=most,
    )
    return assessment.status, assessment.findings


@cache
def _grower(profile: str, version: str) -> Grower:
    """One for each rule set, so that what was learnt of element paths stays."""
    return Grower(rule_set(profile, version).candidates_at, COLLECTED, COLLECTED_AT)


def _text_of(parsed: Parsed, local: str) -> str:
    """A header value, before there is a tree."""
    for child in parsed.root:
        if isinstance(child.tag, str) and child.tag.endswith(f"}}{local}"):
            return (child.text or "").strip(BLANKS)
    return ""


def _profile_named(parsed: Parsed) -> str | None:
    """The type a document claims; a longer identifier that begins like one is taken for it,
    as the official rules do."""
    stated = _text_of(parsed, "CustomizationID")
    for prefix, profile in _PROFILE_OF:
        if stated.startswith(prefix):
            return profile
    return None


def _profile_by_type_code(parsed: Parsed) -> str:
    return _BY_TYPE_CODE.get(_text_of(parsed, "InvoiceTypeCode"), PROFILES[0])


def _unknown_customization(document: Document) -> Finding:
    node = document.root.first("cbc:CustomizationID") or document.root
    message, remedy = texts("structure", "customization", value=node.text.strip(BLANKS))
    return Finding(
        id="structure-customization",
        source="structure",
        severity="error",
        message=message,
        remedy=remedy,
        path=node.path,
        line=node.line,
        term="IBT-024",
    )


def _finding(failure: Failure) -> Finding:
    rule = failure.rule
    node = rule.place(failure.node)
    values: dict[str, object] = {"value": _stated(node), "name": node.name}
    if isinstance(failure.outcome, Mismatch):
        values |= {
            "stated": _figure(failure.outcome.stated),
            "expected": _figure(failure.outcome.expected),
        }
    else:
        values |= {"stated": _stated(node), "expected": "?"}
    if failure.error is not None:
        node = failure.error.node or node
        values["value"] = _stated(node)
        message, remedy = texts(
            "stopped", failure.error.reason, rule=rule.id, name=node.name, value=values["value"]
        )
    else:
        message, remedy = texts("rules", rule.id, **values)
    return Finding(
        id=rule.id,
        source="rule",
        severity=rule.severity,
        message=message,
        remedy=remedy,
        path=node.path,
        line=node.line,
        term=rule.term,
    )


def _stated(node: Node) -> str:
    """A value as a message quotes it; a dash where there is none."""
    return node.text.strip(BLANKS) or "—"


def _figure(number: object) -> str:
    return "—" if number is None else format(number, "f")


def _cut(findings: list[Finding], most: int) -> tuple[Finding, ...]:
    """At most so many findings, and one that says that there are more."""
    if len(findings) <= most:
        return tuple(findings)
    message, remedy = texts("structure", "too-many-findings", shown=most)
    rest = Finding("too-many-findings", "structure", "info", message, remedy)
    return (*findings[:most], rest)


def unreadable(refusal: Refusal, file: str | None) -> Report:
    """The report on what could not be read."""
    message, remedy = refusal_texts(refusal)
    finding = Finding(
        id=f"unreadable-{refusal.reason}",
        source="structure",
        severity="error",
        message=message,
        remedy=remedy,
        line=refusal.line,
    )
    return Report(
        profile=None,
        verdict="unreadable",
        qualified="cannot_tell",
        findings=(finding,),
        file=file,
    )


__all__ = ["unreadable", "validate"]
