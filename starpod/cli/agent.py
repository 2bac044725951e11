"""``starpod agent``: make and list the agents of a workspace, send them to a hosting backend and fetch them."""

import argparse
import json
from pathlib import Path

from starpod.cli.actions import actions_of
from starpod.cli.backend import add_url_option
from starpod.cli.output import hint, note, ok, paint, say
from starpod.errors import WorkspaceError
from starpod.workspace import find_workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare ``new``, ``list``, ``push`` and ``pull``."""
    action = actions_of(parser)
    new = action("new", "make a blueprint in agents/", _new)
    new.add_argument("name", help="lowercase letters, digits and hyphens")
    new.add_argument("--agent-name", metavar="TEXT", help="name shown to people (default: the name)")
    new.add_argument("--soul", metavar="TEXT", help="who the agent is, in a sentence or two")
    new.add_argument("--model", metavar="MODEL", help="id or provider/model (default: the workspace's)")
    new.add_argument("--default", action="store_true", help="ask nothing (nothing is ever asked)")
    listing = action("list", "list the blueprints in agents/", _list)
    listing.add_argument("--json", action="store_true", help="print JSON")
    for name, summary, do in (
        ("push", "make its files at the hosting backend what they are here", _push),
        ("pull", "make its files here what they are at the hosting backend", _pull),
    ):
        moving = action(name, summary, do)
        moving.add_argument("name", help="of an agent of this workspace")
        if do is _pull:
            moving.add_argument("--yes", action="store_true", help="do not ask before files are removed here")
        add_url_option(moving)


def run(args: argparse.Namespace) -> int:
    """Raises WorkspaceError outside a workspace, and where the name is taken or cannot be one."""
    workspace = find_workspace(Path.cwd())
    if workspace is None:
        raise WorkspaceError(
            f"No starpod.toml in {Path.cwd()} or above it: make a workspace with `starpod init`"
        )
    args.do(args, workspace)
    return 0


def _new(args: argparse.Namespace, workspace: Path) -> None:
    from starpod.scaffold import create_blueprint

    blueprint = create_blueprint(
        workspace, args.name, agent_name=args.agent_name, soul=args.soul, model=args.model
    )
    ok(f"Agent {args.name} created in {blueprint}")
    hint(f"Who it is and how it works: {blueprint / 'SOUL.md'} and {blueprint / 'agent.toml'}")
    hint(f"Start it: starpod dev {args.name}")


def _list(args: argparse.Namespace, workspace: Path) -> None:
    agents = workspace / "agents"
    names = sorted(at.name for at in agents.iterdir() if at.is_dir()) if agents.is_dir() else []
    complete = {name: (agents / name / "agent.toml").is_file() for name in names}
    if args.json:
        found = [
            {"name": name, "path": str(agents / name), "complete": whole} for name, whole in complete.items()
        ]
        say(json.dumps(found, ensure_ascii=False, indent=2))
    elif not names:
        note("No agents yet: starpod agent new NAME")
    else:
        for name, whole in complete.items():
            say(f"  {paint('✓', 'green') if whole else paint('?', 'yellow')} {name}")


def _push(args: argparse.Namespace, _workspace: Path) -> None:
    from starpod.cli import shipping
    from starpod.cli.backend import asked

    agent = shipping.source(args.name)
    asked(args, lambda client: shipping.send(client, agent), patience=shipping.PATIENCE)


def _pull(args: argparse.Namespace, _workspace: Path) -> None:
    from starpod.cli import shipping
    from starpod.cli.backend import asked

    agent = shipping.source(args.name)
    asked(args, lambda client: shipping.fetch(client, agent, yes=args.yes), patience=shipping.PATIENCE)
