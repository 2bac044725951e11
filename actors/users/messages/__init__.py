"""Front door of the users subsystem: accounts, keys, devices, Telegram accounts, who is it, the audit log."""

from .accounts import UNCHANGED, Activate, AddUser, Deactivate, GetUser, ListUsers, UpdateUser, User
from .audit import MOST_ROWS, AuditEntry, ListAudit
from .devices import CreatedDevice, Device, ListDevices, NewDevice, SignOut
from .errors import (
    LastAdmin,
    NotActive,
    NotAllowed,
    NotKnown,
    OwnAccount,
    StorageFailed,
    Taken,
    Unfit,
    Unknown,
    UnknownDevice,
    UnknownKey,
    UnknownUser,
)
from .identify import AccessChanged, Identify, Identity, Look, NoteRefused
from .keys import AnyKey, ApiKey, CreatedKey, ListKeys, NewKey, RevokeKey
from .telegram import CREDENTIAL as TELEGRAM
from .telegram import (
    GetTelegram,
    IdentifyTelegram,
    LinkTelegram,
    TelegramLink,
    UnlinkTelegram,
    plain_name,
)

__all__ = [
    "MOST_ROWS",
    "TELEGRAM",
    "UNCHANGED",
    "AccessChanged",
    "Activate",
    "AddUser",
    "AnyKey",
    "ApiKey",
    "AuditEntry",
    "CreatedDevice",
    "CreatedKey",
    "Deactivate",
    "Device",
    "GetTelegram",
    "GetUser",
    "Identify",
    "IdentifyTelegram",
    "Identity",
    "LastAdmin",
    "LinkTelegram",
    "ListAudit",
    "ListDevices",
    "ListKeys",
    "ListUsers",
    "Look",
    "NewDevice",
    "NewKey",
    "NotActive",
    "NotAllowed",
    "NotKnown",
    "NoteRefused",
    "OwnAccount",
    "RevokeKey",
    "SignOut",
    "StorageFailed",
    "Taken",
    "TelegramLink",
    "Unfit",
    "Unknown",
    "UnknownDevice",
    "UnknownKey",
    "UnknownUser",
    "UnlinkTelegram",
    "UpdateUser",
    "User",
    "plain_name",
]
