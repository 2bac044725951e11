"""Settings of the instances: whom to ask, and whether those that run there are looked after."""

from collections.abc import Iterator
from typing import Final, final

import attrs
from attrs.validators import ge, le

from actors.instances.account import checked
from actors.instances.messages import NotSetUp
from bus import Data


@final
@attrs.frozen(kw_only=True)
class Instances(Data):
    """In the table ``[instances]``."""

    url: str = ""
    """Address of the hosting backend; empty for that of the environment, or of the owner's `starpod auth login`."""
    monitor: bool = False
    """Whether instances whose heart has stopped are started anew."""
    interval_secs: float = attrs.field(default=30.0, validator=[ge(1), le(3600)])
    """Seconds between two looks at all of them."""
    timeout_secs: float = attrs.field(default=90.0, validator=[ge(1), le(86400)])
    """Seconds without a new heartbeat after which one counts as stuck."""
    attempts: int = attrs.field(default=5, validator=[ge(1), le(100)])
    """How often one is started anew before the owner is told instead."""


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    instances: Instances = Instances()


GUARDED: Final = ("instances.url",)
"""It decides where the key goes."""


def faults(settings: Settings) -> Iterator[str]:
    """What keeps settings from being used although each value is right by itself; one sentence each."""
    if settings.instances.url:
        try:
            checked(settings.instances.url)
        except NotSetUp as error:
            yield f"instances.url: {error}"
