"""AS4 as Peppol profiles it (2.0.3): one message shape, one algorithm suite, nothing else."""

from peppol.as4.faults import MessageRefused, SendingFailed
from peppol.as4.limits import Limits
from peppol.as4.receiving import Receiver, Reply
from peppol.as4.sending import Sender

__all__ = ["Limits", "MessageRefused", "Receiver", "Reply", "Sender", "SendingFailed"]
