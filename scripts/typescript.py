"""Writes the types of the web page's protocol from the classes that go over the wire."""

import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from inspect import cleandoc, getdoc
from typing import Annotated, Any, Final, Literal, Union, final

import attrs

from actors.shapes import Described, Supplied
from actors.wire import Form, Wire
from bus.console import fields_of

_WIDTH: Final = 110
_PLAIN: Final[Mapping[Any, str]] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    datetime: "string",
    timedelta: "number",
    Any: "unknown",
    None: "null",
    types.NoneType: "null",
}


@final
class Types:
    """The types of one file, in the order in which they are met."""

    def __init__(self, wire: Wire, aliases: Mapping[str, Any], imported: Iterable[type[Any]] = ()) -> None:
        """`aliases` are names for types that occur in fields, `imported` classes that another file declares."""
        self._wire = wire
        self._imported = frozenset(imported)
        self._aliases = {hint: name for name, hint in aliases.items()}
        self._texts: dict[str, str] = {}
        for name, hint in aliases.items():
            self._texts[name] = f"export type {name} = {self._spelled(hint)};\n"

    def text(self) -> str:
        return "\n".join(self._texts.values())

    def written(self, kind: type[Any]) -> str:
        """The name of the interface of a class that we send."""
        form = self._wire.forms.get(kind) or Form(
            kind=kind, name=kind.__name__, tag=None, names={}, omit=frozenset(), add={}
        )
        self._declare(form.name, kind, lambda: self._written_fields(form))
        return form.name

    def read(self, kind: type[Any], tag: str | None = None) -> str:
        """The name of the interface of a class that a client sends."""
        self._declare(kind.__name__, kind, lambda: self._read_fields(kind, tag))
        return kind.__name__

    def union(self, name: str, members: Iterable[str]) -> None:
        self._texts[name] = _wrapped(f"export type {name} =", list(dict.fromkeys(members)))

    def constant(self, name: str, value: str) -> None:
        self._texts[name] = f"export const {name} = {value};\n"

    # --- interfaces ---------------------------------------------------------------------------------------

    def _declare(self, name: str, kind: type[Any], fields: Callable[[], Iterable[str]]) -> None:
        if name in self._texts or kind in self._imported:
            return
        self._texts[name] = ""  # stands, so that a class may hold itself
        body = "".join(fields())
        said = _comment(_first(cleandoc(kind.__doc__ or "")), "")
        del self._texts[name]  # after those it is made from
        self._texts[name] = f"{said}export interface {name} {{\n{body}}}\n"

    def _written_fields(self, form: Form) -> Iterator[str]:
        if form.tag is not None:
            yield f'  type: "{form.tag}";\n'
        for name, hint, doc in written_fields(form):
            yield _comment(doc, "  ")
            yield _wrapped(f"  {name}:", self._of(hint).split(" | "), indent="    ")

    def _read_fields(self, kind: type[Any], tag: str | None) -> Iterator[str]:
        if tag is not None:
            yield f'  type: "{tag}";\n'
        hints = typing.get_type_hints(kind, include_extras=True)
        for field in attrs.fields(kind):
            hint, extras = _unannotated(hints[field.name])
            if any(isinstance(extra, Supplied) for extra in extras):
                continue
            yield _comment(next((each.text for each in extras if isinstance(each, Described)), ""), "  ")
            optional = "?" if field.default is not attrs.NOTHING else ""
            yield f"  {field.name}{optional}: {self._of(hint, self.read)};\n"

    # --- types --------------------------------------------------------------------------------------------

    def _of(self, hint: Any, named: Callable[[type[Any]], str] | None = None) -> str:
        hint, _ = _unannotated(hint)
        if hint in self._aliases:
            return self._aliases[hint]
        return self._spelled(hint, named)

    def _spelled(self, hint: Any, named: Callable[[type[Any]], str] | None = None) -> str:
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if hint in _PLAIN:
            return _PLAIN[hint]
        if origin is Literal:
            return " | ".join(f'"{each}"' if isinstance(each, str) else str(each).lower() for each in args)
        if origin in (Union, types.UnionType):
            return " | ".join(self._of(each, named) for each in args)
        if origin is tuple and args[-1] is Ellipsis:
            item = self._of(args[0], named)
            return f"({item})[]" if " " in item else f"{item}[]"
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return f"Record<string, {self._of(args[1], named)}>"
        if isinstance(hint, type) and attrs.has(hint):
            return (named or self.written)(hint)
        raise TypeError(f"{hint!r} has no form in TypeScript")


def written_fields(form: Form) -> Iterator[tuple[str, Any, str]]:
    """Name on the wire, type, and what is said of it, of everything that we send of a class."""
    hints = typing.get_type_hints(form.kind)
    for field in fields_of(form.kind):
        name = form.names.get(field["name"], field["name"])
        if field["name"] not in form.omit and name not in form.add:
            yield name, hints[field["name"]], field.get("doc", "")
    for name, add in form.add.items():
        yield name, typing.get_type_hints(add)["return"], getdoc(add) or ""


def _unannotated(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    if typing.get_origin(hint) is Annotated:
        return typing.get_args(hint)[0], typing.get_args(hint)[1:]
    return hint, ()


def _first(doc: str) -> str:
    """The first paragraph."""
    return " ".join(doc.partition("\n\n")[0].split())


def _comment(text: str, indent: str) -> str:
    said = _first(text).replace("``", "`")
    return f"{indent}/** {said} */\n" if said else ""


def _wrapped(head: str, members: list[str], indent: str = "  ") -> str:
    """A union as prettier writes it: in one line, of a property also in the next one if it fits there, or in many."""
    union = f"{' | '.join(members)};\n"
    for line in (f"{head} {union}", *([f"{indent}{union}"] if head.endswith(":") else [])):
        if len(line) <= _WIDTH + 1:
            return line if line.startswith(head) else f"{head}\n{line}"
    return head + "".join(f"\n{indent}| {each}" for each in members) + ";\n"
