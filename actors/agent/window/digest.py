"""What a summary is made of: the words of a part of a conversation, in pieces that a model can take. Pure.

Where no model can be asked, a line of each message stands in for its summary.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from actors.agent.window.sanitise import shorten, squeeze
from actors.transcript import SUMMARY_CLOSES, SUMMARY_OPENS, named, plain
from actors.vocabulary import Block, ChatMessage, Document, Image, Text, Thinking, ToolResult, ToolUse

INSTRUCTION: Final = (
    "You summarise a part of a conversation between a person and their assistant, so that the assistant can go on "
    "without it. Keep decisions and their reasons, facts, names, dates, preferences, what was promised, file paths, "
    "code references and what the tools found or changed. Leave out small talk. Write in the language of the "
    "conversation, concisely, in short sections with headings. Answer with the summary alone."
)
"""System prompt of the model that writes the summary."""

PIECES: Final = 8
"""How many pieces a part of a conversation is cut into at most; of a longer one less is read."""

_RESULT_CHARS: Final = 500
_THINKING_CHARS: Final = 200
_LINE: Final = 160
_SHORTEST: Final = 80
_BETWEEN: Final = "\n\n"


def pieces(messages: Sequence[ChatMessage], room: int) -> list[str]:
    """The words of the messages, cut between messages into at most `PIECES` texts of at most `room` characters.

    Long messages are shortened in the middle for that; where that is not enough, the oldest are left out.
    """
    share = max(_SHORTEST, PIECES * room // max(1, len(messages)) - len(_BETWEEN))
    written = [_written(message) for message in messages]
    if sum(map(len, written)) > (PIECES - 1) * room:
        written = [squeeze(text, share) for text in written]
    found: list[list[str]] = [[]]
    left = room
    for text in (squeeze(text, room // 2) for text in written):
        if found[-1] and len(_BETWEEN) + len(text) > left:
            found.append([])
            left = room
        left -= len(text) + (len(_BETWEEN) if found[-1] else 0)
        found[-1].append(text)
    return [_BETWEEN.join(texts) for texts in found[-PIECES:]]


def summary_request(piece: str, before: str = "") -> ChatMessage:
    """Ask for a summary of a piece of a conversation, and of what was summed up `before` it."""
    earlier = f"<summary>\n{before}\n</summary>\n\n" if before else ""
    task = (
        "The summary covers the beginning of a conversation, which goes on below. Write one summary of both."
        if before
        else "Summarise this conversation."
    )
    text = f"{task}\n\n{earlier}<conversation>\n{piece}\n</conversation>"
    return ChatMessage(role="user", content=(Text(text=text),))


def first_lines(messages: Sequence[ChatMessage], limit: int) -> str:
    """What stands in for a summary: the one before it and a line of each message, in about `limit` characters."""
    earlier, lines = "", list[str]()
    for message in messages:
        for block in message.content:
            if isinstance(block, Text) and block.text.startswith(SUMMARY_OPENS):
                earlier = block.text.removeprefix(SUMMARY_OPENS).removesuffix(SUMMARY_CLOSES).strip()
            elif line := " ".join(_summarised(block)[:_LINE].split()):
                lines.append(f"{message.role}: {line}")
    earlier = squeeze(earlier, max(limit // 2, _SHORTEST))
    shown, room = list[str](), limit - len(earlier)
    while lines and len(lines[-1]) < room:
        room -= len(lines[-1]) + 1
        shown.append(lines.pop())
    left_out = [f"[the beginnings of {len(lines)} older messages are left out]"] if lines else []
    return "\n".join([*filter(None, [earlier]), *left_out, *reversed(shown)])


def _written(message: ChatMessage) -> str:
    said = "\n".join(filter(None, map(_summarised, message.content)))
    return f"[{message.role}]\n{said}"


def _summarised(block: Block) -> str:
    match block:
        case ToolResult():
            label = "error" if block.is_error else "result"
            return f"({label} of {block.name}: {shorten(plain(block.content), _RESULT_CHARS)})"
        case Thinking() if len(block.text) > _THINKING_CHARS:
            return ""
        case Text() | Thinking():
            return block.text
        case ToolUse():
            return f"(calls {block.name} with {_json(block.input)})"
        case Image() | Document():
            return named(block)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
