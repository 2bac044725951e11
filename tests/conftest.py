"""What every test shares: how thoroughly Hypothesis searches, and a scripted model server."""

import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from bus.testing import MeshUnderTest, forget_secrets, open_test_mesh
from tests.fakes.model_server import ModelServer
from tests.fakes.ports import reserved_port
from tests.fakes.telegram.server import TelegramServer

SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
"""A shared machine is slow now and then; fixtures such as a clock serve all examples of one test."""

# STARPOD_HYPOTHESIS=thorough searches forty times as long; CI tries the same examples every time.
settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=SLOW_IS_FINE)
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, database=None, print_blob=True)
settings.register_profile("thorough", settings.get_profile("dev"), max_examples=2000)
settings.load_profile(
    os.environ.get("STARPOD_HYPOTHESIS") or ("ci" if os.environ.get("CI") == "true" else "dev")
)


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts so what is to run in the background, and every process that a test starts would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays: nothing of it is worth looking for as garbage, which takes a fifth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """What chance has found is covered by nothing: coverage does not watch Hypothesis, which takes half of its time."""
    watcher = sys.gettrace()
    if item.get_closest_marker("hypothesis") is None or not type(watcher).__module__.startswith("coverage"):
        return (yield)
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(watcher)


@pytest.fixture
async def model_server() -> AsyncIterator[ModelServer]:
    """A scripted model server on loopback; it echoes until it is told otherwise."""
    async with ModelServer.running() as server:
        yield server


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    """A stand-in for Telegram's Bot API on loopback."""
    async with TelegramServer.running() as server:
        yield server


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port of loopback at which nobody listens, and which nobody else is given."""
    with reserved_port() as port:
        yield port


@pytest.fixture(autouse=True)
def _no_secrets() -> Iterator[None]:
    """What one test keeps secret is any text to the next one."""
    yield
    forget_secrets()


@pytest.fixture
async def mesh() -> AsyncIterator[MeshUnderTest]:
    """A bus without actors; its books are checked when the test ends."""
    async with open_test_mesh() as under_test:
        yield under_test
