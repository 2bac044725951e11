"""Run async code at once in virtual time, for tests that try many examples."""

from collections.abc import Awaitable, Callable
from typing import TypeVar, TypeVarTuple

import trio
import trio.testing

ArgsT = TypeVarTuple("ArgsT")
ResultT = TypeVar("ResultT")


def in_virtual_time(function: Callable[[*ArgsT], Awaitable[ResultT]], *args: *ArgsT) -> ResultT:
    """Run `function` under a clock that starts at zero and jumps as soon as everybody waits."""
    return trio.run(function, *args, clock=trio.testing.MockClock(autojump_threshold=0))
