"""What import contracts cannot say: what the bus stands on, who is pure, where time and chance come from."""

import ast
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from graphlib import TopologicalSorter
from pathlib import PurePath

import pytest

from tests.layers import (
    EDGES,
    HANDS,
    ROOT,
    THREADS,
    WAITS,
    direct_tests,
    dotted,
    imports,
    is_direct,
    is_domain,
    is_pure,
    may_wait,
    modules,
    packages,
    parse,
    parts,
    walk,
)

READERS_OF_JSON = {
    "actors/jsontext.py",
    "bus/message/codec.py",  # bounds what it reads itself: the bus knows no application
    *(
        f"actors/session/{name}.py"
        for name in ("audit", "encoding", "export", "given", "outbox", "rows", "told")
    ),  # rows of our own
}
"""Where text becomes values; everybody else has it done by :mod:`actors.jsontext`, which bounds it."""

UNNAMED_THREADS = {
    "actors/settings/actor.py",
    "actors/gateway/routes/files.py",
    *(f"actors/llm/{name}.py" for name in ("actor", "clients", "offering", "ollama/local_models", "trying")),
}
"""Where threads work for all, or for a client that reads, and for no turn that could be to blame for them."""

SHIELDED = {
    "actors/gateway/connection.py",
    "actors/gateway/server.py",
    "actors/hooks/process.py",
    "actors/mcp/process.py",
    "actors/sending.py",
    "actors/shell/process.py",
    *(f"starpod/host/{name}.py" for name in ("command", "handing", "keeper")),
}
"""The web server: a frame once begun is ended, and clients get a word before the stop. What runs programs: they are
ended, and collected. What sends to people: nobody could say whether a message that is cut off has arrived. All have
time limits."""

OF_THE_BUS = {*sys.stdlib_module_names, "bus", "trio", "outcome", "attrs", "cattrs"}
"""All that the bus may import; `outcome` is how trio takes results of its low-level calls."""

OF_ITS_TESTS = {"hypothesis", "pytest"}
"""What its test harness may import beside that."""

FORBIDDEN = {
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
    "time.sleep",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "uuid.uuid1",
    "uuid.uuid4",
    "random",
}
"""Each has a counterpart on the bus that follows virtual time and the seed of a simulation."""


def real_time_and_chance(tree: ast.Module) -> set[str]:
    """Full names of forbidden things a module imports or reaches through an import."""
    known = dict(imports(tree))
    used = set(known.values())
    for node in walk(tree):
        if isinstance(node, ast.Attribute):
            first, _, rest = dotted(node).partition(".")
            used.add(f"{known[first]}.{rest}" if first in known else "")
    return {name for name in used if name in FORBIDDEN or name.partition(".")[0] in FORBIDDEN}


def shields(tree: ast.Module) -> list[int]:
    """Lines that may shield from cancellation: a keyword or an attribute `shield` that is not plainly False."""

    def on(value: ast.expr) -> bool:
        return not (isinstance(value, ast.Constant) and value.value is False)

    lines = [
        node.value.lineno
        for node in walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "shield" and on(node.value)
    ]
    for node in walk(tree):
        if isinstance(node, ast.Assign) and on(node.value):
            lines += [
                goal.lineno
                for goal in node.targets
                if isinstance(goal, ast.Attribute) and goal.attr == "shield"
            ]
    return sorted(lines)


def third_party(module: str) -> set[str]:
    """Packages a module of the bus imports that it should not."""
    harness = module.startswith("bus/testing/")
    return packages(parse(module)) - OF_THE_BUS - (OF_ITS_TESTS if harness else set())


def spoken_with(module: str) -> set[str]:
    """What a module imports of the bus and of trio, but for the base of what is only data and its types."""
    return {name for _, name in imports(parse(module)) if name.partition(".")[0] in {"bus", "trio"}} - {
        "bus.Data",
        "bus.hints_of",
    }


def compiled_anew(module: str) -> list[str]:
    """Frozen classes for which attrs compiles what Data would give them, in a module that knows the bus."""
    tree = parse(module)
    if "bus" not in packages(tree):
        return []
    return [
        each.name
        for each in walk(tree)
        if isinstance(each, ast.ClassDef) and not each.bases and any(map(_is_frozen, each.decorator_list))
    ]


def _is_frozen(decorator: ast.expr) -> bool:
    if not isinstance(decorator, ast.Call):
        return dotted(decorator) == "attrs.frozen"
    compares = all(keyword.arg != "eq" for keyword in decorator.keywords)
    return compares and dotted(decorator.func) == "attrs.frozen"


