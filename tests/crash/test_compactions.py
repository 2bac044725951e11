"""A daemon that is killed while a summary takes the place of older messages."""

import contextlib
import signal
import sqlite3
from pathlib import Path

import httpx2
import pytest

from actors.transcript import SUMMARY_OPENS
from tests.crash.script import model
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place, serving, start


@pytest.mark.parametrize(
    ("point", "summaries"), [("record_compaction.before_commit", 2), ("record_compaction.after_commit", 1)]
)
async def test_the_turn_is_answered_and_no_summary_is_stored_twice(
    tmp_path: Path, model_server: ModelServer, point: str, summaries: int
) -> None:
    model_server.rule = model(0.0)
    place = Place(tmp_path / "aster", model_server.url, "openai").trusting()
    limits = "[compaction]\ncontext_budget = 100\nmin_keep_messages = 1\nmemory_flush = false\n"
    place.settings.write_text(place.settings.read_text(encoding="utf-8") + limits, encoding="utf-8")
    daemon = start(place, BUS_CRASH_AT=point)
    try:
        await daemon.ready()
        first = await daemon.chat("<s0-0: list a>")
        with pytest.raises(httpx2.TransportError):
            await daemon.chat(f"<s0-1: list a> {'and words ' * 60}", session_id=first["session_id"])
        assert await daemon.ended() == -signal.SIGKILL, daemon.log
    finally:
        daemon.process.kill()
        daemon.process.wait()
    async with serving(place) as daemon:
        last = await daemon.chat("<s0-2: list a>", session_id=first["session_id"], mode="queue")
        assert (last["status"], last["text"].count("{s0-2}")) == (200, 1)
        rows = await daemon.get(f"/api/sessions/{first['session_id']}/messages")
    said = [row["content"][:6] for row in rows if row["role"] == "user"]
    assert said == ["<s0-0:", "<s0-1:", "<s0-2:"], "nothing that was stored is gone"
    asked = [request for request in model_server.requests if not request.tools]
    assert len(asked) >= summaries
    assert SUMMARY_OPENS in str(model_server.requests[-1].messages)
    with contextlib.closing(sqlite3.connect(place.database)) as database:
        stored = database.execute("SELECT count(*) FROM compactions GROUP BY first_step").fetchall()
    assert set(stored) == {(1,)}
