"""A conversation at a terminal: what is typed, what is told, what is asked, until somebody leaves."""

import math
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from functools import partial
from typing import Any, Final, cast, final

import trio

from starpod.cli.client import Client
from starpod.cli.output import Colour, has_colour, header, note, paint, painted
from starpod.cli.target import daemon_for
from starpod.errors import StarpodError
from starpod.lock import read_daemon
from starpod.repl import orders
from starpod.repl.asking import Questions
from starpod.repl.completing import Known, LineCompleter
from starpod.repl.doing import Doing, Opening
from starpod.repl.drawing import Pen
from starpod.repl.history import FILE, FileHistory
from starpod.repl.lines import order_in
from starpod.repl.link import ENDED, Link
from starpod.repl.screen import Answer, Complaints, Left, Line, Screen
from starpod.repl.telling import Teller, stored
from starpod.workspace import Instance

Json = dict[str, Any]

COMMAND: Final = "starpod repl"
TICK: Final = 0.1
"""Seconds between two looks at what has changed."""
PATIENT: Final = 5.0
"""Times what a drawing takes, until the next one."""
OPENING: Final = 10.0
"""Seconds that what is typed waits for the conversation that is being taken up."""
TWICE: Final = 2.0
"""Seconds within which a second Ctrl-C leaves."""
SHOWN_AGAIN: Final = 12
"""Messages of a conversation that is taken up again."""
SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


async def talk(instance: Instance, opening: Opening) -> int:
    """Talk until the person leaves; the exit status. Raises StarpodError when it cannot be begun."""
    if read_daemon(instance) is None:
        note("no daemon runs here: the agent runs in this terminal until you leave")
    complaints = cast("Any", Complaints(sys.stderr))  # all of a stream that is used
    async with daemon_for(instance, COMMAND, complaints):
        with redirect_stderr(complaints):
            one = Talk(instance, opening)
            complaints.screen = one.screen
            try:
                return await one.run()
            finally:
                complaints.screen = None


