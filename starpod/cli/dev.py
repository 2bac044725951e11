"""``starpod dev``: bring an agent's instance up to date with its blueprint, run it, open it in a browser."""

import argparse
import contextlib
from pathlib import Path

from actors.settings.problems import ConfigError
from actors.settings.tomlfile import TomlFile
from starpod.blueprint import apply_blueprint
from starpod.cli.output import header, hint, note, say
from starpod.cli.target import note_kept_prompts
from starpod.errors import StarpodError, WorkspaceError
from starpod.lock import InstanceBusy, read_daemon
from starpod.sources import decided_here
from starpod.workspace import Instance, agent_around, blueprint_in, find_workspace, instance_in


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``starpod dev`` takes."""
    parser.add_argument("agent", nargs="?", help="which agent of the workspace; by default its only one")
    parser.add_argument(
        "-p", "--port", type=int, metavar="N", help="listen on 127.0.0.1:N; 0 takes a free port"
    )
    parser.add_argument("--no-open", action="store_true", help="do not open a browser")
    parser.add_argument("--build", action="store_true", help="accepted for compatibility: dev always applies")


def run(args: argparse.Namespace) -> int:
    """Apply the blueprint, then serve."""
    from actors.gateway.settings import Address
    from starpod.cli.serve import serve

    if args.port is not None and not 0 <= args.port <= 65535:
        raise StarpodError(f"--port takes a number from 0 to 65535, not {args.port}")
    instance = _apply(args.agent)
    say(header(_display_name(instance)))
    note(f"DEV {instance.root.name} → {instance.root}")
    if kept := decided_here(instance):
        note(
            f"{instance.local_toml.name} decides {', '.join(kept)}: changed while it ran, the blueprint no longer does"
        )
    if instance.blueprint:
        note_kept_prompts(instance, instance.blueprint)
    address = None if args.port is None else Address("127.0.0.1", args.port)
    return serve(
        instance, command=f"starpod dev {instance.root.name}", address=address, browser=not args.no_open
    )


def _apply(named: str | None) -> Instance:
    """The agent's instance, up to date with its blueprint. Raises WorkspaceError."""
    workspace = find_workspace(Path.cwd())
    if workspace is None:
        raise WorkspaceError(
            "No starpod.toml here or above: `starpod dev` needs a workspace, make one with `starpod init`"
        )
    agent = agent_around(Path.cwd().resolve(), workspace) if named is None else named
    blueprint = blueprint_in(workspace, agent)
    if not (blueprint / "agent.toml").is_file():
        hint(f"make it with `starpod agent new {agent}`")
        raise WorkspaceError(
            f"there is no agent {agent!r} in {workspace}: {blueprint / 'agent.toml'} was not found"
        )
    instance = instance_in(workspace, agent)
    holder = read_daemon(instance)
    if holder is not None:  # its files are in use
        raise InstanceBusy(instance, holder)
    apply_blueprint(blueprint, instance, workspace, "dev")
    return instance


def _display_name(instance: Instance) -> str:
    """The agent's name for the header, which is shown before the configuration is checked."""
    for path in (instance.local_toml, instance.agent_toml):
        with contextlib.suppress(ConfigError):
            name = TomlFile.read(path).values.get("agent_name")
            if isinstance(name, str) and name:
                return name
    return instance.root.name
