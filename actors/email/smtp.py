"""Handing a mail to a server that sends it, in one connection; blocks, so it is called in a thread.

However it ends, it is known whether the mail was taken, or it is known that this cannot be known: the line that ends a
mail is sent by itself, so what is lost before it was never a whole mail; only what is lost from there on is in doubt.
"""

import re
import smtplib
import ssl
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final, final

import attrs

from actors.causes import why
from actors.email.addresses import domain_of
from actors.email.settings import Security
from actors.storage import one_line

PATIENCE: Final = 60.0
"""Seconds that each answer of a server may take."""
_OF_ACCESS: Final = frozenset({421, 454, 530, 534, 535, 538})
"""Answers that are about us and this server, whatever the mail: no service now, or no access."""
LONGEST_SENTENCE: Final = 300
_LOST: Final = "the connection was lost before the server said whether it had taken the mail"


@attrs.define(eq=False)
class NotSent(Exception):
    """Base of what keeps a mail from being sent."""

    reason: str
    """A sentence for people."""

    def __str__(self) -> str:
        return self.reason


class ServerTrouble(NotSent):
    """Nothing can be sent at present, whatever it is: the server cannot be reached, or does not let us in."""


class TryLater(NotSent):
    """The server does not take this mail now."""


class Refused(NotSent):
    """The server will never take this mail."""


class InDoubt(NotSent):
    """The connection was lost after the whole mail was sent; whether it was taken, nobody knows."""


@final
@attrs.frozen(kw_only=True)
class Outgoing:
    """A server, and how to be let in there."""

    host: str
    port: int
    security: Security
    user: str | None = None
    """None: it lets in everybody who gets to it."""
    password: str = attrs.field(default="", repr=False)
    context: ssl.SSLContext | None = attrs.field(default=None, repr=False)
    """Whose certificates are believed; None: those that the system believes."""


def deliver(server: Outgoing, sender: str, recipient: str, mail: bytes) -> None:
    """Have a mail sent. Raises a NotSent, and nothing else."""
    with _connected(server, domain_of(sender)) as smtp:
        _address(smtp, sender, recipient)
        _data(smtp, mail)
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()


@contextmanager
def _connected(server: Outgoing, name: str) -> Generator[smtplib.SMTP]:
    """A connection on which the server has let us in; `name` is how we greet."""
    smtp: smtplib.SMTP | None = None
    try:
        context = server.context or ssl.create_default_context()
        if server.security == "tls":
            smtp = smtplib.SMTP_SSL(server.host, server.port, name, timeout=PATIENCE, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, name, timeout=PATIENCE)
        smtp.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()  # what it said before was not yet secured
        if server.user is not None:
            smtp.login(server.user, server.password)
        yield smtp
    except smtplib.SMTPAuthenticationError as error:
        raise ServerTrouble(_not_let_in(error)) from error
    except smtplib.SMTPResponseException as error:
        raise ServerTrouble(_said(error.smtp_code, error.smtp_error)) from error
    except UnicodeError as error:
        raise ServerTrouble("user and password must be plain ASCII for this server") from error
    except (OSError, smtplib.SMTPException) as error:
        raise ServerTrouble(_words(error)) from error
    finally:
        if smtp is not None:
            smtp.close()


def _address(smtp: smtplib.SMTP, sender: str, recipient: str) -> None:
    code, text = smtp.mail(sender)
    if code != 250:
        raise ServerTrouble(f"the server takes nothing from {sender}: {_said(code, text)}")
    code, text = smtp.rcpt(recipient)
    if code not in {250, 251}:
        _refuse(code, text)


def _data(smtp: smtplib.SMTP, mail: bytes) -> None:
    code, text = smtp.docmd("DATA")
    if code != 354:
        _refuse(code, text)
    smtp.send(stuffed(mail))
    try:
        smtp.send(b".\r\n")
        code, text = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise InDoubt(f"{_LOST}: {_words(error)}") from error
    if not 200 <= code < 600:
        raise InDoubt(f"{_LOST}: {_said(code, text)}")
    if code >= 300:
        _refuse(code, text)


def stuffed(mail: bytes) -> bytes:
    """A mail as it goes over the wire, without the line that ends it."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", mail)
    whole = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", whole)


def _refuse(code: int, text: bytes) -> None:
    said = _said(code, text)
    if code in _OF_ACCESS or not 400 <= code < 600:
        raise ServerTrouble(said)
    raise TryLater(said) if code < 500 else Refused(said)


def _not_let_in(error: smtplib.SMTPAuthenticationError) -> str:
    said = _said(error.smtp_code, error.smtp_error)
    if 400 <= error.smtp_code < 500:
        return f"the server does not let us in now: {said}"
    return f"the server refuses user and password: {said}; set EMAIL_PASSWORD anew"


def _said(code: int, text: bytes | str) -> str:
    """What a server answered, as a part of a sentence."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return one_line(f"{code} {' '.join(words.split())}")[:LONGEST_SENTENCE]


def _words(error: Exception) -> str:
    """What went wrong on the way to a server."""
    late = error.__context__ if isinstance(error.__context__, TimeoutError) else error
    return one_line(why(late))[:LONGEST_SENTENCE]
