"""``starpod host``: a hosting backend on this machine."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starpod.cli.output import hint, ok
from starpod.errors import StarpodError
from starpod.host import IMAGE

if TYPE_CHECKING:
    from starpod.host.service import Host

PORT: Final = 8417


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where it listens, and where it keeps what it has."""
    _add_folder(parser, None)
    parser.add_argument(
        "--listen",
        metavar="HOST:PORT",
        default=f"127.0.0.1:{PORT}",
        help=f"on this machine (127.0.0.1:{PORT})",
    )
    parser.add_argument(
        "--engine",
        choices=("process", "systemd", "podman", "docker"),
        default="process",
        help="what an instance is: a process, a unit of your systemd, or a container of Podman or Docker (process)",
    )
    parser.add_argument("--image", metavar="NAME", default=IMAGE, help=f"of its container ({IMAGE})")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action")
    summary = "seal its secrets anew under a new master key, while it runs or not"
    _add_folder(
        actions.add_parser("rotate", help=summary, description=f"{summary[0].upper()}{summary[1:]}."),
        argparse.SUPPRESS,
    )


def _add_folder(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        default=default,
        help="its folder, for agents, secrets and instances (~/.starpod/host)",
    )


def run(args: argparse.Namespace) -> int:
    """Run it until a signal, or do the action. Raises StarpodError where that cannot be."""
    folder = (args.data or Path.home() / ".starpod" / "host").resolve()
    return _serve(args, folder) if args.action is None else _rotate(folder)


def _rotate(folder: Path) -> int:
    from starpod.host import service

    count = service.rotate(folder)
    ok(f"{count} {'secret is' if count == 1 else 'secrets are'} sealed with a new master key")
    return 0


def _serve(args: argparse.Namespace, folder: Path) -> int:
    import trio

    from actors.gateway.settings import Address
    from starpod import logs
    from starpod.host import service

    try:
        address = Address.parse(args.listen)
    except ValueError as error:
        raise StarpodError(f"--listen {args.listen}: {error}") from None
    logs.configure()
    engine = None if args.engine == "process" else args.engine
    return trio.run(partial(service.serve, folder, address, _ready, engine=engine, image=args.image))


def _ready(host: "Host") -> None:
    ok(f"hosting at {host.url}")
    hint(f"starpod auth login --url {host.url} --paste < {host.key_file}")
