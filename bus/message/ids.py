"""Identifiers and randomness of one bus, reproducible when it is given a seed."""

import secrets
from collections.abc import Callable
from functools import partial
from random import Random
from uuid import UUID


class Ids:
    """Source of everything random.

    Without a seed it draws from the operating system at creation and its tokens are fit for secrets; with one,
    every value repeats from run to run.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seeded = seed is not None
        self._random = Random(secrets.randbits(128) if seed is None else seed)  # noqa: S311
        # Apart from the rest, since an attached tap needs traces of its own and must not change what happens.
        traces = Random(self._random.getrandbits(128))  # noqa: S311
        self.trace: Callable[[], int] = partial(traces.getrandbits, 128)
        """A new 128-bit trace id."""

    def uuid(self) -> str:
        """A version 4 UUID in its usual text form."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def token(self, nbytes: int = 32) -> str:
        """`nbytes` random bytes as hex; unpredictable unless seeded."""
        return (
            f"{self._random.getrandbits(8 * nbytes):0{2 * nbytes}x}"
            if self._seeded
            else secrets.token_hex(nbytes)
        )

    def random(self) -> float:
        """A float in [0, 1), for jitter."""
        return self._random.random()
