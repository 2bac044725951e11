"""The login by a browser: what the page of a backend may hand over, and what nobody else may."""

import http.client
import json
import threading
import webbrowser
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from actors.instances.account import Login
from starpod.cli import login
from starpod.cli.login import Listener, by_browser
from starpod.errors import StarpodError

BACKEND = "https://h.example/base"
PAGE = "https://h.example"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener(BACKEND) as made:
        thread = threading.Thread(target=made.wait, args=(60,))
        thread.start()
        yield made
        if made.login is None:
            assert post(made, {"api_key": "k", "email": "", "state": made.state})[0] == 200
        thread.join()


def post(listener: Listener, body: object, *, method: str = "POST", **headers: str) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", listener.server_address[1], timeout=60)
    data = body if isinstance(body, str) else json.dumps(body)
    connection.request(method, "/", data, headers)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode(), answer.headers["Access-Control-Allow-Origin"]
    connection.close()
    return found


def test_the_page_hands_over_a_key(listener: Listener) -> None:
    query = parse_qs(urlsplit(listener.page).query)
    assert listener.page.startswith(f"{BACKEND}/cli-auth?port=")
    assert len(query["state"][0]) == 64
    good = {"api_key": "sp_live_1", "email": "ada\x1b[2J@x", "state": query["state"][0]}

    assert post(listener, good, method="OPTIONS")[::2] == (204, PAGE)
    assert post(listener, good, Origin=PAGE) == (200, '{"ok": true}', PAGE)

    assert listener.login == Login(backend_url=BACKEND, api_key="sp_live_1", email="ada@x")


def test_whatever_else_comes_is_refused_and_the_wait_goes_on(listener: Listener) -> None:
    good = {"api_key": "k", "email": None, "state": listener.state}
    for body, status in (
        ("no json", 400),
        ("", 400),
        ("[]", 400),
        ({**good, "state": "0" * 64}, 403),
        ({"api_key": "k"}, 403),
        ({**good, "api_key": ""}, 400),
        ({**good, "api_key": "a b"}, 400),
        ("x" * (login.LARGEST + 1), 400),
    ):
        assert post(listener, body)[0] == status
    assert post(listener, good, Origin="https://evil.example")[0] == 403
    with pytest.raises(OSError, match=r".*"):
        http.client.HTTPConnection("127.0.0.1", 1, timeout=1).connect()
    assert listener.login is None


def test_a_client_that_breaks_off_is_no_matter(listener: Listener) -> None:
    listener.handle_error(None, None)
    assert listener.login is None


def test_nobody_waits_for_ever() -> None:
    with Listener(BACKEND) as made, pytest.raises(StarpodError, match="nobody has logged in"):
        made.wait(0)


@pytest.mark.parametrize("fails", [True, False])
def test_a_browser_is_opened_and_the_address_printed(
    fails: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    threads: list[threading.Thread] = []

    def browse(page: str) -> bool:
        parts = parse_qs(urlsplit(page).query)

        def answer() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", int(parts["port"][0]), timeout=60)
            connection.request(
                "POST", "/", json.dumps({"api_key": "k", "email": "e", "state": parts["state"][0]})
            )
            assert connection.getresponse().status == 200
            connection.close()

        threads.append(threading.Thread(target=answer))
        threads[0].start()
        if fails:
            raise webbrowser.Error
        return True

    monkeypatch.setattr(webbrowser, "open", browse)
    assert by_browser(BACKEND) == Login(backend_url=BACKEND, api_key="k", email="e")
    threads[0].join()
    said = capsys.readouterr().out
    assert f"open in a browser: {BACKEND}/cli-auth?port=" in said
    assert ("no browser" in said) == fails
