"""Secrets of the host, sealed on the disk as those of the vault are, with a master key of its own.

The key is in ``STARPOD_VAULT_KEY``, else in ``vault.key`` in the folder of the host, which its owner alone reads.
"""

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, final

from actors.vault import sealing
from actors.vault.masterkeys import VARIABLE, NoMasterKey, Places
from actors.vault.safe import NothingToRotate, next_key
from actors.vault.sealing import Sealed
from starpod.errors import StarpodError

__all__ = ["FILE", "Safe", "Sealed", "Unsealable"]

FILE: Final = "vault.key"
UNREADABLE: Final = "cannot be read"
"""In place of the hint of one that does not open."""


class Unsealable(StarpodError):
    """A secret can be neither sealed nor opened; the text says what to do and nothing of what it is."""


@final
class Safe:
    """Seals and opens. Every call reads the key where it is, so one that is put back counts at once."""

    def __init__(self, places: Places) -> None:
        self._places = places

    @classmethod
    def of(cls, folder: Path) -> "Safe":
        """That of the host in a folder."""
        return cls(Places(variable=os.environ.get(VARIABLE), file=folder / FILE, prefers_keyring=False))

    def seal(self, needed: Collection[str], owner: str, name: str, value: str) -> Sealed:
        """Seal a secret; `needed` are the keys that others are sealed with. Raises Unsealable."""
        try:
            key = self._places.for_sealing(needed)
        except NoMasterKey as error:
            raise Unsealable(f"{name} cannot be kept: {error}") from error
        return sealing.seal(key, value, owner=owner, name=name)

    def open(self, sealed: Sealed) -> str:
        """What is sealed. Raises Unsealable."""
        try:
            key = self._places.load({sealed.master_key}).by_fingerprint.get(sealed.master_key)
        except NoMasterKey as error:
            raise Unsealable(f"the secret {sealed.name} cannot be read: {error}") from error
        if key is None:
            why = f"its master key {sealed.master_key} is not here: {self._places.remedy}"
        elif (value := sealing.unseal(key, sealed)) is not None:
            return value
        else:
            why = f"it is damaged: keep it anew with `starpod secret set {sealed.name}`"
        raise Unsealable(f"the secret {sealed.name} cannot be read: {why}")

    def seal_anew(self, kept: Sequence[Sealed]) -> tuple[bytes, list[Sealed]]:
        """The key to change to, which has its place from now on, and everything sealed with it. Raises Unsealable."""
        try:
            keys = self._places.load({each.master_key for each in kept})
            new = next_key(self._places, kept, keys.newest)
            anew = [sealing.seal(new, self.open(each), owner=each.owner, name=each.name) for each in kept]
            if self._places.in_use != "variable":
                self._places.add(new)
        except (NoMasterKey, NothingToRotate) as error:
            raise Unsealable(f"no new master key: {error}") from error
        return new, anew

    def keep_only(self, key: bytes) -> None:
        """Forget every other key that lies here. Raises Unsealable."""
        try:
            self._places.keep_only(key)
        except NoMasterKey as error:
            raise Unsealable(f"the old master key is still there: {error}") from error

    def hint(self, sealed: Sealed) -> str:
        """Enough of it to know it again; of a short one nothing."""
        try:
            value = self.open(sealed)
        except Unsealable:
            return UNREADABLE
        return f"…{value[-4:]}" if len(value) > 12 else "…"
