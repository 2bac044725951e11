"""Sealing a value: AES-256-GCM, bound to its owner, its name, its hosts and the master key. Pure but for chance.

A row that is exchanged with another one, or altered in any way, does not open.
"""

import hmac
import json
import os
from collections.abc import Sequence
from typing import Final, final

import attrs

from bus import Data

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
FORM: Final = 2
"""How a value is bound to what it is for, part of what is bound."""
WITHOUT_HOSTS: Final = 1
"""The form in which hosts were not bound yet."""


@final
@attrs.frozen(kw_only=True)
class Sealed(Data):
    """A secret on the disk."""

    owner: str
    name: str
    master_key: str
    """Fingerprint of the key that opens it."""
    nonce: bytes
    data: bytes = attrs.field(repr=False)
    """What is sealed, with the 16 bytes that prove it."""
    hosts: tuple[str, ...] = ()
    """Where it may be sent."""
    form: int = FORM


def new_key() -> bytes:
    """A master key."""
    return os.urandom(KEY_BYTES)


def fingerprint(key: bytes) -> str:
    """What tells a master key from others and does not tell what it is."""
    return hmac.new(key, b"starpod vault key", "sha256").hexdigest()[:16]


def seal(key: bytes, value: str, *, owner: str, name: str, hosts: Sequence[str] = ()) -> Sealed:
    """Seal a secret; never twice with the same nonce."""
    version, nonce = fingerprint(key), os.urandom(NONCE_BYTES)
    empty = Sealed(owner=owner, name=name, master_key=version, nonce=nonce, data=b"", hosts=tuple(hosts))
    return attrs.evolve(empty, data=encrypt(key, nonce, value.encode(), _bound(empty)))


def unseal(key: bytes, sealed: Sealed) -> str | None:
    """Open a secret with the key that it was sealed with; None when anything of it is not what it was."""
    clear = decrypt(key, sealed.nonce, sealed.data, _bound(sealed))
    return None if clear is None else clear.decode()


def _bound(sealed: Sealed) -> bytes:
    """What a value does not open without."""
    what = (f"starpod vault {sealed.form}", sealed.owner, sealed.name, sealed.master_key)
    if sealed.form == WITHOUT_HOSTS:
        return "\0".join(what).encode()
    return json.dumps([*what, *sealed.hosts]).encode()


def encrypt(key: bytes, nonce: bytes, clear: bytes, bound: bytes) -> bytes:
    """AES-256-GCM; the tag stands at the end."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key).encrypt(nonce, clear, bound)


def decrypt(key: bytes, nonce: bytes, data: bytes, bound: bytes) -> bytes | None:
    """The reverse; None when anything of it is not what it was."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(nonce, data, bound)
    except (InvalidTag, ValueError):  # the latter for a nonce or a text that is too short
        return None
