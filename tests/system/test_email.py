"""A mail to a whole daemon and its answer, over real servers; and the moments at which the power goes."""

import signal
from collections.abc import Generator
from pathlib import Path
from typing import Any

import attrs
import pytest

from actors.email.compose import REPEATED
from tests.fakes.mail import HOST, PASSWORD, USER, MailKeeper, MailTaker, imap_server, mail, smtp_server
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Daemon, Place, serving, start, until

SETTINGS = """
[channels.email]
smtp_host = "{host}"
smtp_port = {out}
smtp_security = "none"
from = "{user}"
imap_host = "{host}"
imap_port = {into}
imap_security = "none"
imap_user = "{user}"
authserv_id = "mx.example.org"
poll_secs = 1
"""


@attrs.frozen
class World:
    place: Place
    taker: MailTaker
    keeper: MailKeeper


@pytest.fixture
def world(tmp_path: Path, model_server: ModelServer) -> Generator[World]:
    """An agent that Ada may write to."""
    with smtp_server() as taker, imap_server() as keeper:
        place = Place(tmp_path / "aster", model_server.url)
        addressed = SETTINGS.format(host=HOST, out=taker.outgoing.port, into=keeper.incoming.port, user=USER)
        place.settings.write_text(place.settings.read_text() + addressed)
        place.variables["EMAIL_PASSWORD"] = PASSWORD
        yield World(place, taker, keeper)


async def know_ada(daemon: Daemon) -> None:
    made = await daemon.request("POST", "/api/settings/auth/users", json={"id": "ada"})
    assert made.status_code == 201, made.text
    told = await daemon.request("PUT", "/api/email/addresses/ada", json={"email": "Ada@example.org"})
    assert told.status_code == 200, told.text


def text(taker: MailTaker, n: int) -> str:
    part: Any = taker.mails[n].get_body(("plain",))
    return str(part.get_content()).replace("\r\n", "\n")


async def killed_at(world: World, point: str) -> None:
    """Let a daemon take a mail that came meanwhile, and die at a named point."""
    async with serving(world.place) as daemon:
        await know_ada(daemon)
        await daemon.stop()
    world.keeper.add(mail())
    assert await start(world.place, BUS_CRASH_AT=point).ended() == -signal.SIGKILL


async def answered(daemon: Daemon, world: World, mails: int) -> list[dict[str, Any]]:
    """The deliveries, once so many mails are out and all is done."""
    await until(lambda: len(world.taker.mails) >= mails, daemon.log)
    found: list[dict[str, Any]] = []
    while not found or any(each["state"] != "sent" for each in found):
        found = await daemon.get("/api/outbox", which="all")
    return found


async def test_a_mail_is_answered_below_it(world: World, model_server: ModelServer) -> None:
    async with serving(world.place) as daemon:
        await know_ada(daemon)
        world.keeper.add(mail("When is **tea**?", References="<zero@example.org>"))
        (delivery,) = await answered(daemon, world, 1)
        assert (delivery["user_id"], delivery["recipient"]) == ("ada", "ada@example.org")
        (answer,) = world.taker.mails
        assert (answer["To"], answer["Subject"]) == ("ada@example.org", "Re: Tea")
        assert answer["In-Reply-To"] == "<one@example.org>"
        assert answer["References"] == "<zero@example.org> <one@example.org>"
        assert answer["Auto-Submitted"] == "auto-replied"
        assert "When is **tea**?" in text(world.taker, 0)
        html: Any = answer.get_body(("html",))
        assert "<strong>tea</strong>" in html.get_content()
        prompt = str(model_server.requests[-1].body)
        assert "[From ada@example.org by e-mail; dkim=pass spf=pass; subject: Tea]" in prompt

        # Ada answers, and what the agent has sent comes back to it: the first is taken, the second is not.
        answer_of_ada = "At five.\n\nOn Monday, 2 March 2026, Aster wrote:\n> When is tea?\n"
        world.keeper.add(mail(answer_of_ada, id="<two@example.org>", In_Reply_To=answer["Message-ID"]))
        world.keeper.add(world.taker.wire[0])
        await answered(daemon, world, 2)
        assert world.taker.mails[1]["References"].split()[-1] == "<two@example.org>"
        assert "Aster wrote" not in text(world.taker, 1)
        status = await daemon.get("/api/email")
        await until(lambda: world.keeper.seen() == [True, True, False])
        assert (status["sent"], status["outgoing"]["trouble"], status["incoming"]["trouble"]) == (
            2,
            None,
            None,
        )
        assert PASSWORD not in daemon.log


async def test_the_power_goes_after_a_mail_was_taken_and_before_it_is_marked(world: World) -> None:
    await killed_at(world, "mail.accepted")
    assert world.keeper.seen() == [False]
    async with serving(world.place) as daemon:
        await answered(daemon, world, 1)
        await until(lambda: world.keeper.seen() == [True])
        assert len(await daemon.get("/api/outbox", which="all")) == 1
    assert len(world.taker.mails) == 1


async def test_the_power_goes_after_an_answer_was_sent_and_before_it_is_marked(world: World) -> None:
    await killed_at(world, "outbox.before_mark")
    assert len(world.taker.mails) == 1
    async with serving(world.place) as daemon:
        (delivery,) = await answered(daemon, world, 2)
        assert delivery["attempt"] == 2
    first, second = world.taker.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert text(world.taker, 1) == f"{REPEATED}\n\n{text(world.taker, 0)}"
    assert world.keeper.seen() == [True]


async def test_settings_that_send_the_password_in_clear_are_refused(world: World) -> None:
    world.place.settings.write_text(
        world.place.settings.read_text().replace(f'smtp_host = "{HOST}"', 'smtp_host = "mail.example.org"')
    )
    daemon = start(world.place)
    assert await daemon.ended() != 0
    assert 'channels.email.smtp_security = "none" is for a server on this machine alone' in daemon.log


async def test_a_server_is_changed_while_it_runs(world: World) -> None:
    async with serving(world.place) as daemon:
        await know_ada(daemon)
        with smtp_server() as other:
            changes = {"channels.email.smtp_port": other.outgoing.port}
            saved = await daemon.request("PUT", "/api/settings", json={"changes": changes})
            assert saved.status_code == 200, saved.text
            world.keeper.add(mail())
            await until(lambda: len(other.mails) == 1, daemon.log)
    assert world.taker.mails == []
