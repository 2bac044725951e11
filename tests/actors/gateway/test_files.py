"""Uploads and the bytes of files, over a real socket."""

import io
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZipFile, is_zipfile

import attrs
import httpx2
import pytest

from actors.gateway.limits import Limits
from actors.session import messages as session
from actors.tools import messages as tools
from actors.users import messages as users
from actors.vocabulary import ADMIN
from bus import Request
from bus.testing import MeshUnderTest
from tests.actors.gateway.client import connected
from tests.actors.gateway.values import THEN, a_session
from tests.actors.gateway.world import Gateway, add, running


async def test_files_are_uploaded(gateway: Gateway) -> None:
    files = [
        ("file", ("a.txt", b"hello", "text/plain")),
        ("file", ("b.bin", b"\x00" * 300_000, "application/x-b")),
    ]
    response = await gateway.http.post("/api/uploads", files=files)
    assert response.status_code == 200
    assert response.json() == [
        {"file_name": "a.txt", "mime_type": "text/plain", "path": "uploads/admin/a.txt", "size": 5},
        {
            "file_name": "b.bin",
            "mime_type": "application/x-b",
            "path": "uploads/admin/b.bin",
            "size": 300_000,
        },
    ]
    assert (gateway.world.home / "uploads/admin/a.txt").read_bytes() == b"hello"
    assert (gateway.world.home / "uploads/admin/b.bin").read_bytes() == b"\x00" * 300_000


async def test_an_uploaded_file_is_sent_with_a_message(gateway: Gateway) -> None:
    (uploaded,) = (await gateway.http.post("/api/uploads", files={"file": ("a.txt", b"hello")})).json()
    async with gateway.socket() as socket:
        await socket.say(type="message", text="look", attachments=[uploaded])
        assert (await socket.hear())["type"] == "accepted"
    assert gateway.world.accepted[0].attachments[0].path == "uploads/admin/a.txt"


async def test_nothing_of_an_upload_stays_behind(mesh: MeshUnderTest, tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    (folder / "starpod-upload-of-a-killed-process").mkdir(parents=True)
    async with running(mesh, tmp_path) as gateway:
        for name in ("a.txt", "virus.exe"):
            await gateway.http.post("/api/uploads", files={"file": (name, b"hello")})
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("files", "status", "says"),
    [
        ([("other", ("a.txt", b"x"))], 400, "file: expected at least one file"),
        ([("file", ("virus.exe", b"x"))], 400, "virus.exe was not accepted"),
        ([("file", ("a.txt", b"x" * 1001))], 413, "at most"),
        ([("file", ("a.txt", b"x"))] * 4, 413, "at most 3 files"),
    ],
)
async def test_a_bad_upload_says_why(
    mesh: MeshUnderTest, tmp_path: Path, files: Any, status: int, says: str
) -> None:
    async with running(mesh, tmp_path, limits=Limits(upload_file=1000, upload_files=3)) as gateway:
        response = await gateway.http.post("/api/uploads", files=files)
        assert response.status_code == status
        assert says in response.json()["error"]
        exact = await gateway.http.post("/api/uploads", files={"file": ("a.txt", b"x" * 1000)})
        assert exact.status_code == 200


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"Content-Type": "application/json"}, b"{}", 415),
        ({"Content-Type": "multipart/form-data"}, b"--x", 400),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"nonsense", 400),
        ({}, b"", 415),
    ],
)
async def test_what_is_no_form_is_refused(
    gateway: Gateway, headers: dict[str, str], content: bytes, status: int
) -> None:
    response = await gateway.http.post("/api/uploads", content=content, headers=headers)
    assert response.status_code == status
    assert "error" in response.json()


async def test_a_form_elsewhere_writes_no_files(gateway: Gateway) -> None:
    response = await gateway.http.post("/api/chat", files={"file": ("a.txt", b"x")})
    assert response.status_code == 415


