"""A Peppol-like network of one's own, for trying everything without accreditation.

NOT PEPPOL. Certificates say so in every subject; the anchors belong to `Network.PRIVATE` and no
policy of a real network accepts them, nor the other way round.
"""

from peppol.private.pki import PrivatePki, Seat

__all__ = ["PrivatePki", "Seat"]
