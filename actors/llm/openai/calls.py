"""Which call a piece of a call belongs to, however a server numbers, names and cuts them. Pure.

By the book each piece has the `index` of its call, and the first one its id and its whole name. Servers that only
resemble the book give every call the index 0 or none, cut names, repeat them or the id with each piece, make up a
new id for each, or send a whole call again.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, cast, final

import attrs

from actors import jsontext
from actors.llm.answers.blocks import BlockBuilder
from actors.llm.fields import JsonObject
from actors.llm.messages import ToolCallStarted
from actors.llm.openai.words import EXTRA
from bus import Data

_MARKS: Final = re.compile(r'[{}\[\]"]|\\.?', re.DOTALL)


@final
@attrs.define(eq=False)
class _Call:
    """A call that may still grow."""

    key: object
    """What the builder knows it by."""
    id: str = ""
    name: str = ""
    announced: bool = False
    arguments: list[str] = attrs.field(factory=list[str])
    _depth: int = 0
    _quoted: bool = False
    _escaped: bool = False
    _scanned: int = 0

    @property
    def begun(self) -> bool:
        return bool(self.arguments)

    def is_complete(self) -> bool:
        """Whether the arguments are an object with its end. Each piece is looked at once."""
        for text in self.arguments[self._scanned :]:
            self._scan(text)
        self._scanned = len(self.arguments)
        return self.begun and self._depth <= 0 and not self._quoted

    def _scan(self, text: str) -> None:
        begin = 1 if self._escaped else 0
        self._escaped = False
        for mark in _MARKS.finditer(text, begin):
            letter = mark[0]
            if letter == '"':
                self._quoted = not self._quoted
            elif letter[0] == "\\":
                self._escaped = len(letter) == 1
            elif not self._quoted:
                self._depth += 1 if letter in "{[" else -1


@final
@attrs.frozen(kw_only=True)
class _Piece(Data):
    """What is said of a call at one time."""

    index: int | None
    id: str
    name: str
    arguments: Any
    extra: Any

    @classmethod
    def read(cls, entry: JsonObject) -> "_Piece":
        function = entry.get("function")
        said = cast("JsonObject", function) if isinstance(function, dict) else entry
        arguments = said.get("arguments", said.get("parameters"))
        return cls(
            index=_number(entry.get("index")),
            id=_text(entry.get("id")),
            name=_text(said.get("name")),
            arguments=None if arguments == "" else arguments,
            extra=entry.get(EXTRA),
        )


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and value.isascii():
        return int(value[:9])
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        return int(value)
    return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


@final
class Calls:
    """The calls of one answer."""

    def __init__(self, blocks: BlockBuilder) -> None:
        self._blocks: Final = blocks
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def take(self, entries: list[JsonObject]) -> Iterator[ToolCallStarted]:
        """Add the pieces of one chunk; yields calls whose names are known to the end."""
        given: list[_Call] = []
        for position, entry in enumerate(entries):
            piece = _Piece.read(entry)
            call = self._found(piece, position, alone=len(entries) == 1)
            if call in given and piece.name and call.is_complete() and not _repeats(call, piece):
                call = None  # nobody tells a call twice in one breath
            if call is None:
                yield from self.close()
                call = self._begin()
            given.append(call)
            yield from self._add(call, piece)

    def close(self) -> Iterator[ToolCallStarted]:
        """No more comes of the calls that are there."""
        for call in self._calls:
            yield from self._announce(call)

    def _begin(self) -> _Call:
        call = _Call(("call", len(self._calls)))
        self._calls.append(call)
        self._blocks.begin(call.key, "call")
        return call

    def _found(self, piece: _Piece, position: int, *, alone: bool) -> _Call | None:
        """The call that a piece belongs to; None for a new one."""
        if piece.index is not None:
            call = self._by_index.get(piece.index)
            if call is None and piece.id and not piece.name:
                return self._by_id.get(piece.id)
        elif piece.id:
            call = self._by_id.get(piece.id)
            if call is None and not piece.name:
                call = self._last()
        elif piece.name:
            call = self._last()
            if call is not None and not (call.name == piece.name and call.begun and not call.is_complete()):
                return None
        else:
            call = self._last() if alone else next(iter(self._calls[position : position + 1]), None)
        return None if call is None or _is_another(call, piece) else call

    def _last(self) -> _Call | None:
        return self._calls[-1] if self._calls else None

    def _add(self, call: _Call, piece: _Piece) -> Iterator[ToolCallStarted]:
        call.id = call.id or piece.id
        if piece.index is not None:
            self._by_index[piece.index] = call
        if piece.id:
            self._by_id[piece.id] = call
        if not call.begun or not call.name:
            call.name = _grown(call.name, piece.name)
        self._blocks.attach(call.key, EXTRA, piece.extra)
        if piece.arguments is not None:
            yield from self._announce(call)
            self._give(call, piece.arguments)

    def _give(self, call: _Call, arguments: Any) -> None:
        if isinstance(arguments, str):
            call.arguments.append(arguments)
            self._blocks.add(call.key, arguments)
        elif arguments or not call.begun:
            call.arguments.append(jsontext.write(arguments))
            self._blocks.set_input(call.key, arguments)

    def _announce(self, call: _Call) -> Iterator[ToolCallStarted]:
        if call.name and not call.announced:
            call.announced = True
            named = self._blocks.name_call(call.key, id=call.id, name=call.name)
            yield from (ToolCallStarted(id=id, name=name) for id, name in filter(None, (named,)))


def _is_another(call: _Call, piece: _Piece) -> bool:
    """Whether a piece that points at a call begins another one."""
    if not piece.name or not (call.name or call.begun):
        return False
    if piece.id and call.id and piece.id != call.id:
        return not (piece.name == call.name and call.begun and not call.is_complete() and _goes_on(piece))
    if not call.begun or not call.name:
        return False
    if piece.name != call.name:
        return True
    return not piece.id and piece.arguments is not None and call.is_complete() and not _repeats(call, piece)


def _repeats(call: _Call, piece: _Piece) -> bool:
    said = piece.arguments if isinstance(piece.arguments, str) else jsontext.write(piece.arguments)
    return said == "".join(call.arguments)


def _goes_on(piece: _Piece) -> bool:
    """Whether arguments are the rest of some that began before."""
    return isinstance(piece.arguments, str) and not piece.arguments.lstrip().startswith("{")


def _grown(name: str, piece: str) -> str:
    """A name with a further piece of it, which may be all of it again."""
    return piece if piece.startswith(name) else name + piece
