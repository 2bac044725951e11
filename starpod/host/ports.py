"""Which port an instance listens on: the one it had, else one that is nobody's."""

import socket
from collections.abc import Collection
from secrets import randbelow
from typing import Final

FIRST: Final = 20_000
COUNT: Final = 10_000
"""Below those that the system gives to connections of its own."""
TRIES: Final = 100


def choose(had: int | None, taken: Collection[int]) -> int:
    """The port that it had where that is free, else a free one that is no other instance's; 0 where none is found."""
    if had is not None and is_free(had):
        return had
    for _ in range(TRIES):
        port = FIRST + randbelow(COUNT)
        if port not in taken and is_free(port):
            return port
    return 0


def is_free(port: int) -> bool:
    """Whether somebody could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the agent does
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True
