"""Whether what is answered over HTTP is as the description of the interface has it: status, type and every field."""

import json
import re
from collections import Counter
from functools import cache
from typing import Any, Final

import attrs
import httpx2
from jsonschema import Draft202012Validator

from tests.actors.gateway.described import document

ENOUGH: Final = 40
"""Answers of one operation and status after which the next count as right: some tests ask thousands of times."""
_seen: Counter[tuple[str, int]] = Counter()


@attrs.frozen
class Operation:
    """One method of one path, as it is described."""

    method: str
    path: str
    """With its parameters in braces."""
    described: Any

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def parameters(self, place: str) -> list[Any]:
        """Those in the `path` or the `query`."""
        return [each for each in self.described.get("parameters", ()) if each["in"] == place]

    @property
    def body(self) -> Any:
        """The schema of the JSON that it takes; None where it takes none."""
        content = self.described.get("requestBody", {}).get("content", {})
        return content.get("application/json", {}).get("schema")


@cache
def operations() -> tuple[Operation, ...]:
    """All that is described."""
    paths = document("openapi.json")["paths"]
    return tuple(Operation(m.upper(), path, some) for path, each in paths.items() for m, some in each.items())


@cache
def _patterns() -> list[tuple[re.Pattern[str], Operation]]:
    """What an address has to look like for an operation, those without parameters first."""
    ordered = sorted(operations(), key=lambda each: each.path.count("{"))
    return [
        (
            re.compile(
                re.sub(
                    r"\\\{\w+\\\}",
                    "[^/]+" if each.path != "/v1/models/{model}" else ".+",
                    re.escape(each.path),
                )
            ),
            each,
        )
        for each in ordered
    ]


def operation_of(method: str, path: str) -> Operation | None:
    """What was asked for; None for what is not described."""
    bare = path.partition("?")[0]
    return next((op for found, op in _patterns() if op.method == method and found.fullmatch(bare)), None)


def check_answer(method: str, path: str, answer: httpx2.Response) -> None:
    """Raises AssertionError for an answer that is not described so."""
    status, kind = answer.status_code, answer.headers.get("content-type", "")
    operation = operation_of(method, path)
    if operation is None:
        return
    _seen[operation.name, status] += 1
    if _seen[operation.name, status] <= ENOUGH:
        faults = complaints(operation, status, kind, answer.content)
        assert not faults, f"{method} {path} is not answered as it is described: {faults}"


def complaints(operation: Operation, status: int, kind: str, content: bytes) -> list[str]:
    """What is wrong with an answer to an operation."""
    responses = operation.described["responses"]
    if str(status) not in responses and status < 400:
        return [f"{status} is not described"]
    response = responses.get(str(status), responses["default"])
    if "$ref" in response:
        named = response["$ref"].rpartition("/")[2]
        response = document("openapi.json")["components"]["responses"][named]
    described = response.get("content", {})
    if not described:
        return [f"{status} has a body: {content[:200]!r}"] if content else []
    bare = kind.partition(";")[0]
    if "application/json" not in described or (bare == "text/event-stream" and bare in described):
        return []
    if bare != "application/json":
        return [f"{status} is {bare or 'of no type'} and not JSON: {content[:200]!r}"]
    schema = described["application/json"].get("schema", {})
    validator: Any = _validator(json.dumps(schema))
    faults = validator.iter_errors(json.loads(content))
    return [f"{each.json_path}: {each.message[:300]}" for each in faults]


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(schema), "components": document("openapi.json")["components"]})