async def test_a_full_disk_is_told(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Any, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("actors.gateway.bodies.CappedFile.write", full)
    response = await gateway.http.post("/api/uploads", files={"file": ("a.txt", b"x")})
    assert (response.status_code, response.json()) == (503, {"error": "No space left on device"})


# --- bytes ------------------------------------------------------------------------------------------------


async def test_a_picture_is_shown(gateway: Gateway) -> None:
    (gateway.world.home / "cat.png").write_bytes(b"meow")
    response = await gateway.http.get("/api/files/raw?path=cat.png")
    assert response.content == b"meow"
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"] == "inline; filename*=UTF-8''cat.png"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_pdf_is_shown_in_a_frame_of_ours_and_is_of_no_origin(gateway: Gateway) -> None:
    for name, framed in (("a.pdf", "SAMEORIGIN"), ("a.png", "DENY"), ("a.html", "DENY")):
        (gateway.world.home / name).write_bytes(b"%PDF-1.7")
        response = await gateway.http.get(f"/api/files/raw?path={name}")
        assert response.headers["X-Frame-Options"] == framed
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
        if name == "a.pdf":
            assert response.headers["Content-Type"] == "application/pdf"
            assert response.headers["Content-Disposition"] == "inline; filename*=UTF-8''a.pdf"
            assert response.headers["Content-Security-Policy"].endswith("; frame-ancestors 'self'")


async def test_everything_else_is_saved_and_runs_no_script(gateway: Gateway) -> None:
    (gateway.world.home / "ä; x.html").write_text("<script>1</script>")
    response = await gateway.http.get("/api/files/raw", params={"path": "ä; x.html"})
    assert response.status_code == 200
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%A4%3B%20x.html"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_a_large_file_arrives_whole(gateway: Gateway) -> None:
    body = bytes(range(256)) * 8000
    (gateway.world.home / "big.bin").write_bytes(body)
    response = await gateway.http.get("/api/files/raw?path=big.bin")
    assert response.content == body
    assert response.headers["Content-Length"] == str(len(body))


async def test_an_empty_file_arrives(gateway: Gateway) -> None:
    (gateway.world.home / "empty").write_bytes(b"")
    response = await gateway.http.get("/api/files/raw?path=empty")
    assert (response.status_code, response.content) == (200, b"")


async def test_a_file_may_be_asked_for_without_its_bytes(gateway: Gateway) -> None:
    (gateway.world.home / "a.txt").write_bytes(b"hello")
    response = await gateway.http.head("/api/files/raw?path=a.txt")
    assert (response.status_code, response.headers["Content-Length"]) == (200, "5")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("path=none", 404),
        ("path=/etc/passwd", 400),
        ("path=", 400),
        ("", 400),
        ("path=%ff", 404),
        ("path=%00", 404),
    ],
)
async def test_a_file_that_is_not_there_or_not_ours_is_refused(
    gateway: Gateway, query: str, status: int
) -> None:
    response = await gateway.http.get(f"/api/files/raw?{query}")
    assert response.status_code == status
    assert "error" in response.json()


async def test_a_user_has_what_they_sent_what_was_sent_to_them_and_nothing_else(gateway: Gateway) -> None:
    keys = {user: await add(gateway, user) for user in ("ada", "bob")}
    home = gateway.world.home
    (home / "documents").mkdir()
    for name in ("answer.md", "private.md"):
        (home / "documents" / name).write_text(name)
    files = {"file": ("a.txt", b"hello")}
    sent = await gateway.http.post("/api/uploads", files=files, headers={"X-API-Key": keys["ada"]})
    (uploaded,) = sent.json()
    assert uploaded["path"] == "uploads/ada/a.txt"
    gateway.world.sent.add(("ada", "documents/answer.md"))

    async def has(user: str, path: str) -> bool:
        headers = {"X-API-Key": keys[user]}
        got = await gateway.http.get("/api/files/raw", params={"path": path}, headers=headers)
        assert got.status_code == 200 or got.json()["error"] == f"File not found: {path}"
        async with connected(gateway.url(), headers, known=False) as socket:
            assert (await socket.hear())["type"] == "hello"
            await socket.say(type="message", text="look", attachments=[{**uploaded, "path": path}])
            frames = await socket.until("accepted")
        refused = [frame["code"] for frame in frames[:-1]]
        assert refused == ([] if got.status_code == 200 else ["attachment_refused"])
        return got.status_code == 200

    assert await has("ada", uploaded["path"])
    assert await has("ada", "documents/answer.md")
    assert not await has("ada", "documents/private.md")
    assert not await has("ada", "documents/none.md"), "as if it were not there"
    assert not await has("bob", uploaded["path"])
    assert not await has("bob", "documents/answer.md")
    everything = users.UpdateUser(id="bob", filesystem_enabled=True, user=ADMIN, proof="operator")
    await gateway.mesh.bus.ask(everything)
    assert await has("bob", "documents/private.md")
    assert not await has("bob", uploaded["path"]), "what others have sent is not the agent's"
    got = await gateway.http.get("/api/files/raw", params={"path": uploaded["path"]})
    assert got.status_code == 404, "not even an admin's"


