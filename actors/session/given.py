"""What a turn was given to know: what the model was told, and what it looked up."""

import json
import sqlite3
from typing import Final

from . import told
from .encoding import dump, origins_in
from .messages import Given, LookedUp
from .turns import get

MOST: Final = 200
"""Calls that are told of one turn."""
SHOWN: Final = 200
"""Characters of the input of a call."""
_LOOKED_UP: Final = """
SELECT n, tool, content -> 'input' AS input, is_error, result -> 'origins' AS origins FROM steps
WHERE turn_id = ? AND kind = 'tool' AND effect = 'pure' AND state = 'done' ORDER BY n LIMIT ?
"""


def of_turn(connection: sqlite3.Connection, turn: str, user: str) -> Given:
    """What a turn was given. Raises UnknownTurn, also for one of another user."""
    found = get(connection, turn, user)
    id = found.merged_into or found.id
    return Given(
        turn=id,
        called=found.called,
        told=told.of_turn(connection, id, user),
        looked_up=tuple(
            LookedUp(
                n=row["n"],
                tool=row["tool"],
                text=dump(json.loads(row["input"]))[:SHOWN],
                is_error=bool(row["is_error"]),
                origins=origins_in(json.loads(row["origins"] or "[]")),
            )
            for row in connection.execute(_LOOKED_UP, (id, MOST))
        ),
    )
