"""Asking whoever sits at the terminal whether a call may be carried out, while ``starpod chat`` shows its turn."""

import sys
from functools import partial
from typing import Any, Final, final

import trio

from starpod.cli.approvals import PATH, described
from starpod.cli.client import Client, Refused
from starpod.cli.output import paint, printable, say, warn
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo

KEYS: Final = {"y": "once", "c": "conversation", "a": "always", "n": "deny"}
"""What the first letter of an answer means; what follows an n is told to the model."""


def answer_of(line: str) -> dict[str, str] | None:
    """What a line that somebody has typed says; None where that cannot be told."""
    key, _, words = line.strip().partition(" ")
    decision = KEYS.get(key.lower()[:1])
    if decision is None:
        return None
    return {"decision": decision, "words": words.strip()} if decision == "deny" else {"decision": decision}


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
        for line in described(approval):
            say(f"  {paint(line, 'yellow', sys.stderr)}", sys.stderr)
        pattern = printable(approval["pattern"])
        keys = f"y: this once, c: in this conversation, a: always ({pattern}), n: no"
        while True:
            say(f"  {paint(f'May it? {keys}', 'bold', sys.stderr)}", sys.stderr)
            await trio.lowlevel.wait_readable(sys.stdin)
            line = sys.stdin.readline()
            if not line:
                warn(how_to_answer(approval["id"]))
                return
            answer = answer_of(line)
            if answer is not None:
                await trio.to_thread.run_sync(partial(client.post, path, answer))
                return
