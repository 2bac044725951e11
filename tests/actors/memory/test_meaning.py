"""A search by what is meant: vectors follow what is written, from a provider on loopback; their lack costs nothing."""

import sqlite3
import time
from collections.abc import Sequence
from functools import partial

import pytest
import trio

from actors.llm.actor import LlmActor
from actors.llm.settings import Settings as LlmSettings
from actors.memory import embedder, meaning, vectors
from actors.memory import messages as memory
from actors.memory.settings import Memory
from actors.memory.unattended import Unattended
from bus.testing import MeshUnderTest
from tests.actors.llm.world import CATALOGUE, KEYS, at
from tests.actors.memory.conftest import SMALL, Notes
from tests.fakes.model_script import Answer, Refuse, Vectors
from tests.fakes.model_server import ModelServer


def by_meaning(text: str) -> Sequence[float]:
    """A vector of what is meant, for two meanings."""
    return [1.0, 0.1] if any(word in text for word in ("money", "invoice", "pay")) else [0.1, 1.0]


@pytest.fixture
async def notes(mesh: MeshUnderTest, stopped: Notes, model_server: ModelServer) -> Notes:
    """Notes with an embedder that is the scripted server."""
    settings: LlmSettings = at(model_server, "openai", "ollama", "gemini")
    keys = {**KEYS, "GEMINI_API_KEY": "sk-secret-g"}
    await mesh.start(partial(LlmActor, lambda: settings, keys, CATALOGUE), name="llm")
    stopped.settings = Memory(embedder=SMALL)
    await stopped.start()
    return stopped


def asked(server: ModelServer) -> list[str]:
    """The texts of which vectors were asked for."""
    return [text for request in server.requests for text in request.body["input"]]


async def write_two(notes: Notes) -> None:
    await notes.write("river.md", "the bank of the river, where we sat in the sun")
    await notes.write("savings.md", "the bank that has our money and more of it, at last")


async def test_what_is_meant_comes_first(notes: Notes, model_server: ModelServer) -> None:
    model_server.vectors = Vectors(of=by_meaning)
    await write_two(notes)
    await notes.until_vectors("river.md", "savings.md", of=(SMALL, 2))
    assert await notes.search("bank to pay invoices at") == ["savings.md", "river.md"]
    assert await notes.search("bank to swim from") == ["river.md", "savings.md"]
    assert await notes.search("dragon") == []
    assert {each.purpose for each in notes.spent} == {"embedding"}
    assert {each.user for each in notes.spent} == {"ada"}
    assert all(each.usage.cost_usd for each in notes.spent)


async def test_a_model_that_tells_questions_from_passages_is_told(
    notes: Notes, model_server: ModelServer
) -> None:
    notes.settings = Memory(embedder="gemini/gemini-embedding-001")
    model_server.vectors = Vectors(of=by_meaning)
    await write_two(notes)
    await notes.until_vectors("river.md", "savings.md", of=("gemini/gemini-embedding-001", 2))
    assert await notes.search("bank to pay invoices at") == ["savings.md", "river.md"]
    sent = [each for request in model_server.requests for each in request.body["requests"]]
    tasks = {each["content"]["parts"][0]["text"].split()[0]: each["taskType"] for each in sent}
    assert tasks == {"the": "RETRIEVAL_DOCUMENT", "bank": "RETRIEVAL_QUERY"}


async def test_a_write_replies_before_its_vectors_are_there_and_is_found(
    notes: Notes, model_server: ModelServer
) -> None:
    model_server.vectors = Vectors(delay=60)
    await notes.write("boat.md", "heliotrope")
    assert await notes.search("heliotrope") == ["boat.md"]
    assert notes.vectors() == {}


