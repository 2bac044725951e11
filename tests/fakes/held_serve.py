"""``starpod serve`` that comes so far and no further: who sends it a signal knows where that meets it.

``python -m tests.fakes.held_serve starting`` has all actors but the gateway, and ``listening`` has everything, but
whoever started it is told nothing yet. It says ``held`` when it is there.
"""

import sys
from typing import Never

import trio

from actors.gateway.actor import GatewayActor
from starpod import daemon
from starpod.cli.main import main


async def hold(_held: object) -> Never:
    """Go on until cancelled."""
    sys.stdout.write("held\n")
    sys.stdout.flush()
    await trio.sleep_forever()
    raise AssertionError


if __name__ == "__main__":
    if sys.argv.pop(1) == "starting":
        GatewayActor.start = hold  # type: ignore[method-assign, assignment]
    else:
        daemon._shell = hold  # type: ignore[assignment]
    sys.argv.append("serve")
    sys.exit(main())