async def test_a_part_of_a_file_is_given_as_long_as_it_is_the_same(gateway: Gateway) -> None:
    (gateway.world.home / "a.txt").write_bytes(b"0123456789")
    path = "/api/files/raw?path=a.txt"
    whole = await gateway.http.get(path)
    etag = whole.headers["ETag"]
    part = await gateway.http.get(path, headers={"Range": "bytes=2-4", "If-Range": etag})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    assert (await gateway.http.get(path, headers={"If-None-Match": etag})).status_code == 304
    beyond = await gateway.http.get(path, headers={"Range": "bytes=10-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */10")
    (gateway.world.home / "a.txt").write_bytes(b"abcdefghij")
    other = await gateway.http.get(path, headers={"Range": "bytes=2-4", "If-Range": etag})
    assert (other.status_code, other.content) == (200, b"abcdefghij")


async def test_files_are_put_into_a_folder(gateway: Gateway) -> None:
    placed = await gateway.http.post(
        "/api/files/upload", data={"path": "new", "replace": "true"}, files={"file": ("a.txt", b"hello")}
    )
    assert placed.json() == [{"path": "new/a.txt", "etag": "5", "status": "ok"}]
    (asked,) = gateway.world.placed
    assert (asked.path, asked.replace, asked.user, asked.proof) == ("new", True, ADMIN, "key")
    nothing = await gateway.http.post("/api/files/upload", data={"path": "new"})
    assert nothing.status_code == 415


async def test_what_a_file_has_to_be_like_may_stand_in_the_header(gateway: Gateway) -> None:
    body = {"path": "a.txt", "content": "hello"}
    for headers in ({"If-Match": '"e-1"'}, {}):
        await gateway.http.put("/api/files/write", json=body, headers=headers)
    assert [each.etag for each in gateway.world.written] == ["e-1", None]


@pytest.mark.parametrize("in_header", [True, False])
async def test_what_is_another_by_now_is_said_as_it_was_asked(gateway: Gateway, *, in_header: bool) -> None:
    body = {"path": "another.txt", "to": "b.txt"}
    headers = {"If-Match": '"e-1"'} if in_header else {}
    moved = await gateway.http.post("/api/files/move", json={**body, "etag": "e-1"}, headers=headers)
    assert (moved.status_code, moved.json()["error"]) == (
        412 if in_header else 409,
        "another.txt is not what it was when you read it; read it again",
    )


# --- folders ----------------------------------------------------------------------------------------------


async def test_a_folder_comes_as_one_file(gateway: Gateway) -> None:
    home = gateway.world.home
    (home / "all/empty").mkdir(parents=True)
    large = os.urandom(1_000_000)
    (home / "all/large.bin").write_bytes(large)
    (home / "all/a.txt").write_text("hello")
    response = await gateway.http.get("/api/files/zip", params={"path": "all"})
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''all.zip"
    with ZipFile(io.BytesIO(response.content)) as packed:
        assert packed.namelist() == ["all/a.txt", "all/empty/", "all/large.bin"]
        assert (packed.read("all/a.txt"), packed.read("all/large.bin")) == (b"hello", large)
    missing = await gateway.http.get("/api/files/zip")
    assert (missing.status_code, missing.json()["error"]) == (400, "path: expected the path of a folder")


async def test_what_cannot_be_read_is_named_in_the_file(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = gateway.world.home
    (home / "all").mkdir()
    for name in ("a", "b", "shrinks"):
        (home / "all" / name).write_text(name)
    found = tools.Located.open

    def opened(located: tools.Located) -> BinaryIO:
        if located.path == "all/a":
            raise PermissionError
        if located.path == "all/shrinks":
            (home / "all/shrinks").write_text("s")
        return found(located)

    monkeypatch.setattr(tools.Located, "open", opened)
    response = await gateway.http.get("/api/files/zip", params={"path": "all"})
    with ZipFile(io.BytesIO(response.content)) as packed:
        contents = {name: packed.read(name) for name in packed.namelist()}
    assert contents == {"all/b": b"b", "all/shrinks": b"s", "all/LEFT OUT.txt": b"a\n"}


NO_FILES = users.UpdateUser(id="bob", filesystem_enabled=False, user=ADMIN, proof="operator")
GONE = users.Deactivate(id="bob", user=ADMIN, proof="operator")
PROMOTED = users.UpdateUser(id="bob", role="admin", user=ADMIN, proof="operator")
SIZE = 40_000_000


async def taken(
    gateway: Gateway, key: str, path: str, change: Callable[[], Awaitable[object]]
) -> tuple[bytes, bool]:
    """What comes of an answer when something changes after its first piece, and whether that is all."""
    taken = bytearray()
    asked = gateway.http.stream("GET", f"/api/{path}", headers={"X-API-Key": key})
    try:
        async with asked as response:
            assert response.status_code == 200
            async for piece in response.aiter_bytes():
                if not taken:
                    await change()
                taken.extend(piece)
    except httpx2.RemoteProtocolError:
        return bytes(taken), False
    return bytes(taken), True


@pytest.mark.parametrize("change", [NO_FILES, GONE])
async def test_a_folder_ends_where_the_right_to_it_does(gateway: Gateway, change: Request[Any]) -> None:
    """The connection is cut: what has come by then is no zip file."""
    home = gateway.world.home
    (home / "all").mkdir()
    for number in range(40):
        (home / f"all/{number}.png").write_bytes(os.urandom(SIZE // 40))
    key = await add(gateway, "bob", filesystem_enabled=True)

    found, is_all = await taken(gateway, key, "files/zip?path=all", partial(gateway.mesh.bus.ask, change))

    assert not is_all
    assert len(found) < SIZE * 3 / 4
    assert not is_zipfile(io.BytesIO(found))


@pytest.mark.parametrize(
    ("path", "change", "whole"),
    [
        ("large.bin", NO_FILES, False),
        ("large.bin", GONE, False),
        ("large.bin", PROMOTED, True),
        ("uploads/bob/large.bin", NO_FILES, True),
        ("uploads/bob/large.bin", GONE, False),
    ],
)
async def test_a_file_ends_where_the_right_to_it_does(
    gateway: Gateway, path: str, change: Request[Any], *, whole: bool
) -> None:
    file = gateway.world.home / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    os.truncate(file, SIZE)
    key = await add(gateway, "bob", filesystem_enabled=True)

    found, is_all = await taken(gateway, key, f"files/raw?path={path}", partial(gateway.mesh.bus.ask, change))

    assert is_all == whole
    assert len(found) == SIZE if whole else len(found) < SIZE * 3 / 4


async def test_a_file_ends_with_the_key_it_was_asked_for_with(gateway: Gateway) -> None:
    file = gateway.world.home / "large.bin"
    file.touch()
    os.truncate(file, SIZE)
    key = await add(gateway, "bob", filesystem_enabled=True)
    (kept,) = await gateway.mesh.bus.ask(users.ListKeys(id="bob", user=ADMIN, proof="operator"))
    another = await gateway.mesh.bus.ask(users.NewKey(id="bob", user=ADMIN, proof="operator"))

    async def revoke(id: str) -> None:
        await gateway.mesh.bus.ask(users.RevokeKey(id=id, user=ADMIN, proof="operator"))

    assert (await taken(gateway, key, "files/raw?path=large.bin", partial(revoke, another.meta.id)))[1]
    assert not (await taken(gateway, key, "files/raw?path=large.bin", partial(revoke, kept.id)))[1]


@pytest.mark.parametrize(("change", "whole"), [(NO_FILES, True), (GONE, False)])
async def test_a_conversation_ends_with_the_account_it_is_of(
    gateway: Gateway, change: Request[Any], *, whole: bool
) -> None:
    gateway.world.sessions["s2"] = a_session("s2", user="bob")
    said = session.Message(
        id=0,
        session="s2",
        turn="t",
        role="user",
        content="x" * (SIZE // 1000),
        attachments=(),
        timestamp=THEN,
    )
    gateway.world.messages["s2"] = [attrs.evolve(said, id=number) for number in range(1, 1001)]
    key = await add(gateway, "bob", filesystem_enabled=True)

    found, is_all = await taken(gateway, key, "sessions/s2/export", partial(gateway.mesh.bus.ask, change))

    assert is_all == whole
    assert len(found) > SIZE if whole else len(found) < SIZE * 3 / 4