async def test_only_what_has_changed_is_sent_again(notes: Notes, model_server: ModelServer) -> None:
    lines = [f"{number} {'x' * 410}" for number in range(3)]
    await notes.write("a.md", "\n".join(lines))
    await notes.until_vectors("a.md")
    await notes.write("a.md", "\n".join([*lines[:2], "another end"]))
    with trio.fail_after(60):
        while len(notes.vectors()["a.md"]) < 3 or len(asked(model_server)) < 4:
            await trio.sleep(0.01)
    assert asked(model_server) == [*lines, "another end"]
    await notes.forget("a.md")
    await notes.until_vectors()


async def test_what_was_written_before_there_was_an_embedder_gets_its_vectors(
    notes: Notes, model_server: ModelServer
) -> None:
    notes.settings = Memory()
    await write_two(notes)
    assert await notes.search("bank")
    assert asked(model_server) == []
    notes.settings = Memory(embedder=SMALL)
    await notes.search("bank")
    await notes.until_vectors("river.md", "savings.md")
    notes.settings = Memory()
    await notes.write("third.md", "the bank in the garden")
    notes.settings = Memory(embedder=SMALL)
    await notes.search("bank")
    await notes.until_vectors("river.md", "savings.md", "third.md")


async def test_another_embedder_makes_all_vectors_anew(notes: Notes, model_server: ModelServer) -> None:
    await write_two(notes)
    await notes.until_vectors("river.md", "savings.md")
    notes.settings = Memory(embedder="ollama/nomic-embed-text")
    assert len(await notes.search("bank")) == 2
    await notes.until_vectors("river.md", "savings.md", of=("ollama/nomic-embed-text", 32))


async def test_so_does_one_whose_vectors_have_another_length_from_now_on(
    notes: Notes, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder, "FIRST_WAIT", 0.01)
    await write_two(notes)
    await notes.until_vectors("river.md", "savings.md")
    model_server.vectors = Vectors(of=by_meaning)
    with trio.fail_after(60):
        while len(notes.vectors().get("river.md", [])) != 1 or notes.vectors()["river.md"][0][1] != 2:
            assert len(await notes.search("bank")) == 2
            await trio.sleep(0.02)
    await notes.until_vectors("river.md", "savings.md", of=(SMALL, 2))


async def test_what_somebody_changed_by_hand_follows(notes: Notes) -> None:
    notes.path("by-hand.md").write_text("heliotrope", encoding="utf-8")
    assert await notes.search("heliotrope") == ["by-hand.md"]
    await notes.until_vectors("by-hand.md")


async def test_all_is_made_anew_with_the_index(notes: Notes, model_server: ModelServer) -> None:
    await write_two(notes)
    await notes.until_vectors("river.md", "savings.md")
    before = len(asked(model_server))
    await notes.mesh.bus.ask(memory.Reindex(user="ada"))
    await notes.until_vectors("river.md", "savings.md")
    anew = asked(model_server)[before:]
    assert {text.split(",")[0] for text in anew} == {
        "the bank of the river",
        "the bank that has our money and more of it",
    }


async def test_a_question_without_a_word_is_sent_to_nobody(notes: Notes, model_server: ModelServer) -> None:
    assert await notes.search(" \n") == []
    assert asked(model_server) == []


