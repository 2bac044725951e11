"""What most people do not use costs no start: it is not loaded until it is configured, or until somebody asks."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.system.daemons import PATIENCE, environment

KEY: Final = "the-key-of-this-test-4712"
PLAIN: Final = 'agent_name = "Aster"\nserver_addr = "127.0.0.1:0"\nprovider = "offline"\n'

PROGRAM: Final = """
import http.client, json, os, sys
from pathlib import Path

import trio

from starpod import daemon
from starpod.config import load
from starpod.workspace import Instance


def answer(url, path):
    connection = http.client.HTTPConnection(url.partition("://")[2])
    connection.request("GET", path, headers={"X-API-Key": os.environ["STARPOD_API_KEY"]})
    response = connection.getresponse()
    said = response.read()
    assert response.status == 200, said
    connection.close()
    return json.loads(said)


async def main():
    instance = Instance(root=Path(sys.argv[1]))
    config = load(instance, os.environ)
    async with daemon.running(instance, config, command="test") as running:
        said = [await trio.to_thread.run_sync(answer, running.info.url, path) for path in sys.argv[2:]]
    return {"said": said, "loaded": sorted(sys.modules)}


print(json.dumps(trio.run(main)))
"""
HELP: Final = """
import json, sys
from contextlib import suppress
from starpod.cli.main import main

with suppress(SystemExit):
    main(sys.argv[1:])
sys.stderr.write(json.dumps(sorted(sys.modules)))
"""
SELDOM: Final = (
    "httpx2",
    "pyromark",
    "actors.email.imap",
    "actors.email.receiving",
    "actors.email.sending",
    "actors.email.smtp",
    "actors.hooks.commands",
    "actors.hooks.merging",
    "actors.hooks.output",
    "actors.hooks.process",
    "actors.hooks.running",
    "actors.instances.client",
    "actors.llm.failures.failures",
    "actors.llm.openai.format",
    "actors.llm.providers",
    "actors.mcp.http",
    "actors.telegram.client",
    "actors.telegram.companion",
    "actors.telegram.inbox",
    "actors.telegram.outgoing",
    "actors.telegram.poll",
    "actors.telegram.receiving",
    "actors.telegram.rendering",
    "actors.telegram.running",
    "actors.telegram.sending",
    "actors.telegram.update",
    "actors.web.client",
    "actors.web.reading",
    "actors.web.targets",
    "actors.webpush.client",
    "actors.webpush.sealing",
)


def _run(folder: Path, settings: str, *paths: str) -> tuple[list[Any], frozenset[str]]:
    """What a daemon answers, and which modules it has loaded then."""
    config = folder / ".starpod" / "config"
    config.mkdir(parents=True)
    (config / "agent.toml").write_text(settings, encoding="utf-8")
    (folder / "home").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), *paths],
        env=environment(STARPOD_API_KEY=KEY, STARPOD_LOG="error"),
        check=False,
        capture_output=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr.decode()
    said = json.loads(done.stdout)
    return said["said"], frozenset(said["loaded"])


def test_what_is_seldom_used_is_not_loaded_by_a_daemon_without_it(tmp_path: Path) -> None:
    (sessions,), loaded = _run(tmp_path, PLAIN, "/api/sessions")
    assert sessions == []
    assert {"actors.telegram.messages", "actors.email.messages", "actors.web.messages"} <= loaded
    assert loaded.isdisjoint(SELDOM), sorted(loaded.intersection(SELDOM))


@pytest.mark.parametrize(
    ("settings", "path", "module"),
    [
        pytest.param("", "/api/telegram", "actors.telegram.running", id="asked"),
        pytest.param(
            '[web]\nsearxng_url = "http://localhost:8"\n', "/api/sessions", "actors.web.targets", id="set"
        ),
    ],
)
def test_it_is_loaded_once_it_is_configured_or_asked(
    tmp_path: Path, settings: str, path: str, module: str
) -> None:
    _, loaded = _run(tmp_path, PLAIN + settings, path)
    assert module in loaded


@pytest.mark.parametrize("arguments", [["--help"], ["chat", "--help"], ["repl", "--help"]])
def test_the_command_line_does_not_load_what_draws_conversations(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELP, *arguments],
        env=environment(),
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    assert {"prompt_toolkit", "rich", "markdown_it", "trio", "bus"}.isdisjoint(json.loads(done.stderr))
