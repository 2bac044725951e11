"""Sealing a value: AES-256-GCM, bound to its owner, its name and the master key. Pure but for chance.

A row that is exchanged with another one, or altered in any way, does not open.
"""

import hmac
import os
from typing import Final, final

import attrs

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_FORM: Final = "starpod vault 1"
"""Part of what is bound; another form gets another number."""


@final
@attrs.frozen(kw_only=True)
class Sealed:
    """A secret on the disk."""

    owner: str
    name: str
    master_key: str
    """Fingerprint of the key that opens it."""
    nonce: bytes
    data: bytes = attrs.field(repr=False)
    """What is sealed, with the 16 bytes that prove it."""
    hosts: tuple[str, ...] = ()
    """Where it may be sent; not a part of what is bound."""


def new_key() -> bytes:
    """A master key."""
    return os.urandom(KEY_BYTES)


def fingerprint(key: bytes) -> str:
    """What tells a master key from others and does not tell what it is."""
    return hmac.new(key, b"starpod vault key", "sha256").hexdigest()[:16]


def seal(key: bytes, value: str, *, owner: str, name: str) -> Sealed:
    """Seal a secret; never twice with the same nonce."""
    nonce, version = os.urandom(NONCE_BYTES), fingerprint(key)
    data = encrypt(key, nonce, value.encode(), _bound(owner, name, version))
    return Sealed(owner=owner, name=name, master_key=version, nonce=nonce, data=data)


def unseal(key: bytes, sealed: Sealed) -> str | None:
    """Open a secret with the key that it was sealed with; None when anything of it is not what it was."""
    clear = decrypt(key, sealed.nonce, sealed.data, _bound(sealed.owner, sealed.name, sealed.master_key))
    return None if clear is None else clear.decode()


def _bound(owner: str, name: str, version: str) -> bytes:
    return f"{_FORM}\0{owner}\0{name}\0{version}".encode()


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
