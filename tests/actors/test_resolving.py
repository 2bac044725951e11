"""From names to connections, against servers on loopback."""

import socket
from collections.abc import Iterable

import pytest
import trio
import trio.testing

from actors.resolving import (
    Lookup,
    NotPublic,
    Unreachable,
    connect,
    look_up,
    on_the_internet,
    own,
    resolve,
)


def names(**known: tuple[str, ...]) -> Lookup:
    async def lookup(host: str) -> Iterable[str]:
        return known[host]

    return lookup


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0"]
)
async def test_no_way_of_writing_this_machine_is_public(host: str) -> None:
    with pytest.raises(NotPublic, match="is not on the internet"):
        await resolve(host)


async def test_only_the_addresses_that_may_be_spoken_to_are_left() -> None:
    lookup = names(mixed=("127.0.0.1", "1.1.1.1", "::1", "2606:4700:4700::1111"))
    assert await resolve("mixed", lookup=lookup) == ("1.1.1.1", "2606:4700:4700::1111")


@pytest.mark.parametrize("host", ["nothing.invalid", "a\0b", "x" * 70 + ".example", "", "ä" * 300])
async def test_a_name_that_is_none(host: str) -> None:
    async def lookup(host: str) -> Iterable[str]:
        if host == "nothing.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return await look_up(host)

    with pytest.raises((Unreachable, NotPublic)):
        await resolve(host, lookup=lookup)


async def test_a_name_without_addresses() -> None:
    with pytest.raises(Unreachable, match="no address"):
        await resolve("none", lookup=names(none=()))


def test_addresses_of_this_machine() -> None:
    assert own("127.0.0.1")
    assert not own("192.0.2.1")
    assert not own("no address")
    assert not on_the_internet("127.0.0.1")


async def test_a_name_is_looked_up_once_and_its_checked_address_connected_to() -> None:
    listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
    port = listener.socket.getsockname()[1]
    asked: list[str] = []

    async def rebinding(host: str) -> Iterable[str]:
        asked.append(host)
        return ("127.0.0.1",) if len(asked) == 1 else ("127.0.0.2",)

    async with listener, await connect("site", port, lookup=rebinding, allowed="127.0.0.1".__eq__) as stream:
        assert stream.socket.getpeername() == ("127.0.0.1", port)
    assert asked == ["site"]


async def test_the_next_address_is_tried_where_one_refuses() -> None:
    listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
    port = listener.socket.getsockname()[1]
    lookup = names(site=("127.0.0.2", "127.0.0.1"))
    async with listener, await connect("site", port, lookup=lookup, allowed=lambda _: True) as stream:
        assert stream.socket.getpeername()[0] == "127.0.0.1"


async def test_nothing_answers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
            await connect(
                "site",
                taken.getsockname()[1],
                lookup=names(site=("127.0.0.1",)),
                allowed=lambda _: True,
            )


async def test_an_address_that_says_nothing_is_given_up(autojump_clock: trio.testing.MockClock) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.socket() as first, socket.socket() as second:
            for each in (first, second):  # they take the places that there are
                each.setblocking(False)
                each.connect_ex(full.getsockname())
            with pytest.raises(Unreachable, match="does not answer"):
                await connect(
                    "site",
                    full.getsockname()[1],
                    lookup=names(site=("127.0.0.1",)),
                    allowed=lambda _: True,
                )
