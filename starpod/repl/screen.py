"""The terminal: a line that is edited at its foot while the conversation grows above it.

What edits the line runs in a thread of its own, with a loop of its own, and is the one who writes to the terminal;
everybody else hands it what is to be written.
"""

import contextlib
import shutil
import sys
import threading
from collections.abc import Callable
from typing import Any, Final, TextIO, final

import attrs
import trio
from prompt_toolkit import PromptSession
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import Completer
from prompt_toolkit.filters import Condition, has_completions, is_done
from prompt_toolkit.formatted_text import ANSI, AnyFormattedText
from prompt_toolkit.history import History
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import ConditionalContainer, HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.styles import Style

from starpod.cli.output import has_colour, painted

REDRAW: Final = 0.03
"""Seconds between two drawings, at least."""
MENU: Final = 6
"""Lines kept free for what could be meant."""
FOOT: Final = 4
"""Lines below what is still being written: the line itself, and what stands under it."""
LONGEST: Final = 500_000
"""Characters of a line."""
STYLE: Final = Style.from_dict(
    {
        "prompt": "ansicyan",
        "question": "bold ansiyellow",
        "bottom-toolbar": "noreverse",
        "completion-menu.completion": "noreverse bg:default",
        "completion-menu.completion.current": "reverse",
        "completion-menu.meta.completion": "noreverse bg:default ansibrightblack",
        "completion-menu.meta.completion.current": "reverse",
    }
)
PLAIN: Final = Style.from_dict(
    {"bottom-toolbar": "noreverse", "completion-menu.completion.current": "reverse"}
)


@final
@attrs.frozen
class Line:
    """Something was typed, for the agent or as an order."""

    text: str


@final
@attrs.frozen
class Answer:
    """Something was typed while a question stood there."""

    text: str


@final
@attrs.frozen
class Interrupted:
    """Ctrl-C, with nothing in the line that it could have cleared."""


@final
@attrs.frozen
class Left:
    """Ctrl-D, or the terminal has gone."""


Typed = Line | Answer | Interrupted | Left


