"""From the outbox to the server, in virtual time."""

from functools import partial
from typing import Any

import pytest
import trio

from actors.email import messages as email
from actors.email.compose import REPEATED
from actors.notify import messages as notify
from actors.notify.actor import NotifyActor
from actors.session import messages as session
from actors.tools import messages as tools
from tests.actors.email.office import Office
from tests.actors.users.conftest import ASKS
from tests.fakes.mail import HOST, PASSWORD, USER, MailTaker, smtp_server
from tests.fakes.ports import reserved_port


def text(taker: MailTaker, n: int = -1) -> str:
    part: Any = taker.mails[n].get_body(("plain",))
    return str(part.get_content()).replace("\r\n", "\n")


async def reasons(office: Office) -> list[str | None]:
    return [each.reason for each in await office.deliveries()]


async def test_a_push_becomes_a_mail(office: Office, autojump_clock: object) -> None:
    with smtp_server() as taker:
        office.use(taker)
        async with office.open():
            await office.add("ada")
            await office.push("cron:1")
            await office.until_states("sent")
            (mail,) = taker.mails
            assert (mail["To"], mail["Subject"]) == ("ada@example.org", "✓ Tea")
            assert text(taker) == "It is **ready**.\n"
            status = await office.status()
            assert status.outgoing is not None
            assert (status.sent, status.outgoing.trouble, status.incoming) == (1, None, None)


async def test_without_servers_nothing_is_kept_and_nobody_is_reached(
    office: Office, autojump_clock: object
) -> None:
    async with office.open():
        status = await office.status()
        assert (status.sender, status.outgoing, status.incoming, status.left_alone) == (None, None, None, ())
        assert not (office.path / "email.db").exists()
        await office.add("ada")
        assert await office.ask(email.Recipients(user="ada")) == ()


async def test_what_is_greylisted_is_tried_again_and_holds_up_what_comes_behind_it(
    office: Office, autojump_clock: object
) -> None:
    with smtp_server() as taker:
        office.use(taker)
        async with office.open():
            await office.add("ada")
            taker.at_recipient = "450 greylisted"
            for n in range(3):
                await office.push(f"cron:{n}", title=f"No. {n}")
            await trio.sleep(25)
            assert await reasons(office) == ["450 greylisted", None, None]
            taker.at_recipient = None
            assert taker.mails == []
            await office.until_states("sent", "sent", "sent")
            assert [mail["Subject"] for mail in taker.mails] == ["✓ No. 0", "✓ No. 1", "✓ No. 2"]


async def test_what_is_refused_is_dead_and_the_owner_reads_why(
    office: Office, autojump_clock: object
) -> None:
    with smtp_server() as taker:
        office.use(taker)
        async with office.open():
            await office.add("ada")
            taker.at_recipient = "550 no such user"
            await office.push("cron:1")
            await office.until_states("dead")
            assert await reasons(office) == ["550 no such user"]
            status = await office.status()
            assert status.outgoing is not None
            assert status.outgoing.trouble is None


async def test_what_may_have_arrived_is_sent_once_more_and_says_so(
    office: Office, autojump_clock: object
) -> None:
    with smtp_server() as taker:
        office.use(taker)
        async with office.open():
            await office.add("ada")
            taker.loses = 1
            await office.push("cron:1")
            await office.until_states("sent")
            first, second = taker.mails
            assert first["Message-ID"] == second["Message-ID"]
            assert not text(taker, 0).startswith(REPEATED)
            assert text(taker, 1) == f"{REPEATED}\n\nIt is **ready**.\n"
            taker.loses = 2
            await office.push("cron:2")
            await office.until_states("sent", "doubtful")
            assert len(taker.mails) == 4


async def test_a_server_that_is_down_degrades_only_this_actor_until_it_is_back(
    office: Office, autojump_clock: object
) -> None:
    with reserved_port() as port:
        office.use()
        office.settings = office.settings.__class__(
            smtp_host=HOST, smtp_port=port, smtp_security="none", sender=USER
        )
        async with office.open():
            await office.add("ada")
            await office.push("cron:1")
            await trio.sleep(1000)
            status = await office.status()
            assert status.outgoing is not None
            assert status.outgoing.trouble == "Connection refused"
            health = office.mesh.cell("email").health
            assert health.why == f"no mail can be sent by {HOST}:{port}: Connection refused"
            with smtp_server(port=port) as taker:
                await office.until_states("sent")
                assert len(taker.mails) == 1
            status = await office.status()
            assert status.outgoing is not None
            assert status.outgoing.trouble is None


