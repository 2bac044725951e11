"""What is stored of a secret: a hash from which it cannot be found.

What was made here has at least 160 random bits, so nobody finds it from a plain SHA-256, and that is looked up in a
moment. A key that somebody chose may be a word: its hash costs 20 MB and tens of milliseconds, so it is made in a
thread, one at a time, and once in the life of a process.
"""

import hashlib
from functools import cache
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MARK: Final = "sp_live_"
KEY_BYTES: Final = 20
PREFIX_LENGTH: Final = 8
_LENGTH: Final = len(MARK) + 2 * KEY_BYTES
_DIGITS: Final = frozenset("0123456789abcdef")


def is_generated(key: str) -> bool:
    """Whether it looks like a key that was made here."""
    return len(key) == _LENGTH and key.startswith(MARK) and set(key[len(MARK) :]) <= _DIGITS


def prefix_of(key: str) -> str:
    """What may be shown of a key that was made here."""
    return key[len(MARK) : len(MARK) + PREFIX_LENGTH]


def digest(text: str) -> str:
    """The hash of a secret that was made here."""
    return f"sha256:{hashlib.sha256(_bytes(text)).hexdigest()}"


def matches(text: str, stored: str) -> bool:
    """Whether `stored` is its digest, in a time that does not tell how much of it is right."""
    return compare_digest(digest(text), stored)


def slow_hash(key: str) -> str:
    """The hash of a chosen key, different each time. Takes tens of milliseconds: not for the loop."""
    return _hasher().hash(_bytes(key))


def slow_matches(key: str, stored: str) -> bool:
    """Whether `stored` is a hash of a chosen key. Takes tens of milliseconds: not for the loop."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(stored, _bytes(key))
    except (InvalidHashError, VerificationError):
        return False


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
