"""The reverse proxies of the guide, configured as it says, before a daemon: skipped where they are not installed."""

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx2
import pytest
import trio
import trio_websocket

from tests.fakes.certificates import Files, certify
from tests.fakes.ports import reserved_port
from tests.system.daemons import PATIENCE, Daemon, Place, environment, serving, until

GUIDE: Final = Path(__file__).parents[2] / "docs/guide/beyond-this-machine.md"
_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KEY: Final = "a-key-for-programs-0815"
FORGED: Final = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example",
}
"""What a client says of itself, and no proxy of the guide hands on."""


def blocks(kind: str) -> list[str]:
    """What the guide shows of a language, in order."""
    return [text for language, text in _BLOCK.findall(GUIDE.read_text()) if language == kind]


def nginx(folder: Path, files: Files, port: int, backend: str) -> list[str]:
    """Write the configuration of the guide with our names and ports; the command that runs it."""
    (text,) = blocks("nginx")
    text = (
        text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
        .replace("agent.example;", "localhost;")
        .replace("/etc/letsencrypt/live/agent.example/fullchain.pem", str(files.certificate))
        .replace("/etc/letsencrypt/live/agent.example/privkey.pem", str(files.key))
        .replace("127.0.0.1:3000", backend)
    )
    temporary = "".join(
        f"{each}_temp_path {folder}/{each};\n"
        for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}\n{text}\n}}\n"
    )
    return ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(main)]


def caddy(folder: Path, files: Files, port: int, backend: str) -> list[str]:
    text = (
        blocks("caddyfile")[0]
        .replace("agent.example {", f"https://localhost:{port} {{\n\ttls {files.certificate} {files.key}")
        .replace("127.0.0.1:3000", backend)
    )
    main = folder / "Caddyfile"
    main.write_text("{\n\tadmin off\n\tauto_https off\n}\n" + text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(main)]


Proxy = Callable[[Path, Files, int, str], list[str]]


@asynccontextmanager
async def behind(proxy: Proxy, place: Place) -> AsyncGenerator[tuple[Daemon, str]]:
    """A daemon behind a proxy, and where the proxy is."""
    if shutil.which(proxy.__name__) is None:
        pytest.skip(f"{proxy.__name__} is not installed")
    files = certify(place.root)
    with reserved_port() as port:
        place.configure(
            'provider = "offline"\n' + blocks("toml")[2].replace("agent.example", f"localhost:{port}")
        )
        async with serving(place, STARPOD_API_KEY=KEY) as daemon:
            command = proxy(place.root, files, port, daemon.address)
            log = place.root / "proxy.log"
            process = _run(command, log)
            try:
                await until(lambda: _listens(port) or process.poll() is not None, "the proxy did not start")
                assert process.poll() is None, log.read_text()
                yield daemon, f"https://localhost:{port}"
            finally:
                process.terminate()
                process.wait()


def _run(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        variables = environment(HOME=str(log.parent))
        return subprocess.Popen(command, stdout=output, stderr=output, env=variables)


def _listens(port: int) -> bool:
    with socket.socket() as found:
        return found.connect_ex(("127.0.0.1", port)) == 0


def unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.mark.parametrize("proxy", [nginx, caddy], ids=lambda each: each.__name__)
async def test_a_browser_and_a_program_behind_a_proxy_of_the_guide(place: Place, proxy: Proxy) -> None:
    async with behind(proxy, place) as (daemon, url):
        link = (await daemon.request("POST", "/api/page-link")).json()["url"]
        assert link.startswith(f"{url}/?code=")
        async with httpx2.AsyncClient(
            base_url=url, verify=unverified(), timeout=PATIENCE, trust_env=False
        ) as http:
            opened = await http.get(link)
            assert "; Secure" in opened.headers["Set-Cookie"]
            half = {"X-Starpod-Page": opened.text.partition("#page=")[2].partition('"')[0], **FORGED}
            ours = {**half, "Origin": url}
            said = await http.post("/api/chat", json={"text": "help"}, headers=ours)
            assert said.json()["outcome"] == "success"
            for origin in (url.replace("https", "http"), "https://evil.example", "null"):
                refused = await http.post(
                    "/api/chat", json={"text": "help"}, headers={**half, "Origin": origin}
                )
                assert refused.status_code == 403
            assert (await http.get("/api/sessions", headers={"X-API-Key": KEY, **FORGED})).status_code == 200
        with trio.fail_after(PATIENCE):
            headers = [(b"X-API-Key", KEY.encode()), (b"Origin", url.encode())]
            async with trio_websocket.open_websocket_url(
                f"wss{url.removeprefix('https')}/ws", unverified(), extra_headers=headers
            ) as client:
                assert "hello" in str(await client.get_message())
