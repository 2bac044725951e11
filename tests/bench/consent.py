"""What it costs to decide about a call where nothing stands against it, and to have many wait for people."""

import json
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import trio

from actors.agent.acting.admission import Admission
from actors.guarding import Decision
from actors.permissions import messages as permissions
from actors.permissions.actor import PermissionsActor
from actors.permissions.guards import guards
from actors.permissions.settings import Settings
from actors.session import audit
from actors.session import messages as session
from actors.session.actor import MIGRATIONS, SessionActor
from actors.storage import numbered
from actors.subsystem import Given
from actors.tooling import CallContext, Catalogue, tool_of
from actors.tools import messages as tools
from actors.vocabulary import ADMIN, ToolUse
from bus.testing import open_test_mesh
from tests.bench.figures import Figure, median

CALLS: Final = 2000
OPEN: Final = 100
BUDGET: Final = 0.1  # ms
INPUT: Final = {"path": "documents/notes.md", "content": "Lorem ipsum. " * 40}


def measure(folder: Path) -> list[Figure]:
    """The gate with no rule and no hook, its row of the audit log included; and questions that are open at once."""
    decided, noted = trio.run(_decide), _note()
    asking, listing = trio.run(_ask, folder / "consent")
    return [
        Figure(
            name="gate: a call that nothing stands against",
            value=decided + noted,
            unit="ms",
            budget=BUDGET,
            note=f"decode and decide {decided:.3f}, row of the audit log {noted:.3f}",
        ),
        Figure(name=f"ask a person, {OPEN} waiting", value=asking, unit="ms"),
        Figure(name=f"list {OPEN} questions", value=listing, unit="ms"),
    ]


async def _decide() -> float:
    """Milliseconds from a call as the model wrote it to the decision that it may be carried out."""
    call = ToolUse(id="c1", name="FileWrite", input=INPUT)
    context = CallContext(
        session="s", turn="t", user=ADMIN, role="admin", channel="main", source="web", call="t:1"
    )
    nothing: Any = None
    admission = Admission(
        bus=nothing,
        catalogue=Catalogue([tool_of(tools.FileWrite)]),
        withheld=frozenset(),
        guards=guards(Settings, "/home"),
        context=lambda _step: context,
        messages=tuple,
        record=nothing,
        stop=trio.sleep_forever,
        paused=nothing,
    )
    step = session.ToolStep(n=1, call=call, effect="unsafe")
    seconds: list[float] = []
    for _ in range(CALLS):
        start = time.perf_counter()
        await admission.admit(step, cast("Any", None))
        seconds.append(time.perf_counter() - start)
    return 1000 * median(seconds)


def _note() -> float:
    """Milliseconds that a row of the audit log adds to the transaction of its step."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    for migration in numbered(MIGRATIONS):
        connection.executescript(str(migration))
    written = json.dumps({"id": "c1", "name": "FileWrite", "input": INPUT})
    decision = Decision(verdict="allowed", by="default", subject="documents/notes.md")
    seconds: list[float] = []
    connection.execute("BEGIN")
    for n in range(CALLS):
        start = time.perf_counter()
        audit.decided(
            connection,
            decision,
            key=f"t:{n}",
            user=ADMIN,
            session="s",
            turn="t",
            tool="FileWrite",
            call=written,
            now=n,
        )
        seconds.append(time.perf_counter() - start)
    connection.close()
    return 1000 * median(seconds)


async def _ask(folder: Path) -> tuple[float, float]:
    """Milliseconds to ask one question while others wait, and to list them all."""
    (folder / "db").mkdir(parents=True)
    given = Given(data=folder, home=folder, environment={}, settings_of=lambda _kind: Settings())
    async with open_test_mesh() as mesh, trio.open_nursery() as nursery:
        await mesh.start(partial(SessionActor, folder / "db" / "session.db", tuple), name="session")
        await mesh.start(partial(PermissionsActor, given), name="permissions")
        seconds: list[float] = []
        for n in range(OPEN):
            start = time.perf_counter()
            asked = await mesh.bus.ask(_question(n))
            seconds.append(time.perf_counter() - start)
            nursery.start_soon(mesh.bus.ask, permissions.Await(id=asked.id))
        start = time.perf_counter()
        found = await mesh.bus.ask(permissions.List(user=ADMIN))
        listing = time.perf_counter() - start
        assert len(found) == OPEN
        nursery.cancel_scope.cancel()
    return 1000 * median(seconds), 1000 * listing


def _question(n: int) -> permissions.Ask:
    return permissions.Ask(
        call=f"t:{n}",
        tool_use_id="c1",
        tool="Bash",
        input={"command": f"make report-{n}"},
        acts_on="command",
        subject=f"make report-{n}",
        reason="Bash may do something that cannot be undone",
        outside=(),
        user=ADMIN,
        session="s",
        turn=f"t{n}",
        channel="main",
    )
