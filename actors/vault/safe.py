"""Sealing and opening with the master keys that are there. Everything here waits for the disk or another program."""

from collections.abc import Collection, Mapping, Sequence

from actors.vault import sealing
from actors.vault.masterkeys import VARIABLE, Places
from actors.vault.messages import Secret
from actors.vault.sealing import Sealed, fingerprint

Opened = tuple[tuple[Secret, ...], Mapping[str, str]]
"""What opens, and by name why the rest does not."""


class NothingToRotate(Exception):
    """A rotation would change nothing, or lose something; the text says what has to be done before."""


def seal(places: Places, needed: Collection[str], secret: Secret) -> Sealed:
    """Seal a secret with the newest key, made if there is none. Raises NoMasterKey.

    `needed` are the fingerprints of the keys with which others are sealed.
    """
    return _seal(places.for_sealing(needed), secret)


def _seal(key: bytes, secret: Secret) -> Sealed:
    return sealing.seal(key, secret.value, owner=secret.owner, name=secret.name, hosts=secret.hosts)


def open_all(places: Places, found: Sequence[Sealed]) -> Opened:
    """Raises NoMasterKey."""
    keys = places.load({each.master_key for each in found}).by_fingerprint
    clear: list[Secret] = []
    unreadable: dict[str, str] = {}
    for each in found:
        key = keys.get(each.master_key)
        value = None if key is None else sealing.unseal(key, each)
        if value is not None:
            clear.append(Secret(name=each.name, value=value, hosts=each.hosts, owner=each.owner))
        elif key is None:
            unreadable[each.name] = f"its master key {each.master_key} is not here: {places.remedy}"
        else:
            unreadable[each.name] = f"it is damaged: keep it anew with `starpod vault set {each.name}`"
    return tuple(clear), unreadable


def seal_anew(places: Places, kept: Sequence[Sealed]) -> tuple[bytes, list[Sealed]]:
    """The key to change to, which has its place from now on, and everything sealed with it.

    Raises NoMasterKey and NothingToRotate.
    """
    keys = places.load({each.master_key for each in kept})
    new = next_key(places, kept, keys.newest)
    anew: list[Sealed] = []
    for each in kept:
        opened, unreadable = open_all(places, [each])
        if unreadable:
            raise NothingToRotate(f"{each.name} cannot be read: {unreadable[each.name]}; or else delete it")
        anew.append(_seal(new, opened[0]))
    if places.in_use != "variable":
        places.add(new)
    return new, anew


def next_key(places: Places, kept: Sequence[Sealed], newest: bytes | None) -> bytes:
    """The key to change to: a new one, or where keys are given from outside the newest of those.

    Raises NothingToRotate.
    """
    if places.in_use != "variable" or newest is None:
        return sealing.new_key()
    if all(each.master_key == fingerprint(newest) for each in kept):
        raise NothingToRotate(
            f"{VARIABLE} is yours to change: put a new key before the one that is there, with a comma between them, "
            "start again and rotate; then take the old one away. `openssl rand -base64 32` makes a key"
        )
    return newest
