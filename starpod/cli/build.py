"""``starpod build``: make a deployable instance from a blueprint."""

import argparse
from pathlib import Path

from starpod.blueprint import build_standalone
from starpod.cli.output import hint, note, ok, warn
from starpod.cli.target import note_kept_prompts
from starpod.errors import WorkspaceError
from starpod.sources import lost_defaults
from starpod.workspace import find_workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to build from, and where."""
    parser.add_argument(
        "--agent", type=Path, required=True, metavar="PATH", help="the blueprint: a folder with agent.toml"
    )
    parser.add_argument("--skills", type=Path, metavar="DIR", help="skills to bring along")
    parser.add_argument(
        "--output", type=Path, default=Path(), metavar="DIR", help="where to build (default: here)"
    )
    parser.add_argument("--env", type=Path, metavar="FILE", help="secrets to begin with")
    parser.add_argument(
        "--force", action="store_true", help="renew what is there, keeping all that is not the blueprint's"
    )
    parser.add_argument(
        "--overwrite-env", action="store_true", help="with --force and --env: replace the secrets too"
    )


def run(args: argparse.Namespace) -> int:
    """Raises WorkspaceError and ConfigError before anything is written."""
    blueprint: Path = args.agent.resolve()
    if not (blueprint / "agent.toml").is_file():
        raise WorkspaceError(f"{args.agent} is not a blueprint: it has no agent.toml")
    workspace = find_workspace(blueprint)
    lost = lost_defaults(blueprint, workspace) if workspace else []
    keeps_env = (
        args.env is not None and not args.overwrite_env and (args.output / ".starpod" / ".env").exists()
    )
    instance = build_standalone(
        blueprint,
        args.output,
        skills=args.skills,
        env_file=args.env,
        force=args.force,
        overwrite_env=args.overwrite_env,
    )
    ok(f"Built {instance.agent_home}")
    if keeps_env:
        note(f"Kept the secrets in {instance.agent_home / '.env'}; --overwrite-env replaces them")
    note_kept_prompts(instance, blueprint)
    if lost:
        warn(
            f"The workspace's defaults are not part of the build, so write them into agent.toml: {', '.join(lost)}"
        )
    hint(f"Run it: cd {instance.root} && starpod serve")
    return 0
