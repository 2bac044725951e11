"""``starpod vault`` and a real daemon: what a person types, what is answered, and where a value is never seen."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import trio

from tests.system.daemons import Ended, Place, environment, serving, starpod, start

VALUE = "tangerine-4711"


async def vault(place: Place, *arguments: str, stdin: str = "", status: int = 0) -> str:
    """What an action prints."""
    done: Ended = await starpod(place.root, "vault", *arguments, stdin=stdin)
    assert done.status == status, done.err
    return done.err if status else done.out


async def test_a_secret_is_kept_shown_limited_and_forgotten(place: Place) -> None:
    async with serving(place) as daemon:
        assert "it is empty" not in await vault(place, "list")
        said = await vault(place, "set", "GITHUB_TOKEN", stdin=f"{VALUE}\n")
        assert "GITHUB_TOKEN is kept; it may be sent to api.github.com" in said
        assert VALUE not in said
        assert await vault(place, "get", "GITHUB_TOKEN") == f"{VALUE}\n"

        said = await vault(place, "hosts", "GITHUB_TOKEN", "*.github.com", "x.org")
        assert "*.github.com, x.org" in said
        listed = await vault(place, "list", "--json")
        (entry,) = json.loads(listed)
        assert entry["hosts"] == ["*.github.com", "x.org"]
        assert VALUE not in listed
        assert "GITHUB_TOKEN  agent  *.github.com, x.org" in await vault(place, "list")

        assert "1 secret is sealed with a new master key" in await vault(place, "rotate")
        assert await vault(place, "get", "GITHUB_TOKEN") == f"{VALUE}\n"

        actions = [each["action"] for each in json.loads(await vault(place, "audit", "--json"))]
        assert actions == ["reveal", "rotate", "hosts", "reveal", "set"]
        assert "rotate" in await vault(place, "audit", "--limit", "2")

        assert "GITHUB_TOKEN is gone" in await vault(place, "delete", "GITHUB_TOKEN")
        assert "the vault holds no GITHUB_TOKEN" in await vault(place, "delete", "GITHUB_TOKEN")
        assert "the vault holds no 'GITHUB_TOKEN'" in await vault(place, "get", "GITHUB_TOKEN", status=1)
    assert VALUE not in daemon.log
    assert not [
        path for path in place.root.rglob("*") if path.is_file() and VALUE.encode() in path.read_bytes()
    ]


async def test_what_cannot_be_kept_is_refused(place: Place) -> None:
    async with serving(place):
        assert "1 to 128 letters" in await vault(place, "set", "a b", stdin="x", status=1)
        assert "the value is empty" in await vault(place, "set", "A", stdin="\n", status=1)
        assert "65536 are allowed" in await vault(place, "set", "A", stdin="x" * 70_000, status=1)
        assert "is no host" in await vault(place, "set", "A", "--host", "http://x", stdin="x", status=1)
        assert not (place.inside / "vault.key").exists()


async def test_a_daemon_that_is_killed_in_a_rotation_has_every_secret_afterwards(place: Place) -> None:
    async with serving(place):
        await vault(place, "set", "A", stdin=VALUE)
    daemon = await start(place, BUS_CRASH_AT="reseal.after_commit").ready()
    assert "does not answer" in await vault(place, "rotate", status=1)
    assert await daemon.ended() == -signal.SIGKILL
    async with serving(place):
        assert await vault(place, "get", "A") == f"{VALUE}\n"
        await vault(place, "rotate")
        assert await vault(place, "get", "A") == f"{VALUE}\n"


async def test_without_a_daemon_it_is_said_how_to_start_one(place: Place) -> None:
    assert "start it with `starpod serve`" in await vault(place, "list", status=1)


async def test_a_terminal_does_not_echo_the_value(place: Place) -> None:
    async with serving(place):
        seen = await trio.to_thread.run_sync(_set_on_a_terminal, place)
        assert "A is kept" in seen
        assert VALUE not in seen
        assert await vault(place, "get", "A") == f"{VALUE}\n"


def _set_on_a_terminal(place: Place) -> str:
    """All that the terminal shows."""
    main, other = pty.openpty()
    command = [sys.executable, "-m", "starpod", "vault", "set", "A"]
    with subprocess.Popen(
        command,
        cwd=place.root,
        env=environment(),
        stdin=other,
        stdout=other,
        stderr=other,
        start_new_session=True,
    ) as process:
        os.close(other)
        seen = _type_the_value(main)
    os.close(main)
    assert process.returncode == 0
    return seen


def _type_the_value(terminal: int) -> str:
    """All that the terminal shows; the value is typed once it is asked for."""
    seen = b""
    while not seen.endswith(b"A: "):
        seen += os.read(terminal, 1024)
    os.write(terminal, f"{VALUE}\n".encode())
    try:
        while piece := os.read(terminal, 1024):
            seen += piece
    except OSError:  # the other side is closed
        pass
    return seen.decode()


async def test_over_http_values_go_in_and_only_the_operator_gets_one_out(place: Place) -> None:
    async with serving(place, STARPOD_API_KEY="a-key-of-programs") as daemon:

        async def ask(method: str, path: str, body: Any) -> tuple[int, Any]:
            path = f"/api/settings/vault{path}"
            answer = await daemon.request(method, path, json=body)
            return answer.status_code, answer.json()

        status, entry = await ask(
            "PUT", "/A", {"value": VALUE, "hosts": ["x.org"], "user": "bob", "role": "user"}
        )
        assert (status, entry["name"], entry["hosts"], "value" in entry) == (200, "A", ["x.org"], False)
        assert await ask("PUT", "/A", {"hosts": []}) == (
            400,
            {"error": "value: expected a string, got nothing"},
        )
        assert (await ask("PUT", "/A/meta", {"hosts": ["y.org"]}))[1]["hosts"] == ["y.org"]
        assert (await ask("PUT", "/B/meta", {"hosts": []}))[0] == 404
        assert (await ask("POST", "/A/reveal", {}))[1]["value"] == VALUE
        assert (await ask("POST", "/B/reveal", {}))[0] == 404
        key = {"X-API-Key": "a-key-of-programs"}
        async with httpx2.AsyncClient(
            base_url=daemon.url, headers=key, trust_env=False, verify=False
        ) as program:
            for path in ("/A/reveal", "/rotate"):
                assert (await program.post(f"/api/settings/vault{path}", json={})).status_code == 403
            for hosts, status in ((["*"], 403), ([], 200), (["y.org"], 403)):
                body = {"hosts": hosts, "proof": "operator"}
                answer = await program.put("/api/settings/vault/A/meta", json=body)
                assert answer.status_code == status, hosts
                assert ("starpod vault hosts A" in answer.text) == (status == 403)
        assert await ask("DELETE", "/A", {}) == (200, True)


async def test_what_an_operator_sees_of_the_bus_has_no_value_in_it(place: Place) -> None:
    async with serving(place):
        await vault(place, "set", "A", stdin=VALUE)
        message = json.dumps({"names": ["A"], "why": "to look"})
        read = await starpod(place.root, "bus", "send", "vault.Read", message, "--write")
        assert (read.status, json.loads(read.out)["secrets"][0]["name"]) == (0, "A")
        assert VALUE not in read.out
        message = json.dumps({"name": "B", "value": VALUE, "user": "admin", "role": "admin"})
        sent = await starpod(place.root, "bus", "send", "vault.SetSecret", message, "--write")
        assert (sent.status, VALUE in sent.out) == (0, False)


# --- import -------------------------------------------------------------------------------------------------

FILE = f"""\
# Keys of providers
OPENAI_API_KEY="{VALUE}"  # the new one
LOG_LEVEL=debug
export DB_PASSWORD='two words'

