"""A mailbox on a server, over IMAP; blocks, so each call is made in a thread, one at a time.

Nothing is changed there but the flag that a mail was seen, and nothing of a mail is fetched without being asked for.
"""

import imaplib
import re
import ssl
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any, Final, cast, final

import attrs

from actors.causes import why
from actors.email.settings import Security
from actors.storage import one_line

PATIENCE: Final = 30.0
"""Seconds that each answer of a server may take."""
MOST_HEADERS: Final = 256 * 1024
"""Bytes of headers that are looked at."""
LONGEST_SENTENCE: Final = 300
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID: Final = re.compile(rb"\bUID (\d+)")
_SIZE: Final = re.compile(rb"\bRFC822\.SIZE (\d+)")


@attrs.define(eq=False)
class MailboxTrouble(Exception):
    """The mailbox cannot be looked at: the server cannot be reached, does not let us in, or lost the connection."""

    reason: str
    """A sentence for people."""

    def __str__(self) -> str:
        return self.reason


@final
@attrs.frozen(kw_only=True)
class Incoming:
    """A mailbox, and how to be let in there."""

    host: str
    port: int
    security: Security
    user: str
    password: str = attrs.field(repr=False)
    folder: str = "INBOX"
    context: ssl.SSLContext | None = attrs.field(default=None, repr=False)
    """Whose certificates are believed; None: those that the system believes."""


@final
@attrs.frozen(kw_only=True)
class State:
    """What the server says of a mailbox as a whole."""

    validity: int
    """Of the numbers of its mails: with another one they mean other mails."""
    next: int
    """Number of the next mail that will come."""


@final
@attrs.frozen(kw_only=True)
class Head:
    """A mail from outside."""

    size: int
    """Bytes of all of it."""
    headers: bytes


@final
class Mailbox:
    """One connection, which is made anew when the one before was lost. Everything raises MailboxTrouble.

    Mails go by their UID, which is never given to another one as long as the validity stays the same.
    """

    def __init__(self, server: Incoming) -> None:
        self._server = server
        self._imap: imaplib.IMAP4 | None = None

    def look(self) -> State:
        """Open the folder, over a connection that works."""
        if self._imap is not None:
            with suppress(MailboxTrouble):  # it was lost since the last look
                return self._select()
        self._connect()
        return self._select()

    def after(self, uid: int) -> list[int]:
        """Numbers of the mails behind one, in the order in which they came."""
        return [each for each in self._search(f"UID {uid + 1}:*") if each > uid]

    def unseen(self, since: date) -> list[int]:
        """Numbers of the mails since a day that nobody has seen, likewise."""
        return self._search(f"UNSEEN SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}")

    def head(self, uid: int) -> Head | None:
        """The headers of a mail; None when it is gone."""
        found = self._fetch(uid, f"(UID RFC822.SIZE BODY.PEEK[HEADER]<0.{MOST_HEADERS}>)")
        if found is None:
            return None
        about, headers = found
        size = _SIZE.search(about)
        return Head(size=int(size[1]) if size else len(headers), headers=headers)

    def whole(self, uid: int) -> bytes | None:
        """A mail; None when it is gone."""
        found = self._fetch(uid, "(UID BODY.PEEK[])")
        return None if found is None else found[1]

    def mark(self, uid: int) -> None:
        """Say that a mail was seen."""
        with self._asked() as imap:
            _ok(imap.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)"))

    def close(self) -> None:
        """Leave, in whatever state the connection is."""
        imap, self._imap = self._imap, None
        if imap is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                imap.logout()
            with suppress(OSError):
                imap.shutdown()

    def _connect(self) -> None:
        self.close()
        server = self._server
        try:
            context = server.context or ssl.create_default_context()
            if server.security == "tls":
                self._imap = imaplib.IMAP4_SSL(
                    server.host, server.port, ssl_context=context, timeout=PATIENCE
                )
            else:
                self._imap = imaplib.IMAP4(server.host, server.port, timeout=PATIENCE)
        except (OSError, imaplib.IMAP4.error) as error:
            raise MailboxTrouble(_words(error)) from error
        with self._asked() as imap:
            if server.security == "starttls":
                imap.starttls(context)
        self._log_in()

    def _log_in(self) -> None:
        user, password = self._server.user, self._server.password
        with self._asked() as imap:
            try:
                if "AUTH=PLAIN" in imap.capabilities:
                    imap.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
                else:
                    imap.login(_quoted(user), password)
            except imaplib.IMAP4.abort:
                raise
            except (imaplib.IMAP4.error, UnicodeError) as error:
                said = f"the server refuses user and password: {_words(error)}"
                raise MailboxTrouble(f"{said}; set IMAP_PASSWORD or EMAIL_PASSWORD anew") from error

    def _select(self) -> State:
        with self._asked() as imap:
            _ok(imap.select(_quoted(self._server.folder)))
            validity, following = (_number(imap, name) for name in ("UIDVALIDITY", "UIDNEXT"))
            return State(validity=validity, next=following)

    def _search(self, criteria: str) -> list[int]:
        with self._asked() as imap:
            found = _ok(imap.uid("SEARCH", criteria))
            return sorted(int(each) for line in found if isinstance(line, bytes) for each in line.split())

    def _fetch(self, uid: int, what: str) -> tuple[bytes, bytes] | None:
        """What the server says of a mail, and the literal that comes with it."""
        with self._asked() as imap:
            parts = _ok(imap.uid("FETCH", str(uid), what))
            for n, part in enumerate(parts):
                if isinstance(part, tuple):
                    rest = parts[n + 1] if n + 1 < len(parts) else b""
                    about = part[0] + b" " + (rest if isinstance(rest, bytes) else b"")
                    found = _UID.search(about)
                    if found is not None and int(found[1]) == uid:
                        return about, part[1]
            return None

    @contextmanager
    def _asked(self) -> Generator[imaplib.IMAP4]:
        """The connection; what goes wrong on it ends it."""
        if self._imap is None:
            raise MailboxTrouble("there is no connection")
        try:
            yield self._imap
        except MailboxTrouble:
            self.close()
            raise
        except (OSError, imaplib.IMAP4.error) as error:
            self.close()
            raise MailboxTrouble(_words(error)) from error


def _ok(answer: tuple[str, list[Any]]) -> list[bytes | tuple[bytes, bytes] | None]:
    """What came with an answer; one that is no OK is raised."""
    status, data = answer
    if status != "OK":
        said = b" ".join(each for each in data if isinstance(each, bytes))
        raise MailboxTrouble(_sentence(f"the server says {status} {said.decode('utf-8', 'replace')}"))
    return cast("list[bytes | tuple[bytes, bytes] | None]", data)


def _number(imap: imaplib.IMAP4, name: str) -> int:
    """A number that came with the folder."""
    _, data = imap.response(name)
    try:
        return int(cast("bytes", data[0]))
    except (TypeError, ValueError, IndexError) as error:
        raise MailboxTrouble(f"the server does not say its {name}, which this needs") from error


def _quoted(text: str) -> str:
    """A text as IMAP takes it in quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _words(error: Exception) -> str:
    """What went wrong on the way to the server."""
    said: object = next(iter(error.args), None)
    return _sentence(said.decode("utf-8", "replace") if isinstance(said, bytes) else why(error))


def _sentence(text: str) -> str:
    return one_line(" ".join(text.split()))[:LONGEST_SENTENCE]
