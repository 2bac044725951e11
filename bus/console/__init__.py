"""Looking into a bus and acting on it: what only the operator's door uses.

An actor that derives from :class:`Operator` has a :class:`Console` in place of the mere verbs.
"""

from bus.console.console import Console, NotPossible, Operator, UnknownActor
from bus.console.reference import describe_all, fields_of, of_tree
from bus.keep.deadletter import Buried
from bus.keep.health import State
from bus.message.codec import decode, encode, mask_value, shorten
from bus.message.envelope import hex_trace
from bus.see.filter import FilterError
from bus.see.tapevent import TapEvent, to_json

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
