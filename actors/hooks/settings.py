"""Settings of the hooks."""

from typing import final

import attrs
from attrs.validators import and_, ge, gt, le

from bus import Data


@final
@attrs.frozen(kw_only=True)
class Hooks(Data):
    enabled: bool = True
    """Whether hooks are called."""
    trusted: tuple[str, ...] = ()
    """Names of hooks whose commands run outside of the sandbox, with the rights of the agent."""
    disabled: tuple[str, ...] = ()
    """Names of hooks that are not called."""
    timeout: float = attrs.field(default=60.0, validator=and_(gt(0), le(600)))
    """Seconds that a hook may take which says nothing else."""
    max_consecutive_failures: int = attrs.field(default=5, validator=ge(1))
    """Failures in a row after which a hook is left alone for a while."""
    cooldown_secs: float = attrs.field(default=60.0, validator=ge(0))
    """Seconds until it is tried again."""


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    hooks: Hooks = Hooks()
