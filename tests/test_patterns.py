"""No pattern takes more than linear time, whatever text it meets: counted in steps, not in seconds."""

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any, cast

import pytest

from tests.backtracking import PATIENCE, attacks, steps
from tests.layers import ROOT, dotted, modules, parse, walk

PACKAGES = ("bus", "actors", "starpod")
TIMES = 8
STEEP = 1.3
"""A third of a text may take so many times the steps that its second third took; quadratic growth takes 1.6 times."""
ODD = 8
"""Steps that a text may take more, because matches do not end where its thirds do."""

AT_THE_BEGINNING = {"match", "fullmatch"}
"""Methods that look at one place only."""

TRUSTED = {"starpod/scaffold.py"}
"""Modules that build patterns from texts that ship with the project."""

LITERAL = {"bus/message/redactor.py"}
"""Modules that build patterns in which nothing is repeated: a choice of escaped texts of one length."""


def loaded(module: str) -> ModuleType:
    return importlib.import_module(module.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


def patterns(value: Any) -> Iterator[re.Pattern[Any]]:
    """Patterns that `value` is or holds."""
    if isinstance(value, re.Pattern):
        yield value
    if isinstance(value, Mapping):
        value = tuple(cast("Any", value).values())
    if isinstance(value, tuple | list):
        for item in cast("Any", value):
            yield from patterns(item)


def of_a_module(module: str) -> Iterator[tuple[re.Pattern[Any], bool]]:
    """Every pattern that a module compiles for itself or hands to :mod:`re`, and whether it is searched for.

    One of the module's own that is asked only whether a text begins with it, or is it, is not.
    """
    tree = parse(module)
    used = uses(tree)
    for name, value in vars(loaded(module)).items():
        if not name.startswith("__"):
            searched = not name.startswith("_") or not used[name] <= AT_THE_BEGINNING
            yield from ((pattern, searched) for pattern in patterns(value))
    for call in inside_functions(tree):
        pattern = call.args[0]
        if isinstance(pattern, ast.Constant) and isinstance(pattern.value, str):
            yield re.compile(pattern.value), dotted(call.func) not in ("re.match", "re.fullmatch")


def uses(tree: ast.Module) -> defaultdict[str, set[str]]:
    """What a module does with each name: the methods it calls, and ``""`` for anything else."""
    methods = {
        id(node.value): node.attr
        for node in walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    found = defaultdict[str, set[str]](set)
    for node in walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found[node.id].add(methods.get(id(node), ""))
    return found


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and dotted(node.func).startswith("re.") and node.args
    )


def inside_functions(tree: ast.Module) -> Iterator[ast.Call]:
    for node in walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from calls(ast.Module(body=[node], type_ignores=[]))


def steep(pattern: re.Pattern[Any], *, searched: bool = True) -> str | None:
    """A text for which the steps grow faster than it does, if there is one."""
    once, twice, thrice = (attacks(pattern, n * TIMES) for n in (1, 2, 3))
    for short, longer, longest in zip(once, twice, thrice, strict=True):
        first, second, third = (
            steps(pattern, text, everywhere=searched) for text in (short, longer, longest)
        )
        if third >= PATIENCE or third - second > STEEP * (second - first) + ODD:
            return longest
    return None


def all_patterns() -> Iterable[Any]:
    found = {
        each: module
        for module in sorted({*modules(*PACKAGES)} - TRUSTED)
        if "import re" in (ROOT / module).read_text()
        for each in of_a_module(module)
    }
    return [pytest.param(*each, id=f"{module}-{n}") for n, (each, module) in enumerate(found.items())]


@pytest.mark.parametrize(("pattern", "searched"), all_patterns())
def test_steps_grow_no_faster_than_the_text(pattern: re.Pattern[Any], searched: bool) -> None:  # noqa: FBT001
    assert steep(pattern, searched=searched) is None


def built(module: str) -> list[str]:
    """Patterns that a module makes while it runs."""
    made = [
        call
        for call in inside_functions(parse(module))
        if not isinstance(call.args[0], ast.Constant) or dotted(call.func) == "re.compile"
    ]
    return [ast.unparse(call) for call in made if dotted(call.func) != "re.escape"]


def test_patterns_are_written_out_where_they_can_be_checked() -> None:
    found = {module: built(module) for module in {*modules(*PACKAGES)} - TRUSTED - LITERAL}
    assert {module: patterns for module, patterns in found.items() if patterns} == {}


@pytest.mark.parametrize(
    "known",
    [
        r"[\s,]+please[.!]?$",
        r"(?<=[^./])[.?!,]+$",
        r"<(script|style)\b.*?</\1>|<[^>]*>",
        r"\s*\S+\s*",
        r"(a+)+$",
        r"(?:a|a)*b",
        r"a*?a*?b",
        r"x*x*y",
    ],
)
def test_patterns_known_to_be_slow_are_found(known: str) -> None:
    assert steep(re.compile(known, re.DOTALL)) is not None


@pytest.mark.parametrize(
    "known", [r"\w+", r"a{0,500}b", r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', r"^\s+x", r"\b(a|b)c", r"[^>]{1,9}>"]
)
def test_patterns_known_to_be_quick_pass(known: str) -> None:
    assert steep(re.compile(known, re.DOTALL)) is None
