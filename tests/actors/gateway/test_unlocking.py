"""A page is unlocked with a code of the operator, over HTTP: who can, with what, and what ends it."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from actors.gateway import messages
from actors.gateway.codes import TYPED_SECONDS
from actors.gateway.confirming import CONFIRMED_SECONDS
from actors.users import messages as users
from actors.vocabulary import ADMIN
from tests.actors.gateway.client import KEY, KNOWN
from tests.actors.gateway.world import TOKEN, Gateway, add

ASKS: dict[str, Any] = {"user": ADMIN, "proof": "operator"}
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}
CONFIRM = "/api/auth/confirm"
FIVE = 5
"""Wrong codes a minute that one may try: a promise to people, so it is not asked of what keeps it."""


@asynccontextmanager
async def a_page(gateway: Gateway, key: str = KEY) -> AsyncGenerator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"http://{gateway.address}", verify=False) as browser:
        answer = await browser.post("/api/auth/login", json={"key": key})
        browser.headers["X-Starpod-Page"] = answer.json()["page"]
        yield browser


async def code_for(gateway: Gateway, user: str = ADMIN) -> str:
    return (await gateway.mesh.bus.ask(messages.NewPageCode(id=user))).code


async def unlocked(browser: httpx2.AsyncClient) -> bool:
    return bool((await browser.get(CONFIRM)).json()["seconds"])


async def audit(browser: httpx2.AsyncClient) -> list[tuple[str, str, str, str]]:
    rows = (await browser.get("/api/settings/auth/audit")).json()
    found = [(each["event"], each["user"], each["proof"], each["detail"], each["address"]) for each in rows]
    return [each[1:] for each in found if each[0] == "page.unlocked"]


async def test_a_code_is_for_the_operator_to_give_and_for_an_admin(gateway: Gateway) -> None:
    await add(gateway, "ada")
    async with httpx2.AsyncClient(base_url=f"http://{gateway.address}", verify=False) as program:
        assert (await program.post("/api/page-code", headers=KNOWN)).status_code == 403
        made = (await program.post("/api/page-code", headers=OPERATOR)).json()
        assert re.fullmatch("[3-9A-Y]{4}-[3-9A-Y]{4}", made["code"])
        assert made["seconds"] == TYPED_SECONDS
        for user, status in (("ada", 403), ("nobody", 404)):
            refused = await program.post("/api/page-code", json={"id": user}, headers=OPERATOR)
            assert (refused.status_code, user in refused.json()["error"]) == (status, True)


async def test_a_page_is_unlocked_once_by_a_code_however_it_is_typed(gateway: Gateway) -> None:
    async with a_page(gateway) as one, a_page(gateway) as other:
        assert not await unlocked(one)
        code = await code_for(gateway)
        answer = await one.post(CONFIRM, json={"code": f" {code.lower().replace('-', ' ')}"})
        assert (answer.status_code, answer.json()) == (200, {"seconds": CONFIRMED_SECONDS})
        assert await unlocked(one)
        assert (await one.get(CONFIRM)).json()["seconds"] <= CONFIRMED_SECONDS
        assert not await unlocked(other), "it is that page alone"
        used = await other.post(CONFIRM, json={"code": code})
        assert (used.status_code, "not good" in used.json()["error"]) == (400, True)
        ((user, proof, device, address),) = await audit(one)
        assert (user, proof, address) == (ADMIN, "page", "127.0.0.1")
        assert device in {each["id"] for each in (await one.get("/api/auth/devices")).json()}
        assert (await one.request("DELETE", CONFIRM)).json() == {"seconds": 0}
        assert not await unlocked(one)


async def test_an_unlocked_page_is_a_page_and_no_operator(gateway: Gateway) -> None:
    async with a_page(gateway) as page:
        await page.post(CONFIRM, json={"code": await code_for(gateway)})
        for path in ("/api/page-code", "/api/page-link"):
            assert (await page.post(path)).status_code == 403
        assert (await page.get("/api/bus/snapshot")).status_code == 403
        assert (await page.post("/api/auth/logout")).json() == {"ok": True}
        assert (await page.get(CONFIRM)).status_code == 401


async def test_neither_kind_of_code_does_what_the_other_does(gateway: Gateway) -> None:
    link = (await gateway.mesh.bus.ask(messages.NewPageLink())).url
    async with a_page(gateway) as page:
        refused = await page.post(CONFIRM, json={"code": link.partition("code=")[2][:100]})
        assert refused.status_code == 400
        typed = await code_for(gateway)
        async with httpx2.AsyncClient(base_url=f"http://{gateway.address}", verify=False) as stranger:
            assert "set-cookie" not in (await stranger.get(f"/?code={typed}")).headers
            assert "set-cookie" in (await stranger.get(link)).headers
        assert (await page.post(CONFIRM, json={"code": typed})).status_code == 200


async def test_only_an_admin_unlocks_only_a_page_with_their_own_code(gateway: Gateway) -> None:
    ada, bob = await add(gateway, "ada", role="admin"), await add(gateway, "bob")
    async with a_page(gateway, ada) as of_ada, a_page(gateway, bob) as of_bob:
        code = await code_for(gateway)
        assert (await of_ada.post(CONFIRM, json={"code": code})).status_code == 400
        assert (await of_bob.post(CONFIRM, json={"code": await code_for(gateway)})).status_code == 403
        for headers in (KNOWN, OPERATOR):
            async with httpx2.AsyncClient(
                base_url=f"http://{gateway.address}", headers=headers, verify=False
            ) as program:
                refused = await program.post(CONFIRM, json={"code": await code_for(gateway)})
                assert (refused.status_code, "not a key" in refused.json()["error"]) == (409, True)
                assert not await unlocked(program)
        assert (await of_ada.post(CONFIRM, json={"code": await code_for(gateway, "ada")})).status_code == 200


async def test_nobody_finds_a_code_by_trying(gateway: Gateway) -> None:
    ada = await add(gateway, "ada", role="admin")
    async with a_page(gateway) as one, a_page(gateway) as another, a_page(gateway, ada) as hers:
        code = await code_for(gateway)
        for number in range(FIVE):
            browser = (one, another)[number % 2]
            assert (await browser.post(CONFIRM, json={"code": f"AAAA-AAA{number}"})).status_code == 400
        late = await one.post(CONFIRM, json={"code": code})
        assert (late.status_code, 0 < int(late.headers["Retry-After"]) <= 60) == (429, True)
        assert "codes" in late.json()["error"]
        found = await hers.post(CONFIRM, json={"code": await code_for(gateway, "ada")})
        assert found.status_code == 200, "others are not kept out"
        assert gateway.actor._refusals._counts[("127.0.0.1", "wrong codes", ADMIN)] == FIVE


async def test_right_codes_are_no_attempts(gateway: Gateway) -> None:
    async with a_page(gateway) as page:
        for _ in range(FIVE + 1):
            assert (await page.post(CONFIRM, json={"code": await code_for(gateway)})).status_code == 200


async def test_it_ends_with_the_role(gateway: Gateway) -> None:
    key = await add(gateway, "ada", role="admin")
    async with a_page(gateway, key) as page:
        await page.post(CONFIRM, json={"code": await code_for(gateway, "ada")})
        assert await unlocked(page)
        await gateway.mesh.bus.ask(users.UpdateUser(id="ada", role="user", **ASKS))
        await gateway.mesh.bus.ask(users.UpdateUser(id="ada", role="admin", **ASKS))
        assert not await unlocked(page), "and does not come back with it"
