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
class Settings:
    attachments: Attachments = Attachments()
