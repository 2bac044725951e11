"""A terminal that a test types into and looks at, with a real command behind it."""

import fcntl
import os
import struct
import termios
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, final

import pyte
import trio

from tests.system.daemons import PATIENCE, Process, launch, until

IMPORTED: Final = ("starpod.cli.repl", "starpod.repl.talk")
ENTER: Final = "\r"
CTRL_C: Final = "\x03"
CTRL_D: Final = "\x04"


@final
class _Screen(pyte.HistoryScreen):
    """Answers as a terminal does when it is asked where the cursor is."""

    def __init__(self, columns: int, rows: int, master: int) -> None:
        super().__init__(columns, rows, history=5000, ratio=0.5)
        self._master = master

    def write_process_input(self, data: str) -> None:
        os.write(self._master, data.encode())


@final
class Terminal:
    """What is seen of it is text without colours, all that has scrolled away included."""

    def __init__(self, master: int, columns: int, rows: int) -> None:
        self._master = master
        self._screen: Any = _Screen(columns, rows, master)
        self._stream: Any = pyte.ByteStream(self._screen)
        self.raw = b""
        """All bytes that came."""
        self.process: Process

    async def read(self) -> None:
        """Show what comes, until the other side is closed."""
        while True:
            await trio.lowlevel.wait_readable(self._master)
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            if not data:
                return
            self.raw += data
            self._stream.feed(data)

    @property
    def seen(self) -> str:
        """All lines, the oldest first."""
        above = ["".join(line[at].data for at in range(len(line))) for line in self._screen.history.top]
        return "\n".join(line.rstrip() for line in [*above, *self._screen.display])

    @property
    def shown(self) -> list[str]:
        """The lines that the screen shows now."""
        return [line.rstrip() for line in self._screen.display]

    async def until(self, *texts: str) -> None:
        """Wait until all of these are seen."""
        with trio.move_on_after(PATIENCE):
            while not self._sees(texts):
                looked_at = len(self.raw)
                while len(self.raw) == looked_at:
                    await trio.sleep(0.005)
        assert self._sees(texts), self.seen

    def _sees(self, texts: tuple[str, ...]) -> bool:
        seen = self.seen
        return all(text in seen for text in texts)

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def say(self, line: str) -> None:
        self.type(line + ENTER)

    def resize(self, columns: int, rows: int) -> None:
        _set_size(self._master, columns, rows)
        self._screen.resize(rows, columns)

    async def ended(self) -> int:
        await until(lambda: self.process.poll() is not None, self.seen)
        return self.process.wait()


def _set_size(file: int, columns: int, rows: int) -> None:
    fcntl.ioctl(file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@asynccontextmanager
async def terminal(
    folder: Path, *arguments: str, columns: int = 90, rows: int = 40, **variables: str
) -> AsyncGenerator[Terminal]:
    """A command in a terminal of its own; it is ended with the block."""
    master, slave = os.openpty()
    _set_size(slave, columns, rows)
    here = Terminal(master, columns, rows)
    try:
        here.process = launch(
            folder,
            *arguments,
            streams=(slave, slave, slave),
            imported=IMPORTED,
            variables={"TERM": "xterm-256color", "LINES": "", "COLUMNS": "", **variables},
        )
        os.close(slave)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(here.read)
            try:
                yield here
            finally:
                here.process.kill()
                with trio.move_on_after(PATIENCE):
                    await until(lambda: here.process.poll() is not None)
                nursery.cancel_scope.cancel()
    finally:
        os.close(master)
