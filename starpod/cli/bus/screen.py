"""A terminal that is drawn over and over, left as it was found."""

import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Final, Self, final

from starpod.cli.output import painted

_ENTER: Final = "\x1b[?1049h\x1b[?25l"  # another screen, no cursor
_LEAVE: Final = "\x1b[?25h\x1b[?1049l"
_HOME: Final = "\x1b[H"
_REST_OF_LINE: Final = "\x1b[K"
_REST_OF_SCREEN: Final = "\x1b[J"
_QUIT: Final = frozenset("qQ\x04")


@final
class Screen:
    """The whole terminal for the time of a block. q, Ctrl-D, Ctrl-C and TERM end it in the same way."""

    def __init__(self) -> None:
        self._input = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._input)
        self._asked_to_end = False

    def __enter__(self) -> Self:
        tty.setcbreak(self._input)
        self._on_terminate = signal.signal(signal.SIGTERM, self._end)
        self._on_interrupt = signal.signal(signal.SIGINT, self._end)
        sys.stdout.write(_ENTER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.stdout.write(_LEAVE)
        sys.stdout.flush()
        termios.tcsetattr(self._input, termios.TCSADRAIN, self._before)
        signal.signal(signal.SIGTERM, self._on_terminate)
        signal.signal(signal.SIGINT, self._on_interrupt)

    def _end(self, _signal: int, _frame: FrameType | None) -> None:
        self._asked_to_end = True

    def show(self, lines: Sequence[str]) -> None:
        """Draw lines from the top, over whatever was there, without a moment of emptiness."""
        body = f"{_REST_OF_LINE}\n".join(map(painted, lines))
        sys.stdout.write(f"{_HOME}{body}{_REST_OF_LINE}{_REST_OF_SCREEN}")
        sys.stdout.flush()

    def wait(self, seconds: float) -> bool:
        """Wait; True at once when the person wants to leave."""
        deadline = time.monotonic() + seconds
        while not self._asked_to_end and (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([self._input], [], [], min(left, 0.2))
            if ready and not self._pressed_another_key():
                return True
        return self._asked_to_end

    def _pressed_another_key(self) -> bool:
        key = sys.stdin.read(1)
        return bool(key) and key not in _QUIT
