"""The scripted model server as a process of its own, for tests and measurements that run no event loop."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.system.daemons import environment

SCRIPT: Final = Path(__file__).with_name("model_server.py")


@contextmanager
def model_process(behaviour: str = "echo") -> Generator[str]:
    """The address of a server that behaves so, as :func:`tests.fakes.model_script.behaviour` describes it."""
    command = [sys.executable, str(SCRIPT), "--port", "0", "--behaviour", behaviour]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()
