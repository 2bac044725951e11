"""Identifiers and randomness of one bus, reproducible when it is given a seed."""

from random import Random, SystemRandom
from uuid import UUID


class Ids:
    """Source of everything random: the operating system, or a seed, with which every value repeats from run to run."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = SystemRandom() if seed is None else Random(seed)  # noqa: S311
        # Apart from the rest, since an attached tap needs traces of its own and must not change what happens.
        self._traces = Random(self._random.getrandbits(128))  # noqa: S311

    def trace(self) -> int:
        """A new 128-bit trace id."""
        return self._traces.getrandbits(128)

    def uuid(self) -> str:
        """A version 4 UUID in its usual text form."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def token(self, nbytes: int = 32) -> str:
        """`nbytes` random bytes as hex; unpredictable unless seeded."""
        return f"{self._random.getrandbits(8 * nbytes):0{2 * nbytes}x}"

    def random(self) -> float:
        """A float in [0, 1), for jitter."""
        return self._random.random()
