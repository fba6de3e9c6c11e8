"""What changed after a signature, and whether that was allowed.

pyHanko compares every later revision with the signed one and refuses what is not on its list.
Ours is shorter: only validation data, archive timestamps, and signatures in fields that existed.
A form field that was filled in after a signature is a change even without DocMDP, because it
changes what the page says.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyhanko.pdf_utils.metadata import xmp_xml  # noqa: F401  loaded now, not within a file's limits
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    CatalogModificationRule,
    DocInfoRule,
    FormUpdatingRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
    XrefStreamRule,
)
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from .increments import Increments
from .store_rule import StoreRule

LTA = ModificationLevel.LTA_UPDATES
STRICT = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(),
        DocInfoRule().as_qualified(LTA),
        XrefStreamRule().as_qualified(LTA),
        ObjectStreamRule().as_qualified(LTA),
        StoreRule().as_qualified(LTA),
        MetadataUpdateRule().as_qualified(LTA),
    ],
    form_rule=FormUpdatingRule(field_rules=[SigFieldCreationRule(), SigFieldModificationRule()]),
)


@dataclass(frozen=True, slots=True)
class Changes:
    """`kind` as in SignatureVerdict.changes; `code` is the sentence when it is not acceptable."""

    covers: str
    kind: str
    code: str | None = None
    detail: str = ""


def judge(signature: EmbeddedPdfSignature, increments: Increments) -> Changes:
    """Steps: 1. which part of the file the signature covers; 2. what the revisions after it did;
    3. whether DocMDP (of this signature or its lock) allows that.

    Revisions of known shapes are recognised by `increments`; all others are compared in full.
    """
    try:
        coverage = signature.evaluate_signature_coverage()  # 1
        signature.coverage = coverage  # type: ignore[assignment]  # evaluate_modifications reads it
    except MemoryError:
        raise  # the limit speaks, not the file
    except Exception as error:
        return Changes("unclear", "forbidden", "changes.unjudged", _short(error))
    if coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return Changes("file", "none")
    if coverage != SignatureCoverageLevel.ENTIRE_REVISION:
        return Changes("unclear", "forbidden", "signature.byte_range", coverage.name)
    known = _recognised(signature, increments)  # 2, 3
    if known is not None:
        return known
    try:
        result = signature.evaluate_modifications(STRICT)  # 2
        if isinstance(result, SuspiciousModification):
            return _second_opinion(signature, result)
        permission = signature.docmdp_level
    except MemoryError:
        raise  # the limit speaks, not the file
    except Exception as error:
        return Changes("revision", "forbidden", "changes.unjudged", _short(error))
    level = result.modification_level
    if permission is not None and level.value > permission.value:  # 3
        return Changes("revision", "forbidden", "changes.forbidden", level.name)
    return Changes("revision", {0: "none", 1: "long_term"}.get(level.value, "signatures"))


def _recognised(signature: EmbeddedPdfSignature, increments: Increments) -> Changes | None:
    """The answer where every later revision is of a known shape and allowed; else None."""
    try:
        step = increments.after(int(signature.signed_revision))
        if step is None:
            return None
        permission = signature.docmdp_level
        if step == "signatures":
            # A lock on fields: which ones it means is the full comparison's question.
            forbidden = permission is not None and permission < MDPPerm.FILL_FORMS
            if forbidden or signature.fieldmdp is not None:
                return None
    except MemoryError:
        raise  # the limit speaks, not the file
    except Exception:  # no answer here: the full comparison says what is wrong
        return None
    return Changes("revision", step)


def _second_opinion(signature: EmbeddedPdfSignature, refusal: SuspiciousModification) -> Changes:
    """Tell "a form field was filled in" from everything else, for the words of the verdict.

    Some services rewrite the index of their validation data (/VRI), which nothing here relies on.
    The comparison stops at that; what else changed is then not known.
    """
    if str(refusal).startswith("VRI key"):
        return Changes("revision", "forbidden", "changes.unjudged", _short(refusal))
    try:
        lenient = signature.evaluate_modifications(DEFAULT_DIFF_POLICY)
        permission = signature.docmdp_level
    except MemoryError:
        raise  # the limit speaks, not the file
    except Exception as error:
        return Changes("revision", "forbidden", "changes.unjudged", _short(error))
    if isinstance(lenient, SuspiciousModification) or (
        permission is not None and lenient.modification_level.value > permission.value
    ):
        return Changes("revision", "forbidden", "changes.forbidden", _short(refusal))
    return Changes("revision", "form", "changes.form", _short(refusal))


def _short(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__
