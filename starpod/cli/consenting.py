"""Asking whoever sits at the terminal whether a call may be carried out, while ``starpod chat`` shows its turn."""

import sys
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final, final

import trio

from actors.visible import visible
from starpod.cli.approvals import LINES, PATH, described
from starpod.cli.client import Client, Refused
from starpod.cli.output import paint, say, warn
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo

WORDS: Final = {
    "once": ("y", "yes", "once"),
    "conversation": ("c", "conversation"),
    "always": ("a", "always"),
    "deny": ("n", "no", "deny"),
}
"""How an answer begins; behind a no stands what the model is told, behind conversation and always a pattern."""
_DECISIONS: Final = {word: decision for decision, words in WORDS.items() for word in words}


def answer_of(line: str) -> dict[str, str] | None:
    """What a line that somebody has typed says; None where that cannot be told."""
    word, _, more = line.strip().partition(" ")
    decision = _DECISIONS.get(word.lower().rstrip(",.!"))
    more = more.strip()
    if decision is None or (decision == "once" and more):
        return None
    if decision == "deny":
        return {"decision": decision, "words": more}
    return {"decision": decision, "pattern": more} if more else {"decision": decision}


def how_to_answer(approval: str) -> str:
    """For whoever does not sit at a terminal of ours."""
    return f"it waits for your answer: `starpod approvals show {approval[:8]}`, then `allow` or `deny`, or in the page"


@final
class Asker:
    """Asks one question at a time, on the terminal that is both read from and written to."""

    def __init__(self) -> None:
        self._turn = trio.Lock()

    async def __call__(self, daemon: DaemonInfo, event: dict[str, Any]) -> None:
        """Ask about a call until it is answered here; who calls gives up once it is answered elsewhere."""
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            warn(how_to_answer(event["approval"]))
            return
        async with self._turn:
            try:
                await self._ask(Client(daemon), f"{PATH}/{event['approval']}")
            except Refused as refusal:
                warn(str(refusal))  # somebody was faster
            except StarpodError as error:
                warn(f"{error}; {how_to_answer(event['approval'])}")

    async def _ask(self, client: Client, path: str) -> None:
        approval = await trio.to_thread.run_sync(client.get, path)
        for line in described(approval, LINES):
            say(f"  {paint(line, 'yellow', sys.stderr)}", sys.stderr)
        while True:
            for line in choices(approval):
                say(f"  {paint(line, 'bold', sys.stderr)}", sys.stderr)
            await trio.lowlevel.wait_readable(sys.stdin)
            line = sys.stdin.readline()
            if not line:
                warn(how_to_answer(approval["id"]))
                return
            answer = answer_of(line)
            if answer is not None and await self._sent(client, path, answer):
                return

    async def _sent(self, client: Client, path: str, answer: dict[str, str]) -> bool:
        """Whether nothing is left to be asked: it was answered, here or by somebody who was faster."""
        try:
            await trio.to_thread.run_sync(partial(client.post, path, answer))
        except Refused as refusal:
            warn(str(refusal))
            return refusal.status != HTTPStatus.BAD_REQUEST  # a pattern that misses
        return True


def choices(approval: dict[str, Any]) -> Iterator[str]:
    """What may be answered to a question."""
    until = datetime.fromisoformat(approval["expires_at"]).astimezone()
    fits = visible(approval["pattern"])
    yield f"May it? y: this once, n: no, c: in this conversation, a: always, for all that fits {fits}"
    yield (
        "(c PATTERN, a PATTERN: for all that fits that; n WORDS: for the model; "
        f"no answer by {until:%a %H:%M} is a no)"
    )
