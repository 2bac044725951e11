"""A daemon whose tree gives up: orderly stop, non-zero status, a crash report. And one that is asked what it does."""

import json
import re
import signal
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from bus import Actor, Backoff, Child, Command, Intensity, Supervisor
from starpod import daemon, logs
from starpod.children.parts import Parts
from starpod.config import load
from starpod.daemon import FAILED, Running, serve
from starpod.tree import tree
from starpod.workspace import Instance
from tests.system.daemons import Place, serving, until

ENDS: list[str] = []
CANARY = "canary-Zq81xK40"


@attrs.frozen(kw_only=True)
class Break(Command):
    """Ends whoever takes it."""

    n: int


class Fragile(Actor):
    @Break.handler
    async def broken(self, command: Break) -> None:
        raise ZeroDivisionError(f"for the {command.n}. time with key sk-ant-api03-{'a' * 95} and {CANARY}")

    async def on_stop(self) -> None:
        ENDS.append("fragile")


class Sound(Actor):
    def __init__(self, name: str) -> None:
        self._name = name

    async def on_stop(self) -> None:
        ENDS.append(self._name)


def breakable(parts: Parts) -> Supervisor:
    """The tree of the daemon with a part that breaks."""
    whole = tree(parts)
    fragile = Child("fragile", Fragile, backoff=Backoff(first=0.001, cap=0.001))
    extra = Supervisor(
        "extra", "one_for_one", [fragile], intensity=Intensity(0), backoff=Backoff(first=0.001, cap=0.01)
    )
    first, second = (Child(name, partial(Sound, name)) for name in ("first", "second"))
    return attrs.evolve(whole, children=(first, second, *whole.children, extra))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "aster")


async def test_a_tree_that_gives_up_stops_in_order_and_leaves_a_report(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash_it(running: Running) -> None:
        for n in range(1, 8):
            await running.mesh.bus.tell(Break(n=n))

    def record(level: str, event: str, _fields: object) -> None:
        log.append((level, event))

    log: list[tuple[str, str]] = []
    monkeypatch.setattr(daemon, "tree", breakable)
    monkeypatch.setattr(logs, "log", record)
    instance = Instance(root=place.root)
    (instance.agent_home / ".env").write_text(f"ANY={CANARY}\n", encoding="utf-8")
    ENDS.clear()
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            status = await serve(
                instance,
                load(instance, {}),
                command="test",
                on_ready=lambda running, _model, _link, _shell: nursery.start_soon(crash_it, running),
            )
    assert status == FAILED == 1
    assert log[-1] == ("error", "starpod gives up")
    assert ENDS[-2:] == ["second", "first"], "the rest stopped in reverse order"
    assert ENDS.count("fragile") == 6, "once and five restarts of its group"
    (path,) = (instance.agent_home / "crashes").iterdir()
    report = json.loads(path.read_text(encoding="utf-8"))
    check_report(report)
    assert path.stat().st_mode & 0o777 == 0o600


def check_report(report: dict[str, Any]) -> None:
    words = "restart_limit: 6 crashes within 60 s, last: extra restart_limit: 1 crashes within 30 s, last: fragile"
    assert report["reason"].startswith(words)
    assert "ZeroDivisionError: for the 6. time" in report["stack"]
    assert "sk-ant" not in json.dumps(report)
    assert CANARY not in json.dumps(report)
    assert "[secret ANY]" in report["stack"]
    assert report["tree"]["state"] == "failed"
    assert [child["name"] for child in report["tree"]["children"]] == [
        "first", "second", "storage", "services", "agent", "clock", "edges", "channels", "extra",
    ]  # fmt: skip
    for name, (sent, handled, dead, queued, in_hand) in report["books"].items():
        assert sent == handled + dead + queued + in_hand, name
    assert [letter["type"] for letter in report["dead_letters"]].count("test_daemon_failure.Break@1") == 7
    assert report["messages"]


async def test_asked_by_a_signal_a_daemon_says_what_every_task_is_doing(place: Place) -> None:
    async with serving(place) as running:
        running.signal(signal.SIGUSR1)
        await until(lambda: "conductor: ready" in running.log, "the tasks were not shown")
        text = running.log
        assert re.search(r"^ +\* session: ready, incarnation 1, 0 waiting$", text, re.MULTILINE)
        assert re.search(r"^ +storage/session  at \w+/mailbox\.py:\d+ in get$", text, re.MULTILINE)
        assert await running.stop() == 0
