"""Waiting for a new instance."""

from itertools import islice

import pytest

from actors.instances import waiting
from actors.instances.messages import Instance, Status
from actors.instances.waiting import NeverReady


def _one(status: Status, error: str | None = None) -> Instance:
    return Instance(id="a", status=status, said=status, error=error)


def test_looks_become_rarer_and_end() -> None:
    assert list(islice(waiting.delays(), 5)) == [3, 6, 12, 15, 15]
    spent = 0.0
    with pytest.raises(NeverReady, match="15 minutes"):
        for delay in waiting.delays():
            spent += delay
    assert 900 <= spent < 915


def test_what_ends_the_wait() -> None:
    assert waiting.is_ready(_one("running"))
    assert not waiting.is_ready(_one("pending"))
    assert not waiting.is_ready(_one("unknown"))
    with pytest.raises(NeverReady, match="no disk"):
        waiting.is_ready(_one("error", "no disk"))
    with pytest.raises(NeverReady, match="no more"):
        waiting.is_ready(_one("error"))
    with pytest.raises(NeverReady, match="deleted"):
        waiting.is_ready(_one("deleted"))
