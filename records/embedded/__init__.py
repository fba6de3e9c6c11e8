"""The embedded PostgreSQL: ``start(folder)`` gives a URL, ``stop(folder)`` ends it.

It listens on a Unix socket in a folder of its user alone, and knows its clients by their system
account (peer), so there is no password. Layout below the data folder:

    cluster/   the database files; server.log in it says no statements and no values
    run/       the socket (or a short folder elsewhere, where the path would be too long)
    lock       held while starting and stopping

As root the server runs as the system user ``warifu``. Nothing that exists is chmod-ed or
chown-ed: where that user cannot reach the data folder, the data lives below ``/var/lib/warifu``
and the file ``MOVED`` in the data folder says where.
"""

from records.embedded.place import DATABASE, PORT, ROLE
from records.embedded.server import is_running, running, start, stop

__all__ = ["DATABASE", "PORT", "ROLE", "is_running", "running", "start", "stop"]
