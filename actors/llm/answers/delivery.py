"""Whether anything has gone to whoever asked. An answer whose beginning they have seen is not begun anew unsaid."""

from typing import final

from actors.llm.completion import Send
from actors.llm.messages import Bill, CompletionEvent


@final
class Delivery:
    """Hands items on."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False
        """Whether there was any but what an attempt costs."""

    async def send(self, item: CompletionEvent) -> None:
        self.begun = self.begun or not isinstance(item, Bill)
        await self._send(item)
