"""A daemon that remembers: what was said is logged once, also when it is killed; the next conversation knows it."""

from pathlib import Path

from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place, serving, starpod, start, until


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


async def test_whoever_asks_why_is_told_the_notes_the_skills_and_the_passages(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url, "openai")
    profile = place.inside / "users" / "admin" / "USER.md"
    profile.parent.mkdir(parents=True)
    profile.write_text("Ada, a sailor.\n")
    model_server.script(
        Reply(Call("MemorySearch", {"query": "sailor"})),
        Reply(Call("SkillActivate", {"name": "tea"})),
        Reply(Say("Yes.")),
    )
    async with serving(place) as daemon:
        made = await daemon.request(
            "POST", "/api/skills", json={"name": "tea", "description": "Make tea.", "body": "Boil water."}
        )
        assert made.status_code == 201
        answer = await daemon.chat("Do I sail?")
        given = await daemon.get(f"/api/turns/{answer['turn_id']}/given")
        told = {each["source"]: each["origins"] for each in given["told"]}
        assert next(each["kind"] for each in told["Memory"]) == "profile"
        assert "tea" in [each["name"] for each in told["Skills"]]
        search, skill = given["looked_up"]
        (hit, *_) = search["origins"]
        assert (search["tool"], hit["name"], hit["lines"], hit["score"] > 0) == (
            "MemorySearch",
            "USER.md",
            "1-1",
            True,
        )
        assert (skill["tool"], "tea" in skill["text"]) == ("SkillActivate", True)
        shown = await starpod(place.root, "sessions", "show", answer["session_id"][:8], "--why")
        assert shown.status == 0, shown.err
        for words in ("Do I sail?", "Yes.", "MemorySearch", "USER.md:1-1", "profile", "score"):
            assert words in shown.out, words
        missing = await starpod(place.root, "sessions", "show", "nowhere")
        assert (missing.status, "no conversation" in missing.err) == (1, True)