async def test_files_go_along_and_what_cannot_be_attached_is_said(
    office: Office, autojump_clock: object
) -> None:
    with smtp_server() as taker:
        office.use(taker)
        async with office.open():
            await office.add("ada")
            await office.ask(tools.FileWrite(path="plan.txt", content="tea", user="ada", call="c1"))
            files = [
                {"name": "plan.txt", "path": "plan.txt", "media_type": "text/plain", "size": 3},
                {"name": "gone.txt", "path": "gone.txt", "media_type": "text/plain", "size": 3},
                {"name": "film.mkv", "path": "film.mkv", "media_type": "video/x-matroska", "size": 10**9},
            ]
            body = {"texts": ["Here."], "attachments": files, "notice": None, "client_message_id": None}
            await office.ask(
                session.Push(user="ada", channel="email", recipient="ada@example.org", key="k", body=body)
            )
            await office.until_states("sent")
            assert [each.get_filename() for each in taker.mails[0].iter_attachments()] == ["plan.txt"]
            assert "film.mkv is not attached (too large for a mail)." in text(taker)
            assert "gone.txt is not attached (File not found: gone.txt)." in text(taker)


async def test_nothing_goes_to_an_address_that_was_taken_away(office: Office, autojump_clock: object) -> None:
    with smtp_server() as taker:
        office.use(taker)
        async with office.open():
            await office.add("ada")
            await office.add("bob")
            await office.push("1", to="eve@example.org")
            await office.push("2", to="bob@example.org")
            await office.until_states("dead", "dead")
            assert await reasons(office) == [
                "eve@example.org is not the address of ada any more",
                "bob@example.org is not the address of ada any more",
            ]
            assert taker.mails == []


async def test_a_password_that_is_missing_is_asked_for(office: Office, autojump_clock: object) -> None:
    office.use(smtp_user=USER)
    office.environment.clear()
    async with office.open():
        await office.add("ada")
        await office.push("1")
        await trio.sleep(1)
        status = await office.status()
        assert status.outgoing is not None
        assert status.outgoing.trouble is not None
        assert status.outgoing.trouble.startswith("there is no password: `starpod vault set EMAIL_PASSWORD`")
        assert PASSWORD not in str(status)


async def test_a_notice_reaches_who_wants_it_by_mail(office: Office, autojump_clock: object) -> None:
    with smtp_server() as taker:
        office.use(taker)
        async with office.open():
            notices = partial(NotifyActor, office.path / "notify.db", lambda: None)
            await office.mesh.start(notices, name="notify")
            await office.add("ada")
            await office.ask(notify.PutPreferences(user="ada", email=True))
            notice = notify.Notify(
                user="ada",
                key="cron:1",
                source="cron",
                title="Tea",
                text="It is ready.",
                success=False,
                session=None,
            )
            await office.ask(notice)
            await office.ask(notice)
            await office.until_states("sent")
            assert [mail["Subject"] for mail in taker.mails] == ["✗ Tea"]


# --- addresses ------------------------------------------------------------------------------------------------


async def test_an_admin_says_whose_an_address_is(office: Office, autojump_clock: object) -> None:
    office.use()
    async with office.open():
        await office.add("ada", "Ada@Example.org")
        await office.add("bob")
        assert await office.ask(email.Recipients(user="ada")) == ("ada@example.org",)
        assert await office.ask(email.Recipients(user="eve")) == ()
        with pytest.raises(email.AddressTaken):
            await office.ask(email.SetAddress(id="bob", email="ada@example.org", **ASKS))
        found = await office.ask(email.ListAddresses())
        assert [each.address for each in found] == ["ada@example.org", "bob@example.org"]
        await office.ask(email.RemoveAddress(id="ada", **ASKS))
        await office.ask(email.RemoveAddress(id="ada", **ASKS))
        assert await office.ask(email.GetAddress(id="ada")) is None
        found_bob = await office.ask(email.GetAddress(id="bob"))
        assert found_bob is not None
        assert found_bob.address == "bob@example.org"


@pytest.mark.parametrize("address", ["nobody", "aster@example.org"])
async def test_what_can_be_nobodys_address_is_refused(
    office: Office, address: str, autojump_clock: object
) -> None:
    office.use()
    async with office.open():
        await office.add("ada")
        with pytest.raises(email.BadAddress):
            await office.ask(email.SetAddress(id="ada", email=address, **ASKS))
