"""Questions of the agent, asked in the line that is typed in: one after the other, the first that came first."""

import textwrap
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, Protocol, final

from starpod.cli.approvals import LINES, PATH, described
from starpod.cli.client import Client, Refused
from starpod.cli.consenting import answer_of, choices, how_to_answer
from starpod.cli.output import paint
from starpod.errors import StarpodError

Json = dict[str, Any]

LONG: Final = "May it? y: this once, n: no, c: in this conversation, a: always ❯ "
SHORT: Final = "May it? y n c a ❯ "


class Host(Protocol):
    """Who shows them."""

    @property
    def columns(self) -> int:
        """Of the terminal."""
        ...

    def say(self, *lines: str) -> None:
        """Write lines that hold colours of :func:`starpod.cli.output.paint` at most."""

    def fail(self, why: object) -> None:
        """Write why something was not done."""

    def put(self, question: str | None) -> None:
        """What is typed answers this from now on; None: nothing."""

    async def ask(self, do: Callable[..., Any], *arguments: Any) -> Any:
        """What a function of a client answers, called in a thread. Raises StarpodError."""


@final
class Questions:
    """Those that nobody has answered yet."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._open: list[Json] = []
        """The first of them is on the screen."""

    def __bool__(self) -> bool:
        return bool(self._open)

    async def put(self, id: str) -> None:
        """Show what is asked, once it is its turn."""
        try:
            approval = await self._host.ask(_approval, id)
        except StarpodError as error:
            self._host.fail(f"{error}; {how_to_answer(id)}")
            return
        if approval["state"] != "open" or any(each["id"] == id for each in self._open):
            return
        self._open.append(approval)
        if len(self._open) == 1:
            self._show()

    async def answer(self, text: str) -> bool:
        """Take a line as an answer; whether it is one. Raises StarpodError where it is not taken."""
        answer = answer_of(text)
        if answer is None:
            return False
        if not self._open:  # it was answered elsewhere, just now
            return True
        id = self._open[0]["id"]
        self._host.say(f"→ {text.strip()}")
        try:
            await self._host.ask(_respond, id, answer)
        except Refused as refusal:
            self._host.fail(refusal)
            if refusal.status == HTTPStatus.BAD_REQUEST:  # a pattern that misses
                return True
        self.close(id)
        return True

    def close(self, id: str) -> None:
        """A question is not to be answered any more."""
        self._keep(lambda each: each["id"] != id)

    def end(self, turn: str) -> None:
        """A turn has ended, and what it asked with it."""
        self._keep(lambda each: each["turn_id"] != turn)

    def clear(self) -> None:
        """Another conversation is looked at."""
        self._keep(lambda _: False)

    def how_to_answer(self) -> str:
        """For whoever leaves while one is open."""
        return how_to_answer(self._open[0]["id"])

    def _keep(self, still: Callable[[Json], bool]) -> None:
        first = self._open[:1]
        self._open = [each for each in self._open if still(each)]
        if first != self._open[:1]:
            self._show()

    def _show(self) -> None:
        if not self._open:
            self._host.put(None)
            return
        self._host.say("")
        for line in described(self._open[0], LINES):
            self._host.say(*(paint(part, "yellow") for part in self._folded(line)))
        for line in [*choices(self._open[0]), "Anything else is said to the agent."]:
            self._host.say(*(paint(part, "dim") for part in self._folded(line)))
        self._host.put(LONG if self._host.columns > len(LONG) + 10 else SHORT)

    def _folded(self, line: str) -> list[str]:
        """As many lines as it takes."""
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        return textwrap.wrap(line, max(self._host.columns - 4, 20), subsequent_indent=indent) or [""]


def _approval(client: Client, id: str) -> Json:
    found: Json = client.get(f"{PATH}/{id}")
    return found


def _respond(client: Client, id: str, answer: dict[str, str]) -> None:
    client.post(f"{PATH}/{id}", answer)
