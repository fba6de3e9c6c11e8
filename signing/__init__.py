"""PDF signatures that hold for decades, and a verifier that is not fooled.

Nothing heavy is loaded by importing this package: pyHanko and its companions come with the first
document that is signed or judged in this process. A web process uses `Judge`, which never loads
them at all.

Five calls do the work; each takes bytes and gives bytes (or a verdict), or raises a `SigningError`:

    prepared = prepare(pdf, [Slot("Vendor", "受注者", box=…), Slot("City", "発注者")], metadata={})
    signed = sign(prepared, "Vendor", Act(…), key=key, timestamper=timestamper, trust=trust)
    kept = extend(signed, timestamper=timestamper, trust=trust)     # B-LTA, when all have signed
    longer = renew(kept, timestamper=timestamper, trust=trust)      # where it is due
    verdict = verify(anything, trust)                               # or Judge(trust).verify(…)

with `key = SigningKey.from_pkcs12(data, passphrase)` (or PEM; `signing.hsm` for tokens,
`signing.csc` for remote keys, `signing.remote` for a party's own),
`timestamper = Timestamper([TimestampAuthority(name, url=…, roots=…), …])` and
`trust = Trust.from_path(folder)`. To try it: `development.create_pki(folder)`.
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
