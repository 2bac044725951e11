"""The conversation as a person sees it, derived from the steps. Pure."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

from actors.storage import moment
from actors.transcript import plain
from actors.vocabulary import Attachment, Text, Thinking

from .messages import WAITING, Message, Turn
from .steps import AssistantStep, CallStep, Group, NoticeStep, Result, UserStep

RESULT_BYTES: Final = 64 * 1024
"""How much of a result is shown, as UTF-8. By default tools return less, so that all of it is."""

_PLACES: Final = 1 << 16
"""Ids of displayed rows per step; a group of steps has far fewer."""

_Role = Literal["user", "assistant", "thinking", "tool_use", "tool_result", "notice"]
_Row = tuple[_Role, str, str, tuple[Attachment, ...], int]
"""Role, turn, content, attachments, time."""


def step_before(message: int) -> int:
    """Id of the step that a displayed row comes from."""
    return message // _PLACES


def rows_of(session: str, group: Group) -> list[Message]:
    """What one group of steps looks like. Ids do not change when a result is added."""
    first = group.head.id * _PLACES
    return [
        _message(session, first + place, row) for place, row in enumerate(_rows(group)) if row is not None
    ]


def waiting(turns: Iterable[Turn]) -> list[Message]:
    """Messages that are stored and have no step yet."""
    return [
        Message(
            id=WAITING + place,
            session=turn.session,
            turn=turn.id,
            role="user",
            content=turn.text,
            attachments=turn.attachments,
            timestamp=turn.accepted_at,
        )
        for place, turn in enumerate(turns)
    ]


def _message(session: str, identity: int, row: _Row) -> Message:
    role, turn, content, attachments, at = row
    return Message(
        id=identity,
        session=session,
        turn=turn,
        role=role,
        content=content,
        attachments=attachments,
        timestamp=moment(at),
    )


def _rows(group: Group) -> Iterator[_Row | None]:
    """The rows of a group in order; None keeps the place of a result that is still to come."""
    head = group.head
    if isinstance(head, UserStep):
        for message in head.said:
            yield "user", message.turn, message.text, message.attachments, message.at
    elif isinstance(head, NoticeStep):
        yield "notice", head.turn, head.text, (), head.at
    else:
        yield from _answer(head)
        for call in group.calls:
            yield "tool_use", head.turn, _use(call), (), call.at
        for call in group.calls:
            yield None if call.result is None else _result(call, call.result)


def _answer(step: AssistantStep) -> Iterator[_Row]:
    for block in step.content:
        if isinstance(block, Text | Thinking) and block.text.strip():
            yield "assistant" if isinstance(block, Text) else "thinking", step.turn, block.text, (), step.at


def _use(step: CallStep) -> str:
    call = step.call
    return _json({"type": "tool_use", "id": call.id, "name": call.name, "input": call.input})


def _result(step: CallStep, result: Result) -> _Row:
    text = plain(result.content).encode("utf-8", "replace")
    content = {
        "type": "tool_result",
        "tool_use_id": step.call.id,
        "name": step.call.name,
        "content": text[:RESULT_BYTES].decode("utf-8", "ignore"),
        "truncated": len(text) > RESULT_BYTES,
        "is_error": result.is_error,
        **({"diff": result.diff} if result.diff else {}),
    }
    return "tool_result", step.turn, _json(content), result.attachments, result.at


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