BROKEN: dict[str, Answer] = {
    "401": Refuse(status=401, message="bad key"),
    "404": Refuse(status=404, message="no such model"),
    "429": Refuse(status=429, headers={"retry-after": "30"}),
    "500": Refuse(status=500),
    "cut in the middle": Vectors(cut=50),
    "empty": Vectors(of=lambda _: []),
    "slow": Vectors(delay=60),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_an_embedder_that_fails_changes_nothing_but_the_ranking(
    notes: Notes, model_server: ModelServer, broken: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meaning, "QUESTION", 0.05)
    monkeypatch.setattr(embedder, "FIRST_WAIT", 60.0)
    model_server.vectors = broken
    await write_two(notes)
    began = time.monotonic()
    for _ in range(3):
        assert sorted(await notes.search("bank")) == ["river.md", "savings.md"]
    assert time.monotonic() - began < 30
    why = notes.mesh.cell("embedder").health.why or ""
    assert SMALL in why
    assert "words alone" in why
    assert KEYS["OPENAI_API_KEY"] not in why
    assert notes.vectors() == {}
    assert len(model_server.requests) <= 2, "it is left alone"


async def test_one_that_comes_back_catches_up(
    notes: Notes, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder, "FIRST_WAIT", 0.01)
    model_server.script(*[Refuse(status=500)] * 3)
    await write_two(notes)
    await notes.until_vectors("river.md", "savings.md")
    assert notes.mesh.cell("embedder").health.why is None


async def test_the_vectors_of_one_user_are_nobody_elses(notes: Notes) -> None:
    await notes.write("a.md", "heliotrope")
    await notes.write("b.md", "heliotrope", user="bob")
    await notes.until_vectors("a.md")
    with trio.fail_after(60):
        while set(notes.vectors("bob")) != {"b.md"}:
            await trio.sleep(0.01)
    assert await notes.search("heliotrope", user="bob") == ["b.md"]


async def test_a_disk_that_is_full_costs_the_vectors_until_something_is_written(
    notes: Notes, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(vectors, "keep", full)
        await write_two(notes)
        with trio.fail_after(30):
            while sum(len(text) > 10 for text in asked(model_server)) < 4:
                assert sorted(await notes.search("bank")) == ["river.md", "savings.md"]
                await trio.sleep(0.01)
        assert notes.vectors() == {}
    assert notes.mesh.cell("embedder").health.why is None
    await notes.write("third.md", "the bank in the garden")
    await notes.until_vectors("river.md", "savings.md", "third.md")


async def test_who_is_switched_off_in_the_middle_is_asked_no_more(
    notes: Notes, model_server: ModelServer
) -> None:
    model_server.vectors = Vectors(delay=0.3)
    await notes.write("a.md", "\n".join(f"{number} {'x' * 410}" for number in range(meaning.BATCH + 5)))
    await model_server.wait_for(lambda server: len(server.requests) == 1)
    notes.settings = Memory()
    with trio.fail_after(60):
        while len(notes.vectors().get("a.md", [])) < meaning.BATCH:
            await trio.sleep(0.01)
    await notes.mesh.settle()
    assert len(model_server.requests) == 1


async def test_what_lacked_vectors_when_its_notes_were_put_to_rest_gets_them(
    mesh: MeshUnderTest, stopped: Notes, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder, "FIRST_WAIT", 0.01)
    settings: LlmSettings = at(model_server, "openai")
    await mesh.start(partial(LlmActor, lambda: settings, KEYS, CATALOGUE), name="llm")
    stopped.idle = 0.2
    await stopped.start()
    unattended = Unattended(mesh.bus, stopped.data, lambda: stopped.settings)

    async def at_rest() -> None:
        with trio.fail_after(60):
            while any(stopped.path("", user).joinpath("memory.db-wal").exists() for user in ("ada", "bob")):
                await trio.sleep(0.01)

    await write_two(stopped)
    await stopped.write("a.md", "heliotrope", user="bob")
    await at_rest()
    await unattended.see_to_vectors()
    assert (stopped.vectors(), model_server.requests) == ({}, [])
    stopped.settings = Memory(embedder=SMALL)
    await unattended.see_to_vectors()
    assert set(stopped.vectors()) == {"river.md", "savings.md"}
    assert set(stopped.vectors("bob")) == {"a.md"}
    for _ in range(2):  # putting them to rest tidies up
        await at_rest()
        await unattended.see_to_vectors()
    await at_rest()
    woken = len(stopped.seeded)
    await unattended.see_to_vectors()
    assert len(stopped.seeded) == woken, "nobody is woken for nothing"


async def test_a_user_whose_notes_cannot_be_looked_at_keeps_no_other_from_vectors(
    mesh: MeshUnderTest, notes: Notes
) -> None:
    await notes.write("a.md", "heliotrope", user="bob")
    notes.path("memory.db").mkdir()
    await Unattended(mesh.bus, notes.data, lambda: notes.settings).see_to_vectors()
    assert set(notes.vectors("bob")) == {"a.md"}
