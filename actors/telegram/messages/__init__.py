"""Front door of Telegram: how the bot is, who asks to be let in, and which of its messages belong to a turn."""

from .errors import TelegramFailed
from .pairing import AcceptPairing, ListPairings, Pairing, RefusePairing, UnknownPairing
from .placing import Asked, FindMessages, KeepMessage, KeepQuestion, Kept, Kind, Placed
from .status import GetTelegramStatus, TelegramStatus

__all__ = [
    "AcceptPairing",
    "Asked",
    "FindMessages",
    "GetTelegramStatus",
    "KeepMessage",
    "KeepQuestion",
    "Kept",
    "Kind",
    "ListPairings",
    "Pairing",
    "Placed",
    "RefusePairing",
    "TelegramFailed",
    "TelegramStatus",
    "UnknownPairing",
]
