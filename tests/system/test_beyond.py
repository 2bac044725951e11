"""An agent that other machines reach, as the command line of its own machine sees it."""

import trio

from tests.fakes.certificates import certify
from tests.system.daemons import PATIENCE, Place, serving, starpod, start, until

EVERYWHERE = 'provider = "offline"\nserver_addr = "0.0.0.0:0"\n'


async def test_the_command_line_finds_an_agent_that_speaks_tls_below_a_path(place: Place) -> None:
    files = certify(place.root)
    place.settings.write_text(
        f'{EVERYWHERE}[gateway]\nhosts = ["box.example"]\nbase_path = "/starpod"\n'
        f'[gateway.tls]\ncertificate = "{files.certificate}"\nkey = "{files.key}"\n'
    )
    async with serving(place) as daemon:
        assert (daemon.url.startswith("https://127.0.0.1:"), daemon.url.endswith("/starpod")) == (True, True)
        said = await starpod(place.root, "chat", "--json", "help")
        assert said.status == 0, said.err
        assert (await starpod(place.root, "sessions", "list")).status == 0
        doctor = await starpod(place.root, "bus", "doctor")
        assert f"answers at {daemon.url}" in doctor.out
        link = await starpod(place.root, "open", "--print")
        port = daemon.address.rpartition(":")[2]
        assert link.out.startswith(f"https://box.example:{port}/starpod/?code=")
        await until(lambda: f"API        {daemon.url}/api" in daemon.log)
        await until(lambda: "Databases" in daemon.log)
        assert f"WebSocket  wss{daemon.url.removeprefix('https')}/ws" in daemon.log


async def test_nobody_is_served_elsewhere_before_somebody_has_a_key(place: Place) -> None:
    async with serving(place, STARPOD_API_KEY="a-key-for-programs-0815"):
        pass
    place.settings.write_text(EVERYWHERE)
    refused = start(place)  # the key went with the variable, and with it the only one
    assert await refused.ended() == 1
    assert "no active user has a key that is good" in refused.log
    assert "starpod key new" in refused.log
    async with serving(place, STARPOD_API_KEY="a-key-for-programs-0815") as daemon:
        with trio.fail_after(PATIENCE):  # channels are opened once it listens
            while (await daemon.get("/api/health"))["status"] != "ok":
                await trio.sleep(0.05)
        await until(lambda: "whoever is on the way can read it" in daemon.log)
