"""What belongs to which layer: who speaks with the bus, who stands at the edge, who is pure, and which tests prove it.

Read by the test of the architecture, and by ``scripts/test`` for what must be covered:
``python -m tests.layers modules`` names the pure modules, ``python -m tests.layers tests`` their tests, and
``python -m tests.layers parts`` all others but those of the bus, in lines of what one process is to run.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import cycle
from pathlib import Path, PurePath

ROOT = Path(__file__).parent.parent

SHELL = {
    "__init__.py",
    "messages.py",
    "actor.py",
    "conductor.py",
    "conversation.py",
    "follower.py",
    "embedder.py",
    "sender_actor.py",
    "server_actor.py",
}
"""Modules of a subsystem that speak with the bus; the others decide, store or fetch, and can be tested without."""

HANDS = {
    *(
        f"actors/agent/{name}.py"
        for name in (
            "acting/admission",
            "spending/allowance",
            "window/compactor",
            "completion",
            "acting/gate",
            "window/leaving",
            "loop",
            "occasions",
            "spending/offer",
            "record",
            "sources",
            "window/summaries",
        )
    ),
    "actors/cron/telling.py",
    *(f"actors/email/{name}.py" for name in ("receiving", "sending")),
    "actors/hooks/commands.py",
    "actors/hooks/guards.py",
    "actors/hooks/transcripts.py",
    "actors/llm/loading.py",
    "actors/mcp/offering.py",
    "actors/memory/extractor.py",
    "actors/notify/asking.py",
    "actors/permissions/guards.py",
    "actors/memory/meaning.py",
    "actors/memory/unattended.py",
}
"""What an actor does through the bus, one neighbour each; what it decides is in the modules beside them."""

WAITS = {
    "actors/agent/order.py",
    "actors/agent/acting/standstill.py",
    "actors/agent/spending/underway.py",
    "actors/hooks/running.py",
    "actors/llm/clients.py",
    "actors/llm/interfaces.py",
    "actors/llm/ollama/local_models.py",
    "actors/llm/offering.py",
    "actors/llm/trying.py",
    "actors/memory/keeping.py",
    "actors/memory/searchable.py",
}
"""Where tasks wait for one another: who came before, a connection or a file that all of them need."""

THREADS = {"actors/tools/threads.py", "actors/web/reader.py"}
"""Where work leaves the loop."""

BASES = {
    "actors/cron/scheduler.py",
    "actors/email/post.py",
    "actors/session/auditing.py",
    "actors/session/housekeeping.py",
    *(f"actors/skills/{name}.py" for name in ("reading", "changing")),
    *(f"actors/tools/{name}.py" for name in ("browser", "keeping", "trasher", "undoer")),
    *(f"actors/telegram/{name}.py" for name in ("doing", "keeping", "receiving", "running")),
}
"""Parts of an actor that is too long for one module."""

EDGES = {
    *(
        f"actors/gateway/{name}.py"
        for name in ("app", "authentication", "client_frames", "clients", "connection", "devices")
    ),
    *(
        f"actors/gateway/{name}.py"
        for name in ("event_stream", "failures", "frames", "http1", "presence", "protocol")
    ),
    *(f"actors/gateway/{name}.py" for name in ("refusals", "send_queue", "server", "share", "uploads", "ws")),
    *(f"actors/gateway/v1/{name}.py" for name in ("routes", "stream")),
    "actors/gateway/mcp/routes.py",
    *(
        f"actors/gateway/routes/{name}.py"
        for name in (
            "auth",
            "chat",
            "downloads",
            "endpoints",
            "files",
            "profiles",
            "rights",
            "settings",
            "speech",
            "zips",
        )
    ),
    *(f"actors/console/{name}.py" for name in ("letters", "mesh", "tap", "traces", "turns")),
    *(f"actors/shell/{name}.py" for name in ("launch", "process", "proxy", "telling")),
    "actors/credentials.py",
    "actors/answering.py",
    "actors/following.py",
    "actors/hooks/process.py",
    "actors/llm/failures/discretion.py",
    *(
        f"actors/mcp/{name}.py"
        for name in ("access", "guard", "http", "keeping", "link", "process", "transport")
    ),
    *(
        f"actors/telegram/{name}.py"
        for name in (
            "client",
            "companion",
            "fetching",
            "line",
            "outgoing",
            "placed",
            "poll",
            "posting",
            "questions",
            "sending",
            "speech",
        )
    ),
    *(f"actors/web/{name}.py" for name in ("client", "network")),
    "actors/instances/client.py",
    "actors/webpush/client.py",
}
"""Where a subsystem stands between the world and the bus: sockets, requests, followers, models and their keys."""

DATA = {"node_modules", "bundled"}
"""Folders of what is no module of ours."""

SHARED = "actors/storage/"
"""One thread per database, behind every subsystem's store."""

