"""A real daemon and a real model server, each in a process of its own, to measure from outside."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

import httpx2

from tests.system import daemons as processes

SERVE = "import sys; sys.modules['rich'] = None; from starpod.cli.main import main; sys.exit(main(['serve']))"
"""``starpod serve`` as it is for a user: without rich, a tool of development, which structlog loads where it is."""


def environment(**extra: str) -> dict[str, str]:
    """The environment of the system tests, with compiled modules kept, as an installation has them."""
    kept = processes.environment(STARPOD_LOG="error", **extra)
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept


@final
class Instance:
    """An agent of its own in a folder, and the daemon that runs it."""

    def __init__(self, folder: Path, model: str | None) -> None:
        self.folder = folder
        settings = folder / ".starpod" / "config"
        settings.mkdir(parents=True, exist_ok=True)
        (folder / ".starpod" / "db").mkdir(exist_ok=True)
        text = 'agent_name = "Aster"\nserver_addr = "127.0.0.1:0"\n'
        if model is None:
            text += 'provider = "offline"\n'
        else:
            text += f'provider = "anthropic"\nmodel = "claude-haiku-4-5"\n[providers.anthropic]\nbase_url = "{model}"\n'
        (settings / "agent.toml").write_text(text, encoding="utf-8")
        (folder / "home").mkdir(exist_ok=True)
        self.process: subprocess.Popen[bytes] | None = None
        self.variables: dict[str, str] = {}
        """More of its environment."""

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> str:
        """Start the daemon; its address once it says that it listens."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE],
            cwd=self.folder,
            env=environment(**{"ANTHROPIC_API_KEY": "test-key", "STARPOD_API_KEY": KEY, **self.variables}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        lock = self.folder / ".starpod" / "daemon.lock"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            address = processes.read_json(lock)
            if address.get("pid") == self.process.pid and address.get("address"):
                return str(address["address"])
            if self.process.poll() is not None:
                break
            time.sleep(0.002)
        raise RuntimeError("the daemon does not start")

    def token(self) -> str:
        return str(
            json.loads((self.folder / ".starpod" / "daemon.lock").read_text(encoding="utf-8"))["token"]
        )

    def kill(self) -> None:
        """As the power goes."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """As a service manager stops it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def processor(self) -> float:
        """Seconds of processor time that all threads of the daemon have used, ended ones included."""
        return time.clock_gettime(
            (~self.pid << 3) | 2
        )  # the clock of another process, as clock_getcpuclockid has it

    def memory(self) -> float:
        """Megabytes of memory that are the daemon's."""
        with Path(f"/proc/{self.pid}/statm").open(encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def instance(folder: Path, model: str | None = None) -> Generator[Instance]:
    """An instance whose daemon does not outlive the block."""
    made = Instance(folder, model)
    try:
        yield made
    finally:
        made.stop()


KEY = "the-key-of-the-bench"
HEADERS = {"X-API-Key": KEY}
"""What proves who asks."""


def chat(address: str, text: str, **more: Any) -> dict[str, Any]:
    """One message and its answer over HTTP."""
    answer = httpx2.post(
        f"http://{address}/api/chat",
        json={"text": text, **more},
        headers=HEADERS,
        timeout=60,
        trust_env=False,
    )
    answer.raise_for_status()
    result: dict[str, Any] = answer.json()
    return result
