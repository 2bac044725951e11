"""Servers of the Model Context Protocol as a whole daemon has them: those of others, and itself."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import httpx2
import pytest
import trio
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from actors.mcp.process import GUARD
from tests.actors.mcp.world import FAKE, lives
from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.fakes.npm_packages import FOLDER, installed
from tests.system.daemons import PATIENCE, Daemon, Place, serving, starpod, start, until

ALLOWED = '[permissions]\n"mcp__*" = "allow"\noutside = "allow"\n'


def configure(place: Place, model: ModelServer, *more: str) -> None:
    place.configure(
        f'provider = "anthropic"\nmodel = "test-model"\n[providers.anthropic]\nbase_url = "{model.url}"\n'
        + "\n".join(more)
    )
    place.imported.append("actors.mcp.http")


def server(name: str, *command: str, **env: str) -> str:
    program, *args = command
    return (
        f"[mcp.servers.{name}]\ncommand = {json.dumps(program)}\nargs = {json.dumps(args)}\n"
        f"[mcp.servers.{name}.env]\n"
        + "".join(f"{key} = {json.dumps(value)}\n" for key, value in env.items())
    )


@pytest.fixture
def place(tmp_path: Path, model_server: ModelServer) -> Place:
    return Place(tmp_path / "aster", model_server.url)


async def reach(daemon: Daemon, name: str) -> Any:
    answer = await daemon.request("POST", f"/api/mcp/{name}/reconnect", json={})
    assert answer.json().get("error") == "", answer.text
    return answer.json()


async def result_of(daemon: Daemon, model: ModelServer, name: str, /, **input: Any) -> str:
    """What a tool answers in a turn and a conversation of its own."""
    model.script(Reply(Call(name, input)), Reply(Say("Done.")))
    said = await daemon.chat("go", channel_session_key=os.urandom(4).hex())
    rows = await daemon.rows(said["session_id"])
    (result,) = [json.loads(content) for role, content in rows if role == "tool_result"]
    return str(result["content"])


def started(notes: Path) -> list[int]:
    """Processes of the stand-in so far."""
    lines = notes.read_text().splitlines() if notes.exists() else []
    return [int(line.split()[1]) for line in lines if line.startswith("started ")]


def zombies(pid: int) -> list[str]:
    """Children of a process that have ended and that it has not taken leave of."""
    found: list[str] = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has gone since it was listed
            found.append(each.read_text())
    rest = [each.rpartition(")")[2].split() for each in found]
    return [each[0] for each in rest if int(each[1]) == pid and each[0] == "Z"]


# --- the stand-in -----------------------------------------------------------------------------------------------


async def test_a_server_that_dies_in_a_call_of_a_turn_leaves_doubt_and_works_in_the_next(
    place: Place, model_server: ModelServer, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    configure(place, model_server, ALLOWED, server("a", sys.executable, str(FAKE), MCP_NOTES=str(notes)))
    async with serving(place) as daemon:
        await reach(daemon, "a")
        first = len(model_server.requests)
        assert "it hurts. It may or may not have happened" in await result_of(
            daemon, model_server, "mcp__a__crash"
        )
        assert await result_of(daemon, model_server, "mcp__a__echo", text="hello") == "hello"
        assert len(started(notes)) == 2
        assert zombies(daemon.pid) == []
        described = [tool["name"] for tool in model_server.requests[first].body["tools"]]
        assert not [name for name in described if name.startswith("mcp__")]
        search = next(
            each for each in model_server.requests[first].body["tools"] if each["name"] == "ToolSearch"
        )
        assert "mcp__a__echo" in search["description"]
    await until(lambda: not any(map(lives, started(notes))))


async def test_nobody_is_asked_for_what_only_reads_and_a_change_is_asked_about(
    place: Place, model_server: ModelServer
) -> None:
    configure(place, model_server, server("a", sys.executable, str(FAKE)))
    async with serving(place) as daemon:
        await reach(daemon, "a")
        assert await result_of(daemon, model_server, "mcp__a__echo", text="hello") == "hello"
        model_server.script(Reply(Call("mcp__a__write", {"text": "x"})), Reply(Say("Done.")))
        async with daemon.socket() as socket:
            await socket.say("message", text="go", client_message_id="1", channel_session_key="k")
            wanted = (await socket.until("approval_wanted"))[-1]
            assert "mcp__a__write" in json.dumps(wanted)


async def test_a_killed_daemon_leaves_no_server_behind(
    place: Place, model_server: ModelServer, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    configure(
        place,
        model_server,
        ALLOWED,
        server("a", sys.executable, str(FAKE), "--stubborn", MCP_NOTES=str(notes)),
    )
    daemon = start(place)
    try:
        await daemon.ready()
        await reach(daemon, "a")
        child = int(await result_of(daemon, model_server, "mcp__a__child"))
        assert all(map(lives, [*started(notes), child]))
        await daemon.kill()
    finally:
        daemon.process.kill()
        daemon.process.wait()
    await until(lambda: not any(map(lives, [*started(notes), child])), "a server outlives the daemon")


def keeps() -> bool:
    """Whether bubblewrap works here."""
    if shutil.which("bwrap") is None:
        return False
    tried = ["bwrap", "--unshare-user", "--unshare-pid", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("kept", [True, False])
async def test_a_server_in_the_sandbox_sees_home_and_nothing_else_of_whose_machine_it_is(
    place: Place,
    model_server: ModelServer,
    kept: bool,  # noqa: FBT001
) -> None:
    if kept and not keeps():
        pytest.skip("bubblewrap does not work here")
    program = place.home / "server.py"
    program.write_text(FAKE.read_text())
    own = server("a", "python3", str(program), MCP_NOTES=str(place.home / "notes"))
    enclosed = own.replace("[mcp.servers.a.env]", "sandbox = true\n[mcp.servers.a.env]")
    configure(place, model_server, ALLOWED, enclosed, "" if kept else '[shell]\nsandbox = "off"\n')
    async with serving(place) as daemon:
        answer = (await daemon.request("POST", "/api/mcp/a/reconnect", json={})).json()
        assert answer["sandboxed"]
        if not kept:
            assert "it is to run in a sandbox: commands run without a sandbox" in answer["error"]
            return
        assert answer["state"] == "ready", answer
        found = json.loads(await result_of(daemon, model_server, "mcp__a__look"))
        assert {"server.py", "notes"} <= {*found["home"]}
        assert found["data"] == []
        assert found["processes"] < 10
        assert len(processes("python3", str(program))) == 1
    await until(lambda: not processes("python3", str(program)))


async def test_without_the_package_it_says_what_to_install(
    place: Place, model_server: ModelServer, tmp_path: Path
) -> None:
    absent = tmp_path / "absent" / "mcp"
    absent.mkdir(parents=True)
    (absent / "__init__.py").write_text("raise ImportError('there is none')")
    configure(place, model_server, server("a", sys.executable, str(FAKE)))
    async with serving(place, PYTHONPATH=str(absent.parent)) as daemon:
        said = await starpod(place.root, "mcp", "test", "a")
        assert said.status == 1
        assert "pip install 'starpod[mcp]'" in said.err
        listed = await starpod(place.root, "mcp", "list")
        assert "failed" in listed.out
        assert (await daemon.chat("hello"))["status"] == 200


async def test_a_daemon_without_servers_loads_none_of_it(place: Place) -> None:
    code = "import sys, starpod.tree; print([each for each in ('mcp', 'mcp_types', 'pydantic') if each in sys.modules])"
    ran = await trio.run_process([sys.executable, "-c", code], capture_stdout=True, cwd=place.root)
    assert ran.stdout.decode().strip() == "[]"


async def test_the_command_line_shows_servers_and_their_tools(
    place: Place, model_server: ModelServer
) -> None:
    configure(place, model_server, server("a", sys.executable, str(FAKE)), server("b", "/nowhere/at-all"))
    async with serving(place):
        tested = await starpod(place.root, "mcp", "test", "a")
        assert (tested.status, tested.out) == (0, "a is ready and has 20 tools\n")
        failed = await starpod(place.root, "mcp", "test", "b")
        assert failed.status == 1
        assert failed.err.count("the MCP server b cannot be used: ") == 1
        assert "No such file or directory" in failed.err
        listed = await starpod(place.root, "mcp", "list", "--json")
        assert [(each["name"], each["state"]) for each in json.loads(listed.out)] == [
            ("a", "ready"),
            ("b", "failed"),
        ]
        tools = await starpod(place.root, "mcp", "tools", "a")
        assert "mcp__a__echo" in tools.out
        assert "changes" in tools.out
        assert (await starpod(place.root, "mcp", "tools", "c")).status == 1


# --- servers that none of us wrote ------------------------------------------------------------------------------


async def test_the_reference_server_of_files_is_used_and_killed_and_used_again(
    place: Place, model_server: ModelServer, tmp_path: Path
) -> None:
    program, shared = installed() / "mcp-server-filesystem", tmp_path / "shared"
    shared.mkdir()
    (shared / "plan.txt").write_text("Plant a tree.")
    configure(place, model_server, ALLOWED, server("files", str(program), str(shared)))
    async with serving(place) as daemon:
        state = await reach(daemon, "files")
        assert "read_text_file" in state["tools"]
        found = await result_of(
            daemon, model_server, "mcp__files__read_text_file", path=str(shared / "plan.txt")
        )
        assert found == "Plant a tree."
        await result_of(
            daemon, model_server, "mcp__files__write_file", path=str(shared / "new.txt"), content="made"
        )
        assert (shared / "new.txt").read_text() == "made"
        outside = await result_of(daemon, model_server, "mcp__files__read_text_file", path="/etc/passwd")
        assert "denied" in outside

        (pid,) = processes(str(program), str(shared))
        (before,) = await daemon.get("/api/mcp")
        os.kill(pid, signal.SIGKILL)
        await until(lambda: not lives(pid))
        with trio.fail_after(PATIENCE):  # its end is noticed unasked
            while (await daemon.get("/api/mcp"))[0]["since"] == before["since"]:
                await trio.sleep(0.02)
        again = await result_of(daemon, model_server, "mcp__files__list_directory", path=str(shared))
        assert "new.txt" in again
        assert zombies(daemon.pid) == []
    await until(lambda: not processes(str(program), str(shared)))


def processes(program: str, argument: str) -> list[int]:
    """Those of node and Python that run a program with an argument."""
    found: list[int] = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = each.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        runs = words[0].rpartition("/")[2].startswith(("node", "python")) and str(GUARD) not in words
        if runs and program in words and argument in words:
            found.append(int(each.parent.name))
    return found


@asynccontextmanager
async def everything(port: int) -> AsyncGenerator[trio.Process]:
    """The reference server of all there is, over HTTP, until the end of the block."""
    program = installed() / "mcp-server-everything"
    variables = {**os.environ, "PORT": str(port)}
    process = await trio.lowlevel.open_process(
        [str(program), "streamableHttp"], env=variables, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        with trio.fail_after(PATIENCE):
            while not await answers(port):
                await trio.sleep(0.05)
        yield process
    finally:
        process.kill()
        await process.wait()


async def answers(port: int) -> bool:
    try:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
    except OSError:
        return False
    await stream.aclose()
    return True


async def test_the_reference_server_of_all_there_is_over_http_is_killed_in_a_call_and_used_again(
    place: Place, model_server: ModelServer, free_port: int
) -> None:
    url = f"http://127.0.0.1:{free_port}/mcp"
    configure(place, model_server, ALLOWED, f'[mcp.servers.all]\nurl = "{url}"\n')
    long = "mcp__all__trigger-long-running-operation"
    async with serving(place) as daemon:
        async with everything(free_port) as process:
            await reach(daemon, "all")
            assert await result_of(daemon, model_server, "mcp__all__echo", message="hi") == "Echo: hi"
            picture = await result_of(daemon, model_server, "mcp__all__get-tiny-image")
            assert "Stored uploads/admin/" in picture
            assert next((place.home / "uploads" / "admin").iterdir()).read_bytes().startswith(b"\x89PNG")
            resources = await result_of(daemon, model_server, "McpResource", server="all")
            assert "demo://" in resources
            prompt = await result_of(
                daemon,
                model_server,
                "McpPrompt",
                server="all",
                name="args-prompt",
                arguments={"city": "Graz"},
            )
            assert "Graz" in prompt

            async with trio.open_nursery() as nursery:

                async def kill() -> None:
                    await trio.sleep(1)
                    process.kill()

                nursery.start_soon(kill)
                died = await result_of(daemon, model_server, long, duration=20, steps=10)
            assert "the MCP server all did not answer" in died
        gone = await result_of(daemon, model_server, "mcp__all__echo", message="hi")
        assert "MCP server all" in gone
        async with everything(free_port):
            await trio.sleep(5)  # a server that has just failed is left alone for so long
            assert await result_of(daemon, model_server, "mcp__all__echo", message="again") == "Echo: again"
        async with everything(free_port):  # another one, which does not know the session
            assert await result_of(daemon, model_server, "mcp__all__echo", message="anew") == "Echo: anew"


# --- the agent as a server --------------------------------------------------------------------------------------


async def use(client: Any) -> None:
    """What a program does with the agent, in words of the official client for Python."""
    assert [each.name for each in (await client.list_tools()).tools] == [
        "chat",
        "memory_search",
        "sessions_list",
        "session_read",
    ]
    steps: list[str | None] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        steps.append(message)

    said = await client.call_tool("chat", {"text": "note: buy milk"}, progress_callback=heard)
    assert not said.is_error
    assert "documents/buy-milk.md" in said.content[0].text
    assert steps == ["FileWrite"]
    conversation = said.structured_content["conversation"]
    again = await client.call_tool(
        "chat", {"text": "read documents/buy-milk.md", "conversation": conversation}
    )
    assert "buy milk" in again.content[0].text
    assert again.structured_content["conversation"] == conversation
    listed = await client.call_tool("sessions_list", {})
    assert conversation in listed.content[0].text
    read = await client.call_tool("session_read", {"session": conversation})
    assert read.content[0].text == "[user] note: buy milk"
    found = await client.call_tool("memory_search", {"query": "milk"})
    assert not found.is_error
    missing = await client.call_tool("session_read", {"session": "nowhere"})
    assert missing.is_error


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_official_client_for_python_uses_the_agent_over_http(tmp_path: Path, mode: Any) -> None:
    place = Place(tmp_path / "aster")
    async with serving(place) as daemon:
        key = {"Authorization": f"Bearer {daemon.token}"}
        async with httpx2.AsyncClient(headers=key, timeout=PATIENCE, trust_env=False, verify=False) as http:
            over = streamable_http_client(f"{daemon.url}/mcp", http_client=http)
            async with Client(over, mode=mode) as client:
                await use(client)


async def test_the_official_client_for_python_uses_the_agent_over_stdio(tmp_path: Path) -> None:
    place = Place(tmp_path / "aster")
    async with serving(place):
        command = StdioServerParameters(command=sys.executable, args=["-m", "starpod", "mcp"], cwd=place.root)
        async with Client(command) as client:
            await use(client)


@pytest.mark.parametrize("how", ["http", "stdio"])
async def test_the_official_client_for_typescript_uses_the_agent(tmp_path: Path, how: str) -> None:
    installed()
    place = Place(tmp_path / "aster")
    async with serving(place) as daemon:
        call = ["chat", json.dumps({"text": "note: buy milk"})]
        if how == "http":
            arguments = ["http", f"{daemon.url}/mcp", daemon.token, *call]
        else:
            arguments = ["stdio", *call, sys.executable, "-m", "starpod", "mcp", "serve"]
        ran = await trio.run_process(
            ["node", str(FOLDER / "client.mjs"), *arguments], capture_stdout=True, cwd=place.root
        )
    found = json.loads(ran.stdout)
    assert (found["server"]["title"], len(found["tools"])) == ("Aster", 4)
    assert "documents/buy-milk.md" in found["result"]["content"][0]["text"]
    assert found["steps"] == ["FileWrite"]


async def test_strangers_and_other_sites_are_refused(tmp_path: Path) -> None:
    place = Place(tmp_path / "aster")
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    async with (
        serving(place) as daemon,
        httpx2.AsyncClient(base_url=daemon.url, trust_env=False, verify=False) as anybody,
    ):
        assert (await anybody.post("/mcp", json=ping)).status_code == 401
        elsewhere = {"Origin": "https://evil.example", "Authorization": f"Bearer {daemon.token}"}
        assert (await anybody.post("/mcp", json=ping, headers=elsewhere)).status_code == 403
        own = {"Authorization": f"Bearer {daemon.token}"}
        assert (await anybody.post("/mcp", json=ping, headers=own)).json() == {
            "jsonrpc": "2.0",
            "id": 1,
            "result": {},
        }
        assert (await anybody.get("/mcp", headers=own)).status_code == 405
        notice = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert (await anybody.post("/mcp", json=notice, headers=own)).status_code == 202
        odd = {**own, "MCP-Protocol-Version": "1999-01-01"}
        assert (await anybody.post("/mcp", json=ping, headers=odd)).status_code == 400


async def test_the_bridge_tells_when_no_daemon_runs(tmp_path: Path) -> None:
    place = Place(tmp_path / "aster")
    said = await starpod(place.root, "mcp", stdin='{"jsonrpc":"2.0","id":7,"method":"ping"}\n')
    answer = json.loads(said.out)
    assert (said.status, answer["id"], answer["error"]["code"]) == (0, 7, -32603)
    assert "no daemon runs" in answer["error"]["message"]