WORLD = {
    "argparse",
    "bus",
    "os",
    "pathlib",
    "shutil",
    "signal",
    "subprocess",
    "sys",
    "tempfile",
    "trio",
}
"""What modules of the daemon and of the command line import to reach files, processes, terminals and the agent."""

PARTS = {"tests/browser/": 2, "tests/system/": 2, "tests/actors/": 3, "tests/": 1}
"""How many processes run the tests of a folder, the longest first. The last has what is in no other."""

PROCESSES = ("subprocess", "tests.fakes.killed")
"""What tests import to start processes."""


@cache
def parse(module: str) -> ast.Module:
    """Each is read once: many tests look at all of them, and none changes what it is given."""
    return ast.parse((ROOT / module).read_text())


@cache
def walk(tree: ast.Module) -> Sequence[ast.AST]:
    """Everything in a module, found once for all who look."""
    return tuple(ast.walk(tree))


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield every import, wherever it stands, as the local name and the full name of what it is."""
    for node in walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0], alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def packages(tree: ast.Module) -> set[str]:
    """Top-level packages a module imports."""
    return {name.partition(".")[0] for _, name in imports(tree)}


def dotted(node: ast.expr) -> str:
    """Write ``a.b.c`` back as text; the empty string for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def may_wait(tree: ast.Module) -> bool:
    """Whether anything in a module may wait for somebody else."""
    return any(isinstance(node, ast.AsyncFunctionDef) for node in walk(tree))


def modules(*packages: str) -> list[str]:
    """Every Python file of `packages`, relative to the root of the project."""
    files = (path for package in packages for path in (ROOT / package).rglob("*.py"))
    return sorted(path.relative_to(ROOT).as_posix() for path in files if not DATA & set(path.parts))


def is_domain(module: str) -> bool:
    """Whether `module` belongs to a subsystem and is not among those that speak with the bus."""
    path = PurePath(module)
    in_subsystem = len(path.parts) > 2 and not module.startswith(SHARED)
    is_shell = path.name in SHELL or path.parent.name == "messages"
    return in_subsystem and not is_shell and module not in EDGES | HANDS | BASES | WAITS | THREADS


def is_pure(module: str) -> bool:
    """Whether all that `module` does can be had by calling it: it waits for nobody and does not speak with the bus."""
    tree = parse(module)
    if may_wait(tree):
        return False
    is_common = PurePath(module).parent.name == "actors"  # words and values that every subsystem uses
    return not packages(tree) & WORLD if module.startswith("starpod/") else is_common or is_domain(module)


def is_direct(test: str) -> bool:
    """Whether a file of tests only calls what it tests, so that it runs the same lines each time."""
    tree = parse(test)
    return (
        PurePath(test).name.startswith("test_")
        and not may_wait(tree)
        and not any(name.startswith(PROCESSES) for _, name in imports(tree))
    )


def pure_modules() -> list[str]:
    return list(filter(is_pure, modules("actors", "starpod")))


def direct_tests() -> list[str]:
    """The files of tests of the actors and of the daemon that prove the pure modules."""
    return list(filter(is_direct, modules("tests/actors", "tests/starpod")))


def parts() -> list[list[str]]:
    """All files of tests but the direct ones and those of the bus, each in one part, what takes longest first.

    A part is run by one process. A file in turn goes to each part of its folder, so that these take about as long.
    """
    direct = {*direct_tests()}
    dealt: dict[str, list[list[str]]] = {
        folder: [[] for _ in range(count)] for folder, count in PARTS.items()
    }
    waiting = {folder: cycle(hands) for folder, hands in dealt.items()}
    for test in modules("tests"):
        if (
            PurePath(test).name.startswith("test_")
            and test not in direct
            and not test.startswith("tests/bus/")
        ):
            next(waiting[next(folder for folder in PARTS if test.startswith(folder))]).append(test)
    return [part for parts in dealt.values() for part in parts]


def told(what: str) -> str:
    """What the command line asks for."""
    match what:
        case "modules":
            return ",".join(pure_modules())
        case "tests":
            return " ".join(direct_tests())
        case _:
            return "\n".join(map(" ".join, parts()))


if __name__ == "__main__":
    sys.stdout.write(told(sys.argv[1]))
