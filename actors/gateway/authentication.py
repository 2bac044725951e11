"""Who speaks: the one place where what a request shows becomes a principal.

Three things prove it. The page has two halves, for which it traded the code in the link that the daemon prints: good
once, and for a minute. One is a cookie, which no script can read, but which browsers send to every port of a host; the
other is kept by the page itself, and browsers give it to no other port. Programs have the key of ``STARPOD_API_KEY``.
The command line has the token of the running daemon, which only the owner of the files can read. So a program that the
agent starts cannot speak as its owner.

All of them are too long to be guessed by asking, so what is wrong is refused and not counted: a limit would only give
whoever shows wrong ones a way to keep the right ones out.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, final

import attrs

from actors.vocabulary import ADMIN, Principal, Proof

CODE_SECONDS: Final = 60.0
"""How long the code of a link is good."""
COOKIE_DAYS: Final = 30
"""How long what a code was traded for is good."""
MOST_CODES: Final = 8
"""Links that may wait to be opened; the oldest beyond are void."""
API_KEY: Final = "STARPOD_API_KEY"
"""Variable with the key of programs."""
SHORTEST_KEY: Final = 8
"""Characters of a key of programs."""
KEY_BYTES: Final = 32


@final
@attrs.frozen(kw_only=True)
class Secrets:
    """What clients prove themselves with."""

    operator_token: str = attrs.field(repr=False)
    """Of the running daemon: proves the command line."""
    api_key: str | None = attrs.field(repr=False)
    """Proves programs; None or empty for none."""
    page_key: Path
    """File of the secret from which cookies are made; made where there is none."""


@final
@attrs.frozen(kw_only=True)
class Halves:
    """What the page proves itself with: both together."""

    cookie: str = attrs.field(repr=False)
    page: str = attrs.field(repr=False)


@final
class Authenticator:
    """Knows what proves who somebody is."""

    def __init__(self, known: Secrets, now: Callable[[], float], today: Callable[[], datetime]) -> None:
        """Raises OSError when there is no key for cookies.

        Args:
          known: what is to be shown.
          now: a clock that only moves forward, in seconds.
          today: the time of the day.
        """
        self._operator_token = known.operator_token
        self._api_key = known.api_key or None
        self._page_key = load_page_key(known.page_key)
        self._now = now
        self._today = today
        self._codes: dict[str, float] = {}
        self.cookie = f"starpod_{hashlib.sha256(self._page_key).hexdigest()[:8]}"
        """Name of the cookie. Browsers tell hosts apart and not ports, so each agent has a name of its own."""

    def identify(
        self, *, authorization: str | None, api_key: str | None, cookie: str | None, page: str | None
    ) -> Principal | None:
        """Who speaks; None when nothing proves it. What is said in a header counts alone.

        Args:
          authorization: the header of that name.
          api_key: the header ``X-API-Key``.
          cookie: the cookie of the name :attr:`cookie`.
          page: what the page keeps.
        """
        if authorization is None and api_key is None:
            whole = self.knows(cookie) and _equal(page or "", self._second(cookie or ""))
            return _admin("page") if whole else None
        shown = api_key if authorization is None else authorization.removeprefix("Bearer ")
        if _equal(shown or "", self._operator_token):
            return _admin("operator")
        if self._api_key is not None and _equal(shown or "", self._api_key):
            return _admin("key")
        return None

    # --- the page -----------------------------------------------------------------------------------------

    def new_code(self) -> str:
        """A code for a link."""
        code = secrets.token_urlsafe(KEY_BYTES)
        self._codes[code] = self._now() + CODE_SECONDS
        while len(self._codes) > MOST_CODES:
            del self._codes[next(iter(self._codes))]
        return code

    def trade(self, code: str) -> Halves | None:
        """What the page gets for a code, which is void from then on; None for one that is not good."""
        known = [each for each in self._codes if _equal(code, each)]
        if not known or self._codes.pop(known[0]) < self._now():
            return None
        signed = f"{secrets.token_urlsafe(16)}.{self._today().timestamp():.0f}"
        cookie = f"{signed}.{self._signature(f'cookie {signed}')}"
        return Halves(cookie=cookie, page=self._second(cookie))

    def knows(self, cookie: str | None) -> bool:
        """Whether a cookie is one of ours and not too old; alone it proves nobody."""
        signed, _, signature = (cookie or "").rpartition(".")
        if not _equal(signature, self._signature(f"cookie {signed}")):
            return False
        age = self._today().timestamp() - int(signed.rpartition(".")[2])
        return age < timedelta(days=COOKIE_DAYS).total_seconds()

    def _second(self, cookie: str) -> str:
        return self._signature(f"page of {cookie}")

    def _signature(self, text: str) -> str:
        return hmac.new(self._page_key, text.encode(errors="replace"), "sha256").hexdigest()


def _admin(proof: Proof) -> Principal:
    return Principal(user=ADMIN, role="admin", proof=proof)


def _equal(shown: str, expected: str) -> bool:
    return hmac.compare_digest(shown.encode(errors="replace"), expected.encode())


def weakness(api_key: str | None) -> list[str]:
    """What is wrong with a key of programs; none at all is right."""
    if not api_key or len(api_key) >= SHORTEST_KEY:
        return []
    return [f"{API_KEY} has {len(api_key)} characters: too easily guessed, it needs {SHORTEST_KEY} or more"]


def load_page_key(path: Path) -> bytes:
    """The secret of a file that only its owner reads; made where there is none, or one that is too short.

    Whoever removes the file makes all cookies void. Raises OSError.
    """
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = b""
    if len(key) == KEY_BYTES:
        return key
    key = secrets.token_bytes(KEY_BYTES)
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(file, "wb") as stream:  # noqa: PTH123 - a descriptor
        stream.write(key)
        stream.flush()
        os.fsync(file)
    new.replace(path)
    return key
