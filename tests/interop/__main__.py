"""`python -m tests.interop`: run against other implementations where they can be run."""

from __future__ import annotations

import os
import sys

import pytest

os.environ["WARIFU_PHASE4"] = "1"
sys.exit(pytest.main(["tests/interop", "-v", "-s", "-rs", *sys.argv[1:]]))