def imported(module: str, known: set[str]) -> Iterator[str]:
    """Those of the `known` modules that a module imports, for types and within functions included."""
    here = dotted_name(module).split(".")
    for node in walk(parse(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            above = here if module.endswith("/__init__.py") else here[:-1]
            package = ".".join(above[: len(above) - node.level + 1]) if node.level else ""
            origin = ".".join(filter(None, (package, node.module)))
            whole = {f"{origin}.{alias.name}" for alias in node.names}
            yield from known & whole or known & {origin}


def dotted_name(module: str) -> str:
    return module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def broken(rule: Callable[[str], Collection[object]], of: Iterable[str]) -> dict[str, Collection[object]]:
    """What `rule` finds fault with, by module. One test asks all: a test for each would take longer than the look."""
    return {module: found for module in of if (found := rule(module))}


def test_the_bus_stands_on_trio_attrs_and_cattrs_alone() -> None:
    assert broken(third_party, modules("bus")) == {}


@pytest.mark.parametrize("package", ["bus", "actors", "starpod"])
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    files = {dotted_name(module): module for module in modules(package)}
    known = {*files}
    order = TopologicalSorter({name: {*imported(file, known)} - {name} for name, file in files.items()})
    assert {*order.static_order()} == known


def test_an_import_is_known_from_within_its_package_too() -> None:
    known = {"bus.console.console", "bus.console.snapshot", "actors.session.messages.turns", "bus"}
    assert "actors.session.messages.turns" in {*imported("actors/session/messages/__init__.py", known)}
    assert "actors.session.messages.turns" in {*imported("actors/session/messages/running.py", known)}
    assert {*imported("actors/session/messages/running.py", known)} & {"bus"} == {"bus"}


def test_a_domain_module_imports_neither_bus_nor_trio() -> None:
    assert broken(spoken_with, filter(is_domain, modules("actors"))) == {}


def test_what_is_frozen_shares_its_methods() -> None:
    assert broken(compiled_anew, modules("bus", "actors", "starpod")) == {}


def test_an_actor_takes_time_and_chance_from_the_bus() -> None:
    assert broken(lambda module: real_time_and_chance(parse(module)), modules("actors")) == {}


def test_nobody_outside_the_bus_shields_from_cancellation() -> None:
    assert broken(lambda module: shields(parse(module)), {*modules("actors", "starpod")} - SHIELDED) == {}


def test_every_exception_is_a_module_that_exists() -> None:
    exceptions = EDGES | HANDS | WAITS | THREADS | SHIELDED
    assert [module for module in exceptions if not (ROOT / module).is_file()] == []


@pytest.mark.parametrize(
    "source",
    [
        "import trio",
        "import trio.abc as a",
        "from trio import sleep",
        "def f():\n    from bus.message.errors import X",
    ],
)
def test_an_import_is_found_in_every_shape(source: str) -> None:
    assert packages(ast.parse(source)) & {"bus", "trio"}


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.time()",
        "import time as t\nt.monotonic()",
        "from time import time",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime as d\nd.now(UTC)",
        "from uuid import uuid4",
        "import random",
        "from random import choice",
    ],
)
def test_real_time_and_chance_are_found_in_every_shape(source: str) -> None:
    assert real_time_and_chance(ast.parse(source))


@pytest.mark.parametrize(
    "source", ["from datetime import datetime\ndatetime(2026, 1, 1)", "self.time.time()"]
)
def test_what_only_looks_like_real_time_is_left_alone(source: str) -> None:
    assert not real_time_and_chance(ast.parse(source))


@pytest.mark.parametrize(
    "source", ["CancelScope(shield=True)", "move_on_after(1, shield=x)", "scope.shield = True"]
)
def test_a_shield_is_found_in_every_shape(source: str) -> None:
    assert shields(ast.parse(source)) == [1]


def test_a_shield_that_is_off_is_none() -> None:
    assert shields(ast.parse("CancelScope(shield=False)\nscope.shield = False")) == []


@pytest.mark.parametrize(
    ("module", "pure"),
    [
        ("actors/vocabulary.py", True),
        ("actors/agent/window/compaction.py", True),
        ("actors/agent/loop.py", False),  # speaks with the bus
        ("actors/session/actor.py", False),
        ("actors/storage/errors.py", False),
        ("actors/llm/transport/http_provider.py", False),  # waits for a model
        ("starpod/cli/bus/waterfall.py", True),
        ("starpod/workspace.py", False),  # reads files
    ],
)
def test_the_pure_modules_are_told_from_the_others(module: str, pure: bool) -> None:  # noqa: FBT001
    assert is_pure(module) == pure


@pytest.mark.parametrize(
    ("test", "direct"),
    [
        ("tests/actors/agent/window/test_compaction.py", True),
        ("tests/actors/agent/test_turn.py", False),  # a whole mesh
        ("tests/starpod/test_lock.py", False),  # other processes
        ("tests/fakes/ledger.py", False),  # no test
    ],
)
def test_the_tests_that_only_call_are_told_from_the_others(test: str, direct: bool) -> None:  # noqa: FBT001
    assert is_direct(test) == direct


def test_every_file_of_tests_is_run_once() -> None:
    run = [*direct_tests(), *(test for part in parts() for test in part)]
    there = {test for test in modules("tests") if PurePath(test).name.startswith("test_")}
    assert sorted(run) == sorted(test for test in there if not test.startswith("tests/bus/"))


@pytest.mark.parametrize("source", ["async def f(): ...", "class C:\n    async def f(self): ..."])
def test_a_module_that_may_wait_is_found_in_every_shape(source: str) -> None:
    assert may_wait(ast.parse(source))


def reads_json(module: str) -> set[str]:
    called = {dotted(node) for node in walk(parse(module)) if isinstance(node, ast.Attribute)}
    return called & {"json.load", "json.loads", "json.JSONDecoder"}


def test_text_becomes_values_in_one_place() -> None:
    assert broken(reads_json, {*modules("bus", "actors", "starpod")} - READERS_OF_JSON) == {}


def unnamed_threads(module: str) -> list[str]:
    return [
        ast.unparse(call)
        for call in walk(parse(module))
        if isinstance(call, ast.Call) and dotted(call.func) == "trio.to_thread.run_sync"
        if not (isinstance(call.args[0], ast.Call) and dotted(call.args[0].func) == "in_thread")
    ]


def test_the_black_box_knows_whom_a_thread_works_for() -> None:
    """Else a turn that kills the process in a thread does so again after each start, as nobody is to blame."""
    assert broken(unnamed_threads, {*modules("actors")} - UNNAMED_THREADS) == {}
