import pytest

from tests.bus.supervise.house import House


@pytest.fixture
def house() -> House:
    return House()
