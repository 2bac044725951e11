"""Browsers that are signed in: what they are called, and the cookie that is half of what they show."""

from typing import Any, Final

from quart import Response, request
from quart.wrappers import Request, Websocket

from actors.users import messages as users
from actors.vocabulary import Principal
from bus import Bus

_BROWSERS: Final = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Vivaldi": "Vivaldi",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
    "curl": "curl",
}
"""What tells a browser, the first that is there: most of them say that they are others as well."""
_SYSTEMS: Final = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def label_of(user_agent: str) -> str:
    """Browser and system, from the header ``User-Agent``; its beginning where neither is known."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), "")
    return " on ".join(filter(None, (browser, system))) or user_agent[:60] or "unknown"


def cookie_name(asked: Request | Websocket) -> str:
    """Name of the cookie. Browsers tell hosts apart and not ports, so it has the port by which we are known there.

    What the page keeps, they tell apart by ports. So no agent overwrites the half of another on the same host.
    """
    port = asked.headers.get("Host", "").rpartition(":")[2]
    return f"starpod_{port if port.isdecimal() else 'default'}"


async def sign_in(bus: Bus, who: Principal, address: str) -> users.CreatedDevice:
    """Sign the browser that asks in as `who`. Raises users.UnknownUser or NotKnown for one who is not let in."""
    label = label_of(request.headers.get("User-Agent", ""))
    key = who.credential if who.proof == "key" else ""
    asked = users.NewDevice(user=who.user, label=label, address=address, proof=who.proof, key=key)
    with bus.fresh("gateway"), bus.baggage(origin="gateway"):
        return await bus.ask(asked)


def give_cookie(response: Response, made: users.CreatedDevice) -> None:
    """Give the browser its half of what it shows from now on."""
    response.set_cookie(cookie_name(request), made.cookie, **_cookie_scope())


def forget(response: Response) -> None:
    """Have the browser forget its half."""
    response.delete_cookie(cookie_name(request), **_cookie_scope())


def _cookie_scope() -> dict[str, Any]:
    """Where a browser sends a cookie of ours: from our pages only, and not in clear once it came encrypted."""
    return {
        "httponly": True,
        "samesite": "Strict",
        "secure": request.is_secure,
        "path": f"{request.root_path}/",
    }
