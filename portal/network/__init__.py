"""The Peppol network at the door: what came in and went out, its answers, its pages.

endpoint ─▶ received ─▶ taking_in ─▶ einvoice (one intake for every channel)
provider_api ─┘                         │ the invoice moves
pages ◀─ queries ◀─ models              ▼
outbox ─▶ sending ◀─ sending_answers ◀─ answering (MLS, Invoice Response)
            │
            └─ answers that come back: taking_in ─▶ replies
"""
