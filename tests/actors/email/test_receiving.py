"""From the mailbox to the agent, in virtual time."""

from typing import Any

import pytest
import trio

from actors.email import content, receiving
from actors.session import messages as session
from actors.users import messages as users
from actors.vault import messages as vault
from bus import BootError
from tests.actors.email.office import Office
from tests.actors.users.conftest import ASKS
from tests.fakes.mail import MailKeeper, imap_server, mail, smtp_server

POLL = 60.0


@pytest.fixture
def keeper() -> Any:
    with imap_server() as keeper:
        yield keeper


async def left_alone(office: Office) -> dict[str, int]:
    return {each.reason: each.count for each in (await office.status()).left_alone}


async def test_a_mail_of_somebody_known_becomes_a_message_of_theirs(
    office: Office, keeper: MailKeeper, autojump_clock: object
) -> None:
    office.use(keeper=keeper)
    async with office.open():
        await office.add("ada")
        keeper.add(mail("When?", files=[("plan.txt", b"tea")]))
        await office.until(lambda: office.taken)
        (taken,) = office.taken
        assert taken.text == "When?\n\n[From ada@example.org by e-mail; dkim=pass spf=pass; subject: Tea]"
        assert (taken.user, taken.role, taken.channel, taken.key, taken.source) == (
            "ada",
            "user",
            "email",
            "ada@example.org",
            "email",
        )
        assert taken.client_message_id == "mail:<one@example.org>"
        (file,) = taken.attachments
        assert (file.name, file.media_type, file.size) == ("plan.txt", "text/plain", 3)
        assert (office.path / "home" / file.path).read_bytes() == b"tea"
        assert list((office.path / "uploads").iterdir()) == []
        await trio.sleep(POLL)
        assert keeper.seen() == [True]
        status = await office.status()
        assert (status.taken, status.left_alone) == (1, ())
        assert status.incoming is not None
        assert status.incoming.last_at is not None


async def test_others_are_left_alone_counted_and_not_looked_at_again(
    office: Office, keeper: MailKeeper, autojump_clock: object
) -> None:
    office.use(keeper=keeper)
    async with office.open():
        await office.add("ada")
        await office.add("bob")
        await office.ask(users.Deactivate(id="bob", **ASKS))
        keeper.add(mail(sender="eve@example.org"))
        keeper.add(mail(results=None))
        keeper.add(mail(Auto_Submitted="auto-replied"))
        keeper.add(mail(sender="aster@example.org"))
        keeper.add(mail(sender="Bob <bob@example.org>"))
        keeper.add(mail(sender="eve@example.org"))
        await trio.sleep(5 * POLL)
        expected = {"automatic": 1, "inactive": 1, "own": 1, "unknown": 2, "unproven": 1}
        assert await left_alone(office) == expected
        assert office.taken == []
        assert keeper.seen() == [False] * 6
    async with office.open():
        await trio.sleep(2 * POLL)
        assert await left_alone(office) == expected


async def test_of_a_new_mailbox_the_unread_mails_of_a_day_are_taken(
    office: Office, keeper: MailKeeper, autojump_clock: object
) -> None:
    keeper.add(mail("old", id="<old@x>"), flags=r"(\Seen)")
    keeper.add(mail("new", id="<new@x>"))
    async with office.open():
        await office.add("ada")
    office.use(keeper=keeper)
    async with office.open():
        await office.until(lambda: office.taken)
        await trio.sleep(POLL)
        assert [each.client_message_id for each in office.taken] == ["mail:<new@x>"]


async def test_the_same_mail_is_one_message_whatever_fails_in_between(
    office: Office, keeper: MailKeeper, autojump_clock: object
) -> None:
    office.use(keeper=keeper)
    office.refuses.append(session.StorageFailed(reason="the disk is full"))
    async with office.open():
        await office.add("ada")
        keeper.add(mail("one"))
        keeper.add(mail("two", id="<two@x>"))
        await trio.sleep(POLL + 1)
        status = await office.status()
        assert status.incoming is not None
        assert status.incoming.trouble == "what has come in cannot be handed on: the disk is full"
        assert keeper.seen() == [False, False]
        await office.until(lambda: len(office.taken) == 2)
        keeper.add(mail("two again", id="<two@x>"))
        await trio.sleep(2 * POLL)
        assert [each.text.partition("\n")[0] for each in office.taken] == ["one", "two"]
        assert keeper.seen() == [True, True, True]
        status = await office.status()
        assert status.incoming is not None
        assert status.incoming.trouble is None


