"""A daemon that remembers: what was said is logged once, also when it is killed; the next conversation knows it."""

from pathlib import Path

from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place, serving, start, until


def logs(place: Place, user: str = "admin") -> str:
    folder = place.inside / "users" / user / "memory"
    return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md")))


async def test_what_was_said_is_logged_once_whenever_the_daemon_is_killed(place: Place) -> None:
    for n in range(3):
        daemon = await start(place).ready()
        assert (await daemon.chat(f"number {n}"))["outcome"] == "success"
        await daemon.kill()  # before, or while, it is written down
    async with serving(place):
        await until(lambda: "number 2" in logs(place), "the log was not written")
    assert [logs(place).count(f"**User**: number {n}\n") for n in range(3)] == [1, 1, 1]


async def test_what_is_written_down_the_next_conversation_is_told(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url, "openai")
    wanted = {"file": "MEMORY.md", "content": "- Ada likes green tea.", "append": True}
    model_server.script(Reply(Call("MemoryWrite", wanted)), Reply(Say("Noted.")), Reply(Say("Green tea.")))
    async with serving(place) as daemon:
        await daemon.chat("I like green tea")
        answer = await daemon.chat("What do I like?")
        told = await daemon.get(f"/api/turns/{answer['turn_id']}/context")
        (memory,) = [each for each in told if each["source"] == "Memory"]
        assert "- Ada likes green tea." in memory["text"]
        trace = await daemon.get("/api/mesh/trace", turn=answer["turn_id"])
        assert {"source": "Memory", "size": memory["size"]} in trace["told"]
