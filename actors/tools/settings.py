"""Settings of the tools subsystem."""

from typing import final

import attrs
from attrs.validators import ge

from bus import Data


@final
@attrs.frozen(kw_only=True)
class Attachments(Data):
    """Files that people may send along."""

    enabled: bool = True
    allowed_extensions: tuple[str, ...] = ()
    """Without the dot, compared without case; empty allows all."""
    max_file_size: int = attrs.field(default=20 * 1024 * 1024, validator=ge(1))
    """Bytes; a file of exactly this size is allowed."""


@final
@attrs.frozen(kw_only=True)
class Tools(Data):
    """In the table ``[tools]``."""

    env_allowed: tuple[str, ...] = ()
    """Variables of the environment that tools may read, and the model with them. Never the keys of the agent itself."""


@final
@attrs.frozen(kw_only=True)
class Checkpoints(Data):
    """What is kept of files before turns change them; what people delete is kept for as long, and as much again."""

    keep_days: int = attrs.field(default=14, validator=ge(1))
    max_file_mb: int = attrs.field(default=50, validator=ge(0))
    """MB of one file that is kept; a larger one cannot be put back."""
    max_total_mb: int = attrs.field(default=2048, validator=ge(0))
    """MB of all that is kept; beyond that the oldest goes, and what is there before a command is not kept."""
    max_files: int = attrs.field(default=100_000, validator=ge(0))
    """Files, links and folders that are looked at before a command."""
    skip_folders: tuple[str, ...] = (".cache", ".venv", "__pycache__", "node_modules")
    """Names of folders that are left out there."""


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    tools: Tools = Tools()
    attachments: Attachments = Attachments()
    checkpoints: Checkpoints = Checkpoints()
