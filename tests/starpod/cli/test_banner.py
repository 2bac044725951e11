"""What is printed once the agent listens."""

import pytest

from starpod import config
from starpod.cli.banner import IN_CLEAR, banner
from starpod.workspace import Instance
from tests.starpod.conftest import Workspace


def printed(
    workspace: Workspace, toml: str, *, overheard: bool = False, shell: str = ""
) -> tuple[Instance, list[str]]:
    instance = Instance(root=workspace.write("srv/.starpod/config/agent.toml", toml).parents[2])
    link = "http://127.0.0.1:3000/?code=c"
    found = banner(
        instance,
        config.load(instance, {}),
        "http://127.0.0.1:3000",
        "offline",
        link,
        overheard=overheard,
        shell=shell,
    )
    return instance, found.splitlines()


def test_everything_is_where_it_says(workspace: Workspace) -> None:
    instance, lines = printed(workspace, 'agent_name = "Nova"\n')
    assert lines == [
        "",
        "  Nova is running",
        "",
        "  Web page   http://127.0.0.1:3000/?code=c",
        "             this link is good once, and for a minute; `starpod open` gives another",
        "  API        http://127.0.0.1:3000/api",
        "  WebSocket  ws://127.0.0.1:3000/ws",
        "  Model      offline",
        f"  Home       {instance.home_dir}",
        f"  Databases  {instance.db_dir}",
    ]


def test_that_others_can_read_along_is_told(workspace: Workspace) -> None:
    _, lines = printed(workspace, "", overheard=True)
    assert f"             {IN_CLEAR}" in lines


def test_how_commands_run_is_told(workspace: Workspace) -> None:
    _, lines = printed(workspace, "", shell="commands run in a sandbox")
    assert "  Shell      commands run in a sandbox" in lines


@pytest.mark.parametrize("effort", ["low", "high"])
def test_how_much_the_model_thinks_is_told(workspace: Workspace, effort: str) -> None:
    _, lines = printed(workspace, f'reasoning_effort = "{effort}"\n')
    assert f"  Thinking   {effort}" in lines
