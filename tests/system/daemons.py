"""Real instances, daemons and commands, each a process of its own, for tests that look from outside.

Whatever a test does, a daemon that it started must end in order when told to, and its log must not hold a secret or
an error that the test did not expect. Whatever it says is as the description of its interface has it.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final, Self, final

import attrs
import httpx2
import trio
import trio_websocket

from tests.actors.gateway.answered import check_answer
from tests.actors.gateway.described import check_frame
from tests.fakes.forked import Forked, fork

PATIENCE: Final = 60.0
"""Seconds anything may take on a machine that is busy with something else."""

KEY: Final = "the-key-of-a-provider-4711"
"""The key of every provider in these tests. It looks like no credential, so that no mask can hide that it leaked."""

OF_PYTHON: Final = ("PYTHON", "LANG", "LC_")
"""How the variables begin that only a Python hears of that begins."""
NOWHERE: Final = Path(os.devnull)
IMPORTED: Final = (
    "starpod.cli.main",
    "starpod.cli.banner",
    "starpod.daemon",
    "actors.skills.frontmatter",
    "httpcore2",
    "anyio._backends._trio",
    "encodings.idna",
)
"""Modules that a command and a daemon are going to import: the rest of the first is in here."""

Json = dict[str, Any]
Process = Forked | subprocess.Popen[bytes]


def environment(**extra: str) -> dict[str, str]:
    """The environment of this process without what would change how Starpod behaves."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith("_API_KEY")
        and not name.lower().endswith("_proxy")
        and not name.startswith(("STARPOD_", "BUS_"))
        and name != "NO_COLOR"
    }
    return {**kept, **extra}


def read_json(path: Path) -> Json:
    """What a file holds, or nothing while it is not there or not whole."""
    try:
        content: Json = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content


async def until(holds: Callable[[], object], what: str = "") -> None:
    """Wait for something that no event of ours tells. Fails after a minute, saying `what`."""
    with trio.move_on_after(PATIENCE) as scope:
        while not holds():
            await trio.sleep(0.005)
    assert not scope.cancelled_caught, what or "it did not happen"


# --- instances ------------------------------------------------------------------------------------------------


@final
class Place:
    """A folder with an agent of its own. `model` is the address of a model server; None for the offline provider.

    Port 0 stands for one that the system chooses anew at each start.
    """

    def __init__(
        self, root: Path, model: str | None = None, provider: str = "anthropic", *, port: int = 0
    ) -> None:
        self.root = root
        self.port = port
        self.home = root / "home"
        self.inside = root / ".starpod"
        self.settings = self.inside / "config" / "agent.toml"
        self.database = self.inside / "db" / "session.db"
        self.lock = self.inside / "daemon.lock"
        self.settings.parent.mkdir(parents=True)
        self.home.mkdir()
        self.started = 0
        """Daemons started here so far."""
        self.variables: dict[str, str] = {}
        """For every process in this place."""
        self.imported: list[str] = [*IMPORTED]
        """What a daemon here is going to import."""
        self.configure('provider = "offline"')
        if model is not None:
            self.configure(
                f'provider = "{provider}"\nmodel = "test-model"\n[providers.{provider}]\nbase_url = "{model}"\n'
                "[llm.retry]\nmax_retries = 2\nfirst_wait = 0.05\n"
            )
            self.variables[f"{provider.upper()}_API_KEY"] = KEY
            clients = {"anthropic": "anthropic.client", "gemini": "transport.plain_client"}
            self.imported += ["actors.llm.providers", f"actors.llm.{clients.get(provider, 'openai.client')}"]

    def configure(self, toml: str) -> None:
        """Replace the configuration, except for the port."""
        text = f'agent_name = "Aster"\nserver_addr = "127.0.0.1:{self.port}"\n{toml}\n'
        self.settings.write_text(text, encoding="utf-8")

    def trusting(self) -> Self:
        """The same, with an agent that does unasked what others have written: for tests of something else."""
        trusted = f'{self.settings.read_text(encoding="utf-8")}\n[permissions]\noutside = "allow"\n'
        self.settings.write_text(trusted, encoding="utf-8")
        return self

    @property
    def info(self) -> Json:
        """What the lock file says."""
        return read_json(self.lock)

    def file(self, name: str) -> str:
        """The text of a file in the agent's home."""
        return (self.home / name).read_text(encoding="utf-8")


