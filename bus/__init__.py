"""Actors and typed messages in one process, on trio.

An *actor* is private state with handlers, which run one message at a time. A *message* is data, and its class says who
handles it and how it ends: a command is told and nobody answers, a request is asked and has one reply, a stream has
items until its end, an event goes to everybody who subscribed. *Supervisors* start actors, and start them again when
they crash. All of it in one small program::

    import attrs
    import trio

    from bus import Actor, Child, Command, Event, Request, Sink, Stream, Supervisor, open_mesh


    @attrs.frozen(kw_only=True)
    class Add(Command):
        item: str


    @attrs.frozen(kw_only=True)
    class CountItems(Request[int]):
        pass


    @attrs.frozen(kw_only=True)
    class ListItems(Stream[str]):
        pass


    @attrs.frozen(kw_only=True)
    class Added(Event):
        item: str


    class Basket(Actor):
        def __init__(self) -> None:  # runs at every start: a crash leaves no half-changed state behind
            self._items: list[str] = []

        @Add.handler
        async def add(self, command: Add) -> None:
            if command.item == "mouse":
                raise ValueError("a mouse in the basket")
            self._items.append(command.item)
            await self.bus.publish(Added(item=command.item))

        @CountItems.handler
        async def count(self, request: CountItems) -> int:
            return len(self._items)

        @ListItems.handler
        async def list(self, request: ListItems, sink: Sink[str]) -> None:
            for item in self._items:
                await sink.send(item)  # waits while the reader lags


    async def main() -> None:
        tree = Supervisor("root", "one_for_one", [Child("basket", Basket)])
        async with open_mesh(tree) as mesh:
            bus = mesh.bus
            async with bus.subscribe(Added) as added:
                await bus.tell(Add(item="apple"))
                print(await anext(added))  # Added(item='apple')
            await bus.tell(Add(item="pear"))
            print(await bus.ask(CountItems()))  # 2
            async with bus.stream(ListItems()) as items:
                print([item async for item in items])  # ['apple', 'pear']
            await bus.tell(Add(item="mouse"))  # crashes its handler: the supervisor starts an empty basket
            print(await bus.ask(CountItems()))  # 0


    trio.run(main)

An ask always ends: with the reply, with an error of the actor's own, or with a :class:`DeliveryError`. All that is
promised is written down, guarantee by guarantee (G1 to G24), in ``docs/reference/bus.md``.

The rooms, to be read from the bottom up, each knowing only those above it in this list:

- ``message``: what is said, how it travels, what can go wrong with it.
- ``keep``: what is remembered and decided: ends and restarts, health, quarantine, dead letters.
- ``see``: what can be seen of messages as they pass: taps, filters, the flight recorder, counters.
- ``run``: how one actor lives and how messages get to it.
- ``supervise``: supervisors, pools, the tree of both.
- ``console``: looking into all of it and acting on it, for the operator.
- ``mesh``: a tree that runs, with its beginning and its end.

Outside of this package only ``bus``, ``bus.console`` and ``bus.testing`` are imported.
"""

from bus.console.dump import task_tree as task_tree
from bus.console.stall import Stall as Stall, Watchdog as Watchdog
from bus.crashpoints import crash_after as crash_after, crash_point as crash_point
from bus.keep.deadletter import DeadLetter as DeadLetter
from bus.keep.exits import Exit as Exit, ExitKind as ExitKind
from bus.keep.health import Health as Health, NodeHealth as NodeHealth, State as State
from bus.keep.limits import Backoff as Backoff, Intensity as Intensity, Limits as Limits
from bus.mesh import Mesh as Mesh, open_mesh as open_mesh
from bus.message.clock import Clock as Clock, is_virtual as is_virtual
from bus.message.codec import mask_text as mask_text
from bus.message.data import Data as Data
from bus.message.envelope import log_context as log_context
from bus.message.errors import (
    ActorCrashed as ActorCrashed,
    ActorError as ActorError,
    ActorStopped as ActorStopped,
    AskCycle as AskCycle,
    BootError as BootError,
    BusError as BusError,
    DeadlineExceeded as DeadlineExceeded,
    DeliveryError as DeliveryError,
    ErrorKind as ErrorKind,
    MailboxFull as MailboxFull,
    MessageTooLarge as MessageTooLarge,
    NoRoute as NoRoute,
    Quarantined as Quarantined,
    SelfSendWouldBlock as SelfSendWouldBlock,
    Unavailable as Unavailable,
)
from bus.message.hints import hints_of as hints_of
from bus.message.ids import Ids as Ids
from bus.message.message import (
    Abandon as Abandon,
    Command as Command,
    Event as Event,
    Lane as Lane,
    Message as Message,
    Overflow as Overflow,
    Request as Request,
    Sink as Sink,
    Stream as Stream,
    concurrent as concurrent,
    secret as secret,
    wire_name as wire_name,
)
from bus.message.redactor import (
    Clean as Clean,
    Held as Held,
    conceal as conceal,
    redact as redact,
    redacted as redacted,
)
from bus.run.actor import Actor as Actor
from bus.run.bus import Bus as Bus
from bus.run.events import Lag as Lag, Subscription as Subscription, SubscriptionLagged as SubscriptionLagged
from bus.see.blackbox import BlackBox as BlackBox, Remains as Remains, in_thread as in_thread
from bus.see.tap import Tap as Tap
from bus.see.threads import run_in_thread as run_in_thread
from bus.supervise.spec import Child as Child, Pool as Pool, Supervisor as Supervisor
