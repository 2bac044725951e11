"""The calls of an answer under names of tools that there are, and under ids that are new here. Pure."""

from collections.abc import Callable
from typing import Final, final

import attrs

from actors.llm.completion import Completion
from actors.llm.messages import CompletionEvent, ToolCallStarted
from actors.llm.requests.prompt import Prompt
from actors.llm.requests.wire_names import known_name
from actors.vocabulary import ToolUse


@final
class Naming:
    """Renames the calls of one answer, while it comes and when it is whole."""

    def __init__(self, prompt: Prompt, new_id: Callable[[], str]) -> None:
        self._tools: Final = prompt.tools
        self._new_id: Final = new_id
        self._used: Final = {
            block.id for message in prompt.messages for block in message.content if isinstance(block, ToolUse)
        }
        self._given: Final[dict[str, str]] = {}
        """New ids by those that were used before: some servers count from nought in every answer."""

    def item(self, item: CompletionEvent) -> CompletionEvent:
        """What is told of a call that begins, and anything else as it is."""
        if not isinstance(item, ToolCallStarted):
            return item
        return attrs.evolve(item, id=self._id(item.id), name=known_name(item.name, self._tools))

    def completion(self, completion: Completion) -> Completion:
        """The whole answer."""
        content = tuple(
            attrs.evolve(block, id=self._id(block.id), name=known_name(block.name, self._tools))
            if isinstance(block, ToolUse)
            else block
            for block in completion.content
        )
        return attrs.evolve(completion, content=content)

    def _id(self, id: str) -> str:
        if id not in self._used:
            return id
        if id not in self._given:
            self._given[id] = self._new_id()
        return self._given[id]
