"""What the tests of the bus share: of what they run, coverage sees what is written down."""

import sys
from collections.abc import Generator

import pytest


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
