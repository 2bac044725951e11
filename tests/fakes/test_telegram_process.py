"""The stand-in for the Bot API as a process of its own, and its wire seen from below."""

import socket
import struct
import sys
from pathlib import Path

import httpx2
import pytest
import trio
import trio.testing

from tests.fakes.telegram.connection import Connection, Gone
from tests.fakes.telegram.people import ADA, PIXEL
from tests.fakes.telegram.remote import telegram_process
from tests.fakes.telegram.server import TelegramServer

PROGRAM = Path(__file__).parent / "telegram" / "server.py"


def test_it_is_told_from_outside_what_people_do() -> None:
    with (
        telegram_process() as telegram,
        httpx2.Client(base_url=f"{telegram.url}/bot{telegram.token}", trust_env=False, verify=False) as bot,
    ):
        update = telegram.people.write("hello", sender=8)
        assert update["message"]["from"]["first_name"] == "Person 8"
        assert telegram.seen.waiting() == [update["update_id"]]
        assert bot.post("getUpdates", json={"timeout": 5}).json()["result"] == [update]
        sent = bot.post("sendMessage", data={"chat_id": "8", "text": "hi"}).json()["result"]
        telegram.wait_for(lambda: telegram.seen.texts(8) == ["hi"])
        with pytest.raises(TimeoutError):
            telegram.wait_for(lambda: False, seconds=0.01)
        document = telegram.people.document(b"\x00\xff")["message"]["document"]["file_id"]
        assert telegram.seen.content(document) == b"\x00\xff"
        telegram.faults.add("refuse", on="edits", code=400, description="Bad Request: no")
        edit = {"chat_id": 8, "message_id": sent["message_id"], "text": "ho"}
        assert bot.post("editMessageText", json=edit).json()["description"] == "Bad Request: no"
        telegram.limit(chat=(1, 1))
        assert [bot.get("sendMessage?chat_id=8&text=a").status_code for _ in range(2)] == [200, 429]
        telegram.limit()
        telegram.unplug()
        with pytest.raises(httpx2.NetworkError):
            bot.get("getMe")
        with pytest.raises(httpx2.ConnectError):
            bot.get("getMe")
        telegram.plug()
        assert bot.get("getMe").status_code == 200
        with pytest.raises(LookupError, match="KeyError: -1"):
            telegram.people.write("nowhere", chat=-1)
        with pytest.raises(LookupError, match="there is no /_do/people/dance"):
            telegram.people.dance()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


async def test_it_ends_with_the_process_that_started_it() -> None:
    starter = f"""
import subprocess, sys
server = subprocess.Popen([sys.executable, {str(PROGRAM)!r}, "--token", "1:a"], stdout=subprocess.PIPE, text=True)
print(server.stdout.readline(), end="", flush=True)
"""
    done = await trio.run_process([sys.executable, "-c", starter], capture_stdout=True)
    url = httpx2.URL(done.stdout.decode().strip())
    assert url.port is not None
    with trio.fail_after(60), pytest.raises(OSError, match="127"):
        while True:
            await (await trio.open_tcp_stream(url.host, url.port)).aclose()
            await trio.sleep(0.1)


@pytest.mark.parametrize(
    ("path", "status", "why"),
    [
        ("/", 404, "Not Found"),
        ("/bot", 404, "Not Found"),
        ("/botnonsense/getMe", 404, "Not Found"),
        ("/bot1:a/getMe", 401, "Unauthorized"),
        ("/bot{token}/dance", 404, "Not Found: method not found"),
        ("/bot{token}/GETME?chat_id=1", 400, "Bad Request: getme has no parameter ['chat_id']"),
        ("/bot{token}/getUpdates?wait=1", 400, "Bad Request: getUpdates has no parameter ['wait']"),
        ("/bot{token}/sendMessage?text=a", 400, "Bad Request: chat_id is empty"),
        ("/bot{token}/sendMessage?chat_id=7&text=a&entities=[1]", 400, "Bad Request: can't parse entities JSON object"),
        ("/bot{token}/sendMessage?chat_id=7&text=a&entities=[", 400, "Bad Request: can't parse entities JSON object"),
        ("/bot{token}/sendMessage?chat_id=7&text=a&reply_markup=[]", 400,
         "Bad Request: can't parse reply_markup JSON object"),
        ("/bot{token}/sendMessage?chat_id=7&text=a&parse_mode=MarkdownV2", 400,
         "Bad Request: unsupported parse_mode: the stand-in reads HTML and entities, not MarkdownV2"),
        ("/bot{token}/sendChatAction?chat_id=7&action=dancing", 400, "Bad Request: wrong parameter action in request"),
        ("/bot{token}/sendPhoto?chat_id=7", 400, "Bad Request: there is no photo in the request"),
        ("/bot{token}/sendPhoto?chat_id=7&photo=https://a.example/p.png", 400,
         "Bad Request: wrong file identifier/HTTP URL specified"),
        ("/file/bot{token}/documents/none", 404, "Not Found"),
    ],
)  # fmt: skip
async def test_what_is_not_right_is_said_so(
    telegram: TelegramServer, path: str, status: int, why: str
) -> None:
    telegram.people.write("hello")
    async with httpx2.AsyncClient(base_url=telegram.url, trust_env=False, verify=False) as client:
        answer = await client.get(path.format(token=telegram.token))
    assert answer.status_code == status
    assert answer.json() == {"ok": False, "error_code": status, "description": why}


