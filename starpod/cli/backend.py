"""The hosting backend, as commands ask it: found by a flag, the environment or the login, its errors told as ours."""

import argparse
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from actors.instances import account
from actors.instances.account import Backend
from bus import ActorError
from starpod.cli.output import say
from starpod.errors import StarpodError

if TYPE_CHECKING:
    from actors.instances.client import Client

T = TypeVar("T")


def add_url_option(parser: argparse.ArgumentParser) -> None:
    """Declare ``--url``."""
    parser.add_argument(
        "--url",
        metavar="URL",
        help=f"of the hosting backend (default: {account.URL}, else that of the login)",
    )


def login_file() -> Path:
    """Where the login of whoever runs this command is kept."""
    return account.file_in(Path.home())


def backend_of(args: argparse.Namespace) -> Backend:
    """The backend that is meant. Raises NotSetUp."""
    return account.of_command(os.environ, account.read(login_file()), args.url)


def asked(
    args: argparse.Namespace, do: "Callable[[Client], Awaitable[T]]", *, patience: float | None = None
) -> T:
    """What `do` makes of the backend. Raises StarpodError with the reason where it makes nothing."""
    return with_backend(backend_of_told(args), do, patience=patience)


def backend_of_told(args: argparse.Namespace) -> Backend:
    """Like :func:`backend_of`. Raises StarpodError."""
    try:
        return backend_of(args)
    except ActorError as error:
        raise StarpodError(str(error)) from error


def with_backend(
    backend: Backend, do: "Callable[[Client], Awaitable[T]]", *, patience: float | None = None
) -> T:
    """What `do` makes of this backend, each request within `patience` seconds. Raises StarpodError."""
    import trio

    from actors.instances.client import TIMEOUT, connected

    async def run() -> T:
        async with connected(backend, patience=TIMEOUT if patience is None else patience) as client:
            return await do(client)

    try:
        return trio.run(run)
    except (ActorError, ValueError, OSError) as error:
        raise StarpodError(str(error)) from error


def confirmed(question: str, *, yes: bool = False) -> bool:
    """Whether a person says yes; without a terminal nobody does."""
    if yes or not sys.stdin.isatty():
        return yes
    say(f"  {question} [y/N] ")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
