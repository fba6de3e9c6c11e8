"""The `warifu` command. A module a group of commands; this file only puts them together."""

from portal.cli.tree import main

__all__ = ["main"]