async def test_bodies_are_read_in_three_formats(telegram: TelegramServer) -> None:
    telegram.people.write("hello")
    call = f"/bot{telegram.token}/sendDocument"
    async with httpx2.AsyncClient(base_url=telegram.url, trust_env=False, verify=False) as client:
        file = {"document": ("é.txt", b"x" * 100_000, "text/plain")}
        sent = (await client.post(call, data={"chat_id": "7"}, files=file)).json()["result"]
        again = {"chat_id": 7, "document": sent["document"]["file_id"], "caption": "again", "thumbnail": None}
        assert (await client.post(call, json=again)).json()["ok"]
        assert (
            await client.post(call, data={"chat_id": "7", "document": sent["document"]["file_id"]})
        ).json()["ok"]
        for body, kind in ((b"[]", "application/json"), (b"{", "application/json"), (b"a", "text/plain")):
            answer = await client.post(call, content=body, headers={"content-type": kind})
            assert answer.status_code == 400
    assert sent["document"]["file_name"] == "é.txt"
    assert telegram.connections == 1


async def test_a_file_of_a_document_is_at_most_as_large_as_telegram_allows(telegram: TelegramServer) -> None:
    telegram.people.write("hello")
    async with httpx2.AsyncClient(base_url=telegram.url, trust_env=False, timeout=60, verify=False) as client:
        file = {"document": ("a.bin", bytes(50 * 1024 * 1024 + 1))}
        answer = await client.post(f"/bot{telegram.token}/sendDocument", data={"chat_id": "7"}, files=file)
    assert answer.json() == {"ok": False, "error_code": 413, "description": "Request Entity Too Large"}


async def test_a_client_that_leaves_ends_its_poll(telegram: TelegramServer) -> None:
    async with httpx2.AsyncClient(base_url=telegram.url, trust_env=False, verify=False) as client:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.get, f"/bot{telegram.token}/getUpdates?timeout=50")
            await telegram.wait_for(telegram.seen.polling)
            nursery.cancel_scope.cancel()
    await telegram.wait_for(lambda: not telegram.seen.polling())


async def test_a_line_that_is_pulled_refuses_and_can_be_plugged_in_again(telegram: TelegramServer) -> None:
    call = f"/bot{telegram.token}/getUpdates?timeout=50"
    async with (
        httpx2.AsyncClient(base_url=telegram.url, trust_env=False, verify=False) as client,
        trio.open_nursery() as nursery,
    ):

        async def poll() -> None:
            with pytest.raises(httpx2.RemoteProtocolError):
                await client.get(call)

        nursery.start_soon(poll)
        await telegram.wait_for(telegram.seen.polling)
        for _ in range(2):
            telegram.unplug()
            with pytest.raises(httpx2.ConnectError):
                await client.get(call)
        for _ in range(2):
            telegram.plug()
        telegram.people.write("hello")
        assert len((await client.get(call)).json()["result"]) == 1


async def test_a_chunked_body_is_read_and_nonsense_is_not() -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    connection = Connection(theirs)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await ours.send_all(
        b"POST /a HTTP/1.1\r\nhost: b\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n0\r\n\r\n"
    )
    request = await connection.receive()
    assert request is not None
    assert request.body == b"abc"
    other, theirs = trio.testing.memory_stream_pair()
    await other.send_all(b"nonsense\r\n\r\n")
    with pytest.raises(Gone):
        await Connection(theirs).receive()  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def test_sizes_of_a_jpeg_are_read(telegram: TelegramServer) -> None:
    telegram.people.write("hello")
    head = b"\xff\xd8\xff\xe0\x00\x04JF\xff\xc0\x00\x11\x08\x00\x50\x00\xa0" + bytes(20)
    async with httpx2.AsyncClient(base_url=telegram.url, trust_env=False, verify=False) as client:
        answer = await client.post(
            f"/bot{telegram.token}/sendPhoto", data={"chat_id": "7"}, files={"photo": ("a.jpg", head)}
        )
    assert [(size["width"], size["height"]) for size in answer.json()["result"]["photo"]] == [
        (90, 45),
        (160, 80),
    ]
    assert telegram.seen.messages(ADA)[-1]["photo"][-1]["file_size"] == len(head)
    assert PIXEL.startswith(b"\x89PNG")


async def test_a_client_that_is_reset_while_it_waits_has_left(telegram: TelegramServer) -> None:
    telegram.faults.add("silence", on="polls")
    address = httpx2.URL(telegram.url)
    client = await trio.open_tcp_stream(address.host, address.port or 0)
    await client.send_all(f"GET /bot{telegram.token}/getUpdates HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    with trio.fail_after(5):
        while not telegram.connections:
            await trio.lowlevel.checkpoint()
    await trio.testing.wait_all_tasks_blocked(0.05)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await client.aclose()
    async with httpx2.AsyncClient(
        base_url=f"{telegram.url}/bot{telegram.token}", trust_env=False, verify=False
    ) as bot:
        assert (await bot.get("getMe")).json()["ok"]
