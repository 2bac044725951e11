"""Message classes described for people, from the classes themselves: the reference of the console and the docs."""

import ast
import functools
import inspect
import sys
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import ModuleType
from typing import Any, Literal, Union, cast

import attrs

from bus.keep.deadletter import DeadLetter
from bus.message.codec import reply_type
from bus.message.message import SECRET, Command, Event, Message, Overflow, Request, Stream, wire_name
from bus.run.handlers import handlers_of
from bus.run.routing import message_classes
from bus.supervise.spec import Node, Supervisor, actor_class

Owners = Mapping[type[Message], str]


def of_tree(tree: Supervisor) -> Owners:
    """Who owns which class in a tree that need not run."""
    return {kind: leaf.name for leaf in _leaves(tree) for kind in handlers_of(actor_class(leaf))}


def _leaves(node: Node) -> Iterator[Any]:
    if isinstance(node, Supervisor):
        for child in node.children:
            yield from _leaves(child)
    else:
        yield node


def describe_all(owners: Owners) -> list[dict[str, Any]]:
    """Every class of the front doors that these actors serve, by wire name, as JSON-ready values."""
    kinds: set[type[Message]] = {DeadLetter, *owners}
    kinds |= {kind for door in set(map(_front_door, owners)) for kind in message_classes(door)}
    return [describe(kind, owners.get(kind)) for kind in sorted(kinds, key=wire_name)]


def _front_door(kind: type[Message]) -> ModuleType:
    """Where others get a class from: its module, or the package of that if it brings the class along."""
    module = sys.modules[kind.__module__]
    package = sys.modules[module.__package__ or module.__name__]
    return package if vars(package).get(kind.__name__) is kind else module


def describe(kind: type[Message], owner: str | None) -> dict[str, Any]:
    """One message class.

    Args:
      kind: a concrete class.
      owner: the actor that handles it; None for an event, which its front door publishes.
    """
    shown: dict[str, Any] = {
        "name": wire_name(kind),
        "kind": kind_of(kind),
        "owner": owner,
        "doc": inspect.cleandoc(kind.__doc__ or ""),
        "fields": fields_of(kind),
    }
    options: dict[str, Any] = {"key": kind.key_field}
    seen = list(_hints(kind).values())
    if shown["kind"] in {"request", "stream"}:
        options |= _answered(kind)
        seen.insert(0, reply_type(kind))
    if not issubclass(kind, Event):
        options |= {"within": getattr(kind, "within", None), "lane": kind.lane.value}
    if kind.overflow is not Overflow.BLOCK:
        options["overflow"] = kind.overflow.value
    options["values"] = values_of(seen)
    return shown | {name: value for name, value in options.items() if value not in (None, [], {})}


def kind_of(kind: type[Message]) -> Literal["request", "stream", "command", "event"]:
    """Which of the four it is."""
    if issubclass(kind, Request):
        return "request"
    if issubclass(kind, Stream):
        return "stream"
    return "command" if issubclass(kind, Command) else "event"


def _answered(kind: Any) -> dict[str, Any]:
    """What a request or a stream says beyond a command."""
    what = "reply" if kind_of(kind) == "request" else "items"
    return {what: type_name(reply_type(kind)), "abandon": kind.abandon.value}


# --- fields -----------------------------------------------------------------------------------------------


def fields_of(kind: type[Any]) -> list[dict[str, Any]]:
    """The fields of an attrs class in order: name, type, whether it must be given, default, doc."""
    hints, docs = _hints(kind), _docs(inspect.getmodule(kind)).get(kind.__qualname__, {})
    return [_field(field, hints[field.name], docs.get(field.name)) for field in attrs.fields(kind)]


def _field(field: "attrs.Attribute[Any]", hint: Any, doc: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": field.name, "type": type_name(hint)}
    if field.default is attrs.NOTHING:
        shown["required"] = True
    elif not isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
        shown["default"] = repr(field.default)
    if field.metadata.get(SECRET):
        shown["secret"] = True
    if doc:
        shown["doc"] = doc
    return shown


def _hints(kind: type[Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in attrs.fields(kind)}


@functools.cache
def _docs(module: ModuleType | None) -> Mapping[str, Mapping[str, str]]:
    """The texts below the fields of the classes of a module, which only its source has."""
    try:
        source = ast.parse(inspect.getsource(cast("ModuleType", module)))
    except (OSError, TypeError):  # installed without sources
        return {}
    return {node.name: dict(_texts(node)) for node in source.body if isinstance(node, ast.ClassDef)}


def _texts(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for before, after in zip(node.body, node.body[1:], strict=False):
        match before, after:
            case (ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text)))):
                yield name, inspect.cleandoc(text)
            case _:
                continue


# --- types ------------------------------------------------------------------------------------------------


def type_name(hint: Any) -> str:
    """A type as a person writes it, with the words of a literal spelled out."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint is None or hint is types.NoneType:
        return "None"
    if hint is Any:
        return "Any"
    if hint is Ellipsis:
        return "..."
    if origin is Literal:
        return " | ".join(map(repr, parts))
    if origin in (Union, types.UnionType):
        return " | ".join(map(type_name, parts))
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(type_name, parts))}]"
    if not isinstance(hint, type):
        return str(hint)
    kind = cast("type[Any]", hint)
    return " | ".join(repr(member.value) for member in kind) if issubclass(kind, Enum) else kind.__name__


def values_of(hints: Iterable[Any]) -> dict[str, list[dict[str, Any]]]:
    """The attrs classes that occur in these types, at any depth, each by its name with its fields."""
    found: dict[str, list[dict[str, Any]]] = {}
    unseen = list(hints)
    while unseen:
        hint = unseen.pop(0)
        unseen += typing.get_args(hint)
        if isinstance(hint, type) and attrs.has(hint) and hint.__name__ not in found:
            found[hint.__name__] = fields_of(hint)
            unseen += _hints(hint).values()
    return found