STARPOD_API_KEY=a-key-of-programs
EMPTY_TOKEN=
AUTHOR=ada
"""
LEFT = """\
# Keys of providers
LOG_LEVEL=debug

STARPOD_API_KEY=a-key-of-programs
EMPTY_TOKEN=
AUTHOR=ada
"""


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    return path


async def test_secrets_move_out_of_the_file_and_the_rest_stays(place: Place) -> None:
    env = write(place.inside / ".env", FILE)
    async with serving(place):
        said = await vault(place, "import", ".env")
        assert "2 of 2 moved" in said
        assert VALUE not in said
        assert env.read_text() == LEFT
        assert env.stat().st_mode & 0o777 == 0o600
        assert await vault(place, "get", "openai_api_key") == f"{VALUE}\n"
        assert await vault(place, "get", "DB_PASSWORD") == "two words\n"
        assert "holds no secrets" in await vault(place, "import")
        assert env.read_text() == LEFT


async def test_what_the_vault_holds_already_stays_in_both(place: Place) -> None:
    env = write(place.inside / ".env", "A_TOKEN=one\nB_TOKEN=two\n")
    async with serving(place):
        await vault(place, "set", "A_TOKEN", stdin="another")
        await vault(place, "set", "B_TOKEN", stdin="two")  # as after an import that was cut short
        done = await starpod(place.root, "vault", "import")
        assert "the vault holds another A_TOKEN" in done.err
        assert "1 of 2 moved" in done.out
        assert env.read_text() == "A_TOKEN=one\n"
        assert await vault(place, "get", "A_TOKEN") == "another\n"


async def test_of_a_variable_that_the_file_has_twice_the_older_value_is_told(place: Place) -> None:
    env = write(place.inside / ".env", "A_TOKEN=one\nA_TOKEN=two\n")
    async with serving(place):
        done = await starpod(place.root, "vault", "import")
        assert "A_TOKEN also in" in done.err
        assert "with another value" in done.err
        assert env.read_text() == "A_TOKEN=one\n"
        assert await vault(place, "get", "A_TOKEN") == "two\n"


async def test_nothing_leaves_the_file_while_the_vault_cannot_keep_it(place: Place) -> None:
    env = write(place.inside / ".env", FILE)
    write(place.inside / "vault.key", "nonsense")
    async with serving(place):
        assert "vault.key must hold base64 of 32 bytes" in await vault(place, "import", status=1)
        assert env.read_text() == FILE
        assert "there is no file" in await vault(place, "import", "other.env", status=1)
