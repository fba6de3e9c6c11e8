"""`python -m portal` is the `warifu` command."""

from portal.cli import main

main()
