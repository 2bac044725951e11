"""Hooks and a real daemon: what the owner writes down is called, says what happens, and leaves nothing behind."""

import json
from pathlib import Path

import trio

from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import PATIENCE, Place, serving, starpod, until

TRUST = '[hooks]\ntrusted = ["guard", "notes", "slow"]\n'


def write(place: Place, name: str, event: str, command: str, more: str = "") -> Path:
    folder = place.inside / "hooks" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "HOOK.md").write_text(
        f'+++\nname = "{name}"\nevent = "{event}"\ncommand = """{command}"""\n{more}\n+++\nA hook.\n'
    )
    return folder


async def results(place: Place) -> set[tuple[str, str]]:
    """Which hooks were called, and what came of it."""
    runs = json.loads((await starpod(place.root, "hooks", "runs", "--json")).out)
    return {(run["hook"], run["result"]) for run in runs}


async def test_a_hook_is_listed_tried_called_and_shown(place: Place) -> None:
    write(place, "guard", "UserPromptSubmit", "grep -q forbidden && { echo not that >&2; exit 2; }; true")
    write(place, "notes", "Stop", "cat >> told; echo >> told")
    (place.inside / "hooks" / "broken").mkdir()
    (place.inside / "hooks" / "broken" / "HOOK.md").write_text("+++\nname = ")
    place.configure(f'provider = "offline"\n{TRUST}')
    async with serving(place) as daemon:
        listed = await starpod(place.root, "hooks", "list")
        assert listed.status == 0, listed.err
        assert "guard   UserPromptSubmit" in listed.out
        assert "broken is broken: missing closing +++" in listed.out + listed.err
        doctor = await starpod(place.root, "bus", "doctor")
        assert "the hook in broken/ cannot be used: missing closing +++" in doctor.out

        tried = await starpod(
            place.root, "hooks", "test", "UserPromptSubmit", "--input", '{"prompt": "forbidden"}'
        )
        assert tried.out.startswith("guard: deny in ")
        assert "together: deny, as guard says: not that" in tried.out
        unknown = await starpod(place.root, "hooks", "test", "PromptSubmit")
        assert unknown.status == 1
        assert "there is no event 'PromptSubmit', did you mean 'UserPromptSubmit'?" in unknown.err

        refused = await daemon.chat("something forbidden")
        assert refused["status"] == 403
        assert "This message was refused: not that" in json.dumps(refused)
        said = await daemon.chat("hello")
        told = place.inside / "hooks" / "notes" / "told"
        await until(lambda: told.exists() and told.read_text().endswith("\n"))
        (stop,) = [json.loads(line) for line in told.read_text().splitlines()]
        assert (stop["hook_event_name"], stop["session_id"]) == ("Stop", said["session_id"])
        assert stop["last_assistant_message"]

        expected = {("guard", "deny"), ("guard", "ok"), ("notes", "ok")}
        with trio.fail_after(PATIENCE):  # what a hook wrote may be seen before it has ended
            while await results(place) != expected:
                pass
        assert "notes  Stop" in (await starpod(place.root, "hooks", "runs", "notes")).out
        unknown = await starpod(place.root, "hooks", "runs", "nots")
        assert "no hook nots was called yet" in unknown.out + unknown.err


async def test_what_a_hook_says_of_a_call_of_a_tool_counts_and_tools_cannot_write_hooks(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url)
    write(place, "guard", "PreToolUse", "echo read only >&2; exit 2", 'matcher = "^FileWrite$"')
    place.settings.write_text(f"{place.settings.read_text()}{TRUST}")
    async with serving(place) as daemon:
        model_server.script(
            Reply(Call("FileWrite", {"path": "a.txt", "content": "x"})), Reply(Say("It could not be."))
        )
        await daemon.chat("write")
        assert not (place.home / "a.txt").exists()
        (place.inside / "hooks" / "guard" / "HOOK.md").unlink()
        hook = {"path": "../.starpod/hooks/mine/HOOK.md", "content": "+++\n+++"}
        model_server.script(Reply(Call("FileWrite", hook)), Reply(Say("It could not be.")))
        await daemon.chat("write a hook")
        assert not (place.inside / "hooks" / "mine").exists()


async def test_a_daemon_that_is_killed_leaves_no_hook_behind(place: Place) -> None:
    folder = write(place, "slow", "UserPromptSubmit", "echo $$ > pid; sleep 1000")
    place.configure(f'provider = "offline"\n{TRUST}')
    async with serving(place) as daemon:
        async with daemon.socket() as socket:
            await socket.say("message", text="hello")
            await until(lambda: (folder / "pid").exists() and (folder / "pid").read_text().strip())
            await daemon.kill()
    pid = int((folder / "pid").read_text())
    await until(lambda: not Path(f"/proc/{pid}/cmdline").exists() or not _command(pid))


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
