"""Everything the protocol allows. Both type checkers accept every line."""

from collections.abc import Sequence

from bus import Actor, Bus, Sink, concurrent
from tests.typing.protocol import Count, Forget, Forgotten, Hit, Search, Watch


class Library(Actor):
    def __init__(self, hits: tuple[Hit, ...]) -> None:
        self.hits = hits

    @Search.handler
    async def search(self, request: Search) -> tuple[Hit, ...]:
        return tuple(hit for hit in self.hits if request.query in hit.title)

    @Count.handler
    @concurrent(8)
    async def count(self, request: Count) -> int:
        return len(await self.bus.ask(Search(query=request.query)))

    @Watch.handler
    @concurrent(8)
    async def watch(self, request: Watch, sink: Sink[Hit]) -> None:
        for hit in self.hits:
            await sink.send(hit)

    @Forget.handler
    async def forget(self, command: Forget) -> None:
        for waiting in self.drain(Forget):
            await self.bus.publish(Forgotten(title=waiting.title))
        await self.bus.publish(Forgotten(title=command.title))


async def converse(bus: Bus) -> str:
    hits: tuple[Hit, ...] = await bus.ask(Search(query="a"))
    number: int = await bus.ask(Count(query="a"))
    perhaps: int | None = await bus.ask(Count(query="a"))
    some: Sequence[Hit] = await bus.ask(Search(query="a"))
    await bus.tell(Forget(title=hits[number].title))
    await bus.publish(Forgotten(title="b"))
    titles: list[str] = [str(perhaps), *(hit.title for hit in some)]
    async with bus.stream(Watch(query="c")) as items:
        async for item in items:
            titles.append(item.title)
    async with bus.subscribe(Forgotten) as events:
        async for event in events:
            titles.append(event.title)
    return " ".join(titles)
