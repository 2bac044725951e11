"""A server of the Model Context Protocol for faults, in the standard library alone: it stumbles as it is told to.

    python mcp_server.py [--mute] [--slow SECONDS] [--die MESSAGE] [--tools N] [--http]

Its tools are named for what they do. What it has noticed goes to the file that MCP_NOTES names.
"""

import argparse
import base64
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

Json = dict[str, Any]

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
READS = {
    "echo",
    "picture",
    "silent_read",
    "environment",
    "long",
    "steps",
    "broken",
    "sound",
    "linked",
    "odd",
    "look",
}
NAMES = [
    "echo", "write", "picture", "sound", "linked", "silent", "silent_read", "crash", "garbage", "huge", "endless",
    "long", "steps", "broken", "environment", "child", "change", "refuse", "odd",
    "look",
]  # fmt: skip


class Server:
    """One session over standard input and output."""

    def __init__(self, tools: int) -> None:
        self.further = tools
        self.lock = threading.Lock()

    def send(self, message: Json) -> None:
        with self.lock:
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            sys.stdout.flush()

    def tools(self) -> list[Json]:
        schema = {"type": "object", "properties": {"n": {"type": "integer"}, "text": {"type": "string"}}}
        names = [*NAMES, *(f"further_{n}" for n in range(self.further))]
        return [
            {
                "name": name,
                "description": f"Does {name}.",
                "inputSchema": schema,
                "annotations": {"readOnlyHint": name in READS},
            }
            for name in names
        ]

    def answer(self, request: Json) -> None:
        method, id = request["method"], request.get("id")
        if id is None:
            if method == "notifications/cancelled":
                note(f"cancelled {request['params']['requestId']}")
            return
        params = request.get("params") or {}
        if method == "initialize":
            able = {"tools": {"listChanged": True}, "resources": {}, "prompts": {}}
            info = {"name": "stand-in", "version": "1"}
            version = params["protocolVersion"]
            self.send(
                {"id": id, "result": {"protocolVersion": version, "capabilities": able, "serverInfo": info}}
            )
        elif method == "tools/call":
            threading.Thread(target=self.call, args=(id, params), daemon=True).start()
        elif method in ANSWERS:
            self.send({"id": id, "result": ANSWERS[method](self, params)})
        else:
            self.send({"id": id, "error": {"code": -32601, "message": f"no {method}"}})

    def call(self, id: Any, params: Json) -> None:
        name, given = params["name"], params.get("arguments") or {}
        note(f"called {name}")
        if name == "crash":
            sys.stderr.write("it hurts\n")
            sys.stderr.flush()
            os._exit(3)
        if name in {"silent", "silent_read"}:
            return
        if name == "refuse":
            self.send({"id": id, "error": {"code": -32000, "message": "not today"}})
            return
        if name == "garbage":
            with self.lock:
                sys.stdout.write("starting up\n{]\n" + "[" * 5000 + '\n{"jsonrpc":"2.0"}\n')
        if name == "endless":
            with self.lock:
                while True:
                    sys.stdout.write("x" * 1024 * 1024)
        if name == "steps":
            self.steps(params, given)
        if name == "change":
            self.further += 1
            self.send({"method": "notifications/tools/list_changed"})
        self.send({"id": id, "result": {"content": self.content(name, given), "isError": name == "broken"}})

    def steps(self, params: Json, given: Json) -> None:
        token = params["_meta"]["progressToken"]
        for n in range(given.get("n", 3)):
            time.sleep(0.3)
            told = {"progressToken": token, "progress": n + 1, "total": given.get("n", 3), "message": "on it"}
            self.send({"method": "notifications/progress", "params": told})

    def content(self, name: str, given: Json) -> list[Json]:
        text = str(given.get("text", name))
        if name == "picture":
            text, data = "see", base64.b64encode(PNG).decode()
            return [{"type": "text", "text": text}, {"type": "image", "data": data, "mimeType": "image/png"}]
        if name == "sound":
            data = base64.b64encode(b"RIFF").decode()
            return [{"type": "audio", "data": data, "mimeType": "audio/wav"}]
        if name == "linked":
            return [{"type": "resource_link", "uri": "note://a", "name": "a", "description": "A note"}]
        if name in {"huge", "long"}:
            text = "y" * int(given.get("n", 100_000))
        if name == "odd":
            text = "\ud800 half \x00"
        if name == "environment":
            text = json.dumps(dict(os.environ))
        if name == "look":
            text = json.dumps(look())
        if name == "child":
            text = str(self.child())
        return [{"type": "text", "text": text}]

    def child(self) -> int:
        """A process that wants to outlive us: in a session of its own, its parent gone."""
        leave = "import os,time\nif os.fork(): os._exit(0)\nos.setsid()\n"
        script = f"{leave}print(os.getpid(), flush=True)\ntime.sleep(600)"
        started = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        assert started.stdout is not None
        return int(started.stdout.readline())


def look() -> Json:
    """What there is to see of the machine from here."""
    home = Path(os.environ["HOME"])
    data = home.parent / ".starpod"
    return {
        "home": [each.name for each in home.iterdir()],
        "data": [each.name for each in data.iterdir()] if data.is_dir() else [],
        "processes": sum(each.name.isdecimal() for each in Path("/proc").iterdir()),
    }


def resources(_server: Server, _params: Json) -> Json:
    return {
        "resources": [{"uri": "note://a", "name": "a", "description": "A note", "mimeType": "text/plain"}]
    }


def resource(_server: Server, params: Json) -> Json:
    uri = params["uri"]
    blob = {"uri": uri, "mimeType": "image/png", "blob": base64.b64encode(PNG).decode()}
    return {"contents": [blob if uri.endswith(".png") else {"uri": uri, "text": f"What {uri} says"}]}


def prompts(_server: Server, _params: Json) -> Json:
    return {"prompts": [{"name": "greet", "arguments": [{"name": "whom", "required": True}]}]}


def prompt(_server: Server, params: Json) -> Json:
    text = f"Greet {(params.get('arguments') or {}).get('whom')}"
    return {"messages": [{"role": "user", "content": {"type": "text", "text": text}}]}


ANSWERS: dict[str, Any] = {
    "ping": lambda _server, _params: {},
    "tools/list": lambda server, _params: {"tools": server.tools()},
    "resources/list": resources,
    "resources/read": resource,
    "prompts/list": prompts,
    "prompts/get": prompt,
}


def note(text: str) -> None:
    """Write down what happened, for the test to look at."""
    if path := os.environ.get("MCP_NOTES"):
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(f"{text}\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mute", action="store_true")
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--die", default="")
    parser.add_argument("--tools", type=int, default=0)
    parser.add_argument("--stubborn", action="store_true")
    args = parser.parse_args()
    note(f"started {os.getpid()}")
    if args.die:
        sys.exit(args.die)
    time.sleep(args.slow)
    server = Server(args.tools)
    for line in sys.stdin:
        if not args.mute:
            server.answer(json.loads(line))
    while args.stubborn:
        time.sleep(1)


if __name__ == "__main__":
    main()
