"""The tools actor on a bus, with real files and, outside virtual time, real threads."""

import gc
import itertools
import os
import resource
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import trio

from actors.tooling import CallContext, Catalogue, render, tool_of
from actors.tools import changing, reading
from actors.tools import messages as tools
from actors.tools.actor import INLINE, ToolsActor
from actors.tools.settings import Attachments, Settings
from actors.vocabulary import Text
from bus.testing import MeshUnderTest, open_test_mesh
from tests.actors.tools.files import TOOLS

CATALOGUE = Catalogue(map(tool_of, TOOLS))


async def start(
    mesh: MeshUnderTest, home: Path, settings: Settings | None = None, max_result: int = 50_000
) -> None:
    uploads, data = home.parent / "uploads", home.parent / f".{home.name}"
    (data / "db").mkdir(parents=True, exist_ok=True)
    rules = settings or Settings()
    await mesh.start(partial(ToolsActor, home, uploads, data, lambda: rules, lambda: max_result))


CALLS = itertools.count(1)


async def call(mesh: MeshUnderTest, name: str, *, outside: tuple[str, ...] = (), **input: Any) -> str:
    """Call a tool as a model does; returns the text it gets."""
    context = CallContext(
        call=f"turn:{next(CALLS)}",
        session="s",
        user="admin",
        turn="turn",
        role="admin",
        channel="main",
        source="web",
        outside=outside,
    )
    reply = await mesh.bus.ask(CATALOGUE.decode(name, input, context))
    (block,) = render(reply).content
    assert isinstance(block, Text)
    return block.text


