"""Whether words stand in a conversation that the model has not put there itself. Pure."""

import json
from collections.abc import Container, Iterable

from actors.outside import is_marked
from actors.transcript import plain
from actors.vocabulary import ChatMessage, Text, ToolResult, ToolUse


def stands(words: str, messages: Iterable[ChatMessage], models: Container[str] = ()) -> bool:
    """Whether a person has said these very words, or a tool has given them back.

    What a tool gives back of its own input is an echo of the model, and so is what an error says: it might have put
    there what it has made of other things it has read. What another model says was made of what it was told.

    Args:
      words: that are looked for.
      messages: the conversation.
      models: names of tools whose results a model has written.
    """
    echoes: set[str] = set()
    written = json.dumps(words, ensure_ascii=False)[1:-1]
    for message in messages:
        for block in message.content:
            match block:
                case ToolUse(id=id, input=input):
                    if written in json.dumps(dict(input), ensure_ascii=False, default=str):
                        echoes.add(id)
                case ToolResult(tool_use_id=id, name=name, is_error=False) if (
                    id not in echoes and name not in models
                ):
                    if words in plain(block.content):
                        return True
                case Text(text=text) if message.role == "user":
                    if words in text and not is_marked(text):
                        return True
                case _:
                    pass
    return False
