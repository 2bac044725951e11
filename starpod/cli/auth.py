"""``starpod auth``: the login at a hosting backend."""

import argparse
import getpass
import sys

from actors.instances import account
from actors.instances.account import Backend, Login
from bus import ActorError
from starpod.cli.actions import actions_of
from starpod.cli.backend import add_url_option, backend_of_told, login_file, with_backend
from starpod.cli.client import print_json
from starpod.cli.output import hint, note, ok, say
from starpod.errors import StarpodError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``starpod auth``."""
    action = actions_of(parser)
    login = action("login", "get a key from a hosting backend, by its page in a browser", _login)
    add_url_option(login)
    login.add_argument(
        "--paste", action="store_true", help="take the key from the terminal, without echo, or from a pipe"
    )
    action("logout", "forget the key", _logout)
    status = action("status", "where one is logged in", _status)
    status.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Raises StarpodError."""
    args.do(args)
    return 0


def _kept() -> Login | None:
    try:
        return account.read(login_file())
    except ActorError as error:
        raise StarpodError(str(error)) from error


def _login(args: argparse.Namespace) -> None:
    kept = _kept()
    if kept is not None:
        note(f"already logged in at {kept.backend_url}: `starpod auth logout` ends that")
        return
    if args.paste:
        backend = backend_of_told(args)
        key = getpass.getpass("  key: ") if sys.stdin.isatty() else sys.stdin.read().strip()
        found = Login(backend_url=backend.url, api_key=_tried(backend.url, key))
    else:
        from starpod.cli.login import by_browser

        found = by_browser(backend_of_told(args).url)
    account.keep(login_file(), found)
    ok(f"logged in at {found.backend_url}" + (f" as {found.email}" if found.email else ""))


def _tried(url: str, key: str) -> str:
    """A key that the backend takes. Raises StarpodError."""
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise StarpodError("that is no key")
    with_backend(Backend(url=url, key=key), lambda client: client.list())
    return key


def _logout(_args: argparse.Namespace) -> None:
    login_file().unlink(missing_ok=True)
    ok("logged out")


def _status(args: argparse.Namespace) -> None:
    kept = _kept()
    if args.json:
        shown = (
            None if kept is None else {"email": kept.email, "backend_url": kept.backend_url, "key": kept.hint}
        )
        print_json({"logged_in": kept is not None, **(shown or {})})
    elif kept is None:
        note("not logged in")
        hint("starpod auth login --url URL")
    else:
        say(f"  email    {kept.email or '-'}")
        say(f"  backend  {kept.backend_url}")
        say(f"  key      {kept.hint}")
