"""Bodies that are read in a process of their own."""

import sys
from pathlib import Path

import pytest
import trio

from actors.web import reader
from actors.web.reader import NotRead, Reader
from tests.actors.web.pdfs import pdf

PATIENT = Reader(seconds=60)
HOSTILE = ("<p " + " ".join(f"a{n}=1" for n in range(400_000)) + ">x").encode()
"""Takes the parser of pages minutes."""


async def test_a_page_and_a_pdf() -> None:
    assert await PATIENT.read("html", b"<title>T</title><p>hello") == {"title": "T", "text": "hello"}
    assert (await PATIENT.read("pdf", pdf("Hello")))["text"] == "[page 1]\nHello"


async def test_what_cannot_be_read_says_why() -> None:
    with pytest.raises(NotRead, match="the PDF cannot be read"):
        await PATIENT.read("pdf", b"%PDF-")


async def test_what_takes_too_long_is_ended() -> None:
    before = children()
    with pytest.raises(NotRead, match=r"takes longer than 1 s|more time or memory"):
        await Reader(seconds=1).read("html", HOSTILE)
    assert children() == before


async def test_what_takes_too_much_memory_is_ended() -> None:
    small = Reader(seconds=60, memory=96 * 1024 * 1024)
    with pytest.raises(NotRead, match="more time or memory"):
        await small.read("html", b"<p>x</p>" * 2_000_000)


async def test_who_does_not_wait_any_more_leaves_no_process() -> None:
    before = children()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Reader(seconds=600).read, "html", HOSTILE)
        with trio.fail_after(120):
            while children() == before:
                await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    assert children() == before


async def test_whoever_reads_knows_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    look = """
sys.stdin.read()
files = [name for name in os.listdir("/proc/self/fd") if int(name) > 2]
arguments = open("/proc/self/cmdline").read()
seen = {"environment": dict(os.environ), "arguments": arguments, "folder": os.getcwd(), "files": len(files)}
print(json.dumps(seen))
"""
    peek = reader._PROGRAM.replace("main(kind, how, sys.stdin.buffer, sys.stdout.buffer)", look)
    monkeypatch.setattr(reader, "_PROGRAM", peek)
    seen = await PATIENT.read("html", b"", url="https://a.example/?token=hush")
    assert "hush" not in seen["arguments"]
    assert seen["folder"] == "/"
    assert "SECRET" not in seen["environment"]
    assert seen["files"] <= 1  # the folder that it is looking at


async def test_without_a_python_there_is_no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(NotRead, match="no process could be started: No such file"):
        await PATIENT.read("html", b"")


def children() -> set[int]:
    """Processes of ours that are there; other tests leave some, such as a server that forks."""
    lists = Path("/proc/self/task").glob("*/children")  # whichever thread has started them
    return {int(child) for each in lists for child in each.read_text().split()}
