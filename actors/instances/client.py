"""Asks a hosting backend over HTTP. Errors are those of the front door; a key goes nowhere but to the backend."""

import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar, final
from urllib.parse import quote, urlsplit

import httpx2
import trio

from actors import jsontext
from actors.causes import why
from actors.instances import lines, manifest, reading, ssh
from actors.instances.account import Backend
from actors.instances.manifest import Difference
from actors.instances.messages import (
    BackendError,
    Health,
    Instance,
    KeyRefused,
    LogLine,
    NotReached,
    NotThere,
    Refused,
    RemoteAgent,
)
from actors.instances.reading import Unreadable

T = TypeVar("T")

TIMEOUT: Final = 30.0
"""Seconds for a request with its answer."""
DEPLOY_TIMEOUT: Final = 120.0
"""The same where files travel."""
CONNECT: Final = 10.0
SILENCE: Final = 60.0
"""Seconds without a byte after which a log that has shown signs of life counts as broken."""
AGAIN: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
"""Seconds before a log that broke is asked for again, without a line between; then it is given up."""
LARGEST: Final = 16 * 1024 * 1024
"""Bytes of an answer."""
V1: Final = "/api/v1"
SAID: Final = 500
"""Characters of a refusal that are told."""
FOLLOW: Final = "follow the log"

Fields = Mapping[str, Any]


