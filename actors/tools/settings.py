"""Settings of the tools subsystem."""

from typing import final

import attrs
from attrs.validators import ge


@final
@attrs.frozen(kw_only=True)
class Attachments:
    """Files that people may send along."""

    enabled: bool = True
    allowed_extensions: tuple[str, ...] = ()
    """Without the dot, compared without case; empty allows all."""
    max_file_size: int = attrs.field(default=20 * 1024 * 1024, validator=ge(1))
    """Bytes; a file of exactly this size is allowed."""


@final
@attrs.frozen(kw_only=True)
class Tools:
    """In the table ``[tools]``."""

    env_allowed: tuple[str, ...] = ()
    """Variables of the environment that tools may read, and the model with them. Never the keys of the agent itself."""


@final
@attrs.frozen(kw_only=True)
class Settings:
    tools: Tools = Tools()
    attachments: Attachments = Attachments()
