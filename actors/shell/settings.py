"""Settings of the shell: where commands run, what they reach and how much they may use."""

from typing import Literal, final

import attrs
from attrs.validators import ge

from bus import Data

MIB = 1024 * 1024
GIB = 1024 * MIB


@final
@attrs.frozen(kw_only=True)
class Shell(Data):
    """In the table ``[shell]``. Limits are of one command with all that it starts, unless they say otherwise."""

    sandbox: Literal["auto", "required", "off"] = "auto"
    """``auto``: where there is bubblewrap; ``required``: nowhere else."""
    network: Literal["public", "on", "off"] = "public"
    """``public``: the internet by HTTP and HTTPS, never this machine or its network. Without a sandbox it is on."""
    seconds: int = attrs.field(default=3600, validator=ge(1))
    """Longest that a model may have a command in the foreground take."""
    memory: int = attrs.field(default=2 * GIB, validator=ge(64 * MIB))
    """Bytes."""
    processes: int = attrs.field(default=512, validator=ge(8))
    """Threads included."""
    open_files: int = attrs.field(default=1024, validator=ge(32))
    """Of each process."""
    file_size: int = attrs.field(default=GIB, validator=ge(1))
    """Bytes of each file that is written."""
    temporary: int = attrs.field(default=512 * MIB, validator=ge(MIB))
    """Bytes in ``/tmp``, which is in memory and goes with the command; in a sandbox."""
    disk_left: int = attrs.field(default=512 * MIB, validator=ge(0))
    """Bytes of the disk that stay free: whatever runs when they are not is stopped."""
    output: int = attrs.field(default=10_000_000, validator=ge(10_000))
    """Bytes of output that are kept, in a file where they are too many for the model."""
    background: int = attrs.field(default=8, validator=ge(0))
    """Commands in the background at once, of each user."""


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    shell: Shell = Shell()