@final
class Client:
    """One backend, over connections that are kept. See :func:`connected`."""

    def __init__(self, backend: Backend, http: httpx2.AsyncClient, patience: float) -> None:
        self._backend = backend
        self._http = http
        self._patience = patience
        self._prefix = {"auto": None, "plain": "", "v1": V1}[backend.api]

    # --- instances ------------------------------------------------------------------------------------------

    async def list(self) -> tuple[Instance, ...]:
        """All instances."""
        doing = "list instances"
        response = await self._probe(doing) if self._prefix is None else None
        return self._read(doing, response or await self._ask(doing, "GET", "/instances"), reading.instances)

    async def create(
        self,
        *,
        name: str | None = None,
        region: str | None = None,
        agent: str | None = None,
        machine: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Instance:
        """Have one made.

        Args:
          name: for people.
          region: where it is to run.
          agent: id of the agent whose files it gets.
          machine: kind of machine, in the words of the backend.
          variables: for its environment; no secrets.
        """
        doing = "create the instance"
        where = "zone" if await self._prefix_for(doing) else "region"
        body = {
            "name": name,
            where: region,
            "agent_id": agent,
            "machine_type": machine,
            "variables": variables,
        }
        wanted = {key: value for key, value in body.items() if value}
        return self._read(doing, await self._ask(doing, "POST", "/instances", json=wanted), reading.instance)

    async def get(self, id: str) -> Instance:
        """One instance."""
        doing = "look at the instance"
        return self._read(doing, await self._ask(doing, "GET", _of(id)), reading.instance)

    async def delete(self, id: str) -> None:
        """End it and remove all of it."""
        await self._ask("delete the instance", "DELETE", _of(id))

    async def pause(self, id: str) -> None:
        """End it and keep what it has."""
        doing = "pause the instance"
        await self._ask(doing, "POST", _of(id, "stop" if await self._prefix_for(doing) else "pause"))

    async def restart(self, id: str) -> None:
        """Start it anew, or for the first time since it was paused."""
        await self._ask("restart the instance", "POST", _of(id, "restart"))

    async def health(self, id: str) -> Health:
        """How it is."""
        doing = "ask for the health"
        return self._read(doing, await self._ask(doing, "GET", _of(id, "health")), reading.health)

    async def ssh(self, id: str) -> ssh.Way:
        """How it is entered."""
        doing = "ask for the way in"
        return self._read(doing, await self._ask(doing, "GET", _of(id, "ssh")), ssh.way)

    async def logs(self, id: str, *, tail: int, follow: bool = True) -> AsyncGenerator[LogLine]:
        """The last lines of its log, and those that follow for as long as somebody waits for them.

        A connection that breaks is made again where it was; NotReached once that has failed for a minute.
        """
        resume, waits = lines.Resume(), iter(AGAIN)
        first = True
        while True:
            resume.begin()
            try:
                async with self._streamed(id, tail, resume.since, follow=follow, first=first) as came:
                    first = False
                    async for line in came:
                        if resume.is_new(line):
                            waits = iter(AGAIN)
                            yield line
                error = NotReached(doing=FOLLOW, reason="the backend ends it again and again")
            except NotReached as broken:
                if first:
                    raise
                error = broken
            if not follow:
                return
            wait = next(waits, None)
            if wait is None:
                raise error
            await trio.sleep(wait)

    # --- agents and their secrets ---------------------------------------------------------------------------

    async def agents(self) -> tuple[RemoteAgent, ...]:
        """All agents whose files it has."""
        doing = "list agents"
        found = self._records(doing, await self._ask(doing, "GET", "/agents"))
        return tuple(self._read(doing, each, reading.agent) for each in found)

    async def agent(self, name: str) -> str | None:
        """The id of the agent of this name, if there is one."""
        return next((each.id for each in await self.agents() if each.name == name), None)

    async def new_agent(self, name: str) -> str:
        """Make an agent; its id."""
        doing = "create the agent"
        return self._read(doing, await self._ask(doing, "POST", "/agents", json={"name": name}), _id_of)

    async def differences(self, agent: str, digests: Mapping[str, str]) -> Difference:
        """What differs between these files and those of the backend. Raises manifest.BadPath as well."""
        doing = "compare the files"
        answer = await self._ask(doing, "POST", _agent(agent, "sync"), json={"files": digests})
        return self._read(doing, answer, manifest.difference)

    async def upload(self, agent: str, path: str, data: bytes) -> None:
        """Give it a file."""
        await self._ask(f"upload {path}", "POST", _agent(agent, "files"), files={path: (path, data)})

    async def download(self, agent: str, path: str) -> bytes:
        """The contents of a file."""
        return await self._ask(f"download {path}", "GET", _file(agent, path), most=manifest.LARGEST)

    async def remove(self, agent: str, path: str) -> None:
        """Remove a file there."""
        await self._ask(f"remove {path}", "DELETE", _file(agent, path))

    async def secrets(self, agent: str | None) -> tuple[Fields, ...]:
        """The secrets of an agent, or of all agents, without their values."""
        doing = "list secrets"
        found = self._read(doing, await self._ask(doing, "GET", _secrets(agent)), reading.rows)
        return tuple(
            self._read(doing, each, lambda value: reading.record(value, "a secret")) for each in found
        )

    async def set_secret(self, agent: str | None, key: str, value: str) -> None:
        """Keep a secret there, in place of the one of this name."""
        await self._ask(f"keep the secret {key}", "POST", _secrets(agent), json={"key": key, "value": value})

    async def delete_secret(self, agent: str | None, id: str) -> None:
        """Forget one."""
        await self._ask("delete the secret", "DELETE", f"{_secrets(agent)}/{quote(id, safe='')}")

    async def needs(self, agent: str) -> Fields | None:
        """What an agent needs before it can run, as the backend finds in its files; None where nothing is said."""
        doing = "ask what the agent needs"
        try:
            answer = await self._ask(doing, "GET", _agent(agent, "deploy-config"))
        except NotThere:
            return None
        return self._read(doing, answer, lambda value: reading.record(value, "it"))

    # --- how it is asked ------------------------------------------------------------------------------------

    def _read(self, doing: str, value: Any, form: Callable[[Any], T]) -> T:
        try:
            return form(jsontext.read(value, limit=LARGEST) if isinstance(value, bytes) else value)
        except jsontext.NotJson:
            raise Refused(doing=doing, reason="invalid response: it is not JSON") from None
        except Unreadable as error:
            raise Refused(doing=doing, reason=f"invalid response: {error}") from None

    def _records(self, doing: str, answer: bytes) -> tuple[Fields, ...]:
        return tuple(
            self._read(doing, each, lambda value: reading.record(value, "one of them"))
            for each in self._read(doing, answer, reading.rows)
        )

    async def _prefix_for(self, doing: str) -> str:
        if self._prefix is None:
            await self._probe(doing)
        return self._prefix or ""

    async def _probe(self, doing: str) -> bytes:
        """Find out where the paths begin, by the list of instances."""
        status, body = await self._send(doing, "GET", "/instances")
        if status == 404 or (status < 300 and not body.lstrip().startswith(b"[")):
            other, there = await self._send(doing, "GET", f"{V1}/instances")
            if other != 404 and (status == 404 or there.lstrip().startswith(b"[")):
                self._prefix = V1
                return _accepted(doing, other, there)
        self._prefix = ""
        return _accepted(doing, status, body)

    async def _ask(self, doing: str, method: str, path: str, *, most: int = LARGEST, **options: Any) -> bytes:
        prefix = await self._prefix_for(doing)
        return _accepted(doing, *await self._send(doing, method, f"{prefix}{path}", most=most, **options))

    async def _send(
        self, doing: str, method: str, path: str, *, most: int = LARGEST, **options: Any
    ) -> tuple[int, bytes]:
        """Status and body of the answer, within the time for a request."""
        with trio.move_on_after(self._patience):
            with _told(doing):
                async with self._http.stream(method, f"{self._backend.url}{path}", **options) as response:
                    body = bytearray()
                    async for data in response.aiter_bytes():
                        body += data
                        if len(body) > most:
                            raise Refused(doing=doing, reason=f"it answers with more than {most >> 20} MiB")
                    return response.status_code, bytes(body)
        raise NotReached(doing=doing, reason=f"no answer within {self._patience:g} s")

    @asynccontextmanager
    async def _streamed(
        self, id: str, tail: int, since: float | None, *, follow: bool, first: bool
    ) -> AsyncGenerator[AsyncIterator[LogLine]]:
        doing = FOLLOW
        wanted: dict[str, str | int] = {"tail": tail, "lines": tail}
        if since is not None:
            wanted["since"] = repr(since)
        if not follow:
            wanted["follow"] = "false"
        path = f"{await self._prefix_for(doing)}{_of(id, 'logs')}"
        with _told(doing):
            async with self._http.stream("GET", f"{self._backend.url}{path}", params=wanted) as response:
                if response.status_code >= 300:
                    error = _refusal(doing, response.status_code, await _beginning(response))
                    # One that is restarted says so meanwhile.
                    passes = not first and response.status_code >= 500
                    raise NotReached(doing=doing, reason=error.reason) if passes else error
                yield _lines(response)


async def _lines(response: httpx2.Response) -> AsyncIterator[LogLine]:
    """The lines of a log. One that has shown signs of life must go on showing them."""
    gathered, pieces = lines.Lines(), response.aiter_bytes()
    while True:
        piece: bytes | None = None
        with trio.move_on_after(SILENCE if gathered.signs_of_life else math.inf) as patience:
            piece = await anext(pieces, None)
        if patience.cancelled_caught:
            raise NotReached(doing=FOLLOW, reason=f"no sign of life for {SILENCE:.0f} s")
        for line in gathered.end() if piece is None else gathered.feed(piece):
            yield line
        if piece is None:
            return


@asynccontextmanager
async def connected(backend: Backend, *, patience: float = TIMEOUT) -> AsyncGenerator[Client]:
    """A client of a backend. `patience` is for a request as a whole, but for logs, in seconds."""
    here = urlsplit(backend.url).scheme == "http"
    headers = {} if backend.key is None else {"Authorization": f"Bearer {backend.key}"}
    async with httpx2.AsyncClient(
        headers=headers,
        timeout=httpx2.Timeout(None, connect=CONNECT),
        trust_env=False,
        follow_redirects=False,
        verify=not here,  # certificates take a tenth of a second to load
    ) as http:
        yield Client(backend, http, patience)


class _told:  # noqa: N801 - a context manager
    """Says in our words what went wrong on the way."""

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, httpx2.HTTPError | httpx2.StreamError | httpx2.InvalidURL):
            raise NotReached(doing=self._doing, reason=reading.plain(why(error))) from None


