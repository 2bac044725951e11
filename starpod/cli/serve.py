"""``starpod serve``: run the agent of this directory until it is told to stop."""

import argparse
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING

from starpod.cli.output import note, say
from starpod.cli.target import add_agent_option, find_instance, load_config, warn_if_outdated
from starpod.errors import StarpodError

if TYPE_CHECKING:
    from actors.gateway.settings import Address
    from starpod.config import Config
    from starpod.daemon import Running
    from starpod.workspace import Instance


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``starpod serve`` takes."""
    add_agent_option(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "-p", "--port", type=int, metavar="N", help="listen on 127.0.0.1:N instead, 0 for any free port"
    )
    where.add_argument(
        "--listen",
        metavar="HOST:PORT",
        help="listen there instead; 0.0.0.0:N is right in a container whose port is published",
    )


def run(args: argparse.Namespace) -> int:
    """Serve. 0 after an orderly stop, 1 when the agent could not start or gave up."""
    from actors.gateway.settings import Address

    if args.port is not None and not 0 <= args.port <= 65535:
        raise StarpodError(f"--port takes a number from 0 to 65535, not {args.port}")
    address = None if args.port is None else Address("127.0.0.1", args.port)
    if args.listen is not None:
        try:
            address = Address.parse(args.listen)
        except ValueError as error:
            raise StarpodError(f"--listen {args.listen}: {error}") from None
    instance = find_instance(args.agent)
    warn_if_outdated(instance)
    return serve(instance, command="starpod serve", address=address)


def serve(
    instance: "Instance", *, command: str, address: "Address | None" = None, browser: bool = False
) -> int:
    """Run an instance and tell where it is. `browser` opens its page once it listens."""
    import trio

    from starpod import daemon, logs

    logs.configure()
    config = load_config(instance)
    on_ready = partial(_ready, instance, config, browser, address)
    return trio.run(
        partial(daemon.serve, instance, config, command=command, address=address, on_ready=on_ready)
    )


def _ready(
    instance: "Instance",
    config: "Config",
    browser: bool,  # noqa: FBT001 - bound above
    address: "Address | None",
    daemon: "Running",
    model: str,
    link: str,
    shell: str,
) -> None:
    from actors.gateway.settings import Settings, is_overheard
    from starpod.cli.banner import banner

    overheard = address is None and is_overheard(config.of(Settings))
    say(banner(instance, config, daemon.info.url, model, link, overheard=overheard, shell=shell))
    if daemon.first_key:
        _show_key(daemon.first_key, instance)
    if browser:
        from starpod.cli.browser import open_page

        # In a thread of its own: nothing waits for the browser.
        threading.Thread(target=open_page, args=(link, instance.agent_home), daemon=True).start()


def _show_key(key: str, instance: "Instance") -> None:
    """On a terminal alone: what goes elsewhere is kept, by a log perhaps."""
    from starpod.children.keeping import ADMIN_KEY

    if sys.stdout.isatty():
        note(f"the key of the first admin, shown this once: {key}")
    file = instance.agent_home / ADMIN_KEY
    note(f"the key of the first admin is kept in {file}; programs and other devices show it as X-API-Key")