# --- daemons --------------------------------------------------------------------------------------------------


@final
class Daemon:
    """A daemon that was started; it may be ready, going down, or dead."""

    def __init__(self, place: Place, process: Process, log: Path) -> None:
        self.place = place
        self.process = process
        self.pid = process.pid
        self.address = ""
        self.token = ""
        self._log = log

    @property
    def url(self) -> str:
        info = self.place.info
        return f"{info['scheme']}://{self.address}{info['base_path']}"

    @property
    def log(self) -> str:
        """All it has written to both of its streams."""
        return self._log.read_text(encoding="utf-8")

    @property
    def errors(self) -> list[Json]:
        """The lines of its log that tell of an error. That the machine was too busy is none."""
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        errors = [line for line in lines if line["level"] == "error"]
        return [line for line in errors if not line["event"].startswith("the loop stands still")]

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    async def ready(self) -> Self:
        """Wait until it listens. Fails with its log when it ends before."""
        await until(lambda: self.reachable or not self.running, "the daemon did not get ready")
        assert self.address, f"the daemon ended with {self.process.returncode}:\n{self.log}"
        return self

    @property
    def reachable(self) -> bool:
        """Whether it has said where it listens."""
        info = self.place.info
        if info.get("pid") == self.pid and info.get("address"):
            self.address, self.token = info["address"], info["token"]
        return bool(self.address)

    async def ended(self) -> int:
        """Wait for its end; the exit status, negative for a signal."""
        await until(lambda: not self.running, f"the daemon did not end:\n{self.log}")
        return self.process.wait()

    def signal(self, number: int) -> None:
        if self.running:
            self.process.send_signal(number)

    async def kill(self) -> None:
        """As the power goes."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def stop(self) -> int:
        """As a service manager stops it; the exit status."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    def client(self) -> httpx2.AsyncClient:
        """For several requests, by the operator."""
        # Without TLS there is nothing to verify, and loading the certificates is most of what a request costs.
        return httpx2.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=PATIENCE,
            trust_env=False,
            verify=False,
        )

    async def request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """One HTTP request on a connection of its own."""
        async with self.client() as client:
            answer = await client.request(method, path, **options)
        check_answer(method, path, answer)
        return answer

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON that a path holds."""
        answer = await self.request("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def chat(self, text: str, **more: Any) -> Json:
        """Say something over HTTP; the answer, with its status under ``status``."""
        answer = await self.request("POST", "/api/chat", json={"text": text, **more})
        return {"status": answer.status_code, **answer.json()}

    async def rows(self, conversation: str) -> list[tuple[str, str]]:
        """Role and content of the messages of a conversation."""
        found = await self.get(f"/api/sessions/{conversation}/messages")
        return [(row["role"], row["content"]) for row in found]

    @asynccontextmanager
    async def socket(self, path: str = "/ws") -> "AsyncGenerator[Socket]":
        """A WebSocket. It is closed however the other side behaves."""
        host, _, port = self.address.rpartition(":")
        stream = await trio.open_tcp_stream(host, int(port))
        try:
            async with trio.open_nursery() as nursery:
                with trio.fail_after(PATIENCE):
                    connection = await trio_websocket.wrap_client_stream(
                        nursery,
                        stream,
                        self.address,
                        path,
                        extra_headers=[(b"Authorization", f"Bearer {self.token}".encode())],
                    )
                yield Socket(connection, described=path == "/ws")
                with trio.move_on_after(1):
                    await connection.aclose()
                nursery.cancel_scope.cancel()
        finally:
            await trio.aclose_forcefully(stream)


def launch(
    folder: Path,
    *arguments: str,
    streams: tuple[int, int, int],
    imported: Sequence[str] = IMPORTED,
    variables: Mapping[str, str],
    module: str = "starpod",
) -> Process:
    """Start a command in a folder, with these files for input, output and errors."""
    variables = environment(**variables)
    if any(variables[name] != os.environ.get(name) for name in variables if name.startswith(OF_PYTHON)):
        given, output, errors = streams
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=variables,
            stdin=given,
            stdout=output,
            stderr=errors,
        )
    return fork(
        module,
        *arguments,
        folder=folder,
        environment=variables,
        streams=streams,
        imported=[*imported, f"starpod.cli.{arguments[0]}"] if module == "starpod" else imported,
    )


def start(place: Place, **variables: str) -> Daemon:
    """Start a daemon in a place, without waiting for anything. The caller ends it."""
    return _started(place, "starpod", "serve", variables)


def start_held(place: Place, point: str) -> Daemon:
    """Start one that comes so far and no further, as :mod:`tests.fakes.held_serve` describes. The caller ends it."""
    return _started(place, "tests.fakes.held_serve", point, {})


def _started(place: Place, module: str, argument: str, variables: Mapping[str, str]) -> Daemon:
    place.started += 1
    log = place.root / f"daemon-{place.started}.log"
    with log.open("wb") as file, NOWHERE.open("rb") as nothing:
        process = launch(
            place.root,
            argument,
            module=module,
            streams=(nothing.fileno(), file.fileno(), file.fileno()),
            imported=place.imported,
            variables={**place.variables, **variables},
        )
    return Daemon(place, process, log)


@asynccontextmanager
async def serving(place: Place, *, expect_errors: bool = False, **variables: str) -> AsyncGenerator[Daemon]:
    """A daemon that is ready, stopped at the end of the block unless it has ended by then.

    Fails if it cannot be stopped in order, if its log holds a secret, or an error when none is expected.
    """
    daemon = start(place, **variables)
    try:
        yield await daemon.ready()
        if daemon.running:
            assert await daemon.stop() == 0, daemon.log
        check_log(daemon, expect_errors=expect_errors)
    finally:
        if daemon.running:
            daemon.process.kill()
        daemon.process.wait()


def check_log(daemon: Daemon, *, expect_errors: bool = False) -> None:
    """Fail if the log of a daemon gives a secret away, or tells of an error that nobody expected."""
    log = daemon.log
    assert KEY not in log
    assert not daemon.token or daemon.token not in log
    assert expect_errors or daemon.errors == [], log


# --- WebSockets -----------------------------------------------------------------------------------------------


@final
class Socket:
    """A WebSocket that speaks JSON. What it hears is as it is described, unless it speaks another protocol."""

    def __init__(self, connection: trio_websocket.WebSocketConnection, *, described: bool) -> None:
        self._connection = connection
        self._described = described

    async def say(self, kind: str, **fields: Any) -> None:
        await self.raw(json.dumps({"type": kind, **fields}))

    async def raw(self, text: str) -> None:
        with trio.fail_after(PATIENCE):
            await self._connection.send_message(text)

    async def hear(self) -> Json:
        """The next frame."""
        with trio.fail_after(PATIENCE):
            frame: Json = json.loads(await self._connection.get_message())
        if self._described:
            check_frame(frame)
        return frame

    async def until(self, kind: str, **fields: Any) -> list[Json]:
        """Frames up to and including the next of this type with these fields."""
        frames = [await self.hear()]
        while not (frames[-1]["type"] == kind and fields.items() <= frames[-1].items()):
            frames.append(await self.hear())
        return frames

    async def close_code(self) -> int | None:
        """Wait until the other side closes; its code."""
        try:
            with trio.fail_after(PATIENCE):
                while True:
                    await self._connection.get_message()
        except trio_websocket.ConnectionClosed as closed:
            return None if closed.reason is None else closed.reason.code


# --- commands -------------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Ended:
    """A command that has run."""

    status: int
    out: str
    err: str


async def starpod(folder: Path, *arguments: str, stdin: str = "", **variables: str) -> Ended:
    """Run a command in a folder, with files for its streams."""
    with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
        given.write(stdin.encode())
        given.seek(0)
        files = (given.fileno(), out.fileno(), err.fileno())
        process = launch(folder, *arguments, streams=files, variables=variables)
        try:
            await until(lambda: process.poll() is not None, f"{arguments} did not end")
        finally:
            process.kill()
        return Ended(status=process.wait(), out=_text(out), err=_text(err))


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
