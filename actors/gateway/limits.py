"""How much the gateway takes and keeps at most."""

from typing import final

import attrs

from bus import Data

KIB = 1024
MIB = 1024 * 1024


@final
@attrs.frozen(kw_only=True)
class Limits(Data):
    json_body: int = 2 * MIB
    """Bytes of a JSON request."""
    conversation_body: int = 16 * MIB
    """Bytes of a request that brings a whole conversation with its pictures."""
    upload_file: int = 20 * MIB
    """Bytes of one uploaded file."""
    upload_files: int = 8
    """Files of one upload."""
    recording: int = 25 * MIB
    """Bytes of what is said, to be put into words."""
    socket_message: int = 1 * MIB
    """Characters of one message on a WebSocket; a longer one is refused, larger things are uploaded."""
    inline_file: int = 1 * MIB
    """Bytes of a file that goes within a frame to a client that wants it so."""
    inline_files: int = 16 * MIB
    """Bytes of all files that go within one answer, likewise."""
    send_queue: int = 256
    """Frames that may wait for a slow client before it is closed."""
    follows: int = 128
    """Conversations one connection follows at once."""
    delta_window: float = 0.020
    """Seconds in which pieces of text are joined to one frame."""
    delta_bytes: int = 1 * KIB
    """Characters of joined text that are sent without waiting for the window to pass."""
    write_timeout: float = 10.0
    """Seconds a client may leave a write waiting before it is dropped."""
    stop_write_timeout: float = 0.1
    """The same while the gateway stops."""
    stop_within: float = 2.0
    """Seconds that requests in progress get when the gateway stops."""
    linger: float = 1.0
    """Seconds to go on reading after the last byte was sent, so that the client can read it."""
    keep_alive: float = 75.0
    """Seconds an idle HTTP connection is kept open."""
    silence: float = 25.0
    """Seconds without a word after which the client of a WebSocket is asked for a sign of life."""
    sign_of_life: float = 20.0
    """Seconds it has to give one."""
    body_timeout: float = 60.0
    """Seconds a client has to send its request."""

    looking: float = 0.25
    """Part of the time that is spent on what looks on: for the page, for the operator and for health, each."""
    reading: float = 0.25
    """Part of the time that is spent on clients that send in crumbs, all of them together."""
    connections: int = 4096
    """Clients at once; fewer where the process may not open many files."""
    sockets: int = 2048
    """WebSockets at once."""

    @property
    def upload_body(self) -> int:
        """Bytes of a whole upload, the multipart framing included."""
        return self.upload_files * self.upload_file + 64 * KIB
