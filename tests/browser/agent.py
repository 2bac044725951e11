"""The daemon and the model server that browser tests look at, from outside of any event loop."""

import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, final

import httpx2

from tests.fakes.ports import reserved_port
from tests.system.daemons import Daemon, Place, check_log, start

PATIENCE: Final = 60.0
"""Seconds that a process may take to start or to end."""


def wait_for(holds: Callable[[], object], what: str) -> None:
    """Wait for what other processes do. Fails, saying `what`, when it does not happen."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.01)


@final
class Model:
    """The scripted model server, as :mod:`tests.fakes.model_script` describes it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def script(self, *replies: dict[str, Any]) -> None:
        """Answer the next requests with these, in order."""
        httpx2.post(
            f"{self.url}/_script", json=list(replies), trust_env=False, verify=False
        ).raise_for_status()

    def forget(self) -> None:
        """Take back what was scripted and not asked for: a test that failed leaves it to the next one."""
        httpx2.delete(f"{self.url}/_script", trust_env=False, verify=False).raise_for_status()


@final
class Agent:
    """An agent whose daemon can be killed and started again at the same address."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._daemon: Daemon | None = None

    @property
    def daemon(self) -> Daemon:
        assert self._daemon is not None
        return self._daemon

    @property
    def url(self) -> str:
        return self.daemon.url

    def start(self) -> None:
        """Start it and wait until it listens."""
        daemon = self._daemon = start(self.place)
        wait_for(lambda: daemon.reachable or not daemon.running, "the daemon did not get ready")
        assert daemon.running, daemon.log

    def run_job(self, name: str, **options: Any) -> str:
        """Run a job of this name, which is made if there is none, to its end; its conversation."""
        if name not in {job["name"] for job in self.get("/api/cron/jobs")}:
            job = {"name": name, "prompt": "sum up", "schedule": {"kind": "interval", "every_ms": 86_400_000}}
            self._request("POST", "/api/cron/jobs", json={**job, "max_retries": 0, **options})
        run = self.run_now(name)
        ended = dict[str, Any]()

        def over() -> bool:
            runs = self.get(f"/api/cron/jobs/{run['job']}/runs")
            ended.update(next(each for each in runs if each["id"] == run["id"]))
            return ended["ended_at"] is not None

        wait_for(over, f"{name} does not end")
        return str(ended["session"])

    def forget_jobs(self) -> None:
        """Remove the jobs that other tests have made."""
        for job in self.get("/api/cron/jobs"):
            self._request("DELETE", f"/api/cron/jobs/{job['id']}")

    def run_now(self, name: str) -> Any:
        """Begin a run of a job beside its plan."""
        job = next(job["id"] for job in self.get("/api/cron/jobs") if job["name"] == name)
        return self._request("POST", f"/api/cron/jobs/{job}/run").json()

    def subscribe(self, endpoint: str, p256dh: str, auth: str) -> None:
        """Have a browser shown notifications."""
        told = {"endpoint": endpoint, "p256dh": p256dh, "auth": auth, "page": self.url}
        self._request("POST", "/api/webpush/subscriptions", json=told)

    def code(self) -> str:
        """A code that unlocks the page, once."""
        return str(self._request("POST", "/api/page-code").json()["code"])

    def link(self) -> str:
        """A link that opens the page, once."""
        return str(self._request("POST", "/api/page-link").json()["url"])

    def get(self, path: str) -> Any:
        """The JSON that a path holds."""
        return self._request("GET", path).json()

    def change(self, **settings: Any) -> None:
        """Change settings; None gives one back to the files."""
        self._request("PUT", "/api/settings", json={"changes": settings})

    def keep_secret(self, name: str, value: str) -> None:
        """Put a secret of the agent into the vault."""
        self._request("PUT", f"/api/settings/vault/{name}", json={"value": value})

    def add_user(self, id: str, role: str = "user") -> str:
        """Make an account, and return a key of it."""
        self._request("POST", "/api/settings/auth/users", json={"id": id, "role": role})
        return self.new_key(id)

    def new_key(self, user: str) -> str:
        return str(self._request("POST", f"/api/settings/auth/users/{user}/api-keys").json()["key"])

    def change_user(self, id: str, **fields: Any) -> None:
        self._request("PUT", f"/api/settings/auth/users/{id}", json=fields)

    def deactivate(self, id: str) -> None:
        self._request("POST", f"/api/settings/auth/users/{id}/deactivate")

    def _request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.daemon.token}"}
        answer = httpx2.request(
            method,
            f"{self.url}{path}",
            headers=headers,
            trust_env=False,
            verify=False,
            timeout=PATIENCE,
            **options,
        )
        return answer.raise_for_status()

    def end(self, number: int = signal.SIGKILL) -> None:
        """End it, by default as a power cut does."""
        daemon = self.daemon
        daemon.signal(number)
        wait_for(lambda: not daemon.running, "the daemon did not end")


@contextmanager
def agent_in(folder: Path, model: str, settings: str = "") -> Generator[Agent]:
    """An agent in a new folder, with more `settings` if need be."""
    with reserved_port() as port:
        agent = Agent(Place(folder, model, port=port))
        with agent.place.settings.open("a") as file:
            file.write(settings)
        agent.start()
        try:
            yield agent
            agent.end(signal.SIGTERM)
            check_log(agent.daemon, expect_errors=True)
        finally:
            agent.daemon.process.kill()
            agent.daemon.process.wait()
