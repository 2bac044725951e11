"""Preferences in their database. Each function is one transaction."""

import re
import sqlite3
from typing import Final

import attrs

from actors.notify.messages import BadPreference, Preferences, PutPreferences
from actors.storage import micros, moment
from actors.vocabulary import UNCHANGED

_FIELDS: Final = ("muted", "muted_until", "quiet_from", "quiet_to", "telegram", "webpush", "email")
_TIME: Final = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")
_STORE: Final = """
INSERT OR REPLACE INTO preferences (user, muted, muted_until, quiet_from, quiet_to, telegram, webpush, email)
VALUES (:user, :muted, :muted_until, :quiet_from, :quiet_to, :telegram, :webpush, :email)
"""


def find(connection: sqlite3.Connection, user: str, timezone: str) -> Preferences:
    """What a user has said, else what holds for everybody."""
    row = connection.execute("SELECT * FROM preferences WHERE user = ?", (user,)).fetchone()
    if row is None:
        return Preferences(timezone=timezone)
    return Preferences(
        muted=bool(row["muted"]),
        muted_until=None if row["muted_until"] is None else moment(row["muted_until"]),
        quiet_from=row["quiet_from"],
        quiet_to=row["quiet_to"],
        telegram=bool(row["telegram"]),
        webpush=bool(row["webpush"]),
        email=bool(row["email"]),
        timezone=timezone,
    )


def change(connection: sqlite3.Connection, request: PutPreferences, timezone: str) -> Preferences:
    """Store what is given of them, and leave the rest. Raises BadPreference."""
    _check(request)
    before = find(connection, request.user, timezone)
    given = {name: value for name in _FIELDS if (value := getattr(request, name)) not in {None, UNCHANGED}}
    cleared = {name: None for name in ("quiet_from", "quiet_to") if getattr(request, name) is None}
    if request.muted is not None:
        cleared["muted_until"] = None
    changed = attrs.evolve(before, **{**cleared, **given})
    until = changed.muted_until
    at = None if until is None else micros(until)
    row = {**attrs.asdict(changed), "user": request.user, "muted_until": at}
    connection.execute(_STORE, row)
    return changed


def _check(request: PutPreferences) -> None:
    if request.muted_until is not None and not request.muted:
        raise BadPreference(reason="muted_until: only with muted = true")
    for name in ("quiet_from", "quiet_to"):
        value: str | None = getattr(request, name)
        if value is not None and value != UNCHANGED and not _TIME.fullmatch(value):
            raise BadPreference(reason=f"{name}: expected a time of day such as 22:30")
