"""``starpod outbox`` and a real daemon: what could not be sent is looked at, sent again, given up."""

import json
from typing import Any

from tests.system.daemons import Daemon, Place, serving, starpod


async def said(place: Place, *arguments: str, status: int = 0) -> str:
    """What an action prints."""
    done = await starpod(place.root, "outbox", *arguments)
    assert done.status == status, done.err
    return done.out + done.err


async def told(place: Place, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(await said(place, "list", "--json", *arguments))
    return found


async def something_to_send(place: Place, daemon: Daemon) -> None:
    """A job has an answer for somebody on Telegram, where no bot is."""
    path = "/api/settings/auth/users/admin/telegram"
    linked = await daemon.request("PUT", path, json={"telegram_id": 7})
    assert linked.status_code == 200
    add = ("cron", "add", "report", "--every", "24h", "--prompt", "help")
    for command in (add, ("cron", "run", "report", "--wait")):
        assert (await starpod(place.root, *command)).status == 0


async def test_the_life_of_what_is_to_be_sent(place: Place) -> None:
    async with serving(place) as daemon:
        assert "nothing was sent yet" in await said(place, "list", "--all")
        assert "everything was delivered" in await said(place, "list")
        await something_to_send(place, daemon)
        (waiting,) = await told(place, "--waiting")
        assert (waiting["state"], waiting["channel"], waiting["recipient"]) == ("pending", "telegram", "7")
        assert "admin (7)" in await said(place, "list", "--waiting")
        number = str(waiting["id"])
        assert f"{number} will be sent again" in await said(place, "retry", number)
        assert f"{number} is given up" in await said(place, "drop", number)
        assert await told(place, "--waiting") == []
        assert "delivery 1 is dropped" in await said(place, "retry", number, status=1)
        assert "there is no delivery 99" in await said(place, "drop", "99", status=1)
        assert "say which" in await said(place, "retry", status=1)
        assert "say which" in await said(place, "drop", "1", "--all", status=1)
        assert "everything was delivered" in await said(place, "drop", "--all")
        assert "--limit takes" in await said(place, "list", "-l", "0", status=1)
