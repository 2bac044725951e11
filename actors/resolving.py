"""From a name to the addresses that may be spoken to, and to a connection with one of them.

A name is looked up once and the connection goes to an address that was checked, so a name that stands for something
else a moment later gains nothing (DNS rebinding). Whatever writes an address in another way, ``0x7f.1`` or
``2130706433``, is looked up like any name and judged by what comes of it.
"""

import socket
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import ClassVar, Final

import attrs
import trio

from actors.addresses import public
from actors.causes import why
from actors.vocabulary import quoted
from bus import ActorError, ErrorKind

Lookup = Callable[[str], Awaitable[Iterable[str]]]
"""Answers with the addresses of a name; raises OSError where there are none."""
Allowed = Callable[[str], bool]
"""Whether an address may be spoken to."""

PATIENCE: Final = 10.0
"""Seconds that one address has to answer."""
AT_MOST: Final = 8
"""Addresses of one name that are tried."""


@attrs.define(eq=False, kw_only=True)
class NotPublic(ActorError):
    """A name stands for nothing on the internet, but for this machine or for its own network."""

    kind: ClassVar[ErrorKind] = "forbidden"
    host: str

    def __str__(self) -> str:
        return (
            f"{quoted(self.host)} is not on the internet: this machine and its own network are out of reach"
        )


@attrs.define(eq=False, kw_only=True)
class Unreachable(ActorError):
    """There is no such name, or nothing answers where it leads."""

    kind: ClassVar[ErrorKind] = "unavailable"
    host: str
    reason: str

    def __str__(self) -> str:
        return f"{quoted(self.host)} cannot be reached: {self.reason}"


async def look_up(host: str) -> tuple[str, ...]:
    """The addresses of a name, as the system knows them, the preferred first. Raises OSError."""
    found = await trio.socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def own(address: str) -> bool:
    """Whether an address is one of this machine: what is sent there would be sent from there. Nothing is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.connect((address, 9))
        return bool(asking.getsockname()[0] == address)
    return False


def on_the_internet(address: str) -> bool:
    """What may be spoken to on behalf of a model: any public address but those of this machine."""
    return public(address) and not own(address)


async def resolve(
    host: str, *, lookup: Lookup = look_up, allowed: Allowed = on_the_internet
) -> tuple[str, ...]:
    """The addresses of `host` that may be spoken to, one at least. Raises NotPublic or Unreachable."""
    try:
        found = tuple(await lookup(host))
    except (OSError, UnicodeError) as error:  # UnicodeError: what can be no name
        raise Unreachable(host=host, reason=why(error)) from error
    if not found:
        raise Unreachable(host=host, reason="it has no address")
    checked = tuple(filter(allowed, found))
    if not checked:
        raise NotPublic(host=host)
    return checked[:AT_MOST]


async def connect(
    host: str, port: int, *, lookup: Lookup = look_up, allowed: Allowed = on_the_internet
) -> trio.SocketStream:
    """A connection to the first address of `host` that answers. Raises NotPublic or Unreachable."""
    reason = ""
    for address in await resolve(host, lookup=lookup, allowed=allowed):
        try:
            with trio.fail_after(PATIENCE):
                return await _opened(address, port)
        except trio.TooSlowError:
            reason = f"{address} does not answer"
        except OSError as error:
            reason = f"{address}: {why(error)}"
    raise Unreachable(host=host, reason=reason)


async def _opened(address: str, port: int) -> trio.SocketStream:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opening = trio.socket.socket(family, socket.SOCK_STREAM)
    try:
        await opening.connect((address, port))
    except BaseException:
        opening.close()
        raise
    return trio.SocketStream(opening)
