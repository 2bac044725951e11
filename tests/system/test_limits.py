"""Limits that a real daemon keeps to, over wire, page and kill."""

from pathlib import Path

import trio

from tests.fakes.model_script import Call, Received, Reply, Say, Tokens
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Daemon, Json, Place, serving, start

USED = 1000
"""Tokens of each answer."""
LIMIT = 20_500


def for_ever(request: Received) -> Reply:
    """A model that always wants to look once more, at something else each time."""
    tokens = Tokens(input=USED - 5, output=5)
    return Reply(
        Call("FileList", {"path": f"documents/{len(request.body['messages'])}"}), tokens=tokens, delay=0.05
    )


async def test_eight_conversations_at_once_stay_within_a_day_also_over_a_kill(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url, "openai")
    with place.settings.open("a", encoding="utf-8") as settings:
        settings.write(f"[limits]\ntokens_per_day = {LIMIT}\n")
    model_server.rule = for_ever
    daemon = await start(place).ready()
    keys = [f"chat {n}" for n in range(8)]
    async with trio.open_nursery() as nursery:
        for key in keys:
            nursery.start_soon(_abandoned, daemon, key)
        await model_server.wait_for(lambda server: len(server.requests) >= 12)
        await daemon.kill()
        nursery.cancel_scope.cancel()
    async with serving(place) as daemon:
        ends: list[Json] = []

        async def wait(key: str) -> None:
            ends.append(await daemon.chat("go", channel_session_key=key, client_message_id=key))

        async with trio.open_nursery() as nursery:
            for key in keys:
                nursery.start_soon(wait, key)
        assert {end["outcome"] for end in ends} == {"budget"}
        assert all("(limits.tokens_per_day). It is over at 00:00" in end["notice"] for end in ends)
        costs = await daemon.get("/api/settings/costs")
        used = costs["total_input_tokens"] + costs["total_output_tokens"]
        assert LIMIT <= used < LIMIT + USED
        seen = len(model_server.requests)
        again = await daemon.chat("and now?", channel_session_key=keys[0])
        assert (again["outcome"], again["text"], len(model_server.requests)) == ("budget", "", seen)


async def _abandoned(daemon: Daemon, key: str) -> None:
    """A message whose sender does not hear the end of it."""
    try:
        await daemon.chat("go", channel_session_key=key, client_message_id=key)
    except Exception:  # noqa: BLE001 - the daemon dies meanwhile, in whatever way the client takes it
        return


async def test_a_model_that_does_the_same_for_ever_is_stopped_and_the_page_is_told(
    tmp_path: Path, model_server: ModelServer
) -> None:
    place = Place(tmp_path / "aster", model_server.url, "anthropic")
    model_server.rule = lambda request: Reply(
        Say("Once more."), Call("FileList", {"path": "documents"}, id=f"c{len(request.body['messages'])}")
    )
    async with serving(place) as daemon, daemon.socket() as socket:
        await socket.say("message", text="go")
        end = (await socket.until("stream_end"))[-1]
        assert (end["outcome"], end["num_turns"], end["is_error"]) == ("loop", 5, False)
        assert "the same calls 5 times in a row" in end["notice"]
        assert (await daemon.rows(end["session_id"]))[-1] == ("notice", end["notice"])
        asked = [str(request.body) for request in model_server.requests]
        assert sum("Do not call tools now" in body for body in asked) == 1
        assert sum("Once more will not help" in body for body in asked) == 2
