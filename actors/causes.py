"""Why a way to somewhere else failed, in words for people. Pure.

Libraries pass an error on with one of their own around it, which says that all attempts have failed, or nothing at all:
what the system said of it, such as that nothing listens there, stands at the very bottom.
"""

import os
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Final, cast

LONGEST: Final = 500
"""Characters."""
_MOST: Final = 3
"""Different causes that are named: a host has several addresses, and each may fail in its own way."""
_DEEPEST: Final = 20
_LATE: Final = "it does not answer in time"
_NUMBER: Final = re.compile(r"\[Errno -?\d+\] ")
"""Says nothing to people."""
_LET_IN: Final = re.compile(r"(?<=://)[^\s/?#@]*@")
"""Who asks, and the password, in an address."""


def why(error: BaseException) -> str:
    """What went wrong, with the innermost cause, as a part of a sentence; of addresses neither user nor password."""
    said = _plain(error)
    found = dict.fromkeys(_plain(each) for each in _innermost(error, _DEEPEST))
    causes = ", ".join([each for each in found if each not in said][:_MOST])
    words = ": ".join(filter(None, (said, causes))) or _kind(error)
    return _LET_IN.sub("", " ".join(words.split()))[:LONGEST]


def _innermost(error: BaseException, deep: int) -> Iterator[BaseException]:
    """The errors at the bottom, of each branch."""
    inner = tuple(_below(error)) if deep else ()
    for each in inner:
        yield from _innermost(each, deep - 1)
    if not inner:
        yield error


def _below(error: BaseException) -> Iterator[BaseException]:
    """What an error comes from. What was handled when it was raised counts only where it has no words but those."""
    if isinstance(error, BaseExceptionGroup):
        yield from cast("BaseExceptionGroup[BaseException]", error).exceptions
    elif error.__cause__ is not None:
        yield error.__cause__
    elif error.__context__ is not None and str(error) in {"", str(error.__context__)}:
        yield error.__context__


def _plain(error: BaseException) -> str:
    """The words of an error itself."""
    if isinstance(error, BaseExceptionGroup):
        return ""  # how many there are
    if isinstance(error, TimeoutError):
        return _LATE
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not believed: {error.verify_message}"
    if isinstance(error, OSError) and error.errno is not None:
        is_numbered = error.errno > 0 and not isinstance(error, ssl.SSLError | socket.gaierror)
        return os.strerror(error.errno) if is_numbered else str(error.strerror)
    return _NUMBER.sub("", str(error))


def _kind(error: BaseException) -> str:
    """What is left to tell of an error without any words."""
    name = type(error).__name__
    return _LATE if "Timeout" in name else name
