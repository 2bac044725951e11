"""What the original has and there is not here: said where its clients look, so that their pages open."""

import os
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, final

from quart import Quart, Response

from actors.endpoints import BadMessage
from actors.gateway.http import answer, read_fields, refusal, route

NO_BROWSER: Final = {"enabled": False, "cdp_url": None, "startup_timeout_secs": 30}
"""The settings of a browser that there is not."""
NO_UPDATE: Final = (
    "nothing is known of a newer version, and none is installed from here: a new one comes as this one did, "
    "such as by pip or by a new image, and counts once the daemon is started again"
)
_NO_BROWSING: Final = (
    "no browser is driven here; pages are read by the agent's web tools, see /api/settings/internet"
)
_NO_CONNECTORS: Final = (
    "there are no connectors here: keep the key of a service in the vault and tell the agent how to use it by a skill, "
    "or connect an MCP server"
)


@final
class AbsentRoutes:
    """``/api/system/…``, ``/api/settings/browser``, ``/api/settings/connectors`` and their templates."""

    def __init__(self, app: Quart, version: str) -> None:
        nothing: Callable[[], Awaitable[Response]] = partial(_answered, [])
        about = {
            "current": version,
            "latest": None,
            "update_available": False,
            "release_notes_url": None,
            "published_at": None,
            "platform": f"{os.uname().machine}-{sys.platform}",
        }
        route(app, "GET", "/api/system/version", partial(_answered, about), "admin")
        route(app, "POST", "/api/system/update", partial(_refused, 409, NO_UPDATE), "admin")
        route(app, "GET", "/api/settings/browser", partial(_answered, NO_BROWSER), "admin")
        route(app, "PUT", "/api/settings/browser", _keep_no_browser, "admin")
        route(app, "GET", "/api/settings/connectors", nothing, "admin")
        route(app, "GET", "/api/settings/connector-templates", nothing, "admin")
        route(app, "POST", "/api/settings/connectors", partial(_refused, 400, _NO_CONNECTORS), "admin")


async def _answered(value: Any) -> Response:
    return answer(value)


async def _refused(status: int, why: str) -> Response:
    return refusal(status, why)


async def _keep_no_browser() -> Response:
    """What is sent back as it was changes nothing. Raises BadMessage for anything else."""
    given = await read_fields()
    for name, value in NO_BROWSER.items():
        if (given.get(name, value) or None) != (value or None):
            raise BadMessage(_NO_BROWSING, name)
    return answer({"status": "ok"})
