"""`./dev bench [NAME …]`: run the benchmarks, each of which prints its figures with its peer's."""

from __future__ import annotations

import pkgutil
import runpy
import sys
from pathlib import Path

names = sorted(
    found.name
    for found in pkgutil.iter_modules([str(Path(__file__).parent)])
    if not found.name.startswith("_")
)
wanted = sys.argv[1:] or names
unknown = [name for name in wanted if name not in names]
if unknown:
    sys.exit(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names)}")
for name in wanted:
    print(f"── {name}", flush=True)
    sys.argv = [name]
    runpy.run_module(f"benchmarks.{name}", run_name="__main__")