@final
class Talk:
    """One terminal and one agent. Hears the link, and is the paper that the teller writes on."""

    def __init__(self, instance: Instance, opening: Opening) -> None:
        self._instance = instance
        self._opening = opening
        self._known = Known()
        self.screen = Screen(LineCompleter(self._known), FileHistory(instance.agent_home / FILE))
        self._pen = Pen(colour=has_colour(sys.stdout))
        self._teller = Teller(self, self.place)
        self._known.files = lambda: [file["file_name"] for file in self._teller.files]
        self._link = Link(instance, self)
        self._hello: Json | None = None
        self._lost = ""
        self._title = ""
        self.chosen: Json = {"model": opening.model, "effort": opening.effort}
        self._default = ""
        self._files: list[Json] = []
        """Uploaded, for the next message."""
        self._turns: set[str] = set()
        """Turns of messages from here that have not ended yet."""
        self._doing = Doing(self)
        self._questions = Questions(self)
        self._interrupted = -math.inf
        self._nursery: trio.Nursery
        self._drawn: tuple[Any, ...] = ()
        self._next_drawing = 0.0
        self._ready, self._opened = trio.Event(), trio.Event()
        self._underway: trio.CancelScope | None = None
        """Of the line that is being obeyed."""
        self._status = 0

    # --- the paper ----------------------------------------------------------------------------------------

    @property
    def columns(self) -> int:
        return self.screen.columns

    def write(self, line: str) -> None:
        self.screen.write(line)

    def draw(self, markdown: str) -> list[str]:
        return self._pen.markdown(markdown, self.columns)

    def say(self, *lines: str) -> None:
        """Lines that answer an order."""
        for line in lines:
            self.screen.write(f"  {painted(line)}")

    def _mark(self, glyph: str, colour: Colour, text: str) -> None:
        self.say(f"{paint(glyph, colour)} {text}")

    def fail(self, why: object) -> None:
        self._mark("✗", "red", str(why))

    def put(self, question: str | None) -> None:
        self.screen.ask(question)

    def place(self, path: str) -> str | None:
        file = self._instance.home_dir / path
        return str(file) if file.is_file() else None

    # --- the whole of it ------------------------------------------------------------------------------------

    async def run(self) -> int:
        """Until somebody leaves."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self._terminal)
            nursery.start_soon(self._signals)
            nursery.start_soon(self._link.run)
            nursery.start_soon(self._refresh)
            nursery.start_soon(self._open)
            await self._listen()
            await self._leave()
        return self._status

    async def _terminal(self) -> None:
        await self.screen.run()
        self._nursery.cancel_scope.cancel("the terminal was given back")

    async def _signals(self) -> None:
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGHUP) as received:
            async for number in received:
                self._status = 128 + number
                self.screen.close()

    async def _leave(self) -> None:
        for message in self._link.waiting.values():
            self._mark("⚠", "yellow", "not sent, as the agent does not answer:")
            self.say(*message["text"].splitlines())
        if self._questions:
            self._mark("⚠", "yellow", self._questions.how_to_answer())
        if self._link.session is not None:
            self.say(paint(f"to go on: starpod repl --resume {self._link.session[:8]}", "dim"))
        self.screen.close()
        await trio.sleep_forever()  # until the terminal was given back

    async def _listen(self) -> None:
        """Until somebody says farewell. Ctrl-C is heard at once, whatever is being done."""
        send, lines = trio.open_memory_channel[Line | Answer](math.inf)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._obey_all, lines, nursery.cancel_scope)
            async for typed in self.screen.typed:
                if isinstance(typed, Line | Answer):
                    send.send_nowait(typed)
                elif isinstance(typed, Left) or await self._interrupt():
                    nursery.cancel_scope.cancel("somebody leaves")

    async def _obey_all(
        self, lines: trio.MemoryReceiveChannel[Line | Answer], leave: trio.CancelScope
    ) -> None:
        async for typed in lines:
            with trio.CancelScope() as self._underway:
                with trio.move_on_after(OPENING):
                    await self._opened.wait()
                try:
                    if await self._obey(typed):
                        leave.cancel("somebody leaves")
                except StarpodError as error:
                    self.fail(error)
            self._underway = None

    async def _obey(self, typed: Line | Answer) -> bool:
        """Whether that was a farewell. Raises StarpodError."""
        text = typed.text
        if isinstance(typed, Answer):
            if not await self._questions.answer(text):
                await self._speak(text)
            return False
        order = order_in(text)
        if order is None or (not self._doing.knows(order.name) and self._is_skill(order.name)):
            await self._speak(text)
            return False
        if order.name == "quit":
            return True
        self.screen.write("")
        self.say(paint(f"/{order.name} {order.given}".rstrip(), "cyan"))
        await self._doing.obey(order)
        return False

    async def _interrupt(self) -> bool:
        """Stop what is being done; whether somebody leaves."""
        now = trio.current_time()
        if now - self._interrupted < TWICE:
            return True
        self._interrupted = now
        if self._underway is not None:
            self._underway.cancel("somebody has interrupted it")
        if self._runs():
            await self.stop()
        self.say(paint("Ctrl-C again leaves", "dim"))
        return False

    def _runs(self) -> bool:
        return self._teller.turn is not None or bool(self._turns)

    # --- speaking -------------------------------------------------------------------------------------------

    async def _speak(self, text: str) -> None:
        await self._doing.send_mentioned(text)
        self._underway = None  # what is being said is said, or waits
        files, self._files = self._files, []
        message: Json = {"text": text, "attachments": [_named(file) for file in files]}
        if self._link.session is None:
            message |= {name: value for name, value in self.chosen.items() if value}
        self._teller.person(text)
        for file in files:
            self.say(orders.attached_line(file))
        id = await self._link.say(message)
        self._teller.said.add(id)
        if self._link.daemon is None:
            self.say(paint("it is sent as soon as the agent answers", "yellow"))

    async def ask(self, do: Callable[..., Any], *arguments: Any) -> Any:
        """Ask the agent over HTTP. Raises StarpodError."""
        if self._link.daemon is None:
            raise StarpodError("the agent does not answer just now")
        return await orders.asked(partial(do, Client(self._link.daemon), *arguments))

    def _is_skill(self, name: str) -> bool:
        return any(each["name"] == name for each in self._known.skills)

    # --- what orders are about ------------------------------------------------------------------------------

    @property
    def session(self) -> str | None:
        return self._link.session

    @property
    def handed(self) -> list[Json]:
        return self._teller.files

    def attach(self, file: Json) -> None:
        self._files.append(file)

    async def begin(self) -> None:
        await self._link.leave()
        self._turn_over()
        self._link.begin()
        self._title = ""
        self.chosen = {"model": None, "effort": None}

    async def take_up(self, session: Json) -> None:
        id = session["id"]
        rows, turns = await self.ask(_stored_rows, id)
        self._turn_over()
        running = {turn["turn_id"] for turn in turns if turn["state"] in {"accepted", "running"}}
        self._title = session["title"] or ""
        self.chosen = {"model": session["model"], "effort": session["effort"]}
        shown = [row for row in rows if row["role"] in {"user", "assistant", "notice"}]
        left_out = len(shown) - SHOWN_AGAIN
        if left_out > 0:
            self.say(paint(f"… {left_out} messages before", "dim"))
        stored(self._teller, (row for row in shown[-SHOWN_AGAIN:] if row["turn_id"] not in running))
        self.say("", paint(f"you are in “{self._title or 'a conversation without title'}” ({id[:8]})", "dim"))
        await self._link.follow(id)

    async def stop(self) -> None:
        if not self._runs():
            raise StarpodError("nothing runs here")
        if self._link.session is not None:
            await self._link.tell({"type": "cancel", "session_id": self._link.session})

    async def status(self) -> list[str]:
        found: list[str] = await self.ask(orders.status_lines, self._hello, self._link.session, self.chosen)
        return found

    # --- the link -------------------------------------------------------------------------------------------

    def connected(self, hello: Json) -> None:
        if self._hello is None:
            for line in header(hello["agent_name"], min(42, self.columns - 4)).splitlines():
                self.screen.write(painted(line))
            self.say(paint("/help lists the orders, Ctrl-C stops, Ctrl-D leaves", "dim"))
        elif self._lost:
            self._mark("✓", "green", "the agent answers again")
        self._hello, self._lost = hello, ""
        self._ready.set()
        self._nursery.start_soon(self._learn)

    def lost(self, why: str) -> None:
        self._lost = why
        self._teller.doing = "waits for the agent"
        self._teller.settle()
        self._mark("⚠", "yellow", why)
        self.say(paint("it is looked for; what you write is kept and sent then", "dim"))

    def accepted(self, event: Json, message: Json) -> None:
        if event["fate"] not in ENDED:
            self._turns.add(event["turn_id"])
        self._teller.accepted(event)
        chosen = {name: message.get(name) for name in ("model", "effort")}
        if event["created"] and any(chosen.values()):
            self._nursery.start_soon(self._keep_choice)

    def refused(self, why: str, message: Json) -> None:
        self.fail(why)
        self.screen.restore(message["text"])

    def missed(self) -> None:
        self._nursery.start_soon(self._look_up)

    def heard(self, event: Json) -> None:
        match event:
            case {"type": "error"}:
                self.fail(event["message"])
            case {"type": "approval_wanted"}:
                self._nursery.start_soon(self._questions.put, event["approval"])
            case {"type": "sessions_updated"}:
                self._updated(event["sessions"])
            case _:
                if event["type"] == "approval_given":
                    self._questions.close(event["approval"])
                elif event["type"] == "stream_end":
                    self._questions.end(event["turn_id"])
                self._teller.show(event)
                if event["type"] == "stream_end" or event.get("fate") in {"merged", "answered"}:
                    self._turns.discard(event["turn_id"])
                    self._draw()

    def _updated(self, sessions: list[Json]) -> None:
        for session in sessions:
            if session["id"] == self._link.session:
                self._title = session["title"] or ""
                self.chosen = {"model": session["model"], "effort": session["effort"]}

    async def _keep_choice(self) -> None:
        """What the first message was said with holds for the conversation that it has begun."""
        try:
            await self.ask(orders.choose, self._link.session, self.chosen)
        except StarpodError as error:
            self.fail(error)

    async def _look_up(self) -> None:
        """Tell the turns that have ended while nobody listened."""
        mine = {*self._turns, *([self._teller.turn] if self._teller.turn else [])}
        try:
            for turn in mine:
                rows, figures = await self.ask(_turn_rows, self._link.session, turn)
                if figures is not None and figures["state"] not in {"accepted", "running", "merged"}:
                    self._teller.answered(rows, figures)
                    self._turns.discard(turn)
        except StarpodError as error:
            self.fail(error)

    async def _learn(self) -> None:
        """What is offered for completion."""
        try:
            config = await self.ask(_config)
            self._known.models = config["models"]
            self._default = config["default_model"] or ""
            self._known.skills = await self.ask(_skills)
            self._known.sessions = await self.ask(orders.conversations)
        except StarpodError:
            pass  # nothing is offered, then

    async def _open(self) -> None:
        """Take up what was asked for on the command line."""
        await self._ready.wait()
        try:
            if self._opening.last:
                found = await self.ask(orders.conversations)
                if found:
                    await self.take_up(found[0])
            elif self._opening.resume is not None:
                await self._doing.resume(self._opening.resume)
        except StarpodError as error:
            self.fail(error)
        self._opened.set()

    def _turn_over(self) -> None:
        self._teller.forget()
        self._turns.clear()
        self._questions.clear()
        self._draw()

    # --- drawing --------------------------------------------------------------------------------------------

    async def _refresh(self) -> None:
        while True:
            self._draw()
            await trio.sleep(TICK if not self._teller.live else TICK / 2)

    def _draw(self) -> None:
        """What is being written, and the foot. The longer a drawing takes, the longer the next one waits."""
        self.screen.working = self._teller.turn is not None
        self.screen.status(self._foot())
        doing = self._doing_now()
        state = (self._teller.live, tuple(self._teller.output), doing, shutil.get_terminal_size())
        now = trio.current_time()
        if state == self._drawn or (now < self._next_drawing and self._teller.live):
            return
        lines = self.draw(self._teller.live) if self._teller.live else []
        lines += [f"    {paint(line[: self.columns - 6], 'dim')}" for line in self._teller.output]
        lines = [*([""] if lines else []), *lines, *(["", f"  {doing}"] if doing else [])]
        self.screen.live(lines)
        self._drawn = state
        self._next_drawing = now + PATIENT * (trio.current_time() - now)

    def _doing_now(self) -> str:
        """A line above the one that is edited."""
        if self._questions:
            return paint("● waits for your answer", "yellow")
        if self._hello is None:
            return paint("looks for the agent", "dim")
        if self._lost:
            return paint("⚠ the agent does not answer", "yellow")
        if self._teller.turn is None:
            return ""
        at = int(trio.current_time() * 10) % len(SPINNER)
        return f"{paint(SPINNER[at], 'cyan')} {painted(self._teller.doing)}"

    def _foot(self) -> str:
        parts: list[str] = []
        if self._link.waiting and not self._lost:
            parts.append("sending")
        if self._teller.turn is not None:
            parts.append("Ctrl-C stops")
        if self._files:
            parts.append(paint(f"{len(self._files)} files attached", "blue"))
        model = self.chosen["model"] or self._default
        parts.append(paint(model.partition("/")[2] or model, "dim"))
        if self._title:
            parts.append(paint(self._title[:40], "dim"))
        return painted(" │ ".join(filter(None, parts)))


def _named(file: Json) -> Json:
    return {name: file[name] for name in ("file_name", "mime_type", "path")}


def _stored_rows(client: Client, session: str) -> tuple[list[Json], list[Json]]:
    messages = client.get(f"/api/sessions/{session}/messages", limit=100)
    return messages, client.get(f"/api/sessions/{session}/turns", limit=20)


def _turn_rows(client: Client, session: str, turn: str) -> tuple[list[Json], Json | None]:
    turns = client.get(f"/api/sessions/{session}/turns", limit=100)
    figures = next((each for each in turns if each["turn_id"] == turn), None)
    return client.get(f"/api/sessions/{session}/messages", turn=turn), figures


def _config(client: Client) -> Json:
    found: Json = client.get("/api/config")
    return found


def _skills(client: Client) -> list[Json]:
    found: list[Json] = client.get("/api/skills")
    return found
