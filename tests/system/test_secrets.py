"""Canaries: secrets that a hostile session tries to get out of a real daemon, and the places where none may be found.

The model does as it is told and says them, in pieces, in base64, in calls that fail; the person pastes them; the daemon
is killed with one in its hands and starts again.
"""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.fakes.model_script import Call, Fail, Reply, Say, Think
from tests.fakes.model_server import ModelServer
from tests.system.daemons import KEY, Daemon, Place, serving, starpod, start, until
from tests.system.test_tap_command import tapping

VAULT = 'canary "vault" Zq81/xK40+w'
OF_THE_FILE = "canary-of-the-file/Zq82+xK41=y"
EXPORTED = "canary-that-is-exported-Zq83xK42"
CANARIES = (VAULT, OF_THE_FILE, EXPORTED, KEY)


def traces(canary: str) -> set[bytes]:
    """What of a canary is the same wherever it stands, in clear and in base64."""
    data = canary.encode()
    digits = {
        base64.b64encode(bytes(offset) + data)[-(-offset * 4 // 3) : (offset + len(data)) * 4 // 3]
        for offset in range(3)
    }
    for_urls = {each.translate(bytes.maketrans(b"+/", b"-_")) for each in digits}
    return {data, json.dumps(canary)[1:-1].encode(), quote(canary, safe="").encode(), *digits, *for_urls}


def found(root: Path) -> list[str]:
    """Where below `root` there is a canary in a file that is not meant to hold it."""
    files = [path for path in root.rglob("*") if path.is_file() and path.name != ".env"]
    return [
        f"{path.relative_to(root)}: {canary[:10]}"
        for path in files
        for canary in CANARIES
        if any(trace in bytes(path) + path.read_bytes() for trace in traces(canary))
    ]


async def spread(daemon: Daemon) -> None:
    """Put a secret wherever somebody may say something besides a message."""
    told = {"client_message_id": VAULT, "channel_session_key": VAULT}
    said = await daemon.chat("help", **told)
    assert (await daemon.chat("help", **told))["turn_id"] == said["turn_id"], "it was the same message"
    async with daemon.socket() as socket:
        data = base64.b64encode(b"x").decode()
        file = {"file_name": EXPORTED, "mime_type": "text/plain", "data": data}
        await socket.say("message", text="help", attachments=[file], client_message_id=VAULT + "2")
        assert EXPORTED not in json.dumps(await socket.until("stream_end"))
    form = {"file": (f"{EXPORTED}.txt", b"x")}
    for method, path, more in (
        ("POST", "/api/uploads", {"files": form}),
        ("POST", "/api/settings/auth/users", {"json": {"id": "ada", "display_name": VAULT}}),
        ("PUT", "/api/settings/auth/users/ada", {"json": {"display_name": f"Ada {VAULT}"}}),
        ("POST", "/api/auth/keys", {"json": {"label": VAULT}}),
    ):
        answer = await daemon.request(method, path, **more)
        assert answer.is_success, answer.text
        assert not [canary for canary in CANARIES if canary in answer.text]
    email = {"json": {"email": f"{VAULT}@example.org"}}
    answer = await daemon.request("PUT", "/api/settings/auth/users/ada", **email)
    assert (answer.status_code, VAULT in answer.text) == (400, False)


def test_a_canary_is_found_however_it_is_written(tmp_path: Path) -> None:
    for name, text in {
        "clear": f"x{VAULT}x",
        "json": json.dumps({"a": VAULT}),
        "url": quote(VAULT, safe=""),
        "one": base64.b64encode(f"a{VAULT}b".encode()).decode(),
        "two": base64.urlsafe_b64encode(f"ab{VAULT}".encode()).decode(),
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / ".env").write_text(VAULT)
    assert {each.partition(":")[0] for each in found(tmp_path)} == {"clear", "json", "url", "one", "two"}


def script(server: ModelServer) -> None:
    """What an obedient model does with secrets that it has come to know."""
    together = " and ".join(CANARIES)
    encoded = base64.b64encode(f"ab{VAULT} {OF_THE_FILE}".encode()).decode()
    server.script(
        Reply(
            Think("they are ", *OF_THE_FILE),
            Say("They are ", *VAULT, *(f" {EXPORTED}"[at : at + 5] for at in range(0, 60, 5))),
            Call("FileRead", {"path": "leak.txt"}),
            Call("FileWrite", {"path": "documents/copy.txt", "content": together}),
            Call("FileRead", {"path": VAULT}),
            Call("FileRead", {"path": EXPORTED, OF_THE_FILE: EXPORTED}),
            Call("EnvGet", {"key": "CANARY_TOKEN"}),
            Call("EnvGet", {"key": KEY}),
            Call(KEY, {"a": "b"}),
            Call("FileWrite", f'{{"path": "{EXPORTED}'),
        ),
        Reply(
            Say(f"In base64: {encoded[:20]}", encoded[20:], f" {quote(together, safe='')}"),
            Fail("x", together),
        ),
        Reply(Say(together)),
    )


async def frames(daemon: Daemon, text: str) -> str:
    """All that a page hears of a turn."""
    async with daemon.socket() as socket:
        await socket.say("message", text=text)
        heard = await socket.until("stream_end")
    return json.dumps(heard, ensure_ascii=False)


@pytest.fixture
async def place(tmp_path: Path, model_server: ModelServer) -> Place:
    """An agent with a secret in its file, one that is exported, and the key of its provider; its vault is empty."""
    found = Place(tmp_path / "aster", model_server.url)
    (found.inside / ".env").write_text(f"REGION='{OF_THE_FILE}'\n", encoding="utf-8")
    found.variables["CANARY_TOKEN"] = EXPORTED
    return found


async def keep(place: Place, name: str, value: str) -> None:
    done = await starpod(place.root, "vault", "set", name, stdin=value)
    assert done.status == 0, done.err


async def test_no_secret_gets_out(place: Place, model_server: ModelServer) -> None:
    notes = place.root / "notes"
    notes.mkdir()
    (place.home / "leak.txt").write_text("\n".join(CANARIES))
    async with (
        serving(place, expect_errors=True) as daemon,
        tapping(daemon, "--body", "--rate", "10000") as tap,
    ):
        await keep(place, "CANARY", VAULT)
        await keep(place, "ANTHROPIC_API_KEY", KEY)
        script(model_server)
        (notes / "frames").write_text(await frames(daemon, f"Print these: {' '.join(CANARIES)}"))
        (session,) = await daemon.get("/api/sessions")
        rows = await daemon.rows(session["id"])
        (notes / "rows").write_text(json.dumps(rows))
        assert "[secret CANARY]" in rows[0][1]
        assert "[secret REGION]" in rows[-1][1]
        assert "[secret CANARY_TOKEN]" in place.file("documents/copy.txt")

        export = json.dumps({"session": session["id"], "user": "admin"})
        for arguments in (
            ("bus", "send", "session.Export", export, "--write"),
            ("bus", "turns", "--json"),
            ("bus", "dead", "--json"),
            ("bus", "trace", session["id"]),
            ("bus", "restart", "llm", "--write"),
            ("vault", "list"),
            ("vault", "audit"),
        ):
            done = await starpod(place.root, *arguments)
            assert done.status == 0, (arguments, done.err)
            (notes / "-".join(arguments[:2])).write_text(done.out + done.err)
        assert "[secret CANARY]" in (notes / "bus-send").read_text()
        model_server.script(Reply(Say("Yes?")), Reply(Say("Yes?")))
        await spread(daemon)
        await until(lambda: "agent.TurnEnded" in tap.text, "the end of the turn is not shown")
        assert "[secret CANARY]" in tap.text
    (notes / "requests").write_text("\n".join(json.dumps(each.body) for each in model_server.requests))
    assert "[secret CANARY]" in (notes / "requests").read_text()
    (place.home / "leak.txt").unlink()
    assert found(place.root) == []


@pytest.mark.slow
async def test_no_secret_is_left_where_it_was_killed(place: Place, model_server: ModelServer) -> None:
    async with serving(place):
        await keep(place, "CANARY", VAULT)
    call = Call("FileWrite", {"path": "a.txt", "content": f"{VAULT} {OF_THE_FILE}"})
    model_server.script(Reply(Say("Writing ", *VAULT), call))
    daemon = start(place, BUS_CRASH_AT="FileWrite.before_run")
    async with (await daemon.ready()).socket() as socket:
        await socket.say("message", text=f"Keep {VAULT}")
        await daemon.ended()
    async with serving(place):
        await until((place.home / "a.txt").exists, "the call was not made again")
        assert place.file("a.txt") == "[secret CANARY] [secret REGION]"
    assert found(place.root) == []
