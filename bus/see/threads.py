"""Work that would hold the loop, in a thread."""

from collections.abc import Callable
from typing import TypeVar

import trio

from bus.message.clock import is_virtual
from bus.see.blackbox import in_thread

T = TypeVar("T")


async def run_in_thread(
    work: Callable[[], T], *, limiter: trio.CapacityLimiter, abandon_on_cancel: bool = False
) -> T:
    """Do it in a thread of which the black box knows on whose behalf it runs, that of the calling code.

    Under a virtual clock it is done here and now: to such a clock a working thread looks idle.

    Args:
      work: raises what it raises.
      limiter: how many threads there may be for work of its kind.
      abandon_on_cancel: whether a caller that is cancelled leaves a thread behind instead of waiting for it.
    """
    if is_virtual():
        await trio.lowlevel.checkpoint()
        return work()
    return await trio.to_thread.run_sync(
        in_thread(work), limiter=limiter, abandon_on_cancel=abandon_on_cancel
    )
