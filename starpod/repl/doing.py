"""The orders of the terminal, for whoever holds the conversation: the screen, or a pipe."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, final

import attrs

from starpod.cli.output import paint
from starpod.errors import StarpodError
from starpod.repl import orders
from starpod.repl.lines import Order, help_lines, mentioned, with_ends

Json = dict[str, Any]

KEYS: Final = (
    "Alt-Enter begins a new line, Tab completes, ↑ brings back what was typed.",
    "What you write while the agent works joins its turn.",
    "Ctrl-C stops the turn, twice leaves.",
)


@final
@attrs.frozen(kw_only=True)
class Opening:
    """What a terminal begins with, as the command line says it."""

    last: bool = False
    """Go on with the newest conversation."""
    resume: str | None = None
    """Id or words of the one to go on with; empty: list them."""
    model: str | None = None
    effort: str | None = None


class Host(Protocol):
    """Holds the conversation that orders are about."""

    @property
    def columns(self) -> int:
        """Of what is written."""
        ...

    @property
    def session(self) -> str | None:
        """The conversation, once it has begun."""
        ...

    @property
    def handed(self) -> list[Json]:
        """Files that the agent has handed over."""
        ...

    chosen: Json
    """`model` and `effort` of the conversation; None as configured."""

    def say(self, *lines: str) -> None:
        """Write lines that hold colours of :func:`starpod.cli.output.paint` at most."""

    def place(self, path: str) -> str | None:
        """Where a file of the agent's home is on this machine."""
        ...

    def attach(self, file: Json) -> None:
        """Send an uploaded file with the next message."""

    async def ask(self, do: Callable[..., Any], *arguments: Any) -> Any:
        """What a function of a client answers, called in a thread. Raises StarpodError."""

    async def begin(self) -> None:
        """Begin another conversation."""

    async def take_up(self, session: Json) -> None:
        """Go on with a conversation."""

    async def stop(self) -> None:
        """Stop the running turn. Raises StarpodError when none runs."""

    async def status(self) -> list[str]:
        """Where this is."""
        ...


@final
class Doing:
    """Carries orders out."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._listed: list[Json] = []
        """Conversations that were listed last, for their numbers."""
        self._do: dict[str, Callable[[str], Awaitable[None]]] = {
            "new": self._new,
            "resume": self.resume,
            "model": self._model,
            "effort": self._effort,
            "attach": self._attach,
            "save": self._save,
            "stop": self._stop,
            "undo": self._undo,
            "rename": self._rename,
            "status": self._status,
            "usage": self._usage,
            "memory": self._memory,
            "skills": self._skills,
            "help": self._help,
        }

    def knows(self, name: str) -> bool:
        """Whether that is an order, so that no skill of that name is meant."""
        return name in self._do or name == "quit"

    async def obey(self, order: Order) -> None:
        """Carry an order out. Raises StarpodError."""
        do = self._do.get(order.name)
        if do is None:
            raise StarpodError(
                f"there is neither an order nor a skill /{order.name}: /help lists what there is"
            )
        await do(order.given)

    async def send_mentioned(self, text: str) -> None:
        """Send the files along that a message mentions. Raises StarpodError."""
        for path in mentioned(text):
            for spelt in with_ends(path):
                if orders.is_file(spelt):
                    self._host.attach(await self._host.ask(orders.upload, spelt))
                    break

    async def resume(self, words: str) -> None:
        """Go on with the conversation that the words mean; list those that they may mean, or the latest."""
        if words:
            matching = await self._host.ask(orders.looked_for, words, self._listed)
        else:
            matching = await self._host.ask(orders.conversations)
        if words and len(matching) == 1:
            await self._host.take_up(matching[0])
            return
        if not matching:
            raise StarpodError(
                f"no conversation is called {words!r}, and in none was it said"
                if words
                else "there are none yet"
            )
        self._listed = matching[: orders.LISTED]
        self._host.say(*orders.list_lines(self._listed, self._host.columns - 4))

    async def resume_last(self) -> None:
        """Go on with the newest conversation, if there is one."""
        found = await self._host.ask(orders.conversations)
        if found:
            await self._host.take_up(found[0])

    # --- each of them -------------------------------------------------------------------------------------

    async def _help(self, _given: str) -> None:
        self._host.say(*help_lines(self._host.columns - 4), *(paint(line, "dim") for line in KEYS))

    async def _new(self, _given: str) -> None:
        await self._host.begin()
        self._host.say("a new conversation begins with your next message")

    async def _model(self, given: str) -> None:
        chosen = self._host.chosen
        if not given:
            self._host.say(*await self._host.ask(orders.model_lines, chosen["model"]))
            return
        chosen["model"] = await self._host.ask(orders.chosen_model, given)
        await self._choose()
        self._host.say(f"{chosen['model'] or 'the configured model'} answers from your next message on")

    async def _effort(self, given: str) -> None:
        chosen = self._host.chosen
        if given:
            chosen["effort"] = orders.chosen_effort(given)
            await self._choose()
        self._host.say(f"effort: {chosen['effort'] or 'as configured'}")

    async def _choose(self) -> None:
        if self._host.session is not None:
            await self._host.ask(orders.choose, self._host.session, self._host.chosen)

    async def _attach(self, given: str) -> None:
        if not given:
            raise StarpodError("/attach PATH")
        file = await self._host.ask(orders.upload, given.strip('"'))
        self._host.attach(file)
        self._host.say(f"{orders.attached_line(file)} goes with your next message")

    async def _save(self, given: str) -> None:
        saved = orders.save(self._host.handed, given, self._host.place)
        self._host.say(f"{paint('✓', 'green')} {saved}")

    async def _stop(self, _given: str) -> None:
        await self._host.stop()

    async def _undo(self, given: str) -> None:
        self._host.say(*await self._host.ask(orders.undo_lines, self._host.session, given == "force"))

    async def _rename(self, given: str) -> None:
        await self._host.ask(orders.rename, self._host.session, given)
        self._host.say(f"{paint('✓', 'green')} {given}")

    async def _status(self, _given: str) -> None:
        self._host.say(*await self._host.status())

    async def _usage(self, _given: str) -> None:
        self._host.say(*await self._host.ask(orders.usage_lines, self._host.session))

    async def _memory(self, given: str) -> None:
        if not given:
            raise StarpodError("/memory WORDS")
        self._host.say(*await self._host.ask(orders.memory_lines, given, self._host.columns))

    async def _skills(self, _given: str) -> None:
        self._host.say(*await self._host.ask(orders.skill_lines, self._host.columns))
