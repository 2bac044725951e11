"""Whatever comes in, the answer is a clear error, and nothing is lost by it."""

from tests.system.daemons import Place, serving, starpod


async def test_http_refuses_what_it_cannot_use_and_goes_on(place: Place) -> None:
    async with serving(place) as daemon:
        good = await daemon.chat("note: buy milk")
        conversation = good["session_id"]
        json_type = {"content-type": "application/json"}
        for content, words in (
            (b"{", "JSON"),
            (b"[1, 2]", "object"),
            (b'{"text": 7}', "text"),
            (b'{"texts": "hi"}', "text"),
            (b'{"text": "hi", "mode": "later"}', "mode"),
            (b'{"text": "hi", "model": "anthropic/other"}', "model"),
            (b"\xff\xfe", "JSON"),
        ):
            answer = await daemon.request("POST", "/api/chat", content=content, headers=json_type)
            assert (answer.status_code, words in answer.json()["error"]) == (400, True), answer.text
        for method, path, status in (
            ("GET", "/api/sessions/nowhere", 404),
            ("GET", "/api/sessions/nowhere/messages", 404),
            ("POST", "/api/sessions/nowhere/cancel", 404),
            ("GET", "/api/nothing", 404),
            ("PUT", f"/api/sessions/{conversation}", 405),
            ("GET", "/api/sessions?limit=many", 400),
            ("GET", "/api/files/raw?path=../.starpod/db/session.db", 400),
        ):
            answer = await daemon.request(method, path)
            assert answer.status_code == status, f"{path}: {answer.text}"
            assert answer.json()["error"]
        unknown = await daemon.chat("hi", session_id="nowhere")
        assert (unknown["status"], "nowhere" in unknown["error"]) == (404, True)
        assert [each["id"] for each in await daemon.get("/api/sessions")] == [conversation]
        assert (await daemon.chat("read documents/buy-milk.md", session_id=conversation))["status"] == 200


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(place: Place) -> None:
    async with serving(place) as daemon:
        answer = await daemon.request(
            "POST", "/api/chat", content=b"x" * (3 << 20), headers={"content-type": "application/json"}
        )
        assert (answer.status_code, bool(answer.json()["error"])) == (413, True)
        assert (await daemon.chat("help"))["status"] == 200


async def test_other_pages_and_names_are_kept_out(place: Place) -> None:
    async with serving(place) as daemon:
        for headers in ({"host": "evil.example"}, {"origin": "https://evil.example"}):
            answer = await daemon.request("POST", "/api/chat", json={"text": "help"}, headers=headers)
            assert (answer.status_code, bool(answer.json()["error"])) == (403, True)
        assert await daemon.get("/api/sessions") == []
        own = await daemon.request("POST", "/api/chat", json={"text": "help"}, headers={"origin": daemon.url})
        assert own.status_code == 200


async def test_a_websocket_says_what_was_wrong_and_stays(place: Place) -> None:
    async with serving(place) as daemon, daemon.socket() as socket:
        await socket.hear()
        for raw, code in (
            ("{", "bad_message"),
            ("[]", "bad_message"),
            ("{}", "bad_message"),
            ('{"type": "dance"}', "unknown_type"),
            ('{"type": "message"}', "bad_message"),
            ('{"type": "message", "text": "hi", "session_id": "nowhere"}', "unknown_session"),
            ('{"type": "message", "text": "hi", "model": "anthropic/other"}', "model_not_allowed"),
            ('{"type": "cancel", "session_id": "nowhere"}', "unknown_session"),
            ('{"type": "resume", "session_id": "nowhere", "after_seq": 3}', "unknown_session"),
        ):
            await socket.raw(raw)
            frame = await socket.hear()
            assert (frame["type"], frame["code"]) == ("error", code), raw
            assert frame["message"]
        await socket.say("message", text="help")
        assert (await socket.until("stream_end"))[-1]["outcome"] == "success"


async def test_a_message_that_is_too_long_is_refused_in_words_by_the_command_line_too(place: Place) -> None:
    async with serving(place) as daemon, daemon.socket() as other:
        said = await starpod(place.root, "chat", "-", stdin="x" * 1_100_000)
        assert (said.status, said.out) == (1, "")
        assert "1,048,576 characters" in said.err
        await other.say("message", text="help")
        assert (await other.until("stream_end"))[-1]["outcome"] == "success"
