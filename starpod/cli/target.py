"""Which agent a command is about, and how it reaches it: a daemon that runs, or one started for the occasion."""

import argparse
import os
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from starpod.blueprint import changed_since, ephemeral_instance, kept_prompts, open_instance
from starpod.cli.output import note, warn
from starpod.errors import NoProject, StarpodError
from starpod.lock import DaemonInfo, read_daemon
from starpod.workspace import Instance, detect

if TYPE_CHECKING:
    from starpod.config import Config


def add_agent_option(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Declare ``-a/--agent``; `again`, after an action of a command that has it, where it undoes nothing."""
    default = argparse.SUPPRESS if again else None
    parser.add_argument("-a", "--agent", metavar="NAME", default=default, help="which agent of the workspace")


def find_instance(agent: str | None) -> Instance:
    """The instance that the current directory and ``--agent`` mean; made from its blueprint if need be."""
    return open_instance(detect(Path.cwd(), agent))


@contextmanager
def any_instance(agent: str | None) -> Generator[Instance]:
    """Like :func:`find_instance`; outside of any project and with no agent named, a temporary one."""
    try:
        instance = find_instance(agent)
    except NoProject:
        if agent is not None:
            raise
        warn("no agent here: this one is temporary and forgets everything when it has answered")
        with ephemeral_instance() as instance:
            yield instance
        return
    yield instance


def load_config(instance: Instance) -> "Config":
    """The configuration of an instance, its warnings printed. Raises ConfigError with every mistake."""
    from starpod.config import load

    config = load(instance, os.environ)
    for problem in config.warnings:
        warn(str(problem))
    return config


def warn_if_outdated(instance: Instance) -> None:
    """Say that an instance is about to run as its blueprint was, if that has changed since."""
    changed = changed_since(instance)
    if changed:
        warn(
            f"{', '.join(changed)} in {instance.blueprint} changed after this copy of the agent was made; it runs as "
            f"it was. `starpod dev {instance.root.name}` applies the change"
        )


def note_kept_prompts(instance: Instance, blueprint: Path) -> None:
    """Say which prompts the blueprint does not decide any more."""
    if kept := kept_prompts(instance, blueprint):
        note(
            f"{', '.join(kept)} changed in {instance.config_dir} stay so; the blueprint brings what you delete there"
        )


def live_daemon(instance: Instance) -> DaemonInfo:
    """The daemon that runs an instance. Raises StarpodError when none does."""
    found = read_daemon(instance)
    if found is None or found.address is None:
        raise StarpodError(f"no daemon runs {instance.root}: start it with `starpod serve` or `starpod dev`")
    return found


@asynccontextmanager
async def daemon_for(
    instance: Instance, command: str = "starpod chat", log: TextIO | None = None
) -> AsyncGenerator[DaemonInfo]:
    """The daemon of an instance; one of our own, for the duration of the block, where none runs.

    `command` is for whoever finds the instance taken; `log` is where ours complains (standard error).
    """
    found = read_daemon(instance)
    if found is not None and found.address is not None:
        yield found
        return
    from actors.gateway.settings import Address
    from starpod import logs
    from starpod.daemon import running

    logs.configure(sys.stderr if log is None else log, default="warning")
    warn_if_outdated(instance)
    config = load_config(instance)
    async with running(instance, config, command=command, address=Address("127.0.0.1", 0)) as daemon:
        yield daemon.info
