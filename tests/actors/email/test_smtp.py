"""Handing mails to a server that nobody here wrote, and to one that behaves badly."""

import socket
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import attrs
import pytest

from actors.email import smtp
from actors.email.smtp import InDoubt, Outgoing, Refused, ServerTrouble, TryLater, deliver, stuffed
from tests.actors.email.conftest import Tls
from tests.fakes.mail import HOST, PASSWORD, MailTaker, smtp_server
from tests.fakes.ports import reserved_port

MAIL = b"Subject: Tea\r\n\r\n.hidden\nline\r.\r\nend"
SENDER, RECIPIENT = "aster@example.org", "ada@example.org"


def send(to: MailTaker | Outgoing) -> None:
    deliver(to.outgoing if isinstance(to, MailTaker) else to, SENDER, RECIPIENT, MAIL)


def refusal(to: MailTaker | Outgoing) -> tuple[type[BaseException], str]:
    with pytest.raises(smtp.NotSent) as caught:
        send(to)
    return type(caught.value), str(caught.value)


def test_a_mail_arrives_as_it_was_with_lines_as_they_are_sent() -> None:
    with smtp_server() as taker:
        send(taker)
    assert taker.wire == [b"Subject: Tea\r\n\r\n.hidden\r\nline\r\n.\r\nend\r\n"]
    assert taker.recipients == [RECIPIENT]


def test_lines_that_begin_with_a_dot_get_another() -> None:
    assert stuffed(b".\n..\na.\n") == b"..\r\n...\r\na.\r\n"


def test_over_tls_from_the_first_byte(tls: Tls) -> None:
    with smtp_server("tls", tls.server, tls.client) as taker:
        send(taker)
    assert len(taker.mails) == 1


def test_over_tls_once_greeted_with_a_password(tls: Tls) -> None:
    with smtp_server("starttls", tls.server, tls.client) as taker:
        send(taker)
        assert len(taker.mails) == 1
        wrong = attrs.evolve(taker.outgoing, password="another 4712")
        kind, why = refusal(wrong)
        assert kind is ServerTrouble
        assert why.startswith("the server refuses user and password: 535 ")
        assert "4712" not in why + repr(wrong)
        assert refusal(attrs.evolve(taker.outgoing, user=None)) == (
            ServerTrouble,
            "the server takes nothing from aster@example.org: 530 5.7.0 Authentication required",
        )
        assert refusal(attrs.evolve(taker.outgoing, password="pässword"))[0] is ServerTrouble
        assert refusal(attrs.evolve(taker.outgoing, context=None)) == (
            ServerTrouble,
            "its certificate is not believed: self-signed certificate",
        )
    assert len(taker.mails) == 1


def test_a_server_that_offers_less_than_is_wanted() -> None:
    with smtp_server() as taker:
        assert refusal(attrs.evolve(taker.outgoing, security="starttls")) == (
            ServerTrouble,
            "STARTTLS extension not supported by server.",
        )
        assert refusal(attrs.evolve(taker.outgoing, user="x", password=PASSWORD))[0] is ServerTrouble
    assert taker.mails == []


@pytest.mark.parametrize(
    ("where", "answer", "kind"),
    [
        ("at_sender", "550 not you", ServerTrouble),
        ("at_sender", "451 not now", ServerTrouble),
        ("at_recipient", "450 greylisted", TryLater),
        ("at_recipient", "550 no such user", Refused),
        ("at_recipient", "421 closing", ServerTrouble),
        ("at_mail", "452 full", TryLater),
        ("at_mail", "554 spam", Refused),
        ("at_mail", "421 closing", ServerTrouble),
    ],
)
def test_what_the_server_says_decides(where: str, answer: str, kind: type[Exception]) -> None:
    with smtp_server() as taker:
        setattr(taker, where, answer)
        found, why = refusal(taker)
    assert found is kind
    assert why.endswith(answer)
    assert taker.mails == []


def test_a_connection_that_is_lost_after_the_mail_leaves_a_doubt() -> None:
    with smtp_server() as taker:
        taker.loses = 1
        kind, why = refusal(taker)
    assert kind is InDoubt
    assert why.startswith("the connection was lost before the server said whether it had taken the mail: ")
    assert len(taker.mails) == 1


def test_nobody_is_there() -> None:
    with reserved_port() as port:
        assert refusal(Outgoing(host=HOST, port=port, security="none")) == (
            ServerTrouble,
            "Connection refused",
        )


# --- a server that behaves badly -----------------------------------------------------------------------------

UNTIL_MAIL: Sequence[bytes] = (b"220 x", b"250 x", b"250 x", b"250 x")


@contextmanager
def bad_server(*answers: bytes, patience: float = 0.0) -> Generator[Outgoing]:
    """Answers one line after the other with these, then hangs up, or after some time if it is patient."""
    with socket.create_server((HOST, 0)) as listening:
        ends = threading.Event()

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as lines:
                for n, answer in enumerate(answers):
                    if n:
                        lines.readline()
                    if n == 5:  # the mail itself
                        while lines.readline().strip() not in {b".", b""}:
                            pass
                    connection.sendall(answer + b"\r\n")
                ends.wait(patience)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Outgoing(host=HOST, port=listening.getsockname()[1], security="none")
        ends.set()
        thread.join()


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ((), ServerTrouble),
        ((b"554 go away",), ServerTrouble),
        ((b"220 x", b"500 x", b"500 x"), ServerTrouble),
        (UNTIL_MAIL, ServerTrouble),
        ((*UNTIL_MAIL, b"250 no"), ServerTrouble),
        ((*UNTIL_MAIL, b"354 go on"), InDoubt),
        ((*UNTIL_MAIL, b"354 go on", b"hello"), InDoubt),
        ((*UNTIL_MAIL, b"354 go on", b"x" * 10_000), InDoubt),
        ((*UNTIL_MAIL, b"354 go on", b"354 and on"), ServerTrouble),
        ((*UNTIL_MAIL, b"354 go on", b"451 later"), TryLater),
    ],
)
def test_only_what_is_lost_behind_the_mail_is_in_doubt(
    answers: Sequence[bytes], kind: type[Exception]
) -> None:
    with bad_server(*answers) as server:
        assert refusal(server)[0] is kind


def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "PATIENCE", 0.05)
    with bad_server(b"220 x", patience=30) as server:
        assert refusal(server) == (ServerTrouble, "it does not answer in time")


def test_a_server_that_takes_a_mail_and_hangs_up_has_taken_it() -> None:
    with bad_server(*UNTIL_MAIL, b"354 go on", b"250 taken") as server:
        send(server)


def test_a_password_that_is_refused_for_now() -> None:
    with bad_server(b"220 x", b"250-x\r\n250 AUTH PLAIN", b"454 later") as server:
        assert refusal(attrs.evolve(server, user="x")) == (
            ServerTrouble,
            "the server does not let us in now: 454 later",
        )
