"""Settings changed while a real daemon runs: what a person sees of it, now and after the next start."""

import json
import signal
from pathlib import Path
from typing import Any

import httpx2
import trio

from tests.fakes.model_script import Call, Reply, Say
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Ended, Place, serving, starpod, start


async def put(place: Place, proof: str = "key", **changes: Any) -> Ended:
    message = json.dumps({"changes": changes, "proof": proof})
    return await starpod(place.root, "bus", "send", "settings.Put", message, "--write")


async def test_the_page_shows_another_greeting_and_name_at_once_and_after_a_restart(place: Place) -> None:
    async with serving(place) as daemon:
        assert (await put(place, greeting="Good morning", agent_name="Nova")).status == 0
        config = await daemon.get("/api/config")
        assert (config["greeting"], config["agent_name"]) == ("Good morning", "Nova")

    async with serving(place) as daemon:
        assert (await daemon.get("/api/config"))["agent_name"] == "Nova"


async def test_the_next_turn_goes_by_what_was_changed(tmp_path: Path, model_server: ModelServer) -> None:
    place = Place(tmp_path / "aster", model_server.url)
    async with serving(place) as daemon:
        assert (await put(place, max_turns=1, model="other-model", max_tokens=77)).status == 0
        model_server.script(Reply(Call("FileList", {})), Reply(Say("Enough.")))

        answer = await daemon.chat("look around")

        assert answer["text"].endswith("Enough.")
        assert [request.body["model"] for request in model_server.requests] == ["other-model"] * 2
        assert [request.body["max_tokens"] for request in model_server.requests] == [77, 77]


async def test_what_could_not_start_is_refused_with_every_mistake(place: Place) -> None:
    async with serving(place) as daemon:
        refused = await put(place, max_turns=0, provider="openai", gretting="x")
        assert refused.status == 1
        assert "max_turns: must be >= 1" in refused.err
        unusable = await put(place, provider="openai")
        assert (unusable.status, "OPENAI_API_KEY" in unusable.err) == (1, True)
        missing = await put(
            place,
            "operator",
            **{"gateway.tls.certificate": "/nowhere.pem", "gateway.tls.key": "/nowhere.key"},
        )
        assert (missing.status, "/nowhere.pem: No such file" in missing.err) == (1, True)
        assert (await daemon.get("/api/health"))["status"] == "ok"
    assert not (place.inside / "config.local.toml").exists()


async def test_settings_can_be_read_and_changed_over_http(place: Place) -> None:
    async with serving(place, STARPOD_API_KEY="a-key-for-programs-0815") as daemon:
        key = {"X-API-Key": "a-key-for-programs-0815", "Authorization": "Bearer a-key-for-programs-0815"}

        async def change(**changes: Any) -> httpx2.Response:
            body = {"changes": changes}
            return await daemon.request("PUT", "/api/settings", json=body, headers=key)

        changed = await change(max_turns=7)
        assert (changed.status_code, changed.json()) == (200, {"sections": ["agent"], "next_start": []})
        refused = await change(max_turns=0, max_tokens="many")
        assert refused.status_code == 400
        assert refused.json()["error"].splitlines() == [
            "max_turns: must be >= 1, found 0",
            "max_tokens: must be an integer, found 'many'",
        ]

        for where in (
            {"providers.openai.base_url": "http://elsewhere"},
            {"server_addr": "127.0.0.1:1"},
            {"gateway.hosts": ["evil.example"]},
            {"gateway.trusted_proxies": ["0.0.0.0/0"]},
            {"gateway.base_path": "/elsewhere"},
            {"gateway.tls.certificate": "/etc/passwd", "gateway.tls.key": "/nowhere"},
        ):
            guarded = await change(**where)
            assert (guarded.status_code, "only the operator" in guarded.json()["error"]) == (403, True)
        body = {"changes": {"providers.openai.base_url": "http://ada:secret@elsewhere"}}
        assert (await daemon.request("PUT", "/api/settings", json=body)).status_code == 200
        listed = await daemon.request("GET", "/api/settings", headers=key)
        assert ("http://***@elsewhere" in listed.text, "secret" in listed.text) == (True, False)

        listed = await daemon.request("GET", "/api/settings", params={"section": "agent"}, headers=key)
        found = {each["key"]: each for each in listed.json()}
        assert found["max_turns"] == {
            "key": "max_turns",
            "section": "agent",
            "value": 7,
            "default": 30,
            "expected": "an integer",
            "file": "config.local.toml",
            "takes": "at_once",
        }
        log = await daemon.request("GET", "/api/settings/auth/audit", headers=key)
        noted = [
            (each["user"], each["proof"], each["detail"])
            for each in log.json()
            if each["event"] == "settings.changed"
        ]
        assert noted == [("admin", "operator", "providers.openai.base_url"), ("admin", "key", "max_turns")]
        nobody = await daemon.request("GET", "/api/settings", headers={"Authorization": "Bearer wrong"})
        assert nobody.status_code == 401


async def test_a_kill_in_the_middle_leaves_a_row_and_never_a_change_without_one(place: Place) -> None:
    daemon = await start(place, BUS_CRASH_AT="note.after_commit").ready()
    assert (await put(place, max_turns=7)).status == 1
    assert await daemon.ended() == -signal.SIGKILL
    assert not (place.inside / "config.local.toml").exists()
    async with serving(place) as daemon:
        (newest, *_) = await daemon.get("/api/settings/auth/audit")
        assert (newest["event"], newest["detail"]) == ("settings.changed", "max_turns")


async def test_a_change_of_the_model_does_not_cost_the_answer_that_is_being_written(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url)
    async with serving(place) as daemon, daemon.socket() as socket:
        changed = trio.Event()
        model_server.script(Reply(Say("Done in time."), held=changed))
        await socket.say("message", text="take your time", client_message_id="1")
        await socket.until("completion_start")

        elsewhere = {"providers.anthropic.base_url": "http://127.0.0.1:9", "model": "other-model"}
        assert (await put(place, proof="operator", **elsewhere)).status == 0
        changed.set()

        assert (await socket.until("stream_end"))[-1]["text"] == "Done in time."
        assert len(model_server.requests) == 1
