"""Desks that belong to neither half: vendor register, people, audit trail, running."""
