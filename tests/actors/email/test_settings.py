"""Settings of e-mail."""

import pytest
from attrs import evolve

from actors.email.settings import GUARDED, KEYS, Security, Settings, faults, is_loopback

OUT = Settings(smtp_host="mail.example.org", sender="aster@example.org")


def test_without_a_server_there_is_no_mail() -> None:
    assert not Settings().sends
    assert not evolve(OUT, enabled=False).sends
    assert OUT.sends
    assert not OUT.receives
    assert evolve(OUT, imap_host="x").receives


@pytest.mark.parametrize(
    ("security", "outgoing", "incoming"), [("starttls", 587, 143), ("tls", 465, 993), ("none", 25, 143)]
)
def test_the_ports_are_the_usual_ones(security: Security, outgoing: int, incoming: int) -> None:
    usual = Settings(smtp_security=security, imap_security=security)
    assert (usual.outgoing_port, usual.incoming_port) == (outgoing, incoming)
    given = Settings(smtp_port=1, imap_port=2)
    assert (given.outgoing_port, given.incoming_port) == (1, 2)


def test_one_user_does_for_both_servers() -> None:
    assert Settings(smtp_user="a").incoming_user == "a"
    assert Settings(smtp_user="a", imap_user="b").incoming_user == "b"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(), []),
        (evolve(OUT, imap_host="mail.example.org", smtp_user="x"), []),
        (evolve(OUT, smtp_security="none"), ["smtp_security"]),
        (Settings(smtp_host="127.0.0.1", sender="a@b", smtp_security="none"), []),
        (
            evolve(OUT, imap_host="mail.example.org", imap_user="x", imap_security="none"),
            ["imap_security"],
        ),
        (Settings(smtp_host="x"), ["channels.email.from"]),
        (Settings(imap_host="x", imap_user="y"), ["needs smtp_host"]),
        (evolve(OUT, imap_host="x"), ["imap_user"]),
        (
            Settings(smtp_host="x", sender="Aster <a@b>"),
            ["channels.email.from: 'Aster <a@b>' is no e-mail address"],
        ),
        (Settings(folder="Pöst"), ["folder"]),
        (Settings(folder="a\nb"), ["folder"]),
    ],
)
def test_what_does_not_go_together_is_said(settings: Settings, said: list[str]) -> None:
    found = list(faults(settings))
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.0.0.2", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("x", False),
    ],
)
def test_this_machine(host: str, loopback: bool) -> None:  # noqa: FBT001
    assert is_loopback(host) == loopback


def test_where_the_password_goes_is_the_operators_to_say() -> None:
    assert KEYS["sender"] == "channels.email.from"
    assert {*KEYS.values()} - {*GUARDED} == {"channels.email.enabled", "channels.email.poll_secs"}
