"""Every operation of the description is asked of a whole daemon: what it answers is as described, and never a fault.

What other tests of this folder ask is held against the description as well, in `tests.system.daemons`.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, cast
from urllib.parse import quote

import pytest

from tests.actors.gateway.answered import Operation, check_answer, operation_of, operations
from tests.system.daemons import Daemon, Json, Place, serving
from tests.system.operations import Asks, story

TAP: Final = "GET /api/bus/tap"
"""A WebSocket, with tests of its own."""


def test_every_operation_is_asked() -> None:
    assert {each.operation for each in story()} == {each.name for each in operations()} - {TAP}


async def test_what_is_asked_is_answered_as_it_is_described(place: Place) -> None:
    known: Json = {}
    others: list[str] = []
    async with serving(place) as daemon:
        for asked in story():
            answer = await ask(daemon, asked, known)
            operation = described(asked.operation)
            wanted = asked.status or min(int(s) for s in operation.described["responses"] if s != "default")
            if answer.status_code != wanted:
                others.append(f"{asked}: {answer.status_code} {answer.text[:300]}")
                continue
            for word, field in asked.keep.items():
                found = answer.json()
                for name in filter(None, field.split(".")):
                    found = found[name]
                known[word] = found
    assert not others, "\n".join(others)


def described(name: str) -> Operation:
    return next(each for each in operations() if each.name == name)


async def ask(daemon: Daemon, asked: Asks, known: Json) -> Any:
    """Ask. The answer is held against the description on its way."""
    method, _, path = asked.operation.partition(" ")
    for name, value in asked.path.items():
        path = path.replace(f"{{{name}}}", quote(str(meant(value, known)), safe=""))
    assert operation_of(method, path) is not None
    query = {name: meant(value, known) for name, value in asked.query.items()}
    body = meant(asked.body, known)
    given: Json = {} if body is None else {"json": body}
    return await daemon.request(method, path, params=query, files=asked.files, **given)


def meant(value: Any, known: Json) -> Any:
    """A value, or the fields of one, with what was kept in place of the words for it."""
    if isinstance(value, dict):
        return {name: meant(each, known) for name, each in cast("Json", value).items()}
    return known[value[1:]] if isinstance(value, str) and value.startswith("$") else value


# --- what nobody should send --------------------------------------------------------------------------------

LONG: Final = "x" * 70_000
WRONG: Final[tuple[Any, ...]] = (
    None,
    True,
    -1,
    2**70,
    1.5,
    "",
    "\x00",
    "../../etc/passwd",
    LONG,
    [],
    {},
    [[]],
    {"a": {"b": []}},
)
TEXTS: Final = ("", "\x00", "../..", "a/b", "%", "\N{SNOWMAN}", "-1", str(2**70), "nan", LONG[:3000], "$(id)")
RAW: Final = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe",
    b"[" * 5000,
    b'{"a": NaN}',
    b'{"a": 1e999}',
    b'"\\ud800"',
)
REACHES_OUT: Final = re.compile(r"/api/(frame-check|settings/models/try)")
"""What the tests of each try; here it would ask others."""
HAS_NOBODY: Final = re.compile(r"/api/(instance|settings/(skills|setup)/generate)")
"""What answers 503 here, where there is neither a backend nor a model that writes."""


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 11])
async def test_nothing_that_is_sent_is_a_fault_of_the_daemon(place: Place, every: int) -> None:
    asked = 0
    faults: list[str] = []
    async with serving(place) as daemon:
        async with daemon.client() as client:
            for operation in operations():
                if operation.name == TAP or REACHES_OUT.match(operation.path):
                    continue
                for path, query, body in islice(hostile(operation), asked % every, None, every):
                    headers = {} if body is None else {"content-type": "application/json"}
                    answer = await client.request(
                        operation.method, path, params=query, content=body, headers=headers
                    )
                    check_answer(operation.method, path, answer)
                    if answer.status_code >= 500 and not HAS_NOBODY.match(operation.path):
                        said = f"{operation.name} {path[:100]} {query} {(body or b'')[:200]!r}"
                        faults.append(f"{said}: {answer.status_code} {answer.text[:300]}")
                    asked += 1
        assert not faults, "\n".join(faults)
        assert asked > 3000 // every
        assert (await daemon.chat("help"))["status"] == 200


def hostile(operation: Operation) -> Iterator[tuple[str, Json, bytes | None]]:
    """Address, query and body of requests that are not as they should be, or only just."""
    plain = re.sub(r"\{\w+\}", "nowhere", operation.path)
    if operation.path != plain:
        for text in TEXTS[1:]:
            yield re.sub(r"\{\w+\}", quote(text, safe=""), operation.path), {}, None
    for each in operation.parameters("query"):
        for text in TEXTS:
            yield plain, {each["name"]: text}, None
    if operation.body is None:
        return
    for raw in RAW:
        yield plain, {}, raw
    fields = example(operation.body)
    for name in fields:
        for value in WRONG:
            yield plain, {}, json.dumps({**fields, name: value}).encode()
    yield plain, {}, json.dumps(dict.fromkeys(fields, "\ud800")).encode()


def example(schema: Any) -> Json:
    """An object with all the fields of a schema."""
    return {name: of(each) for name, each in schema.get("properties", {}).items()}


def of(schema: Any) -> Any:
    """A value that a schema may allow."""
    first = schema.get("anyOf", [schema])[0]
    if "enum" in first:
        return first["enum"][0]
    kinds: Json = {"string": "x", "integer": 1, "number": 1, "boolean": False, "array": []}
    return first.get("const", kinds.get(first.get("type"), example(first)))
