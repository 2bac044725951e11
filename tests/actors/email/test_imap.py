"""A mailbox on servers that nobody here wrote, and on one that behaves badly."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from actors.email import imap
from actors.email.imap import Head, Incoming, Mailbox, MailboxTrouble, State
from actors.email.settings import Security
from tests.actors.email.conftest import Tls
from tests.fakes.mail import HOST, MailKeeper, imap_server, mail
from tests.fakes.ports import reserved_port

TODAY = datetime.now(UTC).date()


def trouble(with_: Incoming) -> str:
    with pytest.raises(MailboxTrouble) as caught:
        Mailbox(with_).look()
    return str(caught.value)


@pytest.fixture
def keeper() -> Generator[MailKeeper]:
    with imap_server() as keeper:
        yield keeper


def test_mails_are_found_by_number_and_fetched_without_being_seen(keeper: MailKeeper) -> None:
    box = Mailbox(keeper.incoming)
    empty = box.look()
    assert box.after(0) == box.after(empty.next - 1) == box.unseen(TODAY) == []
    keeper.add(mail("one"))
    keeper.add(mail("two", id="<two@x>"), flags=r"(\Seen)")
    state = box.look()
    assert state == State(validity=empty.validity, next=empty.next + 2)
    first, second = box.after(0)
    assert box.after(first) == [second]
    assert box.after(second) == box.after(second + 7) == []
    assert box.unseen(TODAY - timedelta(days=1)) == [first]
    whole = mail("one").as_bytes().replace(b"\n", b"\r\n")
    assert box.head(first) == Head(size=len(whole), headers=whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    assert box.whole(first) == whole
    assert keeper.seen() == [False, True]
    box.mark(first)
    assert keeper.seen() == [True, True]
    box.close()
    box.close()


def test_a_mail_that_is_gone_is_nothing(keeper: MailKeeper) -> None:
    keeper.add(mail())
    box = Mailbox(keeper.incoming)
    box.look()
    (uid,) = box.after(0)
    keeper.delete(uid)
    box.look()
    assert (box.head(uid), box.whole(uid)) == (None, None)
    box.mark(uid)
    box.close()


def test_headers_without_an_end_are_cut(keeper: MailKeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "MOST_HEADERS", 30)
    keeper.add(mail())
    box = Mailbox(keeper.incoming)
    box.look()
    head = box.head(box.after(0)[0])
    assert head is not None
    assert len(head.headers) == 30
    box.close()


def test_a_connection_that_was_lost_is_made_anew(keeper: MailKeeper) -> None:
    box = Mailbox(keeper.incoming)
    state = box.look()
    assert box._imap is not None
    box._imap.sock.shutdown(socket.SHUT_RDWR)
    assert box.look() == state
    box._imap.sock.shutdown(socket.SHUT_RDWR)
    with pytest.raises(MailboxTrouble):
        box.after(0)
    with pytest.raises(MailboxTrouble, match="there is no connection"):
        box.after(0)
    assert box.look() == state
    box.close()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_over_tls(security: Security, tls: Tls) -> None:
    with imap_server(security, tls.server, tls.client) as keeper:
        box = Mailbox(keeper.incoming)
        box.look()
        box.close()
        assert "certificate is not believed" in trouble(attrs.evolve(keeper.incoming, context=None))


def test_what_the_server_refuses_is_said(keeper: MailKeeper) -> None:
    wrong = attrs.evolve(keeper.incoming, password="another 4712")
    why = trouble(wrong)
    assert why.startswith("the server refuses user and password: ")
    assert why.endswith("; set IMAP_PASSWORD or EMAIL_PASSWORD anew")
    assert "4712" not in why + repr(wrong)
    assert "the server says NO " in trouble(attrs.evolve(keeper.incoming, folder="Nowhere"))


def test_nobody_is_there() -> None:
    with reserved_port() as port:
        at = Incoming(host=HOST, port=port, security="none", user="x", password="y")
        assert trouble(at) == "Connection refused"
        assert trouble(attrs.evolve(at, security="tls")) == "Connection refused"


# --- a server that behaves badly -----------------------------------------------------------------------------

CAPABLE = b"* CAPABILITY IMAP4rev1\r\n"
SELECTED = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n"


@contextmanager
def bad_server(
    *answers: bytes, greeting: bytes = b"* OK x\r\n", patience: float = 0.0
) -> Generator[Incoming]:
    """Answers one command after the other with these and an OK, unless they hold an answer; then it hangs up."""
    with socket.create_server((HOST, 0)) as listening:
        ends = threading.Event()
        told.clear()

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(greeting)
                for answer in answers:
                    line = lines.readline()
                    told.append(line)
                    tag = line.split(b" ")[0]
                    whole = answer.replace(b"TAG", tag) if b"TAG" in answer else answer + tag + b" OK x\r\n"
                    connection.sendall(whole)
                ends.wait(patience)
                connection.shutdown(socket.SHUT_WR)
                lines.read()  # or what is still on its way here would break the connection off

        thread = threading.Thread(target=serve)
        thread.start()
        yield Incoming(
            host=HOST, port=listening.getsockname()[1], security="none", user='a"b\\', password="y"
        )
        ends.set()
        thread.join()


told: list[bytes] = []


def test_a_server_that_knows_only_login() -> None:
    with bad_server(CAPABLE, b"", SELECTED, b"") as at:
        box = Mailbox(at)
        assert box.look() == State(validity=7, next=9)
        assert told[1].endswith(b' LOGIN "a\\"b\\\\" "y"\r\n')
        assert told[2].endswith(b' SELECT "INBOX"\r\n')
        box.close()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ((CAPABLE, b"TAG NO not you\r\n"), "refuses user and password: not you"),
        ((CAPABLE,), "socket error: EOF"),
        ((CAPABLE, b""), "socket error: EOF"),
        ((CAPABLE, b"", b"TAG NO no such folder\r\n"), "the server says NO no such folder"),
        ((CAPABLE, b"", b"* 1 EXISTS\r\n"), "the server does not say its UIDVALIDITY"),
        ((CAPABLE, b"", b"* OK [UIDVALIDITY x] x\r\n"), "the server does not say its UIDVALIDITY"),
    ],
)
def test_what_goes_wrong_is_said(answers: tuple[bytes, ...], said: str) -> None:
    with bad_server(*answers) as at:
        assert said in trouble(at)


@pytest.mark.parametrize("greeting", [b"* BYE go away\r\n", b"hello\r\n", b""])
def test_a_server_that_does_not_want_us(greeting: bytes) -> None:
    with bad_server(greeting=greeting) as at:
        assert trouble(at)


def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "PATIENCE", 0.05)
    with bad_server(greeting=b"", patience=30) as at:
        assert trouble(at) == "it does not answer in time"


def test_news_of_other_mails_between_the_answers() -> None:
    news = b"* 1 FETCH (FLAGS (\\Seen) UID 4)\r\n* 2 FETCH (BODY[HEADER] {1}\r\nx UID 4)\r\n"
    wanted = b"* 3 FETCH (BODY[HEADER]<0> {2}\r\nab UID 5)\r\n"
    with bad_server(CAPABLE, b"", SELECTED, news + wanted, news, b"") as at:
        box = Mailbox(at)
        box.look()
        assert box.head(5) == Head(size=2, headers=b"ab")
        assert box.head(5) is None
        box.close()
