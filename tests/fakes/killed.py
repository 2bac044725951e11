"""Modules of ours that are run as processes to be killed, at a named point or at any moment."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tests.fakes.forked import ROOT, Forked, fork
from tests.system.daemons import NOWHERE, environment


@contextmanager
def begun(module: str, folder: Path, *words: str, **variables: str) -> Generator[tuple[Forked, TextIO]]:
    """A process that is told this folder and these words, and what it prints. It does not outlive the block."""
    source, target = os.pipe()
    with os.fdopen(source, encoding="utf-8") as said, NOWHERE.open("rb") as nothing:
        try:
            process = fork(
                module,
                str(folder),
                *words,
                folder=ROOT,
                environment=environment(**variables),
                streams=(nothing.fileno(), target, 2),
                imported=[module],
            )
        finally:
            os.close(target)
        try:
            yield process, said
        finally:
            process.kill()
            process.wait()


def run(module: str, folder: Path, *words: str, **variables: str) -> str:
    """Let it do everything; what it has printed."""
    with begun(module, folder, *words, **variables) as (process, said):
        printed = said.read()
        assert process.wait() == 0
    return printed


def die(module: str, folder: Path, point: str, *words: str) -> str:
    """Let it die at a named point; what it has printed by then."""
    with begun(module, folder, *words, BUS_CRASH_AT=point) as (process, said):
        printed = said.read()
        assert process.wait() == -signal.SIGKILL, f"{point} was not reached"
    return printed
