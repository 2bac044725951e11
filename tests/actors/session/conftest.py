import pathlib
from collections.abc import Generator

import pytest

from tests.fakes.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: pathlib.Path) -> Generator[Ledger]:
    """The session store on a file of its own."""
    ledger = Ledger(tmp_path)
    yield ledger
    ledger.close()


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "session.db"
