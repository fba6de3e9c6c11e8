"""The Peppol network: identifiers, envelope, lookup, AS4, status and response messages.

Knows no database and no web framework: what must be kept goes through `peppol.ports`.
"""

from peppol.code_lists import CodeLists
from peppol.code_lists import load as load_code_lists
from peppol.document_matching import best_match
from peppol.errors import PeppolError
from peppol.identifiers import DocumentTypeId, ParticipantId, ProcessId
from peppol.sbdh import Header
from peppol.sbdh_reading import Envelope, open_envelope
from peppol.sbdh_writing import make_envelope

__all__ = [
    "CodeLists",
    "DocumentTypeId",
    "Envelope",
    "Header",
    "ParticipantId",
    "PeppolError",
    "ProcessId",
    "best_match",
    "load_code_lists",
    "make_envelope",
    "open_envelope",
]
