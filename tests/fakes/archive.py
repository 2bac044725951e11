"""Conversations as years leave them: thousands of messages, written straight into the ledger."""

import random
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, final

from actors.session.actor import MIGRATIONS
from actors.session.steps import Said, Writer, result_out
from actors.storage import numbered
from actors.storage.database import Database
from actors.vocabulary import ADMIN, Text, ToolUse
from tests.fakes.databases import session_database

BEGAN: Final = 1_772_366_400_000_000
"""When the first message was said, in microseconds since 1970."""
MINUTE: Final = 60_000_000
MESSAGES: Final = 5
"""What the page shows of a turn: question, remark, call, result, answer."""

_SESSION: Final = """
INSERT INTO sessions (id, user_id, channel, channel_key, title, created_at, last_message_at, message_count, pinned,
                      labels)
VALUES (?, ?, 'main', ?, ?, ?, ?, ?, ?, ?)
"""
_TURN: Final = """
INSERT INTO turns (seq, id, session_id, user_id, source, text, attachments, mode, accepted_at, state, attempt,
                   boot_id, finished_at, outcome, progress)
VALUES (?, ?, ?, ?, 'web', ?, '[]', 'inject', ?, 'done', 1, 'boot', ?, 'success', 4)
"""
_DONE: Final = """
UPDATE steps SET state = 'done', result = ?, is_error = 0, begun_at = ?, ended_at = ? WHERE turn_id = ? AND n = ?
"""
_PAID: Final = """
INSERT INTO usage (session_id, turn_id, user_id, purpose, model, input_tokens, output_tokens, cache_read_tokens,
                   cache_write_tokens, cost_usd, at)
VALUES (?, ?, ?, 'completion', 'test/one', 1200, 300, 900, 0, 0.002, ?)
"""


@final
class Words:
    """Text whose words are spread as in a language: few are said all the time, most hardly ever."""

    def __init__(self, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        letters = "etaoinshrdlucmfwypvbgkqjxz"
        weights = [26 - place for place in range(26)]
        self._words = [
            "".join(self._chance.choices(letters, weights, k=self._chance.randint(2, 11)))
            for _ in range(20_000)
        ]
        self._counts = list(_sums(1 / (rank + 2) for rank in range(len(self._words))))

    def text(self, count: int) -> str:
        """So many words."""
        return " ".join(self._chance.choices(self._words, cum_weights=self._counts, k=count))

    def answer(self, number: int) -> str:
        """Markdown as models write it: of four answers one has code, one a table, one a list."""
        lines = [
            f"## Answer {number}",
            self.text(40),
            f"**{self.text(3)}** and `{self.text(1)}`, {self.text(30)}.",
        ]
        match number % 4:
            case 0:
                lines.append(f"```python\n{self._code(number)}\n```")
            case 1:
                rows = [f"| {self.text(1)} | {self.text(3)} | {each} |" for each in range(6)]
                lines.append("\n".join(["| name | what | count |", "| --- | --- | ---: |", *rows]))
            case 2:
                lines.append("\n".join(f"- {self.text(8)}\n  1. {self.text(5)}" for _ in range(5)))
            case _:
                lines += [f"> {self.text(20)}", self.text(60)]
        return "\n\n".join([*lines, self.text(20)])

    def _code(self, number: int) -> str:
        body = [f"    total += {each} * len({self.text(1)!r})  # {self.text(4)}" for each in range(12)]
        return "\n".join(
            [f"def work_{number}(count: int) -> int:", "    total = 0", *body, "    return total"]
        )


def _sums(values: Iterator[float]) -> Iterator[float]:
    total = 0.0
    for value in values:
        total += value
        yield total


@final
class Archive:
    """A ledger that is being filled, oldest conversation first. Nothing is checked that the daemon would check."""

    def __init__(self, connection: sqlite3.Connection, words: Words) -> None:
        self._connection = connection
        self._words = words
        self._turns: int = connection.execute("SELECT coalesce(max(seq), 0) FROM turns").fetchone()[0]
        self._sessions: int = connection.execute("SELECT count(*) FROM sessions").fetchone()[0]

    def conversation(
        self,
        turns: int,
        *,
        user: str = ADMIN,
        tools: bool = True,
        words: int | None = None,
        pinned: bool = False,
        labels: str = "[]",
    ) -> str:
        """Add a conversation; its id.

        Args:
          turns: how many; each is :data:`MESSAGES` messages with tools, two without.
          user: whose it is.
          tools: whether each answer comes of a call.
          words: of an answer; None for Markdown of all kinds.
          pinned: whether it stands on top.
          labels: as JSON.
        """
        self._sessions += 1
        session = f"archive-{self._sessions:06}"
        began = BEGAN + (self._turns + self._sessions) * MINUTE
        last = began + turns * MINUTE
        row = (session, user, session, self._words.text(4), began, last, turns, pinned, labels)
        self._connection.execute(_SESSION, row)
        for number in range(1, turns + 1):
            self._turn(session, user, number, tools=tools, words=words)
        return session

    def _turn(self, session: str, user: str, number: int, *, tools: bool, words: int | None) -> None:
        self._turns += 1
        turn = f"turn-{self._turns:08}"
        at = BEGAN + (self._turns + self._sessions) * MINUTE
        question = f"Question {number}: {self._words.text(12)}"
        self._connection.execute(_TURN, (self._turns, turn, session, user, question, at, at + 2_000_000))
        writer = Writer(connection=self._connection, session=session, turn=turn, now=at)
        writer.user(0, [Said(turn=turn, text=question, attachments=(), at=at)])
        if tools:
            writer.assistant(1, [Text(text=self._words.text(8))])
            call = ToolUse(id=f"call-{number}", name="FileRead", input={"path": f"notes/{number}.md"})
            writer.calls(2, [(call, "pure")])
            result = result_out([Text(text=self._words.text(150))])
            self._connection.execute(_DONE, (result, at, at + 1_000_000, turn, 2))
        answer = self._words.answer(number) if words is None else self._words.text(words)
        writer.assistant(3, [Text(text=answer)])
        self._connection.execute(_PAID, (session, turn, user, at))


@contextmanager
def archive(database: Path, seed: int = 1) -> Generator[Archive]:
    """The ledger of an instance, to be filled while its daemon does nothing else; one without rows is made."""
    database.parent.mkdir(parents=True, exist_ok=True)
    path = session_database(database)
    connection = Database(
        path=path, migrations=numbered(MIGRATIONS), synchronous="OFF", busy_timeout=1.0
    ).open_writer()
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield Archive(connection, Words(seed))
        connection.execute("COMMIT")
    finally:
        connection.close()
