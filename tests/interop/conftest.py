"""The private network's keys, shared with the tests of the package."""

from tests.peppol.conftest import pki

__all__ = ["pki"]
