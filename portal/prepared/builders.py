"""Which module makes which kind of prepared work."""

from __future__ import annotations

from collections.abc import Mapping

from portal.invoices import statement_paper
from portal.prepared.ordering import Builder
from portal.simulation import reporting

BUILDERS: Mapping[str, Builder] = {
    reporting.KIND: reporting.build,
    statement_paper.KIND: statement_paper.build,
}
