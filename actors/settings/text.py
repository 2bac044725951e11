"""Text files as people write them, on whatever system."""

from pathlib import Path


def decoded(data: bytes) -> str:
    """UTF-8 as text, without the byte-order mark some editors begin with and with plain line ends.

    Raises UnicodeDecodeError.
    """
    return data.decode("utf-8-sig").replace("\r\n", "\n")


def read(path: Path) -> str:
    """The text of a file. Raises OSError, and UnicodeDecodeError for what is not UTF-8."""
    return decoded(path.read_bytes())
