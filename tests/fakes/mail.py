"""Mail servers on loopback that nobody here wrote: aiosmtpd takes mails, pymap keeps them. Each runs in a thread.

What they are to do wrong is said to them while they run.
"""

import asyncio
import imaplib
import ssl
import threading
from argparse import Namespace
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final, final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import DictBackend
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pysasl.hashing import BuiltinHash

from actors.email.imap import Incoming
from actors.email.settings import Security
from actors.email.smtp import Outgoing
from tests.fakes.ports import reserved_port

HOST: Final = "127.0.0.1"
USER: Final = "aster@example.org"
PASSWORD: Final = 'the "password" of a mailbox 4711'
PATIENCE: Final = 30.0
Reply = str | None


# --- taking mails ---------------------------------------------------------------------------------------------


@final
class MailTaker:
    """A server that takes what is to be sent, and delivers it nowhere."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        """What it took, and what it may have taken."""
        self.wire: list[bytes] = []
        """The same as it came."""
        self.recipients: list[str] = []
        self.at_sender: Reply = None
        """What it answers there instead of taking it."""
        self.at_recipient: Reply = None
        self.at_mail: Reply = None
        self.loses: int = 0
        """So often it takes a whole mail and is gone before it says so."""
        self.outgoing = Outgoing(host=HOST, port=0, security="none")

    async def handle_MAIL(  # noqa: N802 - named by aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_sender:
            return self.at_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.at_recipient:
            return self.at_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.at_mail:
            return self.at_mail
        content = envelope.original_content or b""
        self.wire.append(content)
        self.recipients += envelope.rcpt_tos
        self.mails.append(message(content))
        if self.loses:
            self.loses -= 1
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
        return "250 taken"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        return AuthResult(success=known and data.login == USER.encode(), handled=False)


def message(content: bytes) -> EmailMessage:
    """A mail as a reader sees it."""
    import email  # noqa: PLC0415 - the name is that of the subsystem elsewhere

    return email.message_from_bytes(content, policy=default)


@contextmanager
def smtp_server(
    security: Security = "none",
    tls: ssl.SSLContext | None = None,
    trusted: ssl.SSLContext | None = None,
    port: int = 0,
) -> Generator[MailTaker]:
    """A server; `trusted` is for its clients. With ``starttls`` it wants to know who comes, and knows one user."""
    taker = MailTaker()
    options: dict[str, Any] = {"enable_SMTPUTF8": False, "server_hostname": "mx.example.org"}
    if security == "tls":
        options["ssl_context"] = tls
    if security == "starttls":
        options |= {"tls_context": tls, "require_starttls": True}
        options |= {"authenticator": taker.authenticate, "auth_required": True}
    with reserved_port() as free:
        controller = Controller(taker, hostname=HOST, port=port or free, **options)
        controller.start()
    known = security == "starttls"
    taker.outgoing = Outgoing(
        host=HOST,
        port=port or free,
        security=security,
        user=USER if known else None,
        password=PASSWORD if known else "",
        context=trusted,
    )
    try:
        yield taker
    finally:
        controller.stop()


# --- keeping mails --------------------------------------------------------------------------------------------


@final
class MailKeeper:
    """A server that keeps the mails of one user."""

    def __init__(self, port: int, security: Security, tls: ssl.SSLContext | None) -> None:
        self.incoming = Incoming(
            host=HOST, port=port, security=security, user=USER, password=PASSWORD, context=tls
        )

    def add(self, mail: bytes | EmailMessage, flags: str = "", folder: str = "INBOX") -> None:
        """Have a mail come in."""
        content = mail if isinstance(mail, bytes) else mail.as_bytes()
        with self._client() as client:
            status, said = client.append(folder, flags, imaplib.Time2Internaldate(datetime.now(UTC)), content)
            assert status == "OK", said

    def seen(self) -> list[bool]:
        """Of all mails, whether somebody has seen them."""
        with self._client() as client:
            client.select(readonly=True)
            _, data = client.uid("FETCH", "1:*", "(FLAGS)")
            return [b"\\Seen" in line for line in data if isinstance(line, bytes)]

    def delete(self, uid: int) -> None:
        with self._client() as client:
            client.select()
            client.uid("STORE", str(uid), "+FLAGS", r"(\Deleted)")
            client.expunge()

    @contextmanager
    def _client(self) -> Generator[imaplib.IMAP4]:
        at = self.incoming
        if at.security == "tls":
            client: imaplib.IMAP4 = imaplib.IMAP4_SSL(at.host, at.port, ssl_context=at.context)
        else:
            client = imaplib.IMAP4(at.host, at.port)
        with client:
            client.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            yield client


@contextmanager
def imap_server(
    security: Security = "none",
    tls: ssl.SSLContext | None = None,
    trusted: ssl.SSLContext | None = None,
    port: int = 0,
) -> Generator[MailKeeper]:
    """A server with an empty mailbox; `trusted` is for its clients."""
    ready, ends = threading.Event(), threading.Event()
    bound: list[int] = []

    async def serve() -> None:
        arguments = Namespace(
            host=None,
            port=0,
            cert=None,
            key=None,
            tls=security == "starttls",
            proxy_protocol=None,
            debug=False,
            demo_data=False,
            demo_user=USER,
            demo_password=PASSWORD,
        )
        backend, config = await DictBackend.init(
            arguments,
            ssl_context=tls,
            hash_context=BuiltinHash(rounds=1),
            cpu_subsystem=Subsystem.for_asyncio(),
            reject_dnsbl=False,
        )
        config.apply_context()
        imap = IMAPServer(backend.login, config)

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await imap(reader, writer, SocketInfoLocal(writer))

        server = await asyncio.start_server(connected, HOST, port, ssl=tls if security == "tls" else None)
        bound.append(server.sockets[0].getsockname()[1])
        ready.set()
        while not ends.is_set():
            await asyncio.sleep(0.02)
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE), "the server did not start"
    try:
        yield MailKeeper(bound[0], security, trusted)
    finally:
        ends.set()
        thread.join(PATIENCE)


# --- mails ----------------------------------------------------------------------------------------------------


def mail(
    text: str = "How are you?",
    *,
    sender: str = "Ada <ada@example.org>",
    subject: str = "Tea",
    id: str = "<one@example.org>",
    results: str
    | None = "mx.example.org; dkim=pass header.d=example.org; spf=pass smtp.mailfrom=ada@example.org",
    files: Iterable[tuple[str, bytes]] = (),
    **fields: str,
) -> EmailMessage:
    """A mail from Ada, as her server brings it."""
    made = EmailMessage()
    if results is not None:
        made["Authentication-Results"] = results
    made["From"] = sender
    made["To"] = USER
    made["Subject"] = subject
    if id:
        made["Message-ID"] = id
    for name, value in fields.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    for name, data in files:
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made
