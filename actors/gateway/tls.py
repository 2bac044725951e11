"""TLS of the gateway: the certificate, read again when its files change, and the encryption of one connection.

Nothing here touches a socket: bytes go in and come out, so that a connection writes what is encrypted as it writes
everything else.
"""

import logging
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final, final

from actors.gateway.messages import CertificateUnusable
from actors.gateway.settings import Tls

PLAIN_HTTP: Final = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    b'{"error":"this port speaks TLS: begin the address with https://"}'
)
"""For a client that speaks HTTP to us and would understand no TLS."""

_log = logging.getLogger(__name__)

Stamp = tuple[tuple[int, int, int], ...]


@final
class Certificate:
    """A certificate with its key, for whatever connects from now on."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Read the files. Raises CertificateUnusable."""
        self._certificate = certificate
        self._key = key
        self._stamp = self._changed()
        self._context = self._load()

    def context(self) -> ssl.SSLContext:
        """What a new connection is encrypted with. Files that cannot be used change nothing and are told to the log."""
        try:
            stamp = self._changed()
            if stamp != self._stamp:
                self._stamp = stamp
                self._context = self._load()
        except CertificateUnusable as error:
            _log.warning("the certificate stays the one that was read before: %s", error)
        return self._context

    def _changed(self) -> Stamp:
        """What is another one when a file was replaced or written to."""
        return tuple(_stamp(name, path) for name, path in self._files)

    @property
    def _files(self) -> tuple[tuple[str, Path], ...]:
        return (("certificate", self._certificate), ("key", self._key))

    def _load(self) -> ssl.SSLContext:
        for name, path in self._files:
            try:
                path.open("rb").close()
            except OSError as error:  # said by name here: loading both does not tell which one it was
                raise CertificateUnusable(
                    key=name, path=str(path), reason=error.strerror or str(error)
                ) from error
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        context.set_alpn_protocols(["http/1.1"])
        try:
            context.load_cert_chain(self._certificate, self._key, password=_no_password)
        except (OSError, ValueError) as error:
            name, reason = _reason(error)
            raise CertificateUnusable(key=name, path=str(dict(self._files)[name]), reason=reason) from error
        return context


def certificate_of(settings: Tls) -> Certificate | None:
    """The certificate of the settings; None for none. Raises CertificateUnusable."""
    if settings.certificate is None or settings.key is None:
        return None
    return Certificate(Path(settings.certificate), Path(settings.key))


class _Encrypted(ValueError):
    """The key has a password."""


def _no_password() -> str:
    raise _Encrypted


def _stamp(name: str, path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise CertificateUnusable(key=name, path=str(path), reason=error.strerror or str(error)) from error
    return found.st_mtime_ns, found.st_ino, found.st_size


def _reason(error: Exception) -> tuple[str, str]:
    """Which of the two files is at fault, and what is wrong with it."""
    if isinstance(error, _Encrypted):
        return "key", "it is protected by a password, which nobody is there to type: store it without one"
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return "key", "it is not the key of the certificate"
    return "certificate", "it, or its key, is not in the format PEM"


@final
class Session:
    """The encryption of one connection."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._greeted = False

    def feed(self, data: bytes) -> None:
        """Take what the client has sent; nothing stands for the end."""
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def read(self, most: int) -> bytes | None:
        """What the client says next, at most so many bytes: None while more must be fed, nothing at the end.

        There may be something to be sent afterwards, see :meth:`sealed`. Raises ssl.SSLError when the client speaks no
        TLS that we do.
        """
        try:
            if not self._greeted:
                self._tls.do_handshake()
                self._greeted = True
            return self._tls.read(most)
        except ssl.SSLWantReadError:
            return None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    @property
    def has_to_send(self) -> bool:
        """Whether something waits that the protocol itself has to say."""
        return self._outgoing.pending > 0

    def sealed(self, data: bytes = b"") -> bytes:
        """`data` as it is sent, behind all that waits. What was sealed must be sent in that order."""
        if data:
            self._tls.write(data)
        return self._outgoing.read()

    def farewell(self) -> bytes:
        """Say that nothing more comes; what is to be sent for it."""
        with suppress(ssl.SSLError):  # the client has not answered yet, or never greeted us
            self._tls.unwrap()
        return self._outgoing.read()
