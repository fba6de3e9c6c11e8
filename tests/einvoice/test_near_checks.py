"""Each of the 108 checks speaks on its bad case and is silent on the good one of the same shape.

Silence could be that of a check that never looked. So the good case must come as far as the last
question that the bad case answered: the `if` around the `yield`, or the one that would have left.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from einvoice.matching import CHECKS, catalogue
from einvoice.matching.arrivals import DOOR_CHECKS
from einvoice.matching.runs import RUN_CHECKS
from tests.einvoice.check_situations import DOOR_FIRES, FIRES, RUN_FIRES
from tests.einvoice.near_situations import DOOR_NEAR, NEAR, RUN_NEAR

Check = Callable[[Any], Iterator[object]]
MADE: dict[str, Check] = {**CHECKS, **RUN_CHECKS, **DOOR_CHECKS}
BAD: dict[str, Any] = {**FIRES, **RUN_FIRES, **DOOR_FIRES}
GOOD: dict[str, Any] = {**NEAR, **RUN_NEAR, **DOOR_NEAR}


def walked(check: Check, situation: Any) -> tuple[int, set[int]]:
    """How often the check speaks, and the lines of its module that ran."""
    place = inspect.getfile(check)
    lines: set[int] = set()

    def trace(frame: FrameType, _event: str, _arg: object) -> Any:
        if frame.f_code.co_filename != place:
            return None
        lines.add(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        count = len(list(check(situation)))
    finally:
        sys.settrace(before)
    return count, lines


def last_questions(check: Check, lines: set[int]) -> set[int]:
    """Of each `yield` that ran, the line of the question before it."""
    found: set[int] = set()

    def visit(block: list[ast.stmt], asked: int | None) -> None:
        for statement in block:
            speaks = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Yield)
            if speaks and statement.lineno in lines and asked is not None:
                found.add(asked)
            for inner in ("body", "orelse", "handlers"):
                parts = getattr(statement, inner, [])
                for part in parts:
                    if isinstance(part, ast.ExceptHandler):
                        visit(part.body, asked)
                if parts and not isinstance(parts[0], ast.ExceptHandler):
                    is_question = isinstance(statement, ast.If | ast.For)
                    visit(parts, statement.lineno if is_question else asked)
            if isinstance(statement, ast.If):
                asked = statement.lineno

    tree = ast.parse(Path(inspect.getfile(check)).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            visit(node.body, None)
    return found


def test_every_check_of_the_table_has_a_bad_case_and_a_good_one_of_its_shape() -> None:
    assert set(MADE) == set(BAD) == set(GOOD) == set(catalogue())
    assert len(MADE) == 108


@pytest.mark.parametrize("check_id", MADE)
def test_check_speaks_on_its_bad_case_and_has_looked_at_the_good_one(check_id: str) -> None:
    check = MADE[check_id]
    spoke, bad_lines = walked(check, BAD[check_id])
    assert spoke > 0
    silent, good_lines = walked(check, GOOD[check_id])
    assert silent == 0
    asked = last_questions(check, bad_lines)
    assert asked
    assert asked <= good_lines, f"{inspect.getfile(check)}: {sorted(asked - good_lines)}"