def _accepted(doing: str, status: int, body: bytes) -> bytes:
    if status >= 300:
        raise _refusal(doing, status, body)
    return body


def _refusal(doing: str, status: int, body: bytes) -> BackendError:
    said = reading.plain(body[: 4 * SAID].decode(errors="replace"))
    try:
        error = jsontext.read_object(body).get("error")
        said = reading.plain(error) if isinstance(error, str) else said
    except jsontext.NotJson:
        pass
    kind = {401: KeyRefused, 404: NotThere}.get(status, Refused)
    return kind(doing=doing, status=status, reason=said.strip()[:SAID] or "no reason given")


async def _beginning(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for data in response.aiter_bytes():
        body += data
        if len(body) > 4 * SAID:
            break
    return bytes(body)


def _id_of(value: object) -> str:
    return reading.text(value, "id")


def _of(id: str, *rest: str) -> str:
    """Path of an instance: whatever its id is, it is one part of it."""
    return "/".join(("/instances", _part(id), *rest))


def _agent(id: str, *rest: str) -> str:
    return "/".join(("/agents", _part(id), *rest))


def _file(agent: str, path: str) -> str:
    return _agent(agent, "files", *map(_part, manifest.checked(path)))


def _secrets(agent: str | None) -> str:
    return "/secrets" if agent is None else _agent(agent, "secrets")


def _part(text: str) -> str:
    if text in {"", ".", ".."}:
        raise NotThere(doing="ask", reason="an empty id means nothing")
    return quote(text, safe="")


# --- both sides the same --------------------------------------------------------------------------------------


async def push(
    client: Client, agent: str, files: Mapping[str, Path], told: Callable[[str], None]
) -> Difference:
    """Make the files of an agent there what they are here; what was done. `told` hears of each path before."""
    found = await client.differences(agent, manifest.digests(files))
    wanted = tuple(path for path in found.to_upload if path in files)
    for path in wanted:
        told(path)
        await client.upload(agent, path, files[path].read_bytes())
    for path in found.to_delete_remote:
        told(path)
        await client.remove(agent, path)
    return Difference(to_upload=wanted, to_delete_remote=found.to_delete_remote)


async def pull(
    client: Client, agent: str, found: Difference, place: Callable[[str], tuple[Path, str]]
) -> None:
    """Take what is only there, or is other there, and remove what is only here.

    `place` says below which folder a path belongs, and as what. Raises BadPath, and OSError where a link is in the way.
    """
    for path in found.to_download:
        data = await client.download(agent, path)
        manifest.put(*place(path), data)
    for path in found.to_delete_local:
        manifest.drop(*place(path))
