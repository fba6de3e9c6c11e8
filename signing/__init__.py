"""PDF signatures that hold for decades, and a verifier that is not fooled.

Nothing heavy is loaded by importing this package: pyHanko and its companions come with the first
document that is signed or judged in this process. A web process uses `Judge`, which never loads
them at all.
"""

from . import accreditation, development, errors, trusted_lists
from .anchors import Anchor, Period
from .judge import Judge
from .keys import SigningKey, Validity
from .sealing import check_credential, extend, prepare, renew, renewal_due, sign
from .slots import Act, Slot
from .timestamping import TimestampAuthority, Timestamper
from .trust import RevocationSource, Trust
from .verdict import Reason, SignatureVerdict, Verdict
from .verification import verify

__all__ = [
    "Act",
    "Anchor",
    "Judge",
    "Period",
    "Reason",
    "RevocationSource",
    "SignatureVerdict",
    "SigningKey",
    "Slot",
    "TimestampAuthority",
    "Timestamper",
    "Trust",
    "Validity",
    "Verdict",
    "accreditation",
    "check_credential",
    "development",
    "errors",
    "extend",
    "prepare",
    "renew",
    "renewal_due",
    "sign",
    "trusted_lists",
    "verify",
]
