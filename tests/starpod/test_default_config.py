"""``config/starpod.toml`` and the shipped blueprint say what the code does."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from actors.cron import files
from actors.gateway import settings as gateway
from actors.llm import settings as llm
from actors.llm.settings import ProviderSettings
from actors.mcp import settings as mcp
from actors.persona import settings as persona
from actors.settings.binding import Findings, Table
from actors.settings.listing import entries
from actors.settings.tomlfile import TomlFile
from starpod import config
from starpod.blueprint import build_standalone
from starpod.resources import resource
from starpod.sources import AGENT_ONLY, PAGE_ONLY
from starpod.tree import SUBSYSTEMS
from starpod.upcoming import Upcoming
from starpod.workspace import Instance
from tests.fakes.certificates import certify
from tests.starpod.conftest import Workspace

ILLUSTRATIONS: Final = {
    "name",
    "provider",
    "model",
    "models",
    "compaction_model",
    "compaction_provider",
    "compaction.model",
    "compaction.flush_model",
    "memory.nudge_model",
    "memory.embedder",
    "speech.transcriber",
    "speech.base_url",
    "reasoning_effort",
    "timezone",
    "browser.cdp_url",
    "web.searxng_url",
    "channels.email.smtp_host",
    "channels.email.smtp_port",
    "channels.email.smtp_user",
    "channels.email.from",
    "channels.email.imap_host",
    "channels.email.imap_port",
    "channels.email.imap_user",
    "channels.email.authserv_id",
    "gateway.hosts",
    "gateway.trusted_proxies",
    "gateway.base_path",
    "gateway.public_url",
    "gateway.tls.certificate",
    "gateway.tls.key",
    "providers.openai.base_url",
    "mcp.servers.files.command",
    "mcp.servers.files.args",
    "mcp.servers.issues.url",
}
"""Keys that are absent by default, shown with a value one might give them."""


OF_ADDRESS: Final = {"url", "headers"}
"""Keys of an MCP server that runs elsewhere."""
EMPTY: Final = {"providers.openai.options", "mcp.servers.files.env", "mcp.servers.issues.headers"}
"""Tables without a key."""


def annotated() -> str:
    return resource("config/starpod.toml").read_text(encoding="utf-8")


def switched_on() -> str:
    """The annotated configuration with every line that is switched off switched on."""
    return re.sub(r"^#(?=[a-z_]+ = |\[)", "", annotated(), flags=re.MULTILINE)


def defaults(config_: config.Config) -> dict[str, Any]:
    """Every default by the place of its key in the file."""
    sections: list[tuple[type[Any], Mapping[str, str]]] = [
        (each.settings, each.keys) for each in SUBSYSTEMS if each.settings
    ]
    sections.append((Upcoming, {}))
    found = {
        key: default
        for kind, keys in sections
        for key, _, default, _ in entries(config_.of(kind), keys)
        if key not in PAGE_ONLY
    }
    return (
        found
        | {f"providers.openai.{key}": default for key, _, default, _ in entries(ProviderSettings(), {})}
        | {
            f"mcp.servers.{'issues' if key in OF_ADDRESS else 'files'}.{key}": default
            for key, _, default, _ in entries(mcp.Server(), {})
        }
    )


def test_it_sets_nothing_as_it_is_shipped() -> None:
    assert tomllib.loads(annotated()) == {}


def test_it_shows_every_key_there_is_and_no_other(workspace: Workspace) -> None:
    shown = {".".join(key) for key in TomlFile(Path("f"), "", tomllib.loads(switched_on())).leaves()}
    path = workspace.write("srv/.starpod/config/agent.toml", "")
    known = set(defaults(config.load(Instance(root=path.parents[2]), {}))) - {"providers", "mcp.servers"}

    assert shown - EMPTY == (known - EMPTY) | {
        "name",
        "compaction.model",
        "compaction_provider",
    }


def test_every_value_it_shows_is_the_default(workspace: Workspace) -> None:
    path = workspace.write("srv/.starpod/config/agent.toml", "")
    known = defaults(config.load(Instance(root=path.parents[2]), {}))
    document = TomlFile(Path("f"), "", tomllib.loads(switched_on()))

    def value_of(key: tuple[str, ...]) -> Any:
        at: Any = document.values
        for part in key:
            at = at[part]
        return at

    shown = {".".join(key): value_of(key) for key in document.leaves() if ".".join(key) not in ILLUSTRATIONS}
    assert shown == {key: known[key] for key in shown}
    assert all(known.get(key) in (None, [], "") for key in ILLUSTRATIONS)


def test_it_loads_without_a_word_when_all_of_it_is_switched_on(workspace: Workspace, tmp_path: Path) -> None:
    files = certify(tmp_path)
    text = re.sub(r"/etc/letsencrypt/\S+/fullchain\.pem", str(files.certificate), switched_on())
    text = re.sub(r"/etc/letsencrypt/\S+/privkey\.pem", str(files.key), text)
    path = workspace.write("srv/.starpod/config/agent.toml", text)

    loaded = config.load(Instance(root=path.parents[2]), {"ANTHROPIC_API_KEY": "k"})

    assert loaded.warnings == ()
    assert loaded.name == "aster"


def test_it_marks_what_a_workspace_cannot_set() -> None:
    sections = re.split(r"^(?=# --- )", switched_on(), flags=re.MULTILINE)

    keys = tomllib.loads("".join(part for part in sections if "agent.toml only" in part.splitlines()[0]))

    assert set(keys) == set(AGENT_ONLY)


def test_the_shipped_blueprint_builds_and_loads_without_a_word(tmp_path: Path) -> None:
    instance = build_standalone(resource("agents/aster"), tmp_path)

    loaded = config.load(instance, {})

    assert loaded.warnings == ()
    assert loaded.name == loaded.of(persona.Settings).agent_name == "Aster"
    assert loaded.of(llm.Settings).provider is None
    assert loaded.of(gateway.Settings).greeting
    assert "help" in loaded.of(gateway.Settings).prompts
    assert (instance.home_dir / "documents/welcome.md").is_file()
    assert [files.read(instance.config_dir, job) for job in files.NAMES] == [
        files.File(content=(resource("agents/aster") / name).read_text(encoding="utf-8").strip())
        for name in files.NAMES.values()
    ]
    assert not any(files.read(instance.config_dir, job).prompt for job in files.NAMES)


def test_the_repository_is_a_workspace_that_sets_nothing() -> None:
    findings = Findings([TomlFile.read(Path(__file__).parents[2] / "starpod.toml")])

    assert Table(findings.files[0].values, findings).names() == []