async def test_what_is_too_large_is_not_fetched_and_what_is_refused_is_said(
    office: Office, keeper: MailKeeper, autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MOST_FETCHED", 100_000)
    office.use(keeper=keeper)
    async with office.open():
        await office.add("ada")
        keeper.add(mail("x" * 200_000, id="<large@x>"))
        await office.until(lambda: office.taken)
        assert office.taken[0].text.startswith("[The mail has 0 MB and was not fetched: 0 MB are the limit.]")


@pytest.mark.parametrize("error", [ZeroDivisionError("odd"), session.UnknownChannel(channel="email")])
async def test_one_that_cannot_be_dealt_with_keeps_no_other_waiting(
    office: Office,
    keeper: MailKeeper,
    monkeypatch: pytest.MonkeyPatch,
    autojump_clock: object,
    error: Exception,
) -> None:
    read = content.read

    def spoilt(raw: bytes, **how: Any) -> content.Content:
        if b"poison" in raw:
            raise error
        return read(raw, **how)

    monkeypatch.setattr("actors.email.content.read", spoilt)
    office.use(keeper=keeper)
    async with office.open():
        await office.add("ada")
        keeper.add(mail("poison", id="<bad@example.org>"))
        keeper.add(mail("When?"))
        await office.until(lambda: office.taken)
        assert [taken.client_message_id for taken in office.taken] == ["mail:<one@example.org>"]
        assert await left_alone(office) == {"fault": 1}
        assert (await office.status()).incoming is not None


async def test_an_answer_stands_below_the_mail_it_answers(
    office: Office, keeper: MailKeeper, autojump_clock: object
) -> None:
    with smtp_server() as taker:
        office.use(taker, keeper)
        async with office.open():
            await office.add("ada")
            keeper.add(mail(References="<zero@x>"))
            await office.until(lambda: office.taken)
            body = {"texts": ["At five."], "client_message_id": office.taken[0].client_message_id}
            push = session.Push(user="ada", channel="email", recipient="ada@example.org", key="k", body=body)
            await office.ask(push)
            await office.until_states("sent")
            (answer,) = taker.mails
            assert (answer["Subject"], answer["In-Reply-To"]) == ("Re: Tea", "<one@example.org>")
            assert answer["References"] == "<zero@x> <one@example.org>"


async def test_a_wrong_password_is_said_and_a_right_one_is_used_at_once(
    office: Office, keeper: MailKeeper, autojump_clock: object
) -> None:
    office.use(keeper=keeper)
    right = office.environment["EMAIL_PASSWORD"]
    office.environment = {"EMAIL_PASSWORD": "of the other server", "IMAP_PASSWORD": "wrong"}
    async with office.open():
        await office.add("ada")
        await trio.sleep(1)
        status = await office.status()
        assert status.incoming is not None
        assert status.incoming.trouble is not None
        assert status.incoming.trouble.startswith("the server refuses user and password: ")
        assert office.mesh.cell("email").health.why is not None
        office.environment["IMAP_PASSWORD"] = right
        keeper.add(mail())
        await office.mesh.bus.publish(vault.SecretsChanged(names=("IMAP_PASSWORD",), owner=""))
        await office.until(lambda: office.taken, within=5)
        assert office.mesh.cell("email").health.why is None


async def test_a_password_that_is_missing_is_asked_for(
    office: Office, keeper: MailKeeper, autojump_clock: object
) -> None:
    office.use(keeper=keeper)
    office.environment.clear()
    async with office.open():
        await trio.sleep(1)
        status = await office.status()
        assert status.incoming is not None
        assert str(status.incoming.trouble).startswith("there is no password: ")


async def test_a_mailbox_with_other_numbers_is_read_from_its_unread_mails_on(
    office: Office, autojump_clock: object
) -> None:
    with imap_server() as keeper:
        office.use(keeper=keeper)
        async with office.open():
            await office.add("ada")
            keeper.add(mail(id="<1@x>"))
            keeper.add(mail(id="<2@x>"))
            await office.until(lambda: len(office.taken) == 2)
    with imap_server(port=keeper.incoming.port) as anew:
        anew.add(mail(id="<2@x>"), flags=r"(\Seen)")
        anew.add(mail(id="<3@x>"))
        async with office.open():
            await office.until(lambda: len(office.taken) == 3)
            assert [each.client_message_id for each in office.taken] == [
                "mail:<1@x>",
                "mail:<2@x>",
                "mail:<3@x>",
            ]


async def test_a_server_that_goes_and_comes_back(office: Office, autojump_clock: object) -> None:
    with imap_server() as keeper:
        office.use(keeper=keeper)
        port = keeper.incoming.port
        opened = office.open()
        await opened.__aenter__()
    try:
        await office.add("ada")
        await trio.sleep(2 * POLL)
        status = await office.status()
        assert status.incoming is not None
        assert status.incoming.trouble is not None
        with imap_server(port=port) as anew:
            anew.add(mail())
            await office.until(lambda: office.taken)
    finally:
        await opened.__aexit__(None, None, None)


async def test_a_database_that_cannot_be_opened_is_an_outage_of_this_actor(
    office: Office, autojump_clock: object
) -> None:
    (office.path / "email.db").write_bytes(b"no database" * 100)
    with pytest.raises(BootError, match=r"email did not start: outage: Unavailable: .* is damaged"):
        async with office.open():
            raise AssertionError
