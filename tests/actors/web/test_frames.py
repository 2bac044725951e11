"""Whether a page can be shown within another, asked over the bus, with servers on loopback."""

import pytest

from actors.resolving import NotPublic
from actors.web import messages
from bus.testing import MeshUnderTest
from tests.actors.web.sites import Site, answer, moved
from tests.actors.web.test_actor import Desk


@pytest.fixture
async def desk(mesh: MeshUnderTest, web: Site) -> Desk:
    here = Desk(mesh, web)
    await here.start()
    return here


async def test_whether_a_page_can_be_shown_within_another_is_known_for_a_while(desk: Desk) -> None:
    page = '<meta property="og:title" content="Hello"><meta property="og:image" content="/a.png">'
    desk.web.pages |= {
        "/free": answer(page),
        "/closed": answer(page, X_Frame_Options="DENY"),
        "/moved": moved("/closed"),
        "/circle": moved("/circle"),
    }

    async def check(path: str) -> messages.FrameView:
        return await desk.mesh.bus.ask(messages.FrameCheck(url=desk.web.at(path)))

    free = messages.FrameView(frameable=True, reason=None, image=None, title=None)
    assert [await check("/free"), await check("/free")] == [free, free]
    assert len(desk.web.asked) == 1
    for path in ("/closed", "/moved"):
        assert await check(path) == messages.FrameView(
            frameable=False, reason="X-Frame-Options: deny", image=desk.web.at("/a.png"), title="Hello"
        )
    circle = await check("/circle")
    assert (circle.frameable, "redirects more than 10 times" in str(circle.reason)) == (False, True)


async def test_nothing_within_is_reached_to_see_whether_it_can_be_shown(desk: Desk) -> None:
    desk.web.pages["/"] = moved("http://127.0.0.1/")
    for url in ("http://localhost/", "http://[::1]/", "http://169.254.169.254/", desk.web.at("/")):
        with pytest.raises(NotPublic):
            await desk.mesh.bus.ask(messages.FrameCheck(url=url))
    with pytest.raises(messages.BadAddress):
        await desk.mesh.bus.ask(messages.FrameCheck(url="file:///etc/passwd"))
    desk.set(enabled=False)
    with pytest.raises(messages.InternetOff):
        await desk.mesh.bus.ask(messages.FrameCheck(url=desk.web.at("/free")))
