"""The interface of a hosting backend, as far as one machine has it. Every route but two wants the key."""

import hashlib
import hmac
import html
import sqlite3
import time
import tomllib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import wraps
from getpass import getuser
from pathlib import Path
from secrets import token_hex, token_urlsafe
from typing import Any, Final, cast

import attrs
from quart import Quart, Response, request
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException

import starpod
from actors import jsontext
from actors.instances import manifest
from actors.instances.manifest import BadPath
from starpod.errors import StarpodError
from starpod.host import logbook, rotating, store
from starpod.host.keeper import Keeper
from starpod.host.safe import Unsealable
from starpod.host.store import EVERYBODY, Row

LARGEST: Final = manifest.LARGEST + 1024 * 1024
"""Bytes of a request."""
SHORT: Final = 200
"""Characters of a name."""
OPEN: Final = frozenset({"/health", "/cli-auth"})
"""Paths for everybody."""
NO_SUCH: Final = "there is no such instance"

View = Callable[..., Awaitable[Response]]


class _Refused(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def create_app(keeper: Keeper, key: str) -> Quart:
    """The application of a host with this key."""
    app = QuartTrio("starpod-host", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.config["RESPONSE_TIMEOUT"] = None  # a log takes as long as somebody reads it
    _Api(app, keeper, key)
    return app


def _answer(value: Any, status: int = 200) -> Response:
    body = b"" if status == 204 else jsontext.encode(value)
    return Response(body, status, content_type="application/json")


class _Api:
    def __init__(self, app: Quart, keeper: Keeper, key: str) -> None:
        self._keeper = keeper
        self._rows = keeper.rows
        self._key = hashlib.sha256(key.encode()).digest()
        app.before_request(self._admit)
        app.register_error_handler(HTTPException, _http_error)
        for method, path, view in (
            ("GET", "/health", self._alive),
            ("GET", "/cli-auth", self._login),
            ("GET", "/instances", self._list),
            ("POST", "/instances", self._create),
            ("GET", "/instances/<id>", self._get),
            ("DELETE", "/instances/<id>", self._delete),
            ("POST", "/instances/<id>/pause", self._pause),
            ("POST", "/instances/<id>/restart", self._restart),
            ("GET", "/instances/<id>/health", self._health),
            ("GET", "/instances/<id>/ssh", self._ssh),
            ("GET", "/instances/<id>/logs", self._logs),
            ("GET", "/agents", self._agents),
            ("POST", "/agents", self._new_agent),
            ("POST", "/agents/<id>/sync", self._sync),
            ("POST", "/agents/<id>/files", self._upload),
            ("GET", "/agents/<id>/files/<path:path>", self._download),
            ("DELETE", "/agents/<id>/files/<path:path>", self._remove),
            ("GET", "/agents/<id>/deploy-config", self._needs),
            ("GET", "/secrets", self._secrets),
            ("POST", "/secrets", self._set_secret),
            ("POST", rotating.PATH, self._rotate),
            ("DELETE", "/secrets/<secret>", self._delete_secret),
            ("GET", "/agents/<id>/secrets", self._secrets),
            ("POST", "/agents/<id>/secrets", self._set_secret),
            ("DELETE", "/agents/<id>/secrets/<secret>", self._delete_secret),
        ):
            app.add_url_rule(path, f"{method} {path}", _said(cast("View", view)), methods=[method])

    async def _admit(self) -> Response | None:
        if request.path in OPEN:
            return None
        kind, _, shown = request.headers.get("Authorization", "").partition(" ")
        known = hmac.compare_digest(
            hashlib.sha256(shown.strip().encode(errors="replace")).digest(), self._key
        )
        if kind.lower() == "bearer" and known:
            return None
        return _answer({"error": "this needs the key of the host, as Authorization: Bearer <key>"}, 401)

    async def _alive(self) -> Response:
        return _answer({"status": "ok", "version": starpod.__version__})

    # --- instances ------------------------------------------------------------------------------------------

    def _row(self, id: str) -> Row:
        row = store.instance(self._rows, id)
        if row is None:
            raise _Refused(404, NO_SUCH)
        return row

    async def _list(self) -> Response:
        return _answer([self._keeper.shape(row) for row in store.instances(self._rows)])

    async def _create(self) -> Response:
        fields = await _fields()
        name, agent = _text(fields, "name"), _text(fields, "agent_id")
        region = _text(fields, "region") or _text(fields, "zone")
        variables: Any = fields.get("variables") or {}
        if not isinstance(variables, dict):
            raise _Refused(400, "variables is an object of texts")
        for key, value in cast("dict[str, Any]", variables).items():
            _check_variable(key, value)
        if agent is not None and store.agent(self._rows, agent) is None:
            raise _Refused(400, "there is no such agent")
        if agent is not None and not (self._keeper.files_of(agent) / "agent.toml").is_file():
            raise _Refused(409, "the agent has no agent.toml: send its files first")
        row = self._keeper.create(name, agent, region, cast("dict[str, str]", variables))
        return _answer(self._keeper.shape(row), 201)

    async def _get(self, id: str) -> Response:
        return _answer(self._keeper.shape(self._row(id)))

    async def _delete(self, id: str) -> Response:
        self._row(id)
        await self._keeper.become(id, "deleting")
        return _answer(None, 204)

    async def _pause(self, id: str) -> Response:
        self._row(id)
        if not await self._keeper.become(id, "paused"):
            raise _Refused(409, "it is being deleted")
        return _answer({"status": "paused"})

    async def _restart(self, id: str) -> Response:
        self._row(id)
        if not await self._keeper.become(id, "starting", anew=True):
            raise _Refused(409, "it is being deleted")
        return _answer({"status": "restarted"})

    async def _health(self, id: str) -> Response:
        row = self._row(id)
        health = await self._keeper.health(id)
        if health is None:
            raise _Refused(409, f"it does not answer: it is {row.state}")
        return _answer(health)

    async def _ssh(self, id: str) -> Response:
        """No server of SSH runs here: whoever is on this machine is told the folder, or the container."""
        row = self._row(id)
        return _answer({
            "host": "127.0.0.1", "port": 0, "user": getuser(), "private_key": None,
            "folder": str(self._keeper.place(row.id)), "container": self._keeper.container_of(row.id),
        })  # fmt: skip

    async def _logs(self, id: str) -> Response:
        row, query = self._row(id), request.args
        since = query.get("since", type=float)
        goes_on = query.get("follow") != "false"
        tail = max(0, query.get("tail", query.get("lines", 50, type=int), type=int))
        path = self._keeper.log_of(row.id)

        async def lines() -> AsyncGenerator[bytes]:
            async with aclosing(logbook.follow(path, tail=tail, since=since, goes_on=goes_on)) as found:
                async for line in found:
                    yield b"\n" if line is None else jsontext.encode(attrs.asdict(line)) + b"\n"
                    if line is None and store.instance(self._rows, row.id) is None:
                        return

        return Response(lines(), content_type="application/x-ndjson")

    # --- agents ---------------------------------------------------------------------------------------------

    def _files(self, id: str) -> Path:
        if store.agent(self._rows, id) is None:
            raise _Refused(404, "there is no such agent")
        return self._keeper.files_of(id)

    async def _agents(self) -> Response:
        return _answer(store.agents(self._rows))

    async def _new_agent(self) -> Response:
        name = _text(await _fields(), "name")
        if name is None:
            raise _Refused(400, "name is missing")
        id = token_hex(8)
        if not store.add_agent(self._rows, id, name, time.time()):
            raise _Refused(409, "an agent of this name is there")
        return _answer(store.agent(self._rows, id), 201)

    async def _sync(self, id: str) -> Response:
        folder, local = self._files(id), (await _fields()).get("files")
        if not isinstance(local, dict) or not all(
            isinstance(each, str) for each in cast("Any", local).values()
        ):
            raise _Refused(400, "files is an object of digests")
        there = manifest.collect(folder)
        remote = manifest.digests(there)
        found = manifest.compared(cast("dict[str, str]", local), remote)
        wanted = [
            {"path": path, "size": there[path].stat().st_size, "md5_hash": remote[path]}
            for path in found.to_download
        ]
        return _answer({**attrs.asdict(found), "to_download": wanted})

    async def _upload(self, id: str) -> Response:
        folder, sent = self._files(id), await request.files
        if not sent:
            raise _Refused(400, "send a file as multipart/form-data, its name the path")
        for path, file in sent.items():
            if any(manifest.is_left_out(part) for part in manifest.checked(path)):
                raise _Refused(400, "hidden files are no part of an agent")
            manifest.put(folder, path, file.read())
        return _answer({"files": sorted(sent)}, 201)

    async def _download(self, id: str, path: str) -> Response:
        folder = self._files(id)
        manifest.checked(path)
        file = manifest.collect(folder).get(path)
        if file is None:
            raise _Refused(404, "there is no such file")
        return Response(file.read_bytes(), content_type="application/octet-stream")

    async def _remove(self, id: str, path: str) -> Response:
        if not manifest.drop(self._files(id), path):
            raise _Refused(404, "there is no such file")
        return _answer(None, 204)

    async def _needs(self, id: str) -> Response:
        path = self._files(id) / "deploy.toml"
        if not path.is_file():
            raise _Refused(404, "the agent has no deploy.toml")
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise _Refused(400, f"deploy.toml: {error}") from None
        agent = _table(found, "agent")
        own = {each["key"] for each in store.secrets(self._rows, self._keeper.safe, id)}
        shared = {
            each["key"]: each["hint"] for each in store.secrets(self._rows, self._keeper.safe, EVERYBODY)
        }
        secrets = [
            {
                "key": (key := str(each.get("secret", name))),
                "required": each.get("required", True) is not False,
                "description": str(each.get("description", "")),
                "present": key in own or key in shared,
                "scope": "agent" if key in own else "all" if key in shared else None,
                "hint": shared.get(key),
            }
            for name, each in _tables(_table(agent, "secrets"))
        ]
        missing = [each["key"] for each in secrets if each["required"] and not each["present"]]
        variables = {name: each.get("default") for name, each in _tables(_table(agent, "variables"))}
        return _answer({
            "version": found.get("version", 1), "variables": variables, "secrets": secrets,
            "ready": not missing, "missing_required": missing,
        })  # fmt: skip

    # --- secrets --------------------------------------------------------------------------------------------

    def _owner(self, id: str | None) -> str:
        if id is not None:
            self._files(id)
        return id or EVERYBODY

    async def _secrets(self, id: str | None = None) -> Response:
        return _answer(store.secrets(self._rows, self._keeper.safe, self._owner(id)))

    async def _set_secret(self, id: str | None = None) -> Response:
        owner, fields = self._owner(id), await _fields()
        key, value = fields.get("key"), fields.get("value")
        _check_variable(key, value)
        kept = store.set_secret(
            self._rows, self._keeper.safe, token_hex(8), owner, str(key), str(value), time.time()
        )
        return _answer(kept, 201)

    async def _rotate(self) -> Response:
        return _answer({"sealed": rotating.rotate(self._rows, self._keeper.safe)})

    async def _delete_secret(self, secret: str, id: str | None = None) -> Response:
        if not store.delete_secret(self._rows, self._owner(id), secret):
            raise _Refused(404, "there is no such secret")
        return _answer(None, 204)

    # --- login ----------------------------------------------------------------------------------------------

    async def _login(self) -> Response:
        """The page that hands the key to a command line: whoever has it types it in."""
        port, state = request.args.get("port", type=int), request.args.get("state", "")
        if port is None or not 0 < port < 65536 or not state.isalnum() or len(state) > SHORT:
            raise _Refused(400, "open this with `starpod auth login`")
        nonce = token_urlsafe(16)
        page = PAGE.format(nonce=nonce, port=port, state=html.escape(state))
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
            f"connect-src http://127.0.0.1:{port}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
        return Response(
            page,
            content_type="text/html; charset=utf-8",
            headers={
                "Content-Security-Policy": policy,
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store",
            },
        )


PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Starpod host</title>
<style nonce="{nonce}">
  :root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }}
  body {{ max-width: 26rem; margin: 15vh auto; padding: 0 1rem }}
  input, button {{ font: inherit; padding: .5rem .75rem; width: 100%; box-sizing: border-box; margin-top: .5rem }}
