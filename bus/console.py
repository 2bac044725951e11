"""Looking into a bus and acting on it: what only the operator's door uses."""

from bus.codec import decode, encode, mask_value, shorten
from bus.deadletter import Buried
from bus.envelope import hex_trace
from bus.filter import FilterError
from bus.health import State
from bus.reference import describe_all, of_tree
from bus.tapevent import TapEvent, to_json

__all__ = [
    "Buried",
    "FilterError",
    "State",
    "TapEvent",
    "decode",
    "describe_all",
    "encode",
    "hex_trace",
    "mask_value",
    "of_tree",
    "shorten",
    "to_json",
]
