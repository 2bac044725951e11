"""Commands that are refused before they run: for hints, not for safety, which is the sandbox's. Pure."""

from pathlib import Path
from typing import Final

PRIVATE: Final = ".starpod"
LONGEST: Final = 100_000
"""Characters of a command; the system takes 128 KiB."""


def fault(command: str, inside: Path) -> str | None:
    """Why a command is not run; None if nothing speaks against it. `inside` is the folder of the agent's own data."""
    if "\0" in command:
        return "The command contains a NUL character, which no command can."
    try:
        command.encode()
    except UnicodeEncodeError:
        return "The command contains half a character (a lone surrogate)."
    if PRIVATE in command or str(inside) in command:
        return (
            f"Commands do not touch {PRIVATE}/, where the agent keeps its own data: use the tools for memory, skills "
            "and scheduled jobs, and FileRead and FileWrite for files in home."
        )
    return None
