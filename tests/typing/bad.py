"""Every mistake the protocol rules out. Both type checkers must reject each marked line, and no other."""

from bus import Actor, Bus, Sink
from tests.typing.protocol import Count, Forget, Forgotten, Hit, Search, Watch


class TakesTheWrongMessage(Actor):
    @Search.handler  # rejected
    async def search(self, request: Count) -> tuple[Hit, ...]:
        return ()

    @Forget.handler  # rejected
    async def forget(self, command: Forgotten) -> None: ...

    @Forgotten.handler  # rejected
    async def forgotten(self, event: Forget) -> None: ...

    @Watch.handler  # rejected
    async def watch(self, request: Search, sink: Sink[Hit]) -> None: ...


class ReturnsTheWrongReply(Actor):
    @Search.handler  # rejected
    async def search(self, request: Search) -> int:
        return 1

    @Count.handler  # rejected
    async def count(self, request: Count) -> None: ...

    @Forget.handler  # rejected
    async def forget(self, command: Forget) -> int:
        return 1

    @Forgotten.handler  # rejected
    async def forgotten(self, event: Forgotten) -> str:
        return ""

    @Watch.handler  # rejected
    async def watch(self, request: Watch, sink: Sink[Hit]) -> Hit:
        return Hit(title="")


class SendsTheWrongItem(Actor):
    @Watch.handler
    async def watch(self, request: Watch, sink: Sink[Hit]) -> None:
        await sink.send("a title")  # rejected

    @Watch.handler  # rejected
    async def watch_wrongly(self, request: Watch, sink: Sink[int]) -> None: ...


class IsNotAsync(Actor):
    @Count.handler  # rejected
    def count(self, request: Count) -> int:
        return 1


async def says_it_the_wrong_way(bus: Bus) -> None:
    await bus.tell(Search(query="a"))  # rejected
    await bus.tell(Forgotten(title="a"))  # rejected
    await bus.ask(Forget(title="a"))  # rejected
    await bus.ask(Forgotten(title="a"))  # rejected
    await bus.ask(Watch(query="a"))  # rejected
    await bus.publish(Forget(title="a"))  # rejected
    await bus.publish(Search(query="a"))  # rejected
    bus.stream(Search(query="a"))  # rejected
    bus.subscribe(Forget)  # rejected


async def forgets_to_wait(bus: Bus) -> None:
    bus.tell(Forget(title="a"))  # rejected
    bus.ask(Count(query="a"))  # rejected
    for _ in bus.stream(Watch(query="a")):  # rejected
        pass


async def keeps_it_under_the_wrong_type(bus: Bus) -> None:
    number: int = await bus.ask(Search(query="a"))  # rejected
    hits: tuple[Hit, ...] = await bus.ask(Count(query="a"))  # rejected
    nothing: int = await bus.tell(Forget(title="a"))  # rejected
    print(number, hits, nothing)
    async with bus.stream(Watch(query="a")) as items:
        async for item in items:
            title: str = item  # rejected
            print(title)
    async with bus.subscribe(Forgotten) as events:
        async for event in events:
            forget: Forget = event  # rejected
            print(forget)


def changes_a_message(message: Search) -> None:
    message.query = "b"  # rejected


def forgets_a_field() -> Search:
    return Search()  # rejected


def gives_a_field_without_its_name() -> Search:
    return Search("a")  # rejected