@final
class Screen:
    """One terminal. Every method but :meth:`run` may be called at any time, from the thread of trio."""

    def __init__(self, completer: Completer, history: History) -> None:
        self._send, self.typed = trio.open_memory_channel[Typed](10_000)
        self._trio = trio.lowlevel.current_trio_token()
        self._out = sys.stdout
        self._pending: list[str] = []
        self._lock = threading.Lock()
        self._live: list[str] = []
        self._status = ""
        self._question: str | None = None
        self._asking = False
        self.working = False
        """Whether Ctrl-C has something to stop, so that it does not clear the line."""
        self._session = self._made(completer, history)

    def _made(self, completer: Completer, history: History) -> PromptSession[str]:
        coloured = has_colour(sys.stdout)
        session: PromptSession[str] = PromptSession(
            message=self._prompt,
            multiline=True,
            completer=completer,
            complete_while_typing=True,
            complete_in_thread=True,
            history=history,
            enable_history_search=False,
            key_bindings=self._keys(),
            bottom_toolbar=self._foot,
            prompt_continuation="  ",
            style=STYLE if coloured else PLAIN,
            color_depth=ColorDepth.DEPTH_4_BIT if coloured else ColorDepth.DEPTH_1_BIT,
            reserve_space_for_menu=MENU,
            erase_when_done=True,
            enable_suspend=True,
        )
        buffer = session.default_buffer
        buffer.accept_handler = self._accept
        buffer.on_text_changed += self._changed
        above = Window(
            FormattedTextControl(lambda: ANSI("\n".join(self._live))),
            dont_extend_height=True,
            wrap_lines=False,
        )
        writing = Condition(lambda: bool(self._live)) & ~is_done
        session.app.layout = Layout(
            HSplit([ConditionalContainer(above, writing), session.app.layout.container]),
            focused_element=buffer,
        )
        session.app.min_redraw_interval = REDRAW
        return session

    # --- from the thread of trio --------------------------------------------------------------------------

    @property
    def columns(self) -> int:
        """Of the terminal, now."""
        return shutil.get_terminal_size().columns

    @property
    def room(self) -> int:
        """Lines that may be shown of what is still being written."""
        return max(shutil.get_terminal_size().lines - MENU - FOOT, 1)

    async def run(self) -> None:
        """Read from the terminal until :meth:`close`; what is typed comes out of `typed`."""
        try:
            await trio.to_thread.run_sync(self._run)
        finally:
            self._flush_now()

    def _run(self) -> None:
        try:
            self._session.app.run(pre_run=lambda: self._later(self._flush), handle_sigint=False)
        except (EOFError, KeyboardInterrupt):
            self._tell(Left())

    def close(self) -> None:
        """Give the terminal back, once all that was to be written is."""
        self._later(self._exit)

    def write(self, line: str) -> None:
        """Add a line that stays."""
        with self._lock:
            self._pending.append(line + "\n")
        self._later(self._flush)

    def live(self, lines: list[str]) -> None:
        """Show this above the line that is edited, in place of what was shown there, as far as there is room."""
        self._live = lines[-self.room :]
        self._session.app.invalidate()

    def status(self, text: str) -> None:
        """Show this below the line."""
        if text != self._status:
            self._status = text
            self._session.app.invalidate()

    def ask(self, question: str | None) -> None:
        """What is typed answers this, as soon as nothing else is being typed; None: it is for the agent again."""
        self._question = question
        self._later(self._changed)

    def restore(self, text: str) -> None:
        """Put a text into the line, unless something is being typed."""

        def put() -> None:
            buffer = self._session.default_buffer
            if not buffer.text:
                buffer.insert_text(text)

        self._later(put)

    # --- in the thread of the terminal --------------------------------------------------------------------

    def _later(self, do: Callable[[], None]) -> None:
        loop = self._session.app.loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(do)

    def _tell(self, what: Typed) -> None:
        with contextlib.suppress(trio.RunFinishedError):
            self._trio.run_sync_soon(self._send.send_nowait, what)

    def _exit(self) -> None:
        if self._session.app.is_running and not self._session.app.is_done:
            self._session.app.exit()

    def _accept(self, buffer: Buffer) -> bool:
        """Hand on what was typed. True: the line is left to us."""
        text = buffer.text[:LONGEST]
        if not text.strip():
            return True
        if self._asking:
            buffer.reset()
            self._tell(Line(text) if text.startswith("/") else Answer(text))
            return True
        self._tell(Line(text))
        return False

    def _changed(self, _buffer: Buffer | None = None) -> None:
        """A question takes over an empty line only: nobody answers by what was meant for something else."""
        empty = not self._session.default_buffer.text
        if self._question is None:
            self._asking = False
        elif empty:
            self._asking = True
        self._session.app.invalidate()

    def _flush(self) -> None:
        """Write above the line, without leaving the mode in which keys are read: none is echoed, none is mistaken."""
        app = self._session.app
        if not self._pending or app.is_done:
            return
        app.renderer.erase()
        self._write_pending()
        app.renderer.reset()
        app._request_absolute_cursor_position()  # noqa: SLF001 - as its own run_in_terminal does
        app._redraw()  # noqa: SLF001 - likewise

    def _write_pending(self) -> None:
        with self._lock:
            text, self._pending = "".join(self._pending), []
        self._out.write(text.replace("\n", "\r\n"))
        self._out.flush()

    def _flush_now(self) -> None:
        """When nothing is edited any more."""
        if self._pending:
            self._write_pending()

    def _prompt(self) -> AnyFormattedText:
        if self._asking and self._question is not None:
            return [("class:question", self._question)]
        return [("class:prompt", "❯ ")]

    def _foot(self) -> AnyFormattedText:
        return ANSI(self._status)

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        chosen = Condition(lambda: _is_chosen(self._session.default_buffer))

        @keys.add("enter", filter=~chosen)
        def _enter(event: KeyPressEvent) -> None:
            event.current_buffer.validate_and_handle()

        @keys.add("enter", filter=has_completions & chosen)
        def _choose(event: KeyPressEvent) -> None:
            event.current_buffer.complete_state = None

        @keys.add("escape", "enter")
        def _newline(event: KeyPressEvent) -> None:
            event.current_buffer.insert_text("\n")

        @keys.add("c-c")
        def _interrupt(event: KeyPressEvent) -> None:
            if event.current_buffer.text and not self.working:
                event.current_buffer.reset()
            else:
                self._tell(Interrupted())

        @keys.add("c-d", filter=Condition(lambda: not self._session.default_buffer.text))
        def _leave(_event: KeyPressEvent) -> None:
            self._tell(Left())

        return keys


def _is_chosen(buffer: Buffer) -> bool:
    """Whether one of what could be meant is marked, so that Enter takes it."""
    state = buffer.complete_state
    return state is not None and state.current_completion is not None


@final
class Complaints:
    """Standard error while a screen is there: lines are written above what is edited, as everything else."""

    def __init__(self, real: TextIO) -> None:
        self._real = real
        self._rest = ""
        self.screen: Screen | None = None

    def write(self, text: str) -> int:
        if self.screen is None:
            return self._real.write(text)
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self.screen.write(painted(line))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
