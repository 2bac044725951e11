"""Looking into a bus and acting on it: what only the operator's door uses.

An actor that derives from :class:`Operator` has a :class:`Console` in place of the mere verbs.
"""

from bus.console.console import (
    Console as Console,
    NotPossible as NotPossible,
    Operator as Operator,
    UnknownActor as UnknownActor,
)
from bus.console.reference import describe_all as describe_all, fields_of as fields_of, of_tree as of_tree
from bus.keep.deadletter import Buried as Buried
from bus.message.codec import decode as decode, encode as encode, mask_value as mask_value, shorten as shorten
from bus.message.envelope import hex_trace as hex_trace
from bus.see.filter import FilterError as FilterError
from bus.see.tapevent import TapEvent as TapEvent, to_json as to_json
