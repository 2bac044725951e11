"""Looking into a bus and acting on it: what only the operator's door uses.

An actor that derives from :class:`Operator` has a :class:`Console` in place of the mere verbs.
"""

from bus.codec import decode, encode, mask_value, shorten
from bus.console.console import Console, NotPossible, Operator, UnknownActor
from bus.console.reference import describe_all, fields_of, of_tree
from bus.deadletter import Buried
from bus.envelope import hex_trace
from bus.filter import FilterError
from bus.health import State
from bus.tapevent import TapEvent, to_json

__all__ = [
    "Buried",
    "Console",
    "FilterError",
    "NotPossible",
    "Operator",
    "State",
    "TapEvent",
    "UnknownActor",
    "decode",
    "describe_all",
    "encode",
    "fields_of",
    "hex_trace",
    "mask_value",
    "of_tree",
    "shorten",
    "to_json",
]
