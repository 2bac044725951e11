"""The bus in rooms: no two modules need each other, imports for types included."""

import ast
from collections.abc import Iterator
from pathlib import Path

import bus

ROOT = Path(bus.__file__).parent


def module_of(path: Path) -> str:
    parts = ("bus", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in ROOT.rglob("*.py")}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_no_module_needs_one_that_needs_it() -> None:
    needs = {name: {other for other in imported(path) if other in MODULES} for name, path in MODULES.items()}
    while free := [name for name, others in needs.items() if not others & needs.keys()]:
        for name in free:
            del needs[name]
    assert not needs, {name: sorted(others & needs.keys()) for name, others in needs.items()}


def test_nobody_inside_takes_the_way_through_the_front_door() -> None:
    for name, path in MODULES.items():
        assert name == "bus" or "bus" not in set(imported(path)), name
