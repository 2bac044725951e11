"""Actors and typed messages in one process, on trio.

What it promises is written down, guarantee by guarantee (G1 to G24), in ``docs/reference/bus.md``.
"""

from bus.actor import Actor
from bus.bus import Bus
from bus.clock import Clock
from bus.control import Control, NotPossible, UnknownActor
from bus.deadletter import DeadLetter
from bus.errors import (
    ActorCrashed,
    ActorError,
    ActorStopped,
    AskCycle,
    BootError,
    BusError,
    DeadlineExceeded,
    DeliveryError,
    MailboxFull,
    MessageTooLarge,
    NoRoute,
    Quarantined,
    SelfSendWouldBlock,
    Unavailable,
)
from bus.events import Lag, Subscription, SubscriptionLagged
from bus.exits import Exit, ExitKind
from bus.health import Health, NodeHealth, State
from bus.ids import Ids
from bus.mesh import Mesh, open_mesh
from bus.message import (
    Abandon,
    Command,
    Event,
    Lane,
    Message,
    Overflow,
    Request,
    Sink,
    Stream,
    WhileDown,
    concurrent,
    secret,
    wire_name,
)
from bus.spec import Backoff, Child, Intensity, Limits, Pool, Restart, Supervisor
from bus.tap import Tap
from bus.tapevent import TapEvent
from bus.watch import Down

__all__ = [
    "Abandon",
    "Actor",
    "ActorCrashed",
    "ActorError",
    "ActorStopped",
    "AskCycle",
    "Backoff",
    "BootError",
    "Bus",
    "BusError",
    "Child",
    "Clock",
    "Command",
    "Control",
    "DeadLetter",
    "DeadlineExceeded",
    "DeliveryError",
    "Down",
    "Event",
    "Exit",
    "ExitKind",
    "Health",
    "Ids",
    "Intensity",
    "Lag",
    "Lane",
    "Limits",
    "MailboxFull",
    "Mesh",
    "Message",
    "MessageTooLarge",
    "NoRoute",
    "NodeHealth",
    "NotPossible",
    "Overflow",
    "Pool",
    "Quarantined",
    "Request",
    "Restart",
    "SelfSendWouldBlock",
    "Sink",
    "State",
    "Stream",
    "Subscription",
    "SubscriptionLagged",
    "Supervisor",
    "Tap",
    "TapEvent",
    "Unavailable",
    "UnknownActor",
    "WhileDown",
    "concurrent",
    "open_mesh",
    "secret",
    "wire_name",
]
