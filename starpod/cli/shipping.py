"""An agent of this workspace and the same one at a hosting backend: its files, its secrets, and whether it can run."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

import attrs

from actors.instances import manifest, waiting
from actors.instances.messages import Instance
from starpod.cli.backend import confirmed
from starpod.cli.output import note, ok, say, warn
from starpod.environment import read_env
from starpod.errors import StarpodError, WorkspaceError
from starpod.workspace import blueprint_in, find_workspace

if TYPE_CHECKING:
    from actors.instances.client import Client

PATIENCE: Final = 120.0
"""Seconds for a request with files."""


@final
@attrs.frozen(kw_only=True)
class Source:
    """An agent of a workspace."""

    name: str
    workspace: Path

    @property
    def blueprint(self) -> Path:
        return blueprint_in(self.workspace, self.name)

    def files(self) -> dict[str, Path]:
        """What travels, by path."""
        return manifest.collect(self.blueprint, self.workspace / manifest.SKILLS)

    def place(self, path: str) -> tuple[Path, str]:
        """Below which folder a path belongs, and as what: skills of the workspace stay those."""
        is_shared = path.startswith(f"{manifest.SKILLS}/") and not (self.blueprint / path).exists()
        return (self.workspace if is_shared else self.blueprint), path

    def variables(self, env_file: Path | None = None) -> dict[str, str]:
        """What is in the file of secrets of the workspace, or in another one."""
        path = env_file or self.workspace / ".env"
        if env_file is not None and not path.is_file():
            raise StarpodError(f"env file not found: {path}")
        problems: list[Any] = []
        found = read_env(path, problems) if path.is_file() else {}
        for problem in problems:
            warn(str(problem))
        return dict(found)


def source(name: str) -> Source:
    """The agent of this name in the workspace around the current folder. Raises WorkspaceError."""
    workspace = find_workspace(Path.cwd())
    if workspace is None:
        raise WorkspaceError(
            f"No starpod.toml in {Path.cwd()} or above it: there is no agent to send from here"
        )
    found = Source(name=name, workspace=workspace)
    if not (found.blueprint / "agent.toml").is_file():
        raise WorkspaceError(
            f"{found.blueprint} has no agent.toml: make the agent with `starpod agent new {name}`"
        )
    return found


async def send(client: "Client", agent: Source) -> str:
    """Make the files of an agent at the backend what they are here; its id there."""
    from actors.instances.client import push

    id = await client.agent(agent.name) or await client.new_agent(agent.name)
    done = await push(client, id, agent.files(), lambda path: say(f"  {path}"))
    ok(f"{agent.name}: {len(done.to_upload)} sent, {len(done.to_delete_remote)} removed there")
    return id


async def fetch(client: "Client", agent: Source, *, yes: bool) -> None:
    """Make the files of an agent here what they are at the backend. Skills of the workspace are never removed."""
    from actors.instances.client import pull

    id = await client.agent(agent.name)
    if id is None:
        raise StarpodError(f"the backend does not have {agent.name}")
    found = await client.differences(id, manifest.digests(agent.files()))
    gone = tuple(path for path in found.to_delete_local if agent.place(path)[0] == agent.blueprint)
    if gone and not confirmed(f"remove what is only here? {', '.join(gone)}", yes=yes):
        raise StarpodError(f"{', '.join(gone)} are only here: --yes removes them")
    await pull(client, id, attrs.evolve(found, to_delete_local=gone), agent.place)
    ok(f"{agent.name}: {len(found.to_download)} fetched, {len(gone)} removed here")


async def agent_for(client: "Client", name: str, *, yes: bool) -> str:
    """The id of an agent that can run at the backend. Raises StarpodError where it is not there or lacks something."""
    id = await client.agent(name)
    if id is None:
        agent = source(name)
        if not confirmed(f"the backend does not have {name}: send it?", yes=yes):
            raise StarpodError(f"the backend does not have {name}: `starpod agent push {name}` sends it")
        id = await send(client, agent)
    await _provide(client, id, name, yes=yes)
    return id


async def _provide(client: "Client", id: str, name: str, *, yes: bool) -> None:
    """See to the secrets that it must have; none is sent that nobody has said yes to."""
    missing = _missing(await client.needs(id))
    if not missing:
        return
    workspace = find_workspace(Path.cwd())
    here = {} if workspace is None else Source(name=name, workspace=workspace).variables()
    offered = {key: here[key] for key in missing if key in here}
    if offered and not yes and confirmed(f"{name} needs {', '.join(offered)}: send what .env has?"):
        await set_secrets(client, id, offered)
        missing = _missing(await client.needs(id))
    if missing:
        raise StarpodError(
            f"{name} cannot run without {', '.join(missing)}: `starpod secret set NAME --agent {name}` gives it"
        )


def _missing(needs: Mapping[str, Any] | None) -> list[str]:
    if needs is None or needs.get("ready"):
        return []
    found = needs.get("missing_required")
    return [str(each) for each in found] if isinstance(found, list) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


async def set_secrets(client: "Client", agent: str | None, values: Mapping[str, str]) -> None:
    """Keep secrets at the backend. Values are never printed."""
    for key, value in values.items():
        await client.set_secret(agent, key, value)
    ok(f"{len(values)} secrets kept: {', '.join(values)}")


def chosen(found: Mapping[str, str], only: Iterable[str]) -> dict[str, str]:
    """Those of the variables that are to be sent: the named ones, else all, if somebody says yes to the list."""
    wanted = list(only)
    if unknown := [name for name in wanted if name not in found]:
        raise StarpodError(f"there is no {', '.join(unknown)} in the env file")
    if wanted:
        return {name: found[name] for name in wanted}
    if found and confirmed(f"send these secrets? {', '.join(found)}"):
        return dict(found)
    if found:
        note("no secrets were sent: --only NAME sends one")
    return {}


async def until_ready(client: "Client", made: Instance) -> Instance:
    """Wait until an instance runs. Raises StarpodError where it never will."""
    import trio

    try:
        for delay in waiting.delays():
            if waiting.is_ready(made):
                break
            await trio.sleep(delay)
            made = await client.get(made.id)
    except waiting.NeverReady as error:
        raise StarpodError(f"{made.name or made.id}: {error}") from error
    return made