async def test_a_file_is_written_listed_read_and_deleted(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with open_test_mesh() as mesh:
        await start(mesh, home)
        path = "documents/notes.md"
        assert await call(mesh, "FileWrite", path=path, content="hello") == f"Successfully wrote {path}"
        assert await call(mesh, "FileList", path="documents") == (
            '[\n  {"name": "notes.md", "size": 5, "type": "file"}\n]'
        )
        assert await call(mesh, "FileRead", path=path) == "hello"
        assert await call(mesh, "FileDelete", path=path) == f"Deleted {path}"
        assert await call(mesh, "FileList", path="documents") == "[]"


async def test_a_file_is_worked_on_by_the_names_that_models_know(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with open_test_mesh() as mesh:
        await start(mesh, home)
        path = f"{home}/documents/notes.md"
        assert await call(mesh, "Write", file_path=path, content="one\ntwo\none\n") == (
            "Successfully wrote documents/notes.md"
        )
        assert await call(mesh, "Read", file_path=path, offset=2) == "2\ttwo\n3\tone\n"
        assert await call(mesh, "Read", file_path=path, limit=0, pages="1-3") == "1\tone\n2\ttwo\n3\tone\n"
        once = await call(mesh, "Edit", file_path=path, old_string="two", new_string="2")
        assert once == "Edited documents/notes.md: 1 replacement"
        all_ = await call(mesh, "Edit", file_path=path, old_string="one", new_string="1", replace_all=True)
        assert all_ == "Edited documents/notes.md: 2 replacements"
        assert await call(mesh, "Glob", pattern="**/*.md") == "documents/notes.md"
        assert await call(mesh, "Grep", pattern="^\\d$", output_mode="count") == "documents/notes.md:3"


MARK = "[Words from outside went into this: file names]"


async def test_names_that_somebody_else_may_be_behind_count_as_words_from_outside(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for at in range(2):  # the second time from what is stored
        async with open_test_mesh() as mesh:
            await start(mesh, home)
            if not at:
                assert MARK not in await call(mesh, "FileList", path=".")
                await call(mesh, "FileWrite", path="documents/plans/own.md", content="x")
            for folder in (".", "documents", "documents/plans"):
                assert MARK not in await call(mesh, "FileList", path=folder)
            assert MARK not in await call(mesh, "Glob", pattern="documents/**")
            assert MARK not in await call(mesh, "Glob", pattern="nothing/*")

    (home / "documents/plans/obey me.txt").write_text("")
    async with open_test_mesh() as mesh:
        await start(mesh, home)
        assert MARK not in await call(mesh, "FileList", path="documents")
        assert (await call(mesh, "FileList", path="documents/plans")).endswith(f"\n\n{MARK}")
        assert (await call(mesh, "Glob", pattern="**/*.txt")).splitlines()[-1] == MARK
        for name, path in (("FileWrite", "path"), ("Write", "file_path")):
            await call(mesh, name, outside=("WebFetch",), content="", **{path: f"documents/{name}.md"})
        assert (await call(mesh, "FileList", path="documents")).endswith(MARK)
        for name in ("FileWrite", "Write"):
            await call(mesh, "FileWrite", path=f"documents/{name}.md", content="x")
        assert MARK not in await call(mesh, "FileList", path="documents")


async def test_a_file_outside_the_usual_folders_is_written_with_a_warning(tmp_path: Path) -> None:
    async with open_test_mesh() as mesh:
        await start(mesh, tmp_path / "home")
        for folder in ("documents", "projects", "scripts", "temp", "desktop", "downloads"):
            path = f"{folder}/a.txt"
            assert await call(mesh, "FileWrite", path=path, content="") == f"Successfully wrote {path}"
        for path in ("a.txt", "documents.txt", "other/a.txt"):
            first, warning = (await call(mesh, "FileWrite", path=path, content="")).splitlines()
            assert first == f"Successfully wrote {path}"
            assert warning.startswith(
                "Warning: it lies outside the usual folders; prefer desktop/, documents/"
            )


async def test_an_attached_file_goes_to_the_person(tmp_path: Path) -> None:
    async with open_test_mesh() as mesh:
        await start(mesh, tmp_path)
        await mesh.bus.ask(tools.FileWrite(user="ada", path="documents/plan.md", content="# Plan", call="1"))
        rendered = render(await mesh.bus.ask(tools.Attach(user="ada", path="documents/plan.md")))
        assert [(each.name, each.media_type, each.size) for each in rendered.attachments] == [
            ("plan.md", "text/markdown", 6)
        ]


@pytest.mark.parametrize(
    "request_",
    [
        tools.FileRead(user="ada", path="no.txt"),
        tools.FileRead(user="ada", path="../x"),
        tools.FileList(user="ada", path="no"),
        tools.FileDelete(user="ada", path="no.txt"),
        tools.Attach(user="ada", path="no.txt"),
        tools.Locate(user="ada", path="/etc/passwd"),
        tools.LoadFile(path="/etc/passwd"),
        tools.SaveUpload(user="ada", upload="..", files=(tools.SentFile(id="x", name="x"),)),
        tools.SaveUpload(user="ada", upload="no", files=(tools.SentFile(id="0", name="x"),)),
        tools.FileWrite(user="ada", path=".starpod/x", content="", call="1"),
        tools.Read(user="ada", file_path="/etc/passwd"),
        tools.Write(user="ada", file_path="/etc/x", content="", call="1"),
        tools.Edit(user="ada", file_path="no.txt", old_string="a", new_string="b", call="1"),
        tools.Glob(user="ada", pattern="../*"),
        tools.Grep(user="ada", pattern="("),
    ],
)
async def test_a_refusal_is_an_error_of_the_call_not_of_the_actor(tmp_path: Path, request_: Any) -> None:
    async with open_test_mesh() as mesh:
        await start(mesh, tmp_path)
        with pytest.raises((tools.FileError, tools.BadPattern)):
            await mesh.bus.ask(request_)
        await mesh.bus.ask(tools.FileWrite(user="ada", path="a.txt", content="still there", call="1"))


async def test_a_text_longer_than_a_result_may_be_is_cut(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("line\n" * 1000)
    async with open_test_mesh() as mesh:
        await start(mesh, tmp_path, max_result=1000)
        text = await call(mesh, "FileRead", path="long.txt")
        assert len(text) <= 1000
        assert "of a file of 5000 bytes" in text


async def test_an_upload_is_checked_and_found_again(tmp_path: Path) -> None:
    (tmp_path / "uploads/one").mkdir(parents=True)
    (tmp_path / "uploads/one/0").write_bytes(b"hello")
    async with open_test_mesh() as mesh:
        rules = Attachments(allowed_extensions=("md",))
        await start(mesh, tmp_path / "home", Settings(attachments=rules))
        for name in ("a.exe", "plan.md"):
            sent = (tools.SentFile(id="0", name=name),)
            if name == "a.exe":
                with pytest.raises(tools.ExtensionNotAllowed):
                    await mesh.bus.ask(tools.SaveUpload(user="ada", upload="one", files=sent))
                continue
            (saved,) = await mesh.bus.ask(tools.SaveUpload(user="ada", upload="one", files=sent))
            located = await mesh.bus.ask(tools.Locate(user="ada", path=saved.path))
            with located.open() as file:
                assert file.read() == b"hello"


async def test_a_file_is_handed_on_as_bytes_up_to_what_its_asker_takes(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(b"x" * 100_000)
    async with open_test_mesh() as mesh:
        await start(mesh, tmp_path)
        assert await mesh.bus.ask(tools.LoadFile(path="cat.png", limit=100_000)) == b"x" * 100_000
        with pytest.raises(tools.FileTooLarge, match=r"cat.png is 100000 bytes, the limit is 99999 bytes"):
            await mesh.bus.ask(tools.LoadFile(path="cat.png", limit=99_999))
        (tmp_path / "film").touch()
        os.truncate(tmp_path / "film", tools.MAX_LOADED + 1)
        with pytest.raises(tools.FileTooLarge, match=f"the limit is {tools.MAX_LOADED} bytes"):
            await mesh.bus.ask(tools.LoadFile(path="film", limit=2**60))


async def test_what_waits_in_an_upload_is_handed_on_likewise_and_from_nowhere_else(tmp_path: Path) -> None:
    async with open_test_mesh() as mesh:
        await start(mesh, tmp_path / "home")
        waiting = tmp_path / "uploads" / "one"
        waiting.mkdir(parents=True)
        (waiting / "spoken").write_bytes(b"x" * 100)
        (tmp_path / "outside").write_bytes(b"secret")
        assert await mesh.bus.ask(tools.LoadUpload(upload="one", id="spoken")) == b"x" * 100
        with pytest.raises(tools.FileTooLarge):
            await mesh.bus.ask(tools.LoadUpload(upload="one", id="spoken", limit=99))
        for upload, id in (("..", "outside"), ("one", "../../outside"), ("one", "")):
            with pytest.raises(tools.InvalidPath):
                await mesh.bus.ask(tools.LoadUpload(upload=upload, id=id))


async def test_what_reads_little_is_done_at_once_and_the_rest_in_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: dict[str, bool] = {}

    def spy(module: ModuleType, name: str) -> None:
        real = getattr(module, name)

        def work(*arguments: Any, **options: Any) -> Any:
            threads[name] = threading.current_thread() is not threading.main_thread()
            return real(*arguments, **options)

        monkeypatch.setattr(module, name, work)

    for module, name in (
        (reading, "read"), (reading, "listing"), (changing, "plan_write"), (changing, "carry_out"),
    ):  # fmt: skip
        spy(module, name)
    (tmp_path / "small.txt").write_bytes(b"x" * INLINE)
    (tmp_path / "large.txt").write_bytes(b"x" * (INLINE + 1))
    async with open_test_mesh() as mesh:
        await start(mesh, tmp_path)
        await call(mesh, "FileRead", path="small.txt")
        assert threads == {"read": False}
        await call(mesh, "FileRead", path="large.txt")
        await call(mesh, "FileWrite", path="documents/a.txt", content="x")
        await call(mesh, "FileList", path="documents")
        assert threads == {"read": True, "plan_write": True, "carry_out": True, "listing": False}


async def test_under_virtual_time_nothing_leaves_the_loop(tmp_path: Path, autojump_clock: object) -> None:
    async with open_test_mesh() as mesh:
        await start(mesh, tmp_path)
        began = trio.current_time()
        with trio.fail_after(0.001):
            await call(mesh, "FileWrite", path="documents/a.txt", content="x" * 200_000)
            await call(mesh, "FileRead", path="documents/a.txt")
            await call(mesh, "FileDelete", path="documents/a.txt")
        assert trio.current_time() == began


async def test_many_calls_at_once_do_not_meet(tmp_path: Path) -> None:
    async with open_test_mesh() as mesh:
        await start(mesh, tmp_path)

        async def one(number: int) -> None:
            path = f"documents/{number}/a.txt"
            await call(mesh, "FileWrite", path=path, content=str(number) * 1000)
            assert await call(mesh, "FileRead", path=path) == str(number) * 1000

        async with trio.open_nursery() as nursery:
            for number in range(50):
                nursery.start_soon(one, number)


async def test_a_home_that_is_missing_is_made_at_the_start(tmp_path: Path) -> None:
    async with open_test_mesh() as mesh:
        await start(mesh, tmp_path / "deep/home")
        assert await call(mesh, "FileList") == "[]"


async def test_a_name_that_only_looks_like_the_one_asked_for_is_found(tmp_path: Path) -> None:
    (tmp_path / "Re\u0301sume\u0301").mkdir()
    (tmp_path / "Re\u0301sume\u0301/9.41\u202fPM.txt").write_text("hello")
    async with open_test_mesh() as mesh:
        await start(mesh, tmp_path)
        assert await call(mesh, "FileRead", path="Résumé/9.41 PM.txt") == "hello"
        assert "9.41" in await call(mesh, "FileList", path="Résumé")


async def test_a_thread_that_is_stuck_keeps_neither_others_nor_the_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, entered = threading.Event(), threading.Semaphore(0)

    def read(*_: Any) -> None:
        entered.release()
        stuck.wait()

    (tmp_path / "large.txt").write_bytes(b"x" * (INLINE + 1))
    try:
        async with open_test_mesh() as mesh:
            await start(mesh, tmp_path)
            with monkeypatch.context() as patch:
                patch.setattr(reading, "read", read)
                async with trio.open_nursery() as nursery:
                    for _ in range(50):  # more than there are places
                        nursery.start_soon(mesh.bus.ask, tools.FileRead(user="ada", path="large.txt"))
                    for _ in range(16):
                        await trio.to_thread.run_sync(entered.acquire)
                    nursery.cancel_scope.cancel()
            with trio.fail_after(30):
                assert "of a file of" in await call(mesh, "FileRead", path="large.txt")
                await call(mesh, "FileWrite", path="documents/a.txt", content="x")
    finally:
        stuck.set()


@contextmanager
def no_more_descriptors() -> Generator[None]:
    """Nothing can be opened within the block."""
    gc.collect()  # nothing that was left open is closed meanwhile
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = max(int(each.name) for each in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 1, hard))
    taken: list[int] = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.dup(0))
        yield
    finally:
        for each in taken:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    "request_",
    [
        tools.FileRead(user="ada", path="a.txt"),
        tools.FileList(user="ada"),
        tools.FileWrite(user="ada", path="temp/b.txt", content="x", call="1"),
        tools.FileDelete(user="ada", path="a.txt"),
    ],
    ids=lambda request: type(request).__name__,
)
async def test_where_no_more_files_can_be_opened_that_is_told(tmp_path: Path, request_: Any) -> None:
    (tmp_path / "a.txt").write_text("hello")
    async with open_test_mesh() as mesh:
        await start(mesh, tmp_path)
        with (
            no_more_descriptors(),
            pytest.raises(tools.FileSystemRefused, match="Too many open files"),
        ):
            await mesh.bus.ask(request_)
        assert await call(mesh, "FileRead", path="a.txt") == "hello"


# --- the environment ----------------------------------------------------------------------------------------


async def test_what_the_owner_allows_of_the_environment_can_be_read(tmp_path: Path) -> None:
    async with open_test_mesh() as mesh:
        variables = {"LANG": "de_DE.UTF-8", "GITHUB_TOKEN": None}
        files = (tmp_path / "home", tmp_path / "uploads", tmp_path / "data")
        await mesh.start(partial(ToolsActor, *files, Settings, lambda: 50_000, variables))
        assert await call(mesh, "EnvGet", key="LANG") == "de_DE.UTF-8"
        assert (
            await call(mesh, "EnvGet", key="GITHUB_TOKEN")
            == "Environment variable 'GITHUB_TOKEN' is not set."
        )
        with pytest.raises(tools.Restricted, match="'HOME' is restricted; the owner allows them"):
            await call(mesh, "EnvGet", key="HOME")


async def test_nothing_of_the_environment_can_be_read_by_default(tmp_path: Path) -> None:
    async with open_test_mesh() as mesh:
        await start(mesh, tmp_path / "home")
        with pytest.raises(tools.Restricted):
            await call(mesh, "EnvGet", key="PATH")
