"""Which port an instance listens on."""

import socket
from collections.abc import Iterator

import pytest

from starpod.host import ports


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_port_that_it_had_is_taken_again_if_it_is_free(listening: int) -> None:
    first = ports.choose(None, ())
    assert first in range(ports.FIRST, ports.FIRST + ports.COUNT)
    assert ports.choose(first, {first}) == first
    assert not ports.is_free(listening)
    assert ports.choose(listening, {listening}) not in {listening, 0}


def test_one_that_is_somebody_elses_is_left_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "COUNT", 1)
    assert ports.choose(None, {ports.FIRST}) == 0
