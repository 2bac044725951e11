"""Devices: browsers that are signed in."""

from datetime import datetime
from typing import ClassVar, final

import attrs

from actors.endpoints import endpoint
from actors.vocabulary import Proof
from bus import Abandon, Data, Request, secret


@final
@attrs.frozen(kw_only=True)
class Device(Data):
    """A browser that was signed in."""

    id: str
    user: str
    label: str
    """Browser and system, as it calls itself."""
    address: str
    """Where it was seen last."""
    created_at: datetime
    last_seen_at: datetime
    """To the minute."""
    expires_at: datetime
    revoked_at: datetime | None


@final
@attrs.frozen(kw_only=True)
class CreatedDevice(Data):
    """A device that has just been signed in, with the two secrets that it shows from now on, both together."""

    device: Device
    cookie: str = secret()
    """No script can read it, but browsers send it to every port of a host."""
    page: str = secret()
    """The page keeps it for itself."""


@final
@attrs.frozen(kw_only=True)
class NewDevice(Request[CreatedDevice]):
    """Sign a browser in for 30 days. Of more than 50 the oldest is signed out. Raises UnknownUser, NotKnown."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    user: str
    label: str
    address: str = ""
    proof: Proof = "page"
    """What it was signed in with."""
    key: str = ""
    """Id of the key that it was signed in with, if it was one: the device is signed out when that ends."""


@endpoint("GET", "/api/auth/devices")
@final
@attrs.frozen(kw_only=True)
class ListDevices(Request[tuple[Device, ...]]):
    """One's own devices, newest first, those that were signed out of late included."""

    user: str


@endpoint("POST", "/api/auth/devices/{id}/sign-out")
@final
@attrs.frozen(kw_only=True)
class SignOut(Request[Device]):
    """Sign a device of one's own out; again changes nothing. Raises UnknownDevice."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
    user: str
    proof: Proof = "page"
    address: str = ""
