"""The page in a real Chromium: until something is seen, and through a conversation of 5000 messages and back."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, final

import attrs
import httpx2
from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.daemons import Instance, instance
from tests.bench.figures import Figure, median
from tests.browser.conftest import LIGHT, WHOLE, launched
from tests.fakes.archive import MESSAGES, archive

ASSETS: Final = Path(__file__).parents[2] / "actors" / "gateway" / "web" / "dist" / "assets"
TURNS: Final = 1000
LOOKS: Final = 3
STEP: Final = 120
"""Pixels that are scrolled for each frame by somebody in a hurry, so many frames long."""
FRAMES: Final = 300
LEAP: Final = 2400
"""Likewise with the bar at the side in the hand: three times what is in view, until the end."""
MOST_FRAMES: Final = 1000
PAINT: Final = """() => new Promise((done) => {
    const look = () => {
        const [paint] = performance.getEntriesByName("first-contentful-paint");
        paint === undefined ? setTimeout(look, 5) : done(paint.startTime);
    };
    look();
})"""
WALK: Final = """async ([step, most]) => {
    const box = document.querySelector(".scroller");
    const paint = () => new Promise(requestAnimationFrame);
    let frames = 0, elements = 0;
    const began = await paint();
    for (let last = began; ; frames++) {
        const top = box.scrollTop;
        box.scrollTop = top + step;
        const stays = box.scrollTop === top && (step > 0 || document.querySelector(".older") === null);
        if (frames % 60 === 0) elements = Math.max(elements, document.getElementsByTagName("*").length);
        if (stays || frames >= most) return { seconds: (last - began) / 1000, frames, elements };
        last = await paint();
    }
}"""


@final
@attrs.frozen(kw_only=True)
class _Walk:
    seconds: float
    frames: int
    elements: int
    """Most of them that the page had at a time."""


def measure(folder: Path) -> list[Figure]:
    """A daemon with a long conversation, and a browser that looks at it."""
    with instance(folder / "page") as daemon, _browser() as browser:
        with archive(daemon.folder / ".starpod" / "db" / "session.db") as ledger:
            session = ledger.conversation(TURNS)
        address = daemon.start()
        page = _signed_in(browser, address, daemon)
        return [_scripts(), _first_paint(page, address), *_long(page, f"http://{address}/#/chat/{session}")]


@contextmanager
def _browser() -> Generator[Browser]:
    with sync_playwright() as playwright, launched(playwright, LIGHT, *WHOLE) as browser:
        yield browser


def _signed_in(browser: Browser, address: str, daemon: Instance) -> Page:
    headers = {"Authorization": f"Bearer {daemon.token()}"}
    link = httpx2.post(f"http://{address}/api/page-link", headers=headers, trust_env=False).json()["url"]
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(120_000)
    page.goto(link)
    page.locator("main").wait_for()
    return page


def _scripts() -> Figure:
    size = sum(file.stat().st_size for file in ASSETS.glob("*.js"))
    return Figure(
        name="the page: all scripts",
        value=size / 1e6,
        unit="MB",
        budget=1,
        note="without the frame of diagrams",
    )


def _first_paint(page: Page, address: str) -> Figure:
    """The page anew, with a browser that has kept its scripts only as long as they may be kept."""
    seconds = list[float]()
    for _ in range(LOOKS):
        page.goto("about:blank")
        page.goto(f"http://{address}/")
        seconds.append(page.evaluate(PAINT) / 1000)
    return Figure(name="the page: first paint", value=median(seconds), unit="s", budget=0.5)


def _long(page: Page, url: str) -> list[Figure]:
    devtools: Any = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    page.goto("about:blank")
    began = time.perf_counter()
    page.goto(url)
    page.locator("article .foot").last.wait_for()
    opened = time.perf_counter() - began
    up = _walk(page, -STEP, FRAMES)
    leaps = [_walk(page, -LEAP, MOST_FRAMES)]
    down = _walk(page, STEP, FRAMES)
    leaps.append(_walk(page, LEAP, MOST_FRAMES))
    devtools.send("HeapProfiler.collectGarbage")
    told = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
    what = f"{TURNS * MESSAGES} messages"
    return [
        Figure(name=f"{what}: opened", value=opened, unit="s", budget=1),
        *(
            Figure(
                name=f"{what}: scrolled {where}",
                value=walk.frames / max(walk.seconds, 0.001),
                unit="frames/s",
                budget=50,
                more_is_better=True,
            )
            for where, walk in (("up", up), ("down", down))
        ),
        Figure(
            name=f"{what}: most elements on the way",
            value=max(walk.elements for walk in leaps),
            unit="",
            budget=8000,
        ),
        Figure(name=f"{what}: heap afterwards", value=told["JSHeapUsedSize"] / 1e6, unit="MB", budget=50),
    ]


def _walk(page: Page, step: int, most: int) -> _Walk:
    walked: dict[str, Any] = page.evaluate(WALK, [step, most])
    return _Walk(**walked)
