"""The guide to a new subsystem, followed to the letter: what it describes is built, run and looked at from outside."""

import compileall
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
import trio

from scripts import web
from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import PATIENCE, Daemon, Place, serving, starpod

ROOT: Final = Path(__file__).parents[2]
GUIDE: Final = ROOT / "docs/guide/adding-a-subsystem.md"
_BLOCK: Final = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ENTRY: Final = '    Subsystem("persona"'
"""The entry of the list that the new one is put before."""
KEY: Final = "the-key-of-a-client-4711"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program with the subsystem of the guide."""
    copy = tmp_path_factory.mktemp("program")
    for folder in ("bus", "actors", "starpod", "config", "agents"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("node_modules"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for name, text in _BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        path = copy / name
        if path.exists():
            path.write_text(_added(path.read_text(encoding="utf-8"), text), encoding="utf-8")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    compileall.compile_dir(copy, quiet=1)  # once, and not by every process that is started
    return copy


def _added(tree: str, lines: str) -> str:
    """The tree with the guide's lines: imports among the imports, by their names, and the entry in the list."""
    imports = [line for line in lines.splitlines() if line.startswith("from ")]
    entry = [line for line in lines.splitlines() if line.startswith(" ")]
    assert (tree.count(_ENTRY), len(entry)) == (1, 1)
    ours = [line for line in tree.splitlines() if line.startswith(("from actors.", "from bus "))]
    behind = next(line for line in ours if line > imports[0])
    tree = tree.replace(f"\n{behind}", "\n" + "\n".join([*imports, behind]), 1)
    return tree.replace(_ENTRY, f"{entry[0]}\n{_ENTRY}")


@pytest.fixture
def place(tmp_path: Path, program: Path, model_server: ModelServer) -> Place:
    found = Place(tmp_path / "aster", model_server.url)
    found.variables |= {"PYTHONPATH": str(program), "STARPOD_API_KEY": KEY}
    return found


async def visits(daemon: Daemon) -> int:
    answer = await daemon.request("GET", "/api/visits", headers={"Authorization": f"Bearer {KEY}"})
    assert answer.status_code == 200, answer.text
    count: int = answer.json()["count"]
    return count


async def counted(daemon: Daemon, number: int) -> None:
    """Wait until so many visits are counted; the counter is behind, never ahead."""
    with trio.fail_after(PATIENCE):
        while (found := await visits(daemon)) != number:
            assert found < number
            await trio.sleep(0.01)


def told(body: Any) -> str:
    """All that a request tells the model, besides the tools."""
    return json.dumps([body["system"], body["messages"]])


async def test_it_has_a_tool_a_word_in_the_prompt_a_setting_and_a_route(
    place: Place, model_server: ModelServer
) -> None:
    place.settings.write_text(place.settings.read_text() + '[visits]\nword = "calls"\n')
    async with serving(place) as daemon:
        model_server.script(
            Reply(Call("VisitCount", {})), Reply(Say("None yet.")), Reply(Say("Hello again."))
        )
        assert (await daemon.chat("how often was I here?"))["text"].endswith("None yet.")
        asked, answered = model_server.requests
        assert "VisitCount" in [tool["name"] for tool in asked.body["tools"]]
        assert answered.tool_results == ['{\n  "count": 0\n}']
        assert "calls: 0" in told(asked.body)

        await counted(daemon, 1)
        assert (
            await daemon.request("GET", "/api/visits", headers={"Authorization": "no"})
        ).status_code == 401

        changes = json.dumps({"changes": {"visits.word": "talks"}})
        put = await starpod(place.root, "bus", "send", "settings.Put", changes, "--write", **place.variables)
        assert put.status == 0, put.err
        await daemon.chat("hello")
        assert "talks: 1" in told(model_server.requests[-1].body)


async def test_a_mistake_in_its_setting_is_named_with_its_line(place: Place) -> None:
    place.settings.write_text(place.settings.read_text() + '[visits]\nwort = "calls"\nword = ""\n')

    refused = await starpod(place.root, "serve", **place.variables)

    assert refused.status == 1
    assert re.search(r"agent\.toml:\d+: visits\.word: ", refused.err)
    assert "visits.wort: unknown key, ignored (did you mean visits.word?)" in refused.err


async def test_every_turn_is_counted_once_whatever_happens_to_the_process(place: Place) -> None:
    async with serving(place, expect_errors=True) as daemon:
        for n in range(3):
            await daemon.chat(f"message {n}")
        await daemon.kill()
    async with serving(place) as daemon:
        await daemon.chat("the last")
        await counted(daemon, 4)


async def test_it_has_a_section_of_the_page(place: Place, program: Path) -> None:
    page = program / "actors/gateway/web"
    if not web.PACKAGES.is_dir() or (web.npm_on_path() or web.npm_from_package()) is None:
        missing = "there is no node to build the page with"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    (page / "node_modules").symlink_to(web.PACKAGES)
    await trio.run_process(["node", "scripts/build.mjs"], cwd=page, capture_stdout=True)

    async with serving(place) as daemon:
        scripts = await served_scripts(daemon)

    assert re.search(r'id:"visits",title:"Visits"', scripts)
    assert "You have been here" in scripts


async def served_scripts(daemon: Daemon) -> str:
    """Every script of the page, those that are loaded later included."""
    found: dict[str, str] = {}
    shown = {"Authorization": f"Bearer {daemon.token}"}
    async with httpx2.AsyncClient(
        base_url=daemon.url, headers=shown, trust_env=False, verify=False
    ) as client:
        missing = set(re.findall(r"assets/[\w.-]+\.js", (await client.get("/")).text))
        while missing:
            name = missing.pop()
            found[name] = (await client.get(f"/{name}")).text
            missing |= {
                f"assets/{each}" for each in re.findall(r"[\w-]+-[A-Z0-9]{8}\.js", found[name])
            } - found.keys()
    return "\n".join(found.values())


def test_what_it_says_is_well_written(program: Path) -> None:
    """The linter, the formatter and the tests of the guide."""
    python = [sys.executable, "-m"]
    for command in (
        ["ruff", "check", "actors/visits", "starpod/tree.py", "tests/actors/visits"],
        ["ruff", "format", "--check", "actors/visits", "tests/actors/visits"],
        ["pytest", "-q", "-p", "no:cacheprovider", "tests/actors/visits"],
    ):
        done = subprocess.run(
            [*python, *command], cwd=program, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(program)},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
