"""Caps of receiving and sending, in one place, with safe defaults. All are settings."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta

from peppol.errors import SettingInvalid, Text

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes unless said otherwise.

    body: a whole HTTP request · soap: its XML part · part_headers: headers of one MIME part ·
    expanded: what the payload may grow to · ratio: times it may grow · in_memory: what of one
    message is held in memory before it goes to a temporary file · answer: a receipt we read ·
    past/future: window of MessageInfo/Timestamp outside which a message is flagged.
    """

    body: int = 100 * MEGABYTE
    soap: int = 256 * 1024
    part_headers: int = 8 * 1024
    expanded: int = 100 * MEGABYTE
    ratio: int = 200
    in_memory: int = 1 * MEGABYTE
    answer: int = 256 * 1024
    past: timedelta = timedelta(days=7)
    future: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            positive = value > timedelta(0) if isinstance(value, timedelta) else value > 0
            if not positive:
                raise SettingInvalid(
                    name=f"peppol.limits.{item.name}",
                    why=Text("正の値にしてください。", "it must be positive."),
                )
        if self.soap > self.body:
            raise SettingInvalid(
                name="peppol.limits.soap",
                why=Text("body より大きくできません。", "it cannot exceed body."),
            )
