"""What the monitor has seen since the agent started: enough for people to look back an hour, and no more."""

from collections import deque
from collections.abc import Collection
from typing import Final, final

from actors.instances.messages import Health, Notice, Sample

NOTICES: Final = 50
SAMPLES: Final = 120
"""Of each instance; with a look every half minute this is an hour."""


@final
class History:
    """Bounded, and in memory only."""

    def __init__(self) -> None:
        self._notices = deque[Notice](maxlen=NOTICES)
        self._samples = dict[str, deque[Sample]]()

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The newest first."""
        return tuple(reversed(self._notices))

    def samples(self, instance: str) -> tuple[Sample, ...]:
        """Those of an instance, the oldest first."""
        return tuple(self._samples.get(instance, ()))

    def notice(self, notice: Notice) -> None:
        """Remember that something was found out."""
        self._notices.append(notice)

    def sample(self, instance: str, at: float, health: Health) -> None:
        """Remember how one is; `at` is in seconds since 1970."""
        self._samples.setdefault(instance, deque(maxlen=SAMPLES)).append(Sample(at=at, health=health))

    def keep_only(self, instances: Collection[str]) -> None:
        """Forget the samples of those that are gone."""
        self._samples = {id: kept for id, kept in self._samples.items() if id in instances}
