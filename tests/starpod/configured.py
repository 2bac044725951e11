"""A configuration from files that a test writes."""

from collections.abc import Mapping

from actors.llm.settings import PROVIDERS
from starpod import config
from starpod.blueprint import apply_blueprint
from starpod.config import Config
from starpod.workspace import Instance, instance_in
from tests.starpod.conftest import Workspace

NOTHING: Mapping[str, str] = {}
KEYS: Mapping[str, str] = {f"{provider.upper()}_API_KEY": "k" for provider in PROVIDERS}


def load(workspace: Workspace, agent_toml: str, workspace_toml: str = "", frontend: str = "") -> Config:
    workspace.write("starpod.toml", workspace_toml)
    workspace.write("agents/bot/frontend.toml", frontend)
    blueprint = workspace.blueprint(toml=agent_toml)
    instance = instance_in(workspace.root, "bot")
    apply_blueprint(blueprint, instance, workspace.root, "dev")
    return config.load(instance, KEYS)


def load_single(workspace: Workspace, agent_toml: str, exported: Mapping[str, str] = KEYS) -> Config:
    workspace.write("srv/.starpod/config/agent.toml", agent_toml)
    return config.load(Instance(root=workspace.root / "srv"), exported)
