import errno
import socket
import ssl

import pytest

from actors.causes import LONGEST, why


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def refused(where: str) -> OSError:
    """As trio tells it."""
    return ConnectionRefusedError(errno.ECONNREFUSED, f"Error connecting to {where}: Connection refused")


def test_what_the_system_said_follows_the_words_of_the_library() -> None:
    group = ExceptionGroup("all failed", [refused("1"), refused("2"), OSError(errno.ENETUNREACH, "?")])
    attempts = caused(OSError("all attempts to connect to localhost:1 failed"), group)

    found = why(caused(RuntimeError("all attempts to connect to localhost:1 failed"), attempts))

    assert (
        found == "all attempts to connect to localhost:1 failed: Connection refused, Network is unreachable"
    )


def test_what_is_said_once_is_not_said_again_and_numbers_are_left_out() -> None:
    error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    assert why(caused(RuntimeError(str(error)), error)) == "Name or service not known"
    broken = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
    assert why(caused(RuntimeError(f"connection broken: {broken}"), broken)) == (
        "connection broken: Connection reset by peer"
    )


def test_a_group_has_no_words_of_its_own() -> None:
    assert why(BaseExceptionGroup("unhandled", [ValueError("one"), ValueError("two")])) == "one, two"


def test_of_many_causes_the_first_are_named() -> None:
    assert why(ExceptionGroup("all", [ValueError(name) for name in "abcde"])) == "a, b, c"


def test_a_certificate_and_other_trouble_with_tls_are_told_in_words() -> None:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_message = "self-signed certificate"
    assert why(error) == "its certificate is not believed: self-signed certificate"
    assert why(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")) == (
        "[SSL: WRONG_VERSION_NUMBER] wrong version number"
    )


class ReadTimeout(Exception):
    """As libraries call it."""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ReadTimeout(), "it does not answer in time"),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), "it does not answer in time"),
        (RuntimeError(), "RuntimeError"),
        (OSError("the disk"), "the disk"),
    ],
)
def test_an_error_without_words_is_told_by_what_it_is(error: Exception, said: str) -> None:
    assert why(error) == said


def test_what_was_handled_counts_only_for_an_error_without_words_of_its_own() -> None:
    before = caused(OSError("all failed"), refused("1"))
    silent, repeating, telling = RuntimeError(), RuntimeError(before), RuntimeError("no")
    silent.__context__ = repeating.__context__ = telling.__context__ = before
    assert (why(silent), why(repeating), why(telling)) == (
        "Connection refused",
        "all failed: Connection refused",
        "no",
    )


def test_errors_that_come_from_each_other_end_somewhere() -> None:
    one, two = RuntimeError("one"), RuntimeError("two")
    one.__cause__, two.__cause__ = two, one
    assert why(one) == "one"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("https://ada:pass:word@host.example/x failed", "https://host.example/x failed"),
        ("http://token@[::1]:80", "http://[::1]:80"),
        ("write to ada@host.example, see http://a/b@c", "write to ada@host.example, see http://a/b@c"),
    ],
)
def test_who_asks_is_not_told(given: str, shown: str) -> None:
    assert why(RuntimeError(given)) == shown


def test_it_is_one_line_and_no_longer_than_people_read() -> None:
    assert why(RuntimeError("one\n  two")) == "one two"
    assert len(why(RuntimeError("a" * 10_000))) == LONGEST
