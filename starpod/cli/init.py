"""``starpod init``: make a workspace in this directory, asking on a terminal what it should be."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from getpass import getpass
from pathlib import Path

import attrs

from actors.llm.models.catalogue import parse
from actors.llm.settings import PROVIDERS, Provider, key_variable
from starpod.cli.output import hint, note, ok, paint, say, warn
from starpod.errors import WorkspaceError
from starpod.modelkeys import FOUNDING_PROVIDER
from starpod.resources import resource
from starpod.scaffold import Choices, check_agent_name, create_blueprint, create_workspace
from starpod.workspace import check_name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare ``--default``."""
    parser.add_argument(
        "--default", action="store_true", help="ask nothing and leave the choice of a model open"
    )


def run(args: argparse.Namespace) -> int:
    """Make the workspace. Raises WorkspaceError when there is one, or when nobody can be asked."""
    root = Path.cwd()
    if (root / "starpod.toml").exists():
        raise WorkspaceError(f"{root} is already initialised: it has a starpod.toml")
    if args.default:
        create_workspace(root, Choices())
        ok(f"Workspace initialised in {root}")
        hint("Make an agent: starpod agent new my-agent")
        return 0
    if not sys.stdin.isatty():
        raise WorkspaceError("init asks questions and there is no terminal to ask them on: use --default")
    try:
        wishes = _ask()
    except (KeyboardInterrupt, EOFError):
        say()
        note("Cancelled, nothing was created")
        return 130
    return _create(root, wishes)


@attrs.frozen(kw_only=True)
class _Wishes:
    choices: Choices
    slug: str | None
    agent_name: str


def _ask() -> _Wishes:
    provider = _ask_provider()
    model = _ask_model(provider)
    api_key = _ask_key(provider)
    brave_key = getpass("  Brave Search key, for web search (Enter to skip): ").strip() or None
    slug, agent_name = None, "Aster"
    if _ask_yes("Make a first agent?"):
        slug = _ask_checked("Its folder in agents/", "my-agent", check_name)
        agent_name = _ask_checked("Its name for people", "Aster", check_agent_name)
    choices = Choices(provider=provider, model=model, api_key=api_key, brave_key=brave_key)
    return _Wishes(choices=choices, slug=slug, agent_name=agent_name)


def _create(root: Path, wishes: _Wishes) -> int:
    create_workspace(root, wishes.choices)
    ok(f"Workspace initialised in {root}")
    if wishes.slug is None:
        hint("Make an agent: starpod agent new my-agent")
        return 0
    blueprint = create_blueprint(root, wishes.slug, agent_name=wishes.agent_name)
    ok(f"Agent {wishes.slug} created in {blueprint}")
    if _wants_to_start():
        return run_child([sys.executable, "-m", "starpod", "dev", wishes.slug])
    hint(f"Start it: starpod dev {wishes.slug}")
    return 0


# --- questions --------------------------------------------------------------------------------------------


def _ask_provider() -> Provider:
    offered: list[Provider] = sorted(PROVIDERS)
    say("  Which provider?")
    for number, name in enumerate(offered, start=1):
        say(f"    {number}  {name}{paint('  no model, to look around', 'dim') if name == 'offline' else ''}")
    while True:
        answer = _ask_text("Provider", FOUNDING_PROVIDER)
        if answer.isdecimal() and 1 <= int(answer) <= len(offered):
            return offered[int(answer) - 1]
        if answer.lower() in offered:
            return next(name for name in offered if name == answer.lower())
        warn(f"Type a number from 1 to {len(offered)}, or a name")


def _ask_model(provider: Provider) -> str | None:
    if provider == "offline":
        return None
    shipped = resource("config/models.toml")
    catalogue = parse(shipped.read_text(encoding="utf-8"), shipped.name)
    return _ask_text("Model", catalogue.default_model(provider) or "") or None


def _ask_key(provider: Provider) -> str | None:
    variable = key_variable(provider)
    if variable is None:
        note(f"{provider} needs no key")
        return None
    if os.environ.get(variable):
        note(f"{variable} is already set in the environment")
        return None
    return getpass(f"  {variable} (hidden; Enter to fill it in later): ").strip() or None


def _ask_checked(question: str, default: str, check: Callable[[str], str]) -> str:
    while True:
        try:
            return check(_ask_text(question, default))
        except WorkspaceError as error:
            warn(str(error))


def _ask_text(question: str, default: str) -> str:
    return input(f"  {question} [{default}]: ").strip() or default


def _ask_yes(question: str) -> bool:
    return input(f"  {question} [Y/n]: ").strip().lower() in ("", "y", "yes")


def _wants_to_start() -> bool:
    try:
        return _ask_yes("Start it now?")
    except (KeyboardInterrupt, EOFError):
        say()
        return False


def run_child(command: Sequence[str]) -> int:
    """Run `command` to its end and return its status; 1 when a signal ended it. Ctrl-C is the child's to handle."""
    with subprocess.Popen(command) as child:
        while True:
            try:
                status = child.wait()
            except KeyboardInterrupt:
                continue
            return status if status >= 0 else 1
