"""The actor that keeps secrets: one message at a time, sealed before they touch the disk."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeVar, final

import attrs
import trio

from actors.storage import LateKeeper, numbered
from actors.subsystem import Given
from actors.users import messages as users
from actors.vault import masterkeys, messages, names, safe, store
from actors.vault.messages import BadSecret, VaultFailed
from actors.vault.sealing import Sealed
from actors.vault.settings import Settings
from actors.vocabulary import Proof, Role, may, quoted
from bus import DeliveryError, conceal, crash_point, in_thread

T = TypeVar("T")
GivenT = TypeVar("GivenT")

MIGRATIONS: Final = Path(__file__).parent / "migrations"
KEY_FILE: Final = "vault.key"
PATIENCE: Final = 30.0
"""Seconds within which a keyring has to answer; it may ask somebody for a password."""

_KEYS: Final = threading.Lock()


@final
class VaultActor(LateKeeper):
    """Owns the database and the master key. The key is read when it is needed, and not kept."""

    def __init__(self, given: Given) -> None:
        super().__init__(given.database("vault"), numbered(MIGRATIONS), VaultFailed)
        self._settings = given.settings(Settings)
        self._variable = given.environment.get(masterkeys.VARIABLE)
        self._file = given.data / KEY_FILE
        self._concealed = dict[tuple[str, str], None]()
        """Names and values that no text may show. One that is replaced may still be good somewhere, and stays."""

    async def start(self) -> None:
        """From then on nothing that is kept shows in any text. Raises VaultFailed."""
        await super().start()
        with suppress(VaultFailed):  # then nobody else can read them either, and the health says why
            await self._conceal_all()

    async def _conceal_all(self) -> None:
        if kept := await self._read(store.everything):
            await self._clear(kept)

    def _conceal(self, secrets: Iterable[messages.Secret]) -> None:
        if new := {shown for each in secrets for shown in _concealed(each)}.difference(self._concealed):
            self._concealed.update(dict.fromkeys(new))
            conceal("vault", self._concealed)

    # --- changing -------------------------------------------------------------------------------------------

    @messages.SetSecret.handler
    async def set(self, request: messages.SetSecret) -> messages.Entry:
        name, owner = self._addressed(request.name, request.owner, request.user, request.role)
        value = _checked(names.checked_value, request.value)
        hosts = None if request.hosts is None else _checked(names.checked_hosts, request.hosts)
        if owner != names.AGENT:
            await self._require_room(owner, name)
            await self._require_user(owner, request.user, request.proof)
        secret = messages.Secret(name=name, value=value, owner=owner)
        self._conceal([secret])
        if hosts is None:
            hosts = await self._hosts_of(owner, name)
        kept = await self._sealed(attrs.evolve(secret, hosts=hosts))
        crash_point("set", "key_written")
        entry = await self._write(store.put, kept, request.user, self.bus.clock.now())
        await self._changed(name, owner)
        return entry

    @messages.UpdateHosts.handler
    async def update_hosts(self, request: messages.UpdateHosts) -> messages.Entry:
        name, owner = self._addressed(request.name, request.owner, request.user, request.role)
        hosts = _checked(names.checked_hosts, request.hosts)
        before = _opened(name, *await self._clear([await self._one(owner, name)]))
        wider = names.widened(before.hosts, hosts)
        if wider and not may(request.proof, "guarded"):
            raise messages.Widening(name=name, hosts=wider)
        kept = await self._sealed(attrs.evolve(before, hosts=hosts))
        entry = await self._write(store.set_hosts, kept, request.user, self.bus.clock.now())
        await self._changed(name, owner)
        return entry

    @messages.DeleteSecret.handler
    async def delete(self, request: messages.DeleteSecret) -> bool:
        name, owner = self._addressed(request.name, request.owner, request.user, request.role)
        gone = await self._write(store.delete, owner, name, request.user, self.bus.clock.now())
        if gone:
            await self._changed(name, owner)
        return gone

    @messages.Rotate.handler
    async def rotate(self, request: messages.Rotate) -> int:
        """The new key lies beside the old one before anything is sealed with it, and the old one goes last."""
        places = self._places()
        kept = await self._read(store.everything)
        key, anew = await self._in_thread(partial(safe.seal_anew, places, kept))
        crash_point("rotate", "key_written")
        await self._write(store.reseal, anew, request.user, self.bus.clock.now())
        await self._in_thread(partial(places.keep_only, key))
        crash_point("rotate", "old_key_gone")
        return len(anew)

    # --- looking --------------------------------------------------------------------------------------------

    @messages.ListSecrets.handler
    async def entries(self, request: messages.ListSecrets) -> tuple[messages.Entry, ...]:
        owners = None if request.role == "admin" else _owners(request.user, request.role)
        if request.owner is not None:
            wanted = names.owner_of(request.owner)
            owners = [wanted] if owners is None or wanted in owners else []
        return await self._read(store.entries, owners)

    @messages.Read.handler
    async def read(self, request: messages.Read) -> messages.Found:
        wanted = [_stored_name(name) for name in dict.fromkeys(request.names)]
        if request.user is not None:
            wanted = [name for name in wanted if not names.is_system(name)]
        found = await self._read(store.sealed, _owners(request.user, request.role), wanted)
        clear, unreadable = await self._open(found, "read", request.user or "", request.why)
        return messages.Found(secrets=clear, unreadable=unreadable)

    @messages.Reveal.handler
    async def reveal(self, request: messages.Reveal) -> messages.Secret:
        found = await self._one(names.owner_of(request.owner), _stored_name(request.name))
        clear, unreadable = await self._open([found], "reveal", request.user, "")
        return _opened(found.name, clear, unreadable)

    @messages.ListAccesses.handler
    async def accesses(self, request: messages.ListAccesses) -> tuple[messages.Access, ...]:
        return await self._read(store.accesses, request.limit)

    async def _open(
        self, found: Sequence[Sealed], action: messages.Action, user: str, why: str
    ) -> safe.Opened:
        """What opens, and by name why the rest does not. Nobody gets anything before it is written down."""
        if not found:
            return (), {}
        clear, unreadable = await self._clear(found)
        await self._write(store.looked, found, unreadable, action, user, why, self.bus.clock.now())
        return clear, unreadable

    async def _clear(self, found: Sequence[Sealed]) -> safe.Opened:
        """The same for the vault itself."""
        clear, unreadable = await self._in_thread(partial(safe.open_all, self._places(), found))
        self._complain(unreadable)
        self._conceal(clear)  # those that could not be read at the start among them
        return clear, unreadable

    async def _one(self, owner: str, name: str) -> Sealed:
        """Raises UnknownSecret."""
        found = await self._read(store.sealed, [owner], [name])
        if not found:
            raise messages.UnknownSecret(name=name)
        return found[0]

    async def _hosts_of(self, owner: str, name: str) -> tuple[str, ...]:
        """Where a secret may be sent whose value is changed; at first, and where nobody knows, as its name says."""
        found = await self._read(store.sealed, [owner], [name])
        known = (await self._clear(found))[0] if found else ()
        return known[0].hosts if known else names.HOSTS.get(name, ())

    async def _sealed(self, secret: messages.Secret) -> Sealed:
        needed = await self._read(store.master_keys)
        return await self._in_thread(partial(safe.seal, self._places(), needed, secret))

    def _complain(self, unreadable: Mapping[str, str]) -> None:
        for name, reason in unreadable.items():
            self.degraded(f"{name} cannot be read: {reason}")

    # --- what handlers share --------------------------------------------------------------------------------

    def _places(self) -> masterkeys.Places:
        return masterkeys.Places(
            variable=self._variable,
            file=self._file,
            prefers_keyring=self._settings().vault.key == "keyring",
        )

    def _addressed(self, name: str, owner: str, user: str, role: Role) -> tuple[str, str]:
        """Name and owner of what is to be changed. Raises BadSecret and NotYours."""
        name = _checked(names.checked_name, name)
        owner = _checked(partial(names.checked_owner, name=name), owner)
        if owner not in _owners(user, role) and role != "admin":
            raise messages.NotYours(name=name)
        return name, owner

    async def _require_room(self, owner: str, name: str) -> None:
        """Raises BadSecret when a user keeps so many that there cannot be another one."""
        kept = {each.name for each in await self._read(store.entries, [owner])}
        if len(kept | {name}) > names.MOST_OF_USER:
            raise BadSecret(f"a user keeps {names.MOST_OF_USER} secrets at most: delete one")

    async def _require_user(self, owner: str, user: str, proof: Proof) -> None:
        """Raises BadSecret when nobody has that id."""
        if owner == names.owner_of(user):
            return
        try:
            await self.bus.ask(users.GetUser(id=owner, user=user, proof=proof))
        except users.UnknownUser:
            raise BadSecret(f"there is no user {quoted(owner)}: `starpod user list` has all") from None
        except (users.StorageFailed, DeliveryError) as error:
            raise VaultFailed(
                f"whether there is a user {quoted(owner)} cannot be found out: {error}"
            ) from error

    async def _changed(self, name: str, owner: str) -> None:
        await self.bus.publish(messages.SecretsChanged(names=(name,), owner=owner))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Do what reads the master key. Raises VaultFailed."""
        try:
            with trio.fail_after(PATIENCE):
                done = await trio.to_thread.run_sync(in_thread(partial(_alone, work)), abandon_on_cancel=True)
        except masterkeys.NoMasterKey as error:
            self.degraded(str(error))
            raise VaultFailed(str(error)) from error
        except safe.NothingToRotate as error:
            raise messages.CannotRotate(str(error)) from error
        except trio.TooSlowError as error:
            raise VaultFailed("the keyring of the system does not answer: unlock it and try again") from error
        self.degraded(self._places().warning())
        return done


