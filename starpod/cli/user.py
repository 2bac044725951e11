"""``starpod user``: who may speak with a running agent."""

import argparse
from typing import Any
from urllib.parse import quote

from starpod.cli.actions import agent_actions
from starpod.cli.client import Client, print_json, shown
from starpod.cli.output import hint, ok
from starpod.cli.table import Column, print_table
from starpod.cli.target import find_instance, live_daemon

USERS = "/api/settings/auth/users"
COLUMNS = (
    Column("user"),
    Column("name", shrinks=True),
    Column("role"),
    Column("let in"),
    Column("email", shrinks=True, spare=2),
    Column("since", spare=1),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``starpod user`` takes."""
    action = agent_actions(parser)

    def of_one(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made.add_argument("user", metavar="USER", help="1 to 64 letters, digits, - and _; not with - first")
        made.add_argument("--json", action="store_true", help="print JSON")
        return made

    add = of_one(action("add", "make an account", _add))
    add.add_argument("--name", help="how this person is called")
    add.add_argument("--email", metavar="ADDRESS", help="where this person is reached")
    add.add_argument(
        "--role", choices=["user", "admin"], default="user", help="an admin manages people and settings"
    )
    add.add_argument(
        "--adopt", action="store_true", help="give them what somebody left who had this id before"
    )
    listing = action("list", "oldest first, with those that are not let in", _list)
    listing.add_argument("--json", action="store_true", help="print JSON")
    of_one(action("deactivate", "let somebody in no more, at once", _deactivate))
    of_one(action("activate", "let somebody in again", _activate))
    role = of_one(action("role", "make somebody an admin, or no longer one", _role))
    role.add_argument("role", choices=["user", "admin"])


def run(args: argparse.Namespace) -> int:
    """Ask the daemon for it."""
    found = args.do(Client(live_daemon(find_instance(args.agent))), args)
    if args.json:
        print_json(found)
    return 0


def path_of(user: str) -> str:
    """Where an account is found."""
    return f"{USERS}/{quote(user, safe='')}"


def _add(client: Client, args: argparse.Namespace) -> Any:
    given = {"id": args.user, "display_name": args.name, "email": args.email, "role": args.role}
    given["adopt"] = args.adopt or None
    made = client.post(USERS, {name: value for name, value in given.items() if value is not None})
    if not args.json:
        ok(f"{made['id']} is {_called(made['role'])} now")
        hint(f"a key: `starpod key new --user {made['id']}`")
    return made


def _list(client: Client, args: argparse.Namespace) -> Any:
    listed = client.get(USERS)
    if not args.json:
        print_table(COLUMNS, [_row(each) for each in shown(listed)])
    return listed


def _row(user: dict[str, Any]) -> list[Any]:
    let_in = ("yes", "green") if user["is_active"] else ("no", "red")
    name, email = user["display_name"] or "", user["email"] or ""
    return [user["id"], name, user["role"], let_in, email, user["created_at"][:10]]


def _deactivate(client: Client, args: argparse.Namespace) -> Any:
    user = client.post(f"{path_of(args.user)}/deactivate", {})
    return _told(user, args, f"{user['id']} is not let in any more; what was open has been closed")


def _activate(client: Client, args: argparse.Namespace) -> Any:
    user = client.post(f"{path_of(args.user)}/activate", {})
    return _told(user, args, f"{user['id']} is let in again")


def _role(client: Client, args: argparse.Namespace) -> Any:
    user = client.put(path_of(args.user), {"role": args.role})
    return _told(user, args, f"{user['id']} is {_called(user['role'])} now")


def _told(user: Any, args: argparse.Namespace, text: str) -> Any:
    if not args.json:
        ok(text)
    return user


def _called(role: str) -> str:
    return "an admin" if role == "admin" else "a user"
