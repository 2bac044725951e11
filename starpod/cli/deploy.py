"""``starpod deploy``: send an agent to a hosting backend and have it run there."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from actors.instances.messages import Instance, NotSetUp
from starpod.cli import shipping
from starpod.cli.backend import add_url_option, backend_of, with_backend
from starpod.cli.output import hint, note, ok, say
from starpod.errors import StarpodError

if TYPE_CHECKING:
    from actors.instances.client import Client


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what is sent, and where to."""
    parser.add_argument("agent", metavar="AGENT", help="of this workspace")
    add_url_option(parser)
    parser.add_argument("--zone", metavar="ZONE", help="where it is to run")
    parser.add_argument("--machine-type", metavar="TYPE", help="in the words of the backend")
    parser.add_argument(
        "--no-instance", action="store_true", help="send its files and secrets, start nothing"
    )
    parser.add_argument(
        "--env-file", type=Path, metavar="FILE", help="secrets to choose from (default: .env)"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="a secret to send; may be repeated"
    )


def run(args: argparse.Namespace) -> int:
    """Raises StarpodError; what has been sent by then stays there."""
    agent = shipping.source(args.agent)
    try:
        backend = backend_of(args)
    except NotSetUp as error:
        for path in agent.files():
            say(f"  {path}")
        raise StarpodError(f"this would be sent, but {error}") from error
    secrets = shipping.chosen(agent.variables(args.env_file), args.only)

    async def deploy(client: "Client") -> Instance | None:
        id = await shipping.send(client, agent)
        if secrets:
            await shipping.set_secrets(client, id, secrets)
        if args.no_instance:
            return None
        made = await client.create(name=agent.name, region=args.zone, agent=id, machine=args.machine_type)
        note(f"{made.id} is {made.said}")
        return await shipping.until_ready(client, made)

    made = with_backend(backend, deploy, patience=shipping.PATIENCE)
    if made is not None:
        ok(f"{agent.name} runs as {made.id}")
        if made.web_url:
            hint(made.web_url)
    return 0