def _alone(work: Callable[[], T]) -> T:
    """Do it once nobody else changes master keys; a keyring may still be at what somebody has given up."""
    with _KEYS:
        return work()


def _checked(check: Callable[[GivenT], T], value: GivenT) -> T:
    try:
        return check(value)
    except ValueError as error:
        raise BadSecret(str(error)) from None


def _opened(name: str, clear: Sequence[messages.Secret], unreadable: Mapping[str, str]) -> messages.Secret:
    """The only one that was to be opened. Raises VaultFailed."""
    if unreadable:
        raise VaultFailed(f"{name} cannot be read: {unreadable[name]}")
    return clear[0]


def _owners(user: str | None, role: Role) -> list[str]:
    """Whose secrets count for somebody, theirs first; None is the agent itself, and no name is nobody."""
    if user is None:
        return [names.AGENT]
    own = [names.owner_of(user)] if user else []
    return [*own, names.AGENT] if role == "admin" else own


def _concealed(secret: messages.Secret) -> list[tuple[str, str]]:
    """What no text may show of a secret, and its name; that of a user's is for nobody else."""
    if secret.owner == names.AGENT:
        return [(secret.name, secret.value)]
    return [("", part) for part in names.unmistakable(secret.value)]


def _stored_name(name: str) -> str:
    """What a secret of that name would be kept under."""
    return name.upper() if names.is_system(name) else name
