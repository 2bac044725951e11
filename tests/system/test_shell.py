"""Commands that a running daemon carries out for a model, and what is left of them when it ends, in whatever way."""

from pathlib import Path

import pytest

from tests.actors.shell.hands import running
from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place, serving, start, until

ALLOWED = '[permissions]\noutside = "allow"\nBash = "allow"\nBashStop = "allow"\n'


@pytest.fixture(params=["auto", "off"])
def ready(request: pytest.FixtureRequest, tmp_path: Path, model_server: ModelServer) -> Place:
    """An agent that may run commands: in a sandbox where this machine has one, and without."""
    place = Place(tmp_path / "aster", model_server.url)
    provider = f'provider = "anthropic"\nmodel = "test-model"\n[providers.anthropic]\nbase_url = "{model_server.url}"\n'
    place.configure(f'{provider}{ALLOWED}[shell]\nsandbox = "{request.param}"\ndisk_left = 0\n')
    return place


async def test_a_command_of_a_model_is_shown_as_it_runs(ready: Place, model_server: ModelServer) -> None:
    command = "echo one; while [ ! -e go ]; do sleep 0.02; done; echo two > made.txt; echo two"
    model_server.script(Reply(Call("Bash", {"command": command})), Reply(Say("Done.")))
    async with serving(ready) as daemon, daemon.socket() as socket:
        await socket.say("message", text="do it", client_message_id="1")
        said = await socket.until("tool_output")
        assert said[-1]["text"] == "one\n"
        call = next(frame for frame in said if frame["type"] == "tool_use")
        assert said[-1]["tool_use_id"] == call["id"]
        (ready.home / "go").touch()
        (result,) = [each for each in await socket.until("stream_end") if each["type"] == "tool_result"]
    assert (result["content"], result["is_error"]) == ("one\ntwo\n", False)
    assert ready.file("made.txt") == "two\n"


async def test_a_killed_daemon_leaves_no_process_behind_and_says_what_became_of_them(
    ready: Place, model_server: ModelServer
) -> None:
    hidden = "(setsid nohup sleep 1031 >/dev/null 2>&1 &)"
    model_server.script(
        Reply(Call("Bash", {"command": f"{hidden}; echo begun; sleep 1031", "run_in_background": True})),
        Reply(Call("Bash", {"command": f"{hidden}; setsid -f sleep 1031; touch made; sleep 1031"})),
        Reply(Call("BashOutput", {"id": "sh-1"})),
        Reply(Say("I see.")),
    )
    daemon = start(ready)
    try:
        await daemon.ready()
        async with daemon.socket() as socket:
            await socket.say("message", text="do it", client_message_id="1", channel_session_key="k")
            await until(
                lambda: len(running("sleep 1031", ready.home)) >= 4 and (ready.home / "made").exists()
            )
            await daemon.kill()
    finally:
        daemon.process.kill()
        daemon.process.wait()
    await until(lambda: not running("sleep 1031", ready.home), "a command outlives the daemon")
    async with serving(ready, expect_errors=True):
        await until(lambda: len(model_server.requests) >= 4, "the turn does not go on")
    assert "may or may not have happened" in model_server.requests[2].tool_results[-1]
    assert (
        "begun\n[sh-1 was interrupted by a restart of the agent.]"
        in model_server.requests[3].tool_results[-1]
    )


async def test_commands_in_the_background_end_with_the_daemon(
    ready: Place, model_server: ModelServer
) -> None:
    model_server.script(
        Reply(Call("Bash", {"command": "trap '' TERM; sleep 1032", "run_in_background": True})),
        Reply(Say("Done.")),
    )
    async with serving(ready) as daemon:
        await daemon.chat("do it")
        await until(lambda: running("sleep 1032", ready.home))
    assert not running("sleep 1032", ready.home)
