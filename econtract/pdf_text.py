"""The words of a PDF from outside, read in a process of its own that may be killed.

`words(pdf)` starts this file as a program: PDFium is native code, and a file that somebody
else made must not take the worker with it. None means: could not be read in time or at all.
"""

from __future__ import annotations

import resource
import subprocess
import sys

SECONDS = 20
MEMORY = 1024**3
MAX_PAGES = 300
MAX_WORDS = 2_000_000


def words(pdf: bytes) -> str | None:
    """Every word PDFium finds; "" for a scan without text."""
    command = [sys.executable, "-I", __file__]  # as a file: the package is not loaded
    try:
        done = subprocess.run(  # noqa: S603  our own module, no shell
            command, input=pdf, capture_output=True, timeout=SECONDS, check=True
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    return done.stdout.decode("utf-8", "replace")


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    import pypdfium2

    opened = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    found: list[str] = []
    for number in range(min(len(opened), MAX_PAGES)):
        found.append(opened[number].get_textpage().get_text_bounded())
        if sum(map(len, found)) > MAX_WORDS:
            break
    sys.stdout.buffer.write("\n".join(found)[:MAX_WORDS].encode("utf-8", "replace"))


if __name__ == "__main__":
    _main()
