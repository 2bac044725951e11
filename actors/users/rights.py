"""Who may change what, decided in the transaction of the change: who asks may have lost a role a moment ago."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, Protocol

from actors.vocabulary import may

from .messages import LastAdmin, NotAllowed

_KEYED: Final = """
SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin' AND is_active)
     + EXISTS (SELECT 1 FROM users JOIN api_keys ON user_id = users.id WHERE role = 'admin' AND is_active
               AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?))
"""


class Asker(Protocol):
    """Who asks, and how that is known."""

    @property
    def user(self) -> str: ...
    @property
    def proof(self) -> str: ...


def is_admin(connection: sqlite3.Connection, asker: Asker) -> bool:
    """Whether an active admin asks, or whoever has the operator's token."""
    if may(asker.proof, "operate"):
        return True
    found = connection.execute(
        "SELECT 1 FROM users WHERE id = ? AND role = 'admin' AND is_active", (asker.user,)
    ).fetchone()
    return found is not None


def require_admin(connection: sqlite3.Connection, asker: Asker) -> None:
    """Raises NotAllowed, unless an admin asks."""
    if not is_admin(connection, asker):
        raise NotAllowed


@contextmanager
def leaving_an_admin(connection: sqlite3.Connection, now: int) -> Generator[None]:
    """Around a change. Raises LastAdmin when it takes away the last active admin, or the last one with a good key."""
    before = _admins(connection, now)
    yield
    if _admins(connection, now) < before:
        raise LastAdmin


def _admins(connection: sqlite3.Connection, now: int) -> int:
    """2: an active admin has a key that is good; 1: there is one without; 0: there is none."""
    found: int = connection.execute(_KEYED, (now,)).fetchone()[0]
    return found
