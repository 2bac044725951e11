"""Where the master key is kept: ``STARPOD_VAULT_KEY``, the keyring of the system, or a file that only its owner reads.

Each place holds one key or several, the newest first: base64 of 32 bytes each, between them white space or commas. The
newest seals, all of them open. So a rotation that is cut short leaves the old key beside the new one, and a key that
moves to another place is a rotation. Everything here waits for the disk or for another program.
"""

import base64
import re
import stat
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, final

import attrs

from actors import atomic
from actors.vault.sealing import KEY_BYTES, fingerprint, new_key
from bus import Data

VARIABLE: Final = "STARPOD_VAULT_KEY"
SERVICE: Final = "starpod"
"""In the keyring."""
_OR_FILE: Final = 'say [vault] key = "file"'
Kind = Literal["variable", "keyring", "file"]


class NoMasterKey(Exception):
    """A place for master keys cannot be used; the text says what to do."""


@final
@attrs.frozen(kw_only=True)
class Keys(Data):
    """The master keys of a vault."""

    by_fingerprint: Mapping[str, bytes] = attrs.field(repr=False)
    newest: bytes | None = attrs.field(repr=False)
    """That of the place in use; None while there is none."""


@final
@attrs.frozen(kw_only=True)
class Places(Data):
    """Where master keys are looked for, and where a new one goes."""

    variable: str | None = attrs.field(repr=False)
    """What ``STARPOD_VAULT_KEY`` says."""
    file: Path
    prefers_keyring: bool

    @property
    def in_use(self) -> Kind:
        """Where the key that seals comes from."""
        if self.variable:
            return "variable"
        return "keyring" if self.prefers_keyring else "file"

    def load(self, needed: Collection[str] = ()) -> Keys:
        """The keys of the place in use; those of the others too, as long as one of `needed` is missing.

        Raises NoMasterKey when the place in use cannot be read.
        """
        found = self._read(self.in_use)
        keys = _by_fingerprint(found)
        for place in ("file", "keyring"):
            if set(needed) - keys.keys() and place != self.in_use:
                keys |= _by_fingerprint(self._read_old(place))
        return Keys(by_fingerprint=keys, newest=found[0] if found else None)

    def for_sealing(self, needed: Collection[str]) -> bytes:
        """The newest key, made where there is none. Raises NoMasterKey.

        None is made while something is sealed with one that is missing: whoever puts that one back would lose it.
        """
        keys = self.load(needed)
        if keys.newest is not None:
            return keys.newest
        if missing := set(needed) - keys.by_fingerprint.keys():
            raise NoMasterKey(
                f"the master key {min(missing)} is missing: {self.remedy}; or else forget what was sealed with it "
                "(`starpod vault list`, `starpod vault delete`)"
            )
        key = new_key()
        self.add(key)
        return key

    def add(self, key: bytes) -> None:
        """Put a key before the others of the place in use. Raises NoMasterKey."""
        self._write((key, *self._read(self.in_use)))

    def keep_only(self, key: bytes) -> None:
        """Forget every other key of the places that are ours to change. Raises NoMasterKey."""
        if self.in_use != "variable":
            self._write((key,))
        left = list(self.file.parent.glob(f".{self.file.name}.*"))  # by a write that a crash cut short
        try:
            for path in left if self.in_use == "file" else (self.file, *left):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise NoMasterKey(f"{self.file.name} cannot be deleted: {error.strerror}") from error

    @property
    def remedy(self) -> str:
        """How a key that is missing comes back."""
        match self.in_use:
            case "variable":
                return f"put it into {VARIABLE}, behind the one that is there and a comma"
            case "keyring":
                return f"put it back into the keyring, as the password of {self.file.parent} for {SERVICE}"
            case _:
                return f"put back {self.file.name} from a backup, or its content into {VARIABLE}"

    def warning(self) -> str | None:
        """What is wrong with the file although it can be used."""
        try:
            open_to_others = self.file.stat().st_mode & 0o077
        except OSError:
            return None
        return f"others can read {self.file.name}: chmod 600 it" if open_to_others else None

    # --- one place --------------------------------------------------------------------------------------------

    def _read(self, place: Kind) -> tuple[bytes, ...]:
        match place:
            case "variable":
                return _parsed(self.variable or "", VARIABLE)
            case "keyring":
                return _parsed(
                    self._ask_keyring(lambda ring: ring.get_password(*self._account)) or "", "keyring"
                )
            case _:
                return _parsed(self._text(), self.file.name)

    def _text(self) -> str:
        """What the file says; nothing where there is none."""
        try:
            if not stat.S_ISREG(self.file.stat().st_mode):  # a pipe in its place would be waited for
                raise NoMasterKey(f"{self.file.name} cannot be read: it is not a file")
            return self.file.read_text(encoding="ascii")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise NoMasterKey(f"{self.file.name} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError:
            raise NoMasterKey(f"{self.file.name} cannot be read: it is not text") from None

    def _read_old(self, place: Kind) -> tuple[bytes, ...]:
        """The keys of a place that is not in use; none where there is no such place, or it is of no use."""
        try:
            return self._read(place)
        except NoMasterKey:
            return ()

    def _write(self, keys: Iterable[bytes]) -> None:
        text = "\n".join(base64.b64encode(key).decode() for key in keys)
        if self.in_use == "keyring":
            self._ask_keyring(lambda ring: ring.set_password(*self._account, text))
            if self._ask_keyring(lambda ring: ring.get_password(*self._account)) != text:
                raise NoMasterKey(f"the keyring of the system does not keep what it is given: {_OR_FILE}")
            return
        try:
            atomic.write(self.file, f"{text}\n", mode=0o600)
        except OSError as error:
            raise NoMasterKey(f"{self.file.name} cannot be written: {error.strerror}") from error

    @property
    def _account(self) -> tuple[str, str]:
        return SERVICE, str(self.file.parent)

    def _ask_keyring(self, ask: Callable[[Any], Any]) -> Any:
        try:
            import keyring
            from keyring.errors import KeyringError
        except ImportError as error:
            raise NoMasterKey(
                'the settings say [vault] key = "keyring", and the package is missing: pip install "starpod[keyring]", '
                'or say "file"'
            ) from error
        try:
            return ask(keyring)
        except KeyringError as error:
            raise NoMasterKey(
                f"the keyring of the system cannot be used ({error}): unlock it, or {_OR_FILE}"
            ) from error


def _by_fingerprint(keys: Iterable[bytes]) -> dict[str, bytes]:
    return {fingerprint(key): key for key in keys}


def _parsed(text: str, place: str) -> tuple[bytes, ...]:
    """The keys that a place holds. Raises NoMasterKey, which tells nothing of what is there but its length."""
    return tuple(_decoded(word, place) for word in re.split(r"[\s,]+", text) if word)


def _decoded(word: str, place: str) -> bytes:
    try:
        key = base64.b64decode(word, validate=True)
    except ValueError:
        wrong = "something else"
    else:
        if len(key) == KEY_BYTES:
            return key
        wrong = f"{len(key)} bytes"
    raise NoMasterKey(
        f"{place} must hold base64 of {KEY_BYTES} bytes, and holds {wrong}: put back the master key, or make the first "
        f"one with `openssl rand -base64 {KEY_BYTES}`"
    )
