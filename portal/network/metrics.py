"""The network's figures in Prometheus' text format (exposition format 0.0.4)."""

from __future__ import annotations

from datetime import datetime

from portal.network.queries import Figures

_HELP = {
    "messages": "Messages kept, by direction and state.",
    "answers": "Answers owed (MLS, Invoice Response), by state.",
    "answers_late": "Answers not sent within their service level.",
    "alarms": "Messages with a known number and other content.",
    "oldest_kept_seconds": "Age of the oldest message that was not handed on yet.",
}


def as_text(figures: Figures, at: datetime) -> str:
    """All of them as gauges; what is kept is never thrown away, so nothing falls by itself."""
    oldest = (at - figures.oldest_kept).total_seconds() if figures.oldest_kept else 0.0
    handed_on = figures.received - figures.kept - figures.rejected
    values: dict[str, dict[str, float]] = {
        "messages": {
            'direction="incoming",state="kept"': figures.kept,
            'direction="incoming",state="handed_on"': handed_on,
            'direction="incoming",state="rejected"': figures.rejected,
            'direction="outgoing",state="waiting"': figures.waiting,
            'direction="outgoing",state="delivered"': figures.delivered,
            'direction="outgoing",state="failed"': figures.failed,
        },
        "answers": {
            'state="waiting"': figures.answers_waiting,
            'state="sent"': figures.answers_sent,
            'state="undelivered"': figures.answers_undelivered,
            'state="unwanted"': figures.answers_unwanted,
        },
        "answers_late": {"": figures.answers_late},
        "alarms": {"": figures.alarms},
        "oldest_kept_seconds": {"": oldest},
    }
    lines: list[str] = []
    for name, labelled in values.items():
        full = f"warifu_peppol_{name}"
        lines += [f"# HELP {full} {_HELP[name]}", f"# TYPE {full} gauge"]
        lines += [
            f"{full}{{{labels}}} {value:g}" if labels else f"{full} {value:g}"
            for labels, value in labelled.items()
        ]
    return "\n".join(lines) + "\n"
