"""Hooks on the disk are found, called with what has happened, and what comes of them is kept. Commands are real."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import trio

from actors.hooks import actor, armed
from actors.hooks import messages as hooks
from actors.hooks.registry import Group, Registry
from actors.notification import Notification
from actors.settings import messages as settings
from actors.shell import messages as shell
from actors.shell.settings import Shell
from actors.skills import messages as skills
from bus import conceal
from tests.actors.hooks.conftest import World
from tests.actors.shell.hands import alive
from tests.system.daemons import PATIENCE, until


@pytest.fixture(autouse=True)
def _every_change_is_noticed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(armed, "LOOK_EVERY", 0.0)


def told(world: World, name: str = "a") -> dict[str, Any]:
    """What a hook was told last."""
    found: dict[str, Any] = json.loads((world.folder / name / "told").read_text())
    return found


# --- what a command is told, and what it says -------------------------------------------------------------


async def test_a_command_is_told_the_event_in_the_folder_of_its_manifest(world: World) -> None:
    world.write("a", "PreToolUse")
    await world.start()
    said = await world.accept("hello")
    outcome = await world.call(session=said.session, user="ada")
    assert outcome.decision == "none"
    assert [(run.hook, run.result) for run in outcome.runs] == [("a", "ok")]
    found = told(world)
    path = found.pop("transcript_path")
    assert found == {
        "hook_event_name": "PreToolUse",
        "session_id": said.session,
        "cwd": str(world.home),
        "tool_name": "Bash",
        "tool_input": {"command": "ls"},
        "tool_use_id": "t1",
    }
    assert path.startswith(str(world.data / actor.TRANSCRIPTS))


async def test_the_conversation_is_a_file_while_hooks_are_called(world: World) -> None:
    reads = """import json,sys; print(open(json.load(sys.stdin)["transcript_path"]).read())"""
    world.write("a", "Stop", f"python3 -c '{reads}' > said")
    await world.start()
    said = await world.accept("a word to be found")
    await world.fire(hooks.Stop(stop_hook_active=False), session=said.session, user="ada")
    lines = (world.folder / "a" / "said").read_text().split("\n")
    assert json.loads(lines[0])["id"] == said.session
    assert not list((world.data / actor.TRANSCRIPTS).iterdir())


async def test_a_conversation_that_cannot_be_had_has_no_path(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write("a", "PreToolUse")
    await world.start()
    await world.call(session="none", user="ada")
    assert told(world)["transcript_path"] == ""
    said = await world.accept("hello")
    monkeypatch.setattr("actors.hooks.transcripts.LARGEST", 10)
    await world.call(session=said.session, user="ada")
    assert told(world)["transcript_path"] == ""
    monkeypatch.undo()
    (world.data / actor.TRANSCRIPTS).rmdir()
    await world.call(session=said.session, user="ada")
    assert told(world)["transcript_path"] == ""


@pytest.mark.parametrize(
    ("command", "decision", "reason", "result"),
    [
        ("true", "none", "", "ok"),
        ("echo '{}'", "none", "", "ok"),
        ('echo \'{"decision": "block", "reason": "no"}\'', "deny", "no", "deny"),
        ("echo 'not on Fridays' >&2; exit 2", "deny", "not on Fridays", "deny"),
        ("echo oops >&2; exit 1", "none", "", "failed"),
        ("echo hello", "none", "", "failed"),
        ("exec <&-", "none", "", "ok"),
    ],
)
async def test_what_a_command_says_counts(
    world: World, command: str, decision: str, reason: str, result: str
) -> None:
    world.write("a", "PreToolUse", command)
    await world.start()
    outcome = await world.call()
    assert (outcome.decision, outcome.reason, outcome.runs[0].result) == (decision, reason, result)


async def test_a_command_that_takes_too_long_is_killed_with_all_that_it_began(world: World) -> None:
    world.write("a", "PreToolUse", "sleep 1000 & echo $! > pid; wait", timeout=1.0)
    await world.start()
    (run,) = (await world.call()).runs
    assert (run.result, run.detail) == ("timeout", "it took longer than 1 s")
    noted = world.folder / "a" / "pid"
    if noted.exists() and (pid := noted.read_text().strip()):  # on a busy machine it has not got that far
        await until(lambda: not alive(int(pid)))


async def test_a_command_gets_the_variables_that_it_asks_for_and_no_other_secret(world: World) -> None:
    world.write("a", "PreToolUse", "env > told", requires={"env": ["TOKEN"]})
    world.write("b", "PreToolUse", "env > told")
    await world.start()
    await world.call()
    assert "TOKEN=a-token-of-mine\n" in (world.folder / "a" / "told").read_text()
    for name in ("a", "b"):
        assert "another" not in (world.folder / name / "told").read_text()
    assert "a-token-of-mine" not in (world.folder / "b" / "told").read_text()


async def test_no_secret_is_told_or_kept(world: World) -> None:
    conceal("test", [("TANGERINE", "tangerine-4711")])
    world.write("a", "PreToolUse", "tee told >&2; echo tangerine-4711 >&2; exit 1")
    await world.start()
    await world.fire(hooks.PreToolUse(tool_name="Bash", tool_input={"x": "tangerine-4711"}, tool_use_id="t"))
    (run,) = await world.runs()
    assert "tangerine-4711" not in (world.folder / "a" / "told").read_text() + run.stderr
    assert "TANGERINE" in run.stderr


# --- who runs where ---------------------------------------------------------------------------------------


async def sandboxed(world: World) -> bool:
    """Whether this machine has a sandbox."""
    return (await world.bus.ask(shell.GetProtection())).sandbox


LOOKS = """
echo "$TOKEN" > $HOME/token
cat > $HOME/told
cat ./own > $HOME/own
touch ./new && touch $HOME/could_write
cat ../../db/session.db && touch $HOME/could_look
true
"""


async def test_a_command_that_is_not_trusted_reaches_home_and_its_own_folder_to_read(world: World) -> None:
    world.write("c", "PreToolUse", LOOKS, requires={"env": ["TOKEN"]})
    (world.folder / "c" / "own").write_text("its own")
    await world.start()
    if not await sandboxed(world):
        pytest.skip("this machine has no sandbox")
    said = await world.accept("hello")
    (run,) = (await world.call(session=said.session, user="ada")).runs
    assert (run.result, run.detail) == ("ok", "")
    assert (world.home / "token").read_text() == "a-token-of-mine\n"
    assert json.loads((world.home / "told").read_text())["session_id"] == said.session
    assert (world.home / "own").read_text() == "its own"
    assert sorted(each.name for each in world.home.iterdir()) == ["own", "token", "told", "uploads"]


async def test_it_reads_the_conversation_there(world: World) -> None:
    reads = (
        """import json,sys; print(open(json.load(sys.stdin)["transcript_path"]).read(), file=sys.stderr)"""
    )
    world.write("c", "PreToolUse", f"python3 -c '{reads}'; exit 2")
    await world.start()
    said = await world.accept("a word to be found")
    outcome = await world.call(session=said.session, user="ada")
    assert said.session in outcome.reason


async def test_where_a_sandbox_is_required_and_there_is_none_only_trusted_ones_run(world: World) -> None:
    world.shell = Shell(sandbox="off")
    world.write("a", "PreToolUse")
    world.write("c", "PreToolUse", "touch ran")
    await world.start()
    assert [run.result for run in (await world.call()).runs] == ["ok", "ok"]
    assert (world.folder / "c" / "ran").exists()
    world.shell = Shell(sandbox="required")
    if not await sandboxed(world):
        runs = {run.hook: run for run in (await world.call()).runs}
        assert runs["a"].result == "ok"
        assert runs["c"].detail.startswith("it could not be run: no commands are run here")


async def test_what_keeps_a_command_from_being_run_is_its_failure(world: World) -> None:
    path = world.write("c", "PreToolUse")
    await world.start_session()
    await world.start_hooks()  # and nobody who knows where it belongs
    (run,) = (await world.call()).runs
    assert run.detail.startswith("it could not be run: no actor owns shell.Enclose")
    assert path.exists()


# --- several, and those of the program --------------------------------------------------------------------


async def test_functions_of_the_program_are_called_before_commands(world: World) -> None:
    async def adds(given: Mapping[str, Any], call: str | None) -> Mapping[str, Any]:
        await trio.lowlevel.checkpoint()
        changed = {**given["tool_input"], "by": call}
        return {"hookSpecificOutput": {"hookEventName": "PreToolUse", "updatedInput": changed}}

    programs = Registry({"PreToolUse": [Group(event="PreToolUse", name="adds", callbacks=(adds,))]})
    world.write("a", "PreToolUse")
    await world.start(programs)
    outcome = await world.call()
    assert outcome.input == told(world)["tool_input"] == {"command": "ls", "by": "t1"}
    assert [run.hook for run in outcome.runs] == ["adds", "a"]


async def test_a_function_needs_no_file_of_the_conversation(world: World) -> None:
    seen: list[Any] = []

    async def looks(given: Mapping[str, Any], _call: str | None) -> None:
        await trio.lowlevel.checkpoint()
        seen.append(given["transcript_path"])

    await world.start(Registry({"Stop": [Group(event="Stop", callbacks=(looks,))]}))
    said = await world.accept("hello")
    await world.fire(hooks.Stop(stop_hook_active=False), session=said.session, user="ada")
    assert seen == [""]
    assert [run.hook for run in world.called()] == [""]


async def test_only_hooks_for_the_tool_are_called(world: World) -> None:
    world.write("a", "PostToolUse", matcher="^Bash$")
    world.write("b", "PostToolUse")
    await world.start()
    done = hooks.PostToolUse(tool_name="Edit", tool_input={}, tool_response="ok", tool_use_id="t")
    assert [run.hook for run in (await world.fire(done)).runs] == ["b"]


# --- what is on the disk ----------------------------------------------------------------------------------


async def test_what_is_written_changed_or_deleted_counts_from_the_next_event_on(world: World) -> None:
    await world.start()
    assert not (await world.call()).runs
    path = world.write("a", "PreToolUse", "exit 2")
    assert (await world.call()).decision == "deny"
    world.write("a", "PreToolUse", "true")
    assert (await world.call()).decision == "none"
    path.unlink()
    assert not (await world.call()).runs


async def test_a_manifest_that_cannot_be_used_disables_that_hook_alone_and_says_so(world: World) -> None:
    world.write("a", "PreToolUse", "exit 2")
    world.write("b", "PreToolUse", matcher="(")
    await world.start()
    assert (await world.call()).decision == "deny"
    shown = await world.shown()
    assert (shown["a"].state, shown["b"].state) == ("ready", "broken")
    assert shown["b"].why.startswith("the matcher '(' is no regular expression")
    assert "the hook in b/ cannot be used" in str(world.mesh.cell("hooks").health)
    world.write("b", "PreToolUse", matcher="Edit")
    assert (await world.shown())["b"].state == "ready"
    assert "cannot be used" not in str(world.mesh.cell("hooks").health)


async def test_hooks_that_are_switched_off_are_not_called(world: World) -> None:
    world.write("a", "PreToolUse", "exit 2")
    world.configure(enabled=False)
    await world.start()
    assert (await world.call()) == hooks.Outcome()
    assert (await world.shown())["a"].state == "off"


# --- what came of it --------------------------------------------------------------------------------------


async def test_what_came_of_hooks_is_kept_and_published(world: World) -> None:
    world.write("a", "PreToolUse", "echo oops >&2; exit 1")
    world.write("b", "PreToolUse", "true")
    await world.start()
    await world.call()
    runs = await world.runs()
    assert [(run.hook, run.result, run.detail, run.stderr) for run in runs] == [
        ("b", "ok", "", ""),
        ("a", "failed", "it ended with status 1", "oops"),
    ]
    assert list(reversed(world.called())) == list(runs)
    assert await world.runs("a") == runs[1:]


async def test_a_hook_that_keeps_failing_rests_also_after_a_restart(world: World) -> None:
    world.configure(max_consecutive_failures=2, cooldown_secs=3600.0)
    world.write("a", "PreToolUse", "echo >> ran; exit 1")
    await world.start()
    for _ in range(3):
        await world.call()
    assert (world.folder / "a" / "ran").read_text() == "\n\n"
    shown = (await world.shown())["a"]
    assert (shown.state, shown.failures) == ("tripped", 2)
    await world.mesh.console.restart("hooks")
    assert (await world.call()).runs[0].result == "tripped"
    assert (await world.shown())["a"].until == shown.until


async def test_a_hook_that_is_gone_is_forgiven(world: World) -> None:
    world.configure(max_consecutive_failures=1, cooldown_secs=3600.0)
    path = world.write("a", "PreToolUse", "exit 1")
    await world.start()
    await world.call()
    path.rename(path.with_name("away"))
    assert "a" not in await world.shown()
    path.with_name("away").rename(path)
    assert (await world.shown())["a"].state == "ready"


async def test_a_try_shows_what_hooks_say_and_keeps_nothing(world: World) -> None:
    world.write("a", "PreToolUse", "cat > told; exit 1", matcher="Web")
    await world.start()
    outcome = await world.bus.ask(
        hooks.TryHooks(event="PreToolUse", tool="WebFetch", input={"url": "https://x.org"})
    )
    assert [run.result for run in outcome.runs] == ["failed"]
    assert told(world)["tool_input"] == {"url": "https://x.org"}
    assert await world.runs() == ()
    assert (await world.shown())["a"].failures == 0
    with pytest.raises(hooks.BadTrial):
        await world.bus.ask(hooks.TryHooks(event="Nonsense"))


# --- what others publish ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "published", "fields"),
    [
        (
            "Notification",
            Notification(user="ada", source="cron", title="brief", text="all well", success=True),
            {"message": "all well", "title": "brief", "notification_type": "cron"},
        ),
        (
            "ConfigChange",
            settings.SettingsChanged(sections=("agent",)),
            {"source": "local_settings", "file_path": "<data>/config.local.toml"},
        ),
        ("ConfigChange", skills.SkillsChanged(name="x", owner=""), {"source": "skills"}),
    ],
)
async def test_hooks_are_told_of_what_others_publish(
    world: World, event: str, published: Any, fields: dict[str, str]
) -> None:
    world.write("a", event, "cat > new; mv new told")
    await world.start()
    with trio.fail_after(PATIENCE):
        await world.bus.publish(published)
        await until((world.folder / "a" / "told").exists)
    fields = {name: value.replace("<data>", str(world.data)) for name, value in fields.items()}
    assert fields.items() <= told(world).items()


async def test_where_there_is_no_hook_for_it_nothing_is_sent(world: World) -> None:
    world.write("a", "Stop")
    await world.start()
    await world.shown()
    await world.bus.publish(skills.SkillsChanged(name="x", owner=""))
    await world.shown()
    assert world.called() == []


async def test_the_start_of_the_agent_is_told_once_and_the_first_of_all_as_such(world: World) -> None:
    world.write("a", "Setup", """grep -o '"trigger":"[a-z]*"' >> told""")
    await world.start()
    path = world.folder / "a" / "told"

    def triggers() -> list[str]:
        return [line.split('"')[3] for line in path.read_text().splitlines()] if path.exists() else []

    await until(lambda: len(triggers()) == 2)
    assert triggers() == ["init", "boot"]
    await world.mesh.console.restart("hooks")
    world.armed.setups.clear()  # as in another process
    await world.mesh.console.restart("hooks")
    await until(lambda: len(triggers()) == 3)
    assert triggers() == ["init", "boot", "boot"]


async def test_an_agent_that_has_done_something_is_not_started_for_the_first_time(world: World) -> None:
    world.write("a", "Setup", "cat > new; mv new told")
    await world.start_session()
    await world.turn("hello")
    await world.start_shell()
    await world.start_hooks()
    await until((world.folder / "a" / "told").exists)
    await until(world.called)
    assert [run.event for run in world.called()] == ["Setup"]
    assert told(world)["trigger"] == "boot"


async def test_what_a_process_that_died_has_left_is_taken_away(world: World) -> None:
    folder = world.data / actor.TRANSCRIPTS
    folder.mkdir(parents=True)
    (folder / "x.jsonl").write_text("left")
    await world.start()
    assert not list(folder.iterdir())