</style>
<h1>Log in at this host</h1>
<form id="form" data-port="{port}" data-state="{state}">
  <label>Key of the host <input id="key" type="password" autocomplete="off" required autofocus></label>
  <button>Hand it to the command line</button>
</form>
<p id="said" role="status">It lies in <code>host.key</code> in the folder of the host.</p>
<script nonce="{nonce}">
  const form = document.getElementById("form"), said = document.getElementById("said");
  form.addEventListener("submit", async (event) => {{
    event.preventDefault();
    const key = document.getElementById("key").value.trim();
    try {{
      const known = await fetch("instances", {{ headers: {{ Authorization: `Bearer ${{key}}` }} }});
      if (!known.ok) {{ said.textContent = "That is not the key of this host."; return; }}
      const answer = await fetch(`http://127.0.0.1:${{form.dataset.port}}/`, {{
        method: "POST", headers: {{ "Content-Type": "application/json" }},
        body: JSON.stringify({{ api_key: key, email: "", state: form.dataset.state }}),
      }});
      said.textContent = answer.ok ? "Done. You can close this page." : "The command line does not take it.";
    }} catch {{ said.textContent = "The command line does not answer; does it run on this machine?"; }}
  }});
</script></html>
"""


# --- reading what came ------------------------------------------------------------------------------------


def _said(view: View) -> View:
    """Answers with the reason of a refusal."""

    @wraps(view)
    async def answer(**parameters: str) -> Response:
        try:
            return await view(**parameters)
        except _Refused as refused:
            return _answer({"error": str(refused)}, refused.status)
        except Unsealable as error:
            return _answer({"error": str(error)}, 409)
        except sqlite3.Error as error:
            return _answer({"error": f"the database of the host fails: {error}"}, 503)
        except (BadPath, StarpodError, jsontext.NotJson) as error:
            return _answer({"error": str(error)}, 400)
        except OSError as error:
            return _answer({"error": error.strerror or "the disk refuses"}, 409)

    return answer


async def _http_error(error: HTTPException) -> Response:
    return _answer({"error": error.description or error.name}, error.code or 500)


async def _fields() -> dict[str, Any]:
    body = await request.get_data(as_text=False)
    return jsontext.read_object(body) if body else {}


def _text(fields: dict[str, Any], key: str) -> str | None:
    found = fields.get(key)
    if found is not None and (not isinstance(found, str) or len(found) > SHORT or not found.isprintable()):
        raise _Refused(400, f"{key} is a text of one line and at most {SHORT} characters")
    return found or None


def _check_variable(key: object, value: object) -> None:
    if not isinstance(key, str) or not key.isascii() or not key.isidentifier() or len(key) > SHORT:
        raise _Refused(400, "a variable is named by letters, digits and _")
    if not isinstance(value, str) or "\0" in value or not value:
        raise _Refused(400, f"{key} is a text that is not empty")
    if key in {"PATH", "HOME", "STARPOD_HOSTED"} or key.startswith(("LD_", "DYLD_", "PYTHON")):
        raise _Refused(400, f"{key} is the host's to set")


def _table(found: dict[str, Any], key: str) -> dict[str, Any]:
    table = found.get(key, {})
    if not isinstance(table, dict):
        raise _Refused(400, f"deploy.toml: {key} is a table")
    return cast("dict[str, Any]", table)


def _tables(found: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, _table(found, name)) for name in found]
