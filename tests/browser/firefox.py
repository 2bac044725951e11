"""A real Firefox without a window, driven by WebDriver BiDi, which the browser speaks by itself."""

import json
import re
import shutil
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, final

import trio
import trio_websocket

FOUND: Final = shutil.which("firefox-esr") or shutil.which("firefox")
PATIENCE: Final = 60
"""Seconds that anything may take."""
ENTER: Final = "\ue007"
_LISTENS: Final = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
_NAMED: Final = """(selector, name) => new Promise((done, fail) => {
    const named = (each) => (each.getAttribute("aria-label") ?? each.textContent).replace(/\\s+/g, " ").trim();
    const look = () => [...document.querySelectorAll(selector)]
        .find((each) => named(each).includes(name) && each.checkVisibility());
    const end = setTimeout(() => fail(new Error(`no ${selector} “${name}” in: ${document.body.innerText}`)), LIMIT);
    const again = () => {
        const found = look();
        if (found === undefined) return setTimeout(again, 20);
        clearTimeout(end);
        found.scrollIntoView({ block: "center" });
        settle(found, "");
    };
    const settle = (found, before) => requestAnimationFrame(() => {
        const { x, y } = found.getBoundingClientRect();
        if (!found.isConnected) again();
        else if (before === `${x} ${y}`) done(found);
        else settle(found, `${x} ${y}`);
    });
    again();
})"""

_GUARD: Final = """(found) => {
    const guard = { pressed: false, end: new AbortController() };
    const heard = (event) => {
        if (!found.contains(event.target)) {
            event.preventDefault();
            event.stopImmediatePropagation();
        } else if (event.type === "click") guard.pressed = true;
    };
    for (const kind of ["pointerdown", "mousedown", "click"])
        document.addEventListener(kind, heard, { capture: true, signal: guard.end.signal });
    window.guard = guard;
}"""
"""Lets the mouse press this alone: what is found may have moved until it is pressed, and another stand in its place."""
_PRESSED: Final = "() => { guard.end.abort(); return guard.pressed; }"


@final
class Firefox:
    """One page. It is found as people find it: by what it says."""

    def __init__(self, connection: trio_websocket.WebSocketConnection) -> None:
        self._connection = connection
        self._asked = 0
        self._page = ""
        self.complaints: list[str] = []
        """What scripts of the page failed with, or the page itself said was wrong."""

    async def begin(self) -> None:
        """Open a page, and listen to what it complains of."""
        await self._ask("session.new", capabilities={})
        await self._ask("session.subscribe", events=["log.entryAdded"])
        tree = await self._ask("browsingContext.getTree")
        self._page = tree["contexts"][0]["context"]

    async def go(self, address: str) -> None:
        """Open an address, and wait until it is loaded."""
        await self._ask("browsingContext.navigate", context=self._page, url=address, wait="complete")

    async def find(self, selector: str, name: str = "") -> str:
        """Wait for something that is seen, and is called or says `name`; how the browser refers to it."""
        words = [{"type": "string", "value": each} for each in (selector, name)]
        found = await self._call(_NAMED.replace("LIMIT", str(PATIENCE * 1000)), *words)
        return str(found["sharedId"])

    async def click(self, selector: str, name: str = "") -> None:
        """Press it with the mouse, where it is; once more if it has moved away by then."""
        pressed = False
        with trio.fail_after(PATIENCE):
            while not pressed:
                pressed = await self._press(await self.find(selector, name))

    async def _press(self, found: str) -> bool:
        target = {"type": "element", "element": {"sharedId": found}}
        await self._call(_GUARD, {"sharedId": found})
        moves = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": target},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        source = {"type": "pointer", "id": "mouse", "actions": moves}
        await self._ask("input.performActions", context=self._page, actions=[source])
        return (await self._call(_PRESSED))["value"] is True

    async def type(self, text: str) -> None:
        """Press the keys of a text, wherever the keyboard is."""
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keys", "actions": keys}
        await self._ask("input.performActions", context=self._page, actions=[source])

    async def evaluate(self, expression: str) -> Any:
        """The value of a simple expression in the page."""
        return (await self._call(f"() => ({expression})")).get("value")

    async def _call(self, function: str, *arguments: dict[str, str]) -> dict[str, Any]:
        said = await self._ask(
            "script.callFunction",
            functionDeclaration=function,
            arguments=arguments,
            target={"context": self._page},
            awaitPromise=True,
        )
        assert said["type"] == "success", said["exceptionDetails"]["text"]
        result: dict[str, Any] = said["result"]
        return result

    async def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._asked += 1
        await self._connection.send_message(
            json.dumps({"id": self._asked, "method": method, "params": params})
        )
        while True:
            said = json.loads(await self._connection.get_message())
            if said["type"] == "event":
                self._heard(said["params"])
            elif said["id"] == self._asked:
                assert said["type"] == "success", said
                answer: dict[str, Any] = said["result"]
                return answer

    def _heard(self, entry: dict[str, Any]) -> None:
        if entry.get("level") == "error":
            self.complaints.append(str(entry.get("text")))


@asynccontextmanager
async def firefox(profile: Path) -> AsyncGenerator[Firefox]:
    """A Firefox with a profile of its own, which must not be there yet."""
    assert FOUND is not None
    await trio.Path(profile).mkdir()
    command = [FOUND, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    process = await trio.lowlevel.open_process(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={"HOME": str(profile), "PATH": "/usr/bin:/bin", "MOZ_DISABLE_CONTENT_SANDBOX": "1"},
    )
    try:
        assert process.stderr is not None
        async with trio.open_nursery() as nursery:
            with trio.fail_after(PATIENCE):
                address = await _listening(process.stderr)
            nursery.start_soon(_drain, process.stderr)
            async with trio_websocket.open_websocket_url(
                f"{address}/session", max_message_size=2**24
            ) as socket:
                browser = Firefox(socket)
                await browser.begin()
                yield browser
            nursery.cancel_scope.cancel()
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()


async def _listening(stderr: trio.abc.ReceiveStream) -> str:
    said = b""
    while (found := _LISTENS.search(said)) is None:
        more = await stderr.receive_some()
        assert more, said
        said += more
    return found[1].decode()


async def _drain(stderr: trio.abc.ReceiveStream) -> None:
    """A pipe that is full would stop the browser."""
    async for _ in stderr:
        pass
