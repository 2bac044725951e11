"""The same without a terminal: each line of standard input is answered before the next one is read."""

import shutil
import sys
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, Final, final

import trio

from starpod.cli.chat import Printer
from starpod.cli.client import Client
from starpod.cli.consenting import Asker
from starpod.cli.exchange import Exchange
from starpod.cli.output import fail, painted, say
from starpod.cli.target import daemon_for
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo, read_daemon
from starpod.repl import orders
from starpod.repl.doing import Doing, Opening
from starpod.repl.lines import order_in
from starpod.workspace import Instance

Json = dict[str, Any]
COMMAND: Final = "starpod repl"


async def talk(instance: Instance, opening: Opening) -> int:
    """Until the input ends; the exit status: 1 when an answer failed."""
    async with daemon_for(instance, COMMAND) as daemon:
        return await Plain(instance, daemon, opening).run()


@final
class _Keeping(Printer):
    """Prints, and keeps what the next message or an order needs to know."""

    def __init__(self) -> None:
        super().__init__()
        self.hello: Json = {}
        self.session: str | None = None
        self.files: list[Json] = []

    def show(self, event: Json) -> None:
        match event["type"]:
            case "hello":
                self.hello = event
            case "accepted":
                self.session = event["session_id"]
            case "attachment":
                self.files.append(event)
            case _:
                pass
        super().show(event)


@final
class Plain:
    """One conversation after another, over a pipe."""

    def __init__(self, instance: Instance, daemon: DaemonInfo, opening: Opening) -> None:
        self._instance = instance
        self._daemon = daemon
        self._opening = opening
        self._doing = Doing(self)
        self._printer = _Keeping()
        self._files: list[Json] = []
        self._status = 0
        self._key = ""
        self.session: str | None = None
        self.chosen: Json = {"model": opening.model, "effort": opening.effort}
        self._begin()

    @property
    def columns(self) -> int:
        return shutil.get_terminal_size().columns

    @property
    def handed(self) -> list[Json]:
        return self._printer.files

    async def run(self) -> int:
        """Read and answer, line by line."""
        if self._opening.last:
            await self._doing.resume_last()
        elif self._opening.resume is not None:
            await self._doing.resume(self._opening.resume)
        while line := await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
            if not line.strip():
                continue
            try:
                if await self._leaves(line.rstrip("\n")):
                    break
            except StarpodError as error:
                fail(str(error))
                self._status = 1
        return self._status

    async def _leaves(self, line: str) -> bool:
        """Do what a line says; whether it was a farewell. Raises StarpodError."""
        order = order_in(line)
        if order is None or not (self._doing.knows(order.name) or not await self._is_skill(order.name)):
            await self._speak(line)
        elif order.name == "quit":
            return True
        else:
            await self._doing.obey(order)
        return False

    async def _is_skill(self, name: str) -> bool:
        return any(each["name"] == name for each in await self.ask(_skills))

    async def _speak(self, text: str) -> None:
        """Say something and print the answer. Raises StarpodError, also when it failed."""
        await self._doing.send_mentioned(text)
        files, self._files = self._files, []
        chosen = {name: value for name, value in self.chosen.items() if value}
        message: Json = {
            "type": "message",
            "client_message_id": str(uuid.uuid4()),
            "channel_id": "cli",
            "text": text,
            "attachments": [{n: file[n] for n in ("file_name", "mime_type", "path")} for file in files],
            **({"session_id": self.session} if self.session else {"channel_session_key": self._key}),
            **chosen,
        }
        exchange = Exchange(self._instance, message, self._printer, Asker())
        if await exchange.run(self._current()):
            self._status = 1
        self.session = self._printer.session or self.session

    def _current(self) -> DaemonInfo:
        """The daemon may have been started again since."""
        return read_daemon(self._instance) or self._daemon

    # --- what orders are about ------------------------------------------------------------------------------

    def say(self, *lines: str) -> None:
        for line in lines:
            say(painted(line))

    def place(self, path: str) -> str | None:
        file = self._instance.home_dir / path
        return str(file) if file.is_file() else None

    def attach(self, file: Json) -> None:
        self._files.append(file)

    async def ask(self, do: Callable[..., Any], *arguments: Any) -> Any:
        return await orders.asked(partial(do, Client(self._current()), *arguments))

    def _begin(self) -> None:
        self._key = f"repl-{uuid.uuid4()}"
        self.session = self._printer.session = None

    async def begin(self) -> None:
        self._begin()
        self.chosen = {"model": None, "effort": None}

    async def take_up(self, session: Json) -> None:
        self.session = session["id"]
        self.chosen = {"model": session["model"], "effort": session["effort"]}

    async def stop(self) -> None:
        raise StarpodError("nothing runs here")

    async def status(self) -> list[str]:
        found: list[str] = await self.ask(orders.status_lines, self._printer.hello, self.session, self.chosen)
        return found


def _skills(client: Client) -> list[Json]:
    found: list[Json] = client.get("/api/skills")
    return found
