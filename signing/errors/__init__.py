"""What can go wrong when signing, timestamping or preparing a PDF.

    SigningError
    ├── PdfError
    │   ├── EmptyPdf · NotAPdf · PdfTooLarge · DamagedPdf
    │   ├── EncryptedPdf · XfaForm
    │   └── ChangesForbidden          an earlier signature forbids what was asked
    ├── SlotError
    │   ├── BadSlots                  the list given to prepare() is unusable
    │   ├── UnknownSlot · SlotAlreadySigned · SlotOutOfOrder · SlotsMissing
    ├── GlyphMissing                  no font here has a character of the name
    ├── CredentialError
    │   ├── KeyUnreadable · WrongPassphrase · WeakKey · KeyMismatch
    │   ├── CertificateExpired · CertificateNotYetValid · CertificateExpiresTooSoon
    │   ├── CertificateRevoked · CertificateUntrusted
    │   ├── TokenUnavailable          PKCS#11 module, card or HSM is gone
    │   └── RemoteSigningFailed       a remote signing service or helper answered wrongly
    ├── TimestampError
    │   ├── AuthorityUnreachable · AuthorityTooSlow · AuthorityRefused · AuthorityGarbled
    │   ├── WrongNonce · WrongImprint · WrongPolicy · TokenUntrusted · ClocksDisagree
    │   └── NoToken                   every authority failed: the act did not happen
    ├── FileNotWritten                disk full, no permission: the old file is unchanged
    ├── NotRenewable                  the proof has run out, or never held
    ├── RevocationUnavailable         no fresh CRL or OCSP answer for a certificate
    ├── TrustUnreadable               a file of trusted certificates cannot be used
    ├── TrustedListRefused            a trusted list (ETSI TS 119 612) is not what it should be
    └── AccreditationUnreadable       the list of 認定時刻認証業務 has an error

`verify()` raises none of these for what is inside a PDF: it answers with a verdict.
"""

from .credentials import (
    AccreditationUnreadable,
    CertificateExpired,
    CertificateExpiresTooSoon,
    CertificateNotYetValid,
    CertificateRevoked,
    CertificateUntrusted,
    CredentialError,
    KeyMismatch,
    KeyUnreadable,
    RemoteSigningFailed,
    RevocationUnavailable,
    TokenUnavailable,
    TrustedListRefused,
    TrustUnreadable,
    WeakKey,
    WrongPassphrase,
)
from .documents import (
    BadSlots,
    ChangesForbidden,
    DamagedPdf,
    EmptyPdf,
    EncryptedPdf,
    FileNotWritten,
    GlyphMissing,
    NotAPdf,
    NotRenewable,
    PdfError,
    PdfTooLarge,
    SlotAlreadySigned,
    SlotError,
    SlotOutOfOrder,
    SlotsMissing,
    UnknownSlot,
    XfaForm,
)
from .root import (
    SigningError,
)
from .time import (
    AuthorityGarbled,
    AuthorityRefused,
    AuthorityTooSlow,
    AuthorityUnreachable,
    ClocksDisagree,
    NoToken,
    TimestampError,
    TokenUntrusted,
    WrongImprint,
    WrongNonce,
    WrongPolicy,
)

__all__ = [
    "AccreditationUnreadable",
    "AuthorityGarbled",
    "AuthorityRefused",
    "AuthorityTooSlow",
    "AuthorityUnreachable",
    "BadSlots",
    "CertificateExpired",
    "CertificateExpiresTooSoon",
    "CertificateNotYetValid",
    "CertificateRevoked",
    "CertificateUntrusted",
    "ChangesForbidden",
    "ClocksDisagree",
    "CredentialError",
    "DamagedPdf",
    "EmptyPdf",
    "EncryptedPdf",
    "FileNotWritten",
    "GlyphMissing",
    "KeyMismatch",
    "KeyUnreadable",
    "NoToken",
    "NotAPdf",
    "NotRenewable",
    "PdfError",
    "PdfTooLarge",
    "RemoteSigningFailed",
    "RevocationUnavailable",
    "SigningError",
    "SlotAlreadySigned",
    "SlotError",
    "SlotOutOfOrder",
    "SlotsMissing",
    "TimestampError",
    "TokenUnavailable",
    "TokenUntrusted",
    "TrustUnreadable",
    "TrustedListRefused",
    "UnknownSlot",
    "WeakKey",
    "WrongImprint",
    "WrongNonce",
    "WrongPassphrase",
    "WrongPolicy",
    "XfaForm",
]
