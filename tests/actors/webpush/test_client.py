"""What goes to a push service, and where it does not go: with real sockets and TLS."""

import ssl
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio

from actors.webpush import client as module
from actors.webpush.client import Client
from actors.webpush.verdict import Gone, Later, Refused, Sent, Unknown, Verdict
from tests.actors.webpush.service import PushService, push_service

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncGenerator[PushService]:
    async with push_service(tmp_path) as service:
        yield service


def local(service: PushService) -> Client:
    return Client(may=lambda _address: True, trusts=service.trusts)


async def post(client: Client, endpoint: str) -> Verdict:
    return await client.post(endpoint, b"sealed", authorization="vapid", topic="t", attempt=1, now=NOW)


async def test_a_service_gets_what_standards_ask_for(service: PushService) -> None:
    assert await post(local(service), f"{service.endpoint('ada')}?x=1#y") == Sent()
    (taken,) = service.taken
    assert (taken.path, taken.body) == ("/push/ada?x=1", b"sealed")
    wanted = {
        "host": f"localhost:{service.port}",
        "authorization": "vapid",
        "content-encoding": "aes128gcm",
        "ttl": "259200",
        "topic": "t",
        "urgency": "normal",
        "content-length": "6",
    }
    assert wanted.items() <= taken.headers.items()


async def test_answers_are_judged(service: PushService) -> None:
    service.answers = [(410, {}), (429, {"Retry-After": "90"}), (413, {})]
    found = [await post(local(service), service.endpoint("ada")) for _ in range(3)]
    assert found == [
        Gone(),
        Later("the push service answers 429: so!", 90.0),
        Refused("the push service answers 413: so!"),
    ]


async def test_of_a_body_the_beginning_is_read_as_far_as_it_comes(service: PushService) -> None:
    service.says = b"no " * 100_000
    service.answers = [(400, {}), (400, {"Content-Length": "900001"}), (201, {"Content-Length": "900001"})]
    refused = await post(local(service), service.endpoint("ada"))
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("the push service answers 400: no no no")
    service.says = b"no"
    assert await post(local(service), service.endpoint("ada")) == Refused("the push service answers 400: no")
    assert await post(local(service), service.endpoint("ada")) == Sent()


async def test_nobody_is_followed_elsewhere(service: PushService) -> None:
    service.answers = [(307, {"Location": service.endpoint("other")})]
    assert await post(local(service), service.endpoint("ada")) == Refused("the push service answers 307: so!")
    assert [taken.path for taken in service.taken] == ["/push/ada"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0", "2130706433"])
async def test_within_nothing_is_sent_anywhere(service: PushService, host: str) -> None:
    verdict = await post(Client(trusts=service.trusts), service.endpoint("ada", host))
    assert isinstance(verdict, Refused)
    assert "is at no address of the internet" in verdict.reason
    assert service.taken == []


async def test_a_host_that_is_also_within_is_refused(
    service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def two(_host: str, _port: int) -> list[str]:
        return ["8.8.8.8", "127.0.0.1"]

    monkeypatch.setattr(module, "_addresses", two)
    assert isinstance(await post(Client(trusts=service.trusts), service.endpoint("ada")), Refused)
    assert service.taken == []


async def test_the_name_is_looked_up_once_and_proved(
    service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()

    async def rebound(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    monkeypatch.setattr(module, "_addresses", rebound)
    verdict = await post(local(service), service.endpoint("ada", "push.invalid"))
    assert isinstance(verdict, Later)
    assert "push.invalid cannot be reached" in verdict.reason  # the certificate is another's
    assert await post(local(service), service.endpoint("ada")) == Sent()
    assert asked == ["push.invalid", "localhost"]
    assert [taken.headers["host"] for taken in service.taken] == [f"localhost:{service.port}"]


async def test_another_address_is_tried_where_one_cannot_be_reached(
    service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def two(_host: str, _port: int) -> list[str]:
        return ["::1", "127.0.0.1"]  # the service listens at the second alone

    monkeypatch.setattr(module, "_addresses", two)
    assert await post(local(service), service.endpoint("ada")) == Sent()


async def test_a_service_nobody_vouches_for_gets_nothing(service: PushService) -> None:
    stranger = Client(may=lambda _address: True, trusts=ssl.create_default_context())
    verdict = await post(stranger, service.endpoint("ada"))
    assert isinstance(verdict, Later)
    assert service.taken == []


async def test_what_was_written_and_not_answered_is_unknown(
    service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.answers = [None]
    verdict = await post(local(service), service.endpoint("ada"))
    assert isinstance(verdict, Unknown)
    assert "localhost has not answered" in verdict.reason

    monkeypatch.setattr(module, "TOGETHER", 0.0)
    assert await post(local(service), service.endpoint("ada")) == Unknown(
        "localhost has not answered within 0 s"
    )


async def test_a_service_that_is_not_there_is_tried_later(service: PushService, free_port: int) -> None:
    verdict = await post(local(service), f"https://127.0.0.1:{free_port}/")
    assert isinstance(verdict, Later)
    assert verdict.seconds == 30.0
    assert verdict.reason.endswith(": Connection refused")
    for host in ("nowhere.invalid", f"{'a' * 64}.invalid"):
        verdict = await post(local(service), f"https://{host}/")
        assert isinstance(verdict, Later)
        assert f"{host} cannot be found" in verdict.reason


async def test_what_is_no_endpoint_is_refused(service: PushService) -> None:
    assert isinstance(await post(local(service), "http://localhost/"), Refused)


async def test_a_name_that_nobody_answers_for_is_tried_later(
    service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_args: object, **_options: object) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(trio.socket, "getaddrinfo", never)
    monkeypatch.setattr(module, "CONNECT", 0.01)
    verdict = await post(local(service), service.endpoint("ada"))
    assert verdict == Later("localhost cannot be found: nobody has said where it is", 30.0)
