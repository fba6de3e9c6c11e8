"""Where the time of an act goes, by what kind of work it is (from the profiler's own times).

The profiler makes many small Python calls look dearer than few long ones in C: read the order and
the size of the shares, not their last digit.
"""

import cProfile
import pstats
from collections import Counter
from collections.abc import Callable

KINDS = (
    ("cryptography (keys, digests)", ("cryptography", "openssl", "hashlib", "sha256", "_rust")),
    ("path validation", ("pyhanko_certvalidator",)),
    ("ASN.1", ("asn1crypto", "stringprep", "/x509.py", "_internal/der.py", "_internal/cms.py",
               "signed_data.py")),
    ("reading and writing PDF objects", ("pyhanko/pdf_utils", "pikepdf", "_io.", "zlib")),
    ("fonts and appearance", ("truetype.py", "appearance.py", "fontTools")),
    ("comparing revisions", ("diff_analysis", "increments.py", "written_values.py")),
)  # fmt: skip


def shares(act: Callable[[], object], rounds: int = 10) -> list[tuple[str, float]]:
    """(kind of work, its share of the time), the largest first."""
    act()
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(rounds):
        act()
    profile.disable()
    found: Counter[str] = Counter()
    callers = pstats.Stats(profile).stats
    for (file, _line, name), (_calls, _primitive, own, _total, above) in callers.items():
        kind = _kind(f"{file}:{name}")
        if kind is None and file == "~":  # a built-in: it belongs to whoever called it
            whole = sum(entry[2] for entry in above.values()) or 1.0
            for (caller, _l, caller_name), entry in above.items():
                found[_kind(f"{caller}:{caller_name}") or "all else"] += own * entry[2] / whole
        else:
            found[kind or "all else"] += own
    total = sum(found.values())
    return [(kind, own / total) for kind, own in found.most_common()]


def _kind(place: str) -> str | None:
    return next((kind for kind, parts in KINDS if any(p in place for p in parts)), None)


def show(title: str, act: Callable[[], object]) -> None:
    parts = ", ".join(f"{kind} {share:.0%}" for kind, share in shares(act))
    print(f"  {title}: {parts}")
