"""The users actor: says who somebody is, changes accounts and keys, tells others what they must forget."""

import logging
import pathlib
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast, final

import attrs
import trio

from actors import atomic
from actors.storage import Keeper, Storage, micros, numbered
from actors.vocabulary import Principal
from bus import Request, concurrent, redacted, run_in_thread

from . import accounts, audit, bootstrap, devices, keys, lookup, messages, telegram
from .hashing import KEY_BYTES, MARK, digest, is_generated, matches, slow_hash, slow_matches

T = TypeVar("T")
P = ParamSpec("P")
RequestT = TypeVar("RequestT", bound=Request[Any])

MIGRATIONS: Final = pathlib.Path(__file__).parent / "migrations"
HALF_BYTES: Final = 32
"""Of what a device shows."""
LONGEST_WAIT: Final = 600.0
"""Seconds until the next look for what has expired, whenever the next thing does: clocks are set, machines sleep."""
AGAIN: Final = 5.0
"""Seconds until the next look after one that the database did not let come to its end."""

_LOG: Final = logging.getLogger(__name__)


@final
class UsersActor(Keeper):
    """Owns the database of users.

    Args:
      path: the database file, usually ``db/users.db``.
      chosen: the key that the owner has put into the environment; None or empty for none.
      key_file: gets the key that is made for the first admin, before it becomes good.
      on_first_key: told that key once it is good, so that a person can be shown it.
      seed: makes the folder of a user where there is none. Raises OSError.
      has_left: says whether anybody with such an id has left something, in whatever case the id was written.
    """

    def __init__(
        self,
        path: pathlib.Path,
        *,
        chosen: str | None,
        key_file: pathlib.Path,
        on_first_key: Callable[[str], None],
        seed: Callable[[str], None],
        has_left: Callable[[str], bool],
    ) -> None:
        super().__init__(
            Storage(path, numbered(MIGRATIONS)), lambda reason: messages.StorageFailed(reason=reason)
        )
        self._chosen = chosen or None
        self._chosen_hash = ""
        """What is stored of it, once that is known. No other chosen key is good then, so none is hashed any more: what
        is hashed a second time in a process leaves its 20 MB with the allocator."""
        self._key_file = key_file
        self._on_first_key = on_first_key
        self._seed = seed
        self._has_left = has_left
        self._seeded: set[str] = set()
        self._changes = 0
        """How often access has changed. Whoever was recognised meanwhile is looked up again: who remembers our answer
        was told before it came."""
        self._settled = False
        self._settling = trio.Lock()
        self._limiter = trio.CapacityLimiter(1)

    async def start(self) -> None:
        await super().start()
        if await self._write_relaxed(bootstrap.is_empty):  # saves the start a second connection
            await self._bootstrap()
        await self.bus.publish(messages.AccessChanged(user="", credential=None, why="changed"))
        self.timers.after(0.0, messages.Look())  # a chosen key is hashed in its thread while the others start

    def _now(self) -> int:
        return micros(self.bus.clock.now())

    async def _apart(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what takes long, one at a time, beside the loop."""
        return await run_in_thread(partial(fn, *args, **kwargs), limiter=self._limiter)

    async def _change(
        self,
        fn: Callable[Concatenate[sqlite3.Connection, P], accounts.Done[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Store a change, then tell of it."""
        value, told = await self._write(fn, *args, **kwargs)
        await self._tell(told)
        return value

    async def _tell(self, told: accounts.Told) -> None:
        self._changes += len(told)
        for each in told:
            await self.bus.publish(each)

    # --- start ------------------------------------------------------------------------------------------------

    async def _bootstrap(self) -> None:
        """Make the first admin. The key is written down first: a key that nobody knows would be good for nothing."""
        key = None if self._chosen else MARK + self.bus.ids.token(KEY_BYTES)
        if key is not None:
            try:
                await self._apart(atomic.write, self._key_file, key, mode=0o600)
            except OSError as error:
                why = f"the key of the first admin cannot be written down: {error}"
                raise messages.StorageFailed(reason=why) from error
        made = await self._write(bootstrap.first_admin, key, self.bus.ids.uuid(), self._now())
        if made and key is not None:
            self._on_first_key(key)

    async def _settle(self) -> None:
        """See that of the keys that came from the environment only the one that is there now is good."""
        async with self._settling:
            if self._settled:
                return
            stored = await self._read(keys.chosen)
            key = self._chosen
            same = None if key is None else await self._same(key, stored)
            if same is None or same.revoked_at is not None:
                await self._replace(key if same is None else None, stored)
            self._settled = True

    async def _same(self, key: str, stored: tuple[keys.Chosen, ...]) -> messages.ApiKey | None:
        """The key that is stored for this one, unless it was only void because the variable was gone."""
        for each, hashed, revoked_by in stored:
            counts = each.revoked_at is None or bool(revoked_by)
            if counts and await self._apart(_matches, key, hashed):
                self._chosen_hash = hashed
                return each
        return None

    async def _replace(self, key: str | None, stored: tuple[keys.Chosen, ...]) -> None:
        if key is None and all(each.revoked_at for each, _, _ in stored):
            return
        hashed = "" if key is None else await self._apart(_hash, key)
        told = await self._write(bootstrap.replace_chosen, key, hashed, self.bus.ids.uuid(), self._now())
        self._chosen_hash = hashed
        await self._tell(told)

    # --- who is it --------------------------------------------------------------------------------------------

    @messages.Identify.handler
    @concurrent(256, isolated=True)
    async def identify(self, request: messages.Identify) -> messages.Identity:
        while True:
            changes = self._changes
            found = await self._recognise(request)
            if found is None:
                shown = request.key or request.cookie or request.page
                raise messages.NotKnown(what="invalid" if shown else "missing")
            identity, unnoted = found
            if unnoted:
                await self._note(identity.principal, request.address)
            await self._make_folder(identity.principal.user)
            if changes == self._changes:
                return identity

    async def _recognise(self, request: messages.Identify) -> lookup.Found | None:
        if request.key is not None:
            await self._settle()
            if is_generated(request.key):
                return await self._read(lookup.generated, request.key, self._now())
            return await self._recognise_chosen(request.key)
        if request.cookie is None or request.page is None:
            return None
        return await self._read(lookup.device, request.cookie, request.page, self._now())

    async def _recognise_chosen(self, key: str) -> lookup.Found | None:
        if self._chosen is None or not matches(key, digest(self._chosen)):
            return None
        return await self._read(lookup.chosen, self._chosen_hash, self._now())

    async def _note(self, shown: Principal, address: str) -> None:
        """Note that somebody was there. Whether that can be written is nothing to keep them out for."""
        try:
            await self._write_relaxed(lookup.touch, shown, address, self._now())
        except messages.StorageFailed as error:
            _LOG.warning("when a key was used could not be stored: %s", error)

    async def _make_folder(self, user: str) -> None:
        if user in self._seeded:
            return
        try:
            await self._apart(self._seed, user)
        except OSError as error:
            _LOG.warning("the folder of user %s could not be made: %s", user, error.strerror)
        else:
            self._seeded.add(user)

    @messages.IdentifyTelegram.handler
    @concurrent(256, isolated=True)
    async def identify_telegram(self, request: messages.IdentifyTelegram) -> messages.Identity:
        while True:
            changes = self._changes
            identity = await self._write_relaxed(telegram.recognise, request)
            await self._make_folder(identity.principal.user)
            if changes == self._changes:
                return identity

    @messages.NoteRefused.handler
    async def note_refused(self, command: messages.NoteRefused) -> None:
        await self._write_relaxed(audit.refused, command, self._now())

    @messages.NoteChange.handler
    @concurrent(256, isolated=True)
    async def note_change(self, request: messages.NoteChange) -> None:
        await self._write(audit.note, redacted(request), self._now())

    # --- what expires -----------------------------------------------------------------------------------------

    async def _set_alarm(self) -> None:
        """Have oneself look again when the next key or device expires."""
        due = await self._read(lookup.next_expiry)
        left = LONGEST_WAIT if due is None else max(0.0, (due - self._now()) / 1e6)
        self.timers.after(min(left, LONGEST_WAIT) if self._settled else 0.0, messages.Look())

    @messages.Look.handler
    async def look(self, command: messages.Look) -> None:
        self.timers.after(AGAIN, messages.Look())  # should the database not answer now
        await self._settle()
        due = await self._read(lookup.next_expiry)
        if due is not None and due <= self._now():
            await self._tell(await self._write(lookup.expire, self._now()))
        await self._set_alarm()

    # --- accounts ---------------------------------------------------------------------------------------------

    @messages.AddUser.handler
    @concurrent(256, isolated=True)
    async def add_user(self, request: messages.AddUser) -> messages.User:
        left = request.id is not None and await self._apart(self._has_left, request.id)
        shown = _shown(request, "email", "display_name")
        return await self._change(accounts.add, shown, self.bus.ids.uuid(), self._now(), left=left)

    @messages.ListUsers.handler
    @concurrent(256, isolated=True)
    async def list_users(self, request: messages.ListUsers) -> tuple[messages.User, ...]:
        return await self._read(accounts.all_of, request)

    @messages.GetUser.handler
    @concurrent(256, isolated=True)
    async def get_user(self, request: messages.GetUser) -> messages.User:
        return await self._read(accounts.get, request)

    @messages.UpdateUser.handler
    @concurrent(256, isolated=True)
    async def update_user(self, request: messages.UpdateUser) -> messages.User:
        return await self._change(accounts.update, _shown(request, "email", "display_name"), self._now())

    @messages.Deactivate.handler
    @concurrent(256, isolated=True)
    async def deactivate(self, request: messages.Deactivate) -> messages.User:
        return await self._change(accounts.deactivate, request, self._now())

    @messages.Activate.handler
    @concurrent(256, isolated=True)
    async def activate(self, request: messages.Activate) -> messages.User:
        return await self._change(accounts.activate, request, self._now())

    @messages.ListAudit.handler
    @concurrent(256, isolated=True)
    async def list_audit(self, request: messages.ListAudit) -> tuple[messages.AuditEntry, ...]:
        return await self._read(audit.entries, request)

    # --- keys and devices -------------------------------------------------------------------------------------

    @messages.NewKey.handler
    @concurrent(256, isolated=True)
    async def new_key(self, request: messages.NewKey) -> messages.CreatedKey:
        key = MARK + self.bus.ids.token(KEY_BYTES)
        shown = _shown(request, "label")
        created = await self._change(keys.issue, shown, key, self.bus.ids.uuid(), self._now())
        if created.meta.expires_at is not None:
            await self._set_alarm()
        return created

    @messages.ListKeys.handler
    @concurrent(256, isolated=True)
    async def list_keys(self, request: messages.ListKeys) -> tuple[messages.ApiKey, ...]:
        return await self._read(keys.of_user, request)

    @messages.AnyKey.handler
    @concurrent(256, isolated=True)
    async def any_key(self, request: messages.AnyKey) -> bool:
        await self._settle()
        return await self._read(keys.any_good, self._now())

    @messages.RevokeKey.handler
    @concurrent(256, isolated=True)
    async def revoke_key(self, request: messages.RevokeKey) -> messages.ApiKey:
        return await self._change(keys.revoke, request, self._now())

    @messages.NewDevice.handler
    @concurrent(256, isolated=True)
    async def new_device(self, request: messages.NewDevice) -> messages.CreatedDevice:
        ids = self.bus.ids
        halves = (ids.token(HALF_BYTES), ids.token(HALF_BYTES))
        shown = _shown(request, "label")
        created = await self._change(devices.sign_in, shown, halves, ids.uuid(), self._now())
        await self._set_alarm()
        return created

    @messages.ListDevices.handler
    @concurrent(256, isolated=True)
    async def list_devices(self, request: messages.ListDevices) -> tuple[messages.Device, ...]:
        return await self._read(devices.of_user, request)

    @messages.SignOut.handler
    @concurrent(256, isolated=True)
    async def sign_out(self, request: messages.SignOut) -> messages.Device:
        return await self._change(devices.sign_out, request, self._now())

    # --- Telegram ---------------------------------------------------------------------------------------------

    @messages.LinkTelegram.handler
    @concurrent(256, isolated=True)
    async def link_telegram(self, request: messages.LinkTelegram) -> messages.TelegramLink:
        return await self._change(telegram.link, request, self._now())

    @messages.UnlinkTelegram.handler
    @concurrent(256, isolated=True)
    async def unlink_telegram(self, request: messages.UnlinkTelegram) -> None:
        await self._change(telegram.unlink, request, self._now())

    @messages.GetTelegram.handler
    @concurrent(256, isolated=True)
    async def get_telegram(self, request: messages.GetTelegram) -> messages.TelegramLink | None:
        return await self._read(telegram.get, request)


def _shown(request: RequestT, *fields: str) -> RequestT:
    """The same without secrets in these texts. Ids stay: they say who it is."""
    texts = {name: redacted(getattr(request, name)) for name in fields}
    return cast("RequestT", attrs.evolve(cast("Any", request), **texts))


def _hash(key: str) -> str:
    return digest(key) if is_generated(key) else slow_hash(key)


def _matches(key: str, stored: str) -> bool:
    return stored == digest(key) if is_generated(key) else slow_matches(key, stored)
